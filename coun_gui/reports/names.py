"""How datasets, models and forget sets are called in tables and figures."""

from __future__ import annotations

from pathlib import PurePath

from coun_gui.experiments.spec import DatasetSpec, ForgetSpec

LAYOUTS = {"umap": "UMAP", "tsne": "t-SNE", "pacmap": "PaCMAP", "pca": "PCA"}
_TITLES = {
    "digits": "Digits",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "tiny-imagenet": "TinyImageNet",
    "fashion-mnist": "Fashion-MNIST",
    "mnist": "MNIST",
    "svhn": "SVHN",
    "small-cnn": "small CNN",
    "resnet18": "ResNet-18",
    "vgg16": "VGG-16",
    "vit": "ViT",
}
_NAMED_BY_PATH = ("folder", "npz")


def title(name: str) -> str:
    """The published spelling of a dataset's or model's name; a name from a third party stays as it is."""
    return _TITLES.get(name, name)


def dataset_title(spec: DatasetSpec) -> str:
    """“CIFAR-10”, “CIFAR-10 (5,000 images)”, or the name of the user's own folder or file."""
    path = spec.params.get("path")
    own = spec.name in _NAMED_BY_PATH and isinstance(path, str)
    name = PurePath(str(path)).name if own else title(spec.name)
    return name if spec.subset is None else f"{name} ({spec.subset:,} images)"


def known_by_name(spec: DatasetSpec) -> str:
    """The dataset's name; of a user's own file or folder, that of the dataset it is named after: “cifar10”.

    What the file's name has in brackets is a remark: “CIFAR-10 (recompressed).npz” holds CIFAR-10.
    """
    if spec.name not in _NAMED_BY_PATH:
        return spec.name
    stem = _letters(PurePath(str(spec.params.get("path", ""))).stem.partition("(")[0])
    return next((name for name in _TITLES if _letters(name) == stem), spec.name)


def _letters(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())


def forget_title(spec: ForgetSpec) -> str:
    """“10 % random”, “10 % of truck”, “class truck”, “indices list.txt”."""
    if spec.kind == "class":
        return f"{'class' if len(spec.classes) == 1 else 'classes'} {', '.join(spec.classes)}"
    if spec.kind == "indices":
        return f"indices {PurePath(spec.file or '').name}"
    drawn = f", draw {spec.seed}" if spec.seed else ""
    share = f"{100 * (spec.fraction or 0):.6g} %"
    return f"{share} of {', '.join(spec.classes)}{drawn}" if spec.classes else f"{share} random{drawn}"
