"""Maps against umap-learn and scikit-learn, and how well the maps of several models share a frame.

    python tests/benchmarks/bench_maps.py [--points 600] [--model digits|random] [--dimensions 512] [--peers no]
        [--layouts umap tsne pacmap] [--large 50000]
        [--workspace DIR]

Three models: small networks that were trained on the digits from different seeds, the last with the contrastive
module, or --points random clouds of --dimensions features in three random bases, or with --workspace its first three
finished runs and --points of their training samples. First the map of one model: seconds,
and scikit-learn's trustworthiness, k = 15. Then all three models in three ways, held to the map of the first as the
program does it, all samples in one layout, and each by itself and brought onto the first by Procrustes: the
trustworthiness of the last model's map, and how far the centroids of its classes lie from the first map's, in % of the
root mean square radius of that. Last the peers' maps of one model, on its fifty leading principal components, with the
same threads, and umap-learn's AlignedUMAP of all three. Above 2,000 points trustworthiness is that of a sample of
2,000. Then ours and a plain umap.UMAP().fit_transform, on --large random clouds of 512 features as they are, in
processes of their own, its import included, and a second time in the same process. Where there is a GPU, ours have it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from bench_machine import machine, memory
from scipy.stats import ortho_group
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness

from coun_gui.experiments.images import loaded
from coun_gui.experiments.spec import DatasetSpec, EmbeddingSpec
from coun_gui.experiments.workspace import Workspace
from coun_gui.unlearning.augment import ImageStore
from coun_gui.unlearning.embedding import Layout, shared_frame
from coun_gui.unlearning.evaluation import outputs
from coun_gui.unlearning.layouts import Recipe, lay_out
from coun_gui.unlearning.methods import methods
from coun_gui.unlearning.models import build
from coun_gui.unlearning.parameters import ContrastiveSpec, Parameters, TrainingSpec
from coun_gui.unlearning.spaces import in_one_basis
from coun_gui.unlearning.training import Trainer

LAYOUTS = ("umap", "tsne", "pacmap")
MODELS = 3
DIMENSIONS = 512  # of ResNet-18's features
MEASURED = 2000
CPU = torch.device("cpu")
# Of our layouts; the peers have the CPU alone.
DEVICE = torch.device("cuda:0") if torch.cuda.is_available() else CPU
T = TypeVar("T")


def main() -> None:
    options = _options()
    if options.one:
        one(*options.one)
        return
    print(machine(torch.cuda.get_device_name(DEVICE) if DEVICE.type == "cuda" else ""))
    features, labels = _models(options)
    count, dimensions = features[0].shape
    print(f"{MODELS} models, {count:,} samples of {dimensions} features, {torch.get_num_threads()} threads\n")
    print(f"{'':22} {'seconds':>9} {'trustworthiness':>16}")
    for name in options.layouts:
        took, found = timed(lambda name=name: ours(features[:1], name)[0].xy)
        print(f"{name + ', ours':22} {took:9.1f} {trust(features[0], found):16.4f}", flush=True)
    print(f"\n{'':22} {'seconds':>9} {'trustworthiness':>16} {'centroid shift':>15}")
    for name in options.layouts:
        for way, draw in (("held", held), ("in one", in_one), ("by itself", one_by_one)):
            took, maps = timed(lambda name=name, draw=draw: draw(features, name))
            told, moved = trust(features[-1], maps[-1]), shift(maps, labels)
            print(f"{name + ', ' + way:22} {took:9.1f} {told:16.4f} {moved:13.1f} %", flush=True)
    print(f"\nPeak memory {memory(kind='VmHWM'):,.0f} MB")
    # Last: our layouts were seen to take several times as long after umap-learn in the same process.
    for name in [name for name in PEERS if name in options.layouts and options.peers == "yes"]:
        took, found = timed(lambda name=name: PEERS[name](fifty(features[0])))
        print(f"{name + ', peer':22} {took:9.1f} {trust(features[0], found):16.4f}", flush=True)
    if "umap" in options.layouts and options.peers == "yes":
        took, maps = timed(lambda: aligned_umap([fifty(model) for model in features]))
        told, moved = trust(features[-1], maps[-1]), shift(maps, labels)
        print(f"{'umap, AlignedUMAP':22} {took:9.1f} {told:16.4f} {moved:13.1f} %", flush=True)
    if options.large and options.peers == "yes":
        del features
        in_fresh_processes(random_models(options.large, DIMENSIONS, 1)[0][0])


def in_fresh_processes(features: np.ndarray) -> None:
    """Prints how long UMAP's first and second map take there, and the peer's time by ours."""
    print(f"\n{len(features):,} samples of {features.shape[1]} features, in a fresh process")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "features.npy"
        np.save(file, features)
        took = {}
        for name in ("ours", "plain"):
            call = [sys.executable, __file__, "--one", name, str(file)]
            told = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True).stdout
            took[name] = [float(word) for word in told.split()[-3:]]
    print(f"{'':22} {'first (s)':>9} {'second (s)':>16} {'trustworthiness':>16}")
    for name, title in (("ours", "umap, ours"), ("plain", "umap-learn, plain")):
        first, second, told = took[name]
        print(f"{title:22} {first:9.1f} {second:16.1f} {told:16.4f}")
    first, second = (peer / own for peer, own in zip(took["plain"][:2], took["ours"][:2], strict=True))
    print(f"{'ratio':22} {first:8.1f}× {second:15.1f}×   (3 and 1.5 wanted at 50,000)")


def one(name: str, file: str) -> None:
    """In a process of its own: the seconds of two maps, and the trustworthiness. torch is there, umap-learn is not."""
    features = np.load(file)
    draw = plain_umap if name == "plain" else lambda points: ours([points], "umap")[0].xy
    first, found = timed(lambda: draw(features))
    second, _ = timed(lambda: draw(features))
    print(first, second, trust(features, found))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=600)
    parser.add_argument("--model", choices=("digits", "random"), default="digits")
    parser.add_argument("--dimensions", type=int, default=DIMENSIONS)
    parser.add_argument("--large", type=int, default=50_000, help="points in a fresh process; 0: none")
    parser.add_argument("--workspace", type=Path, help="take the features of its runs instead")
    parser.add_argument("--peers", choices=("yes", "no"), default="yes")
    parser.add_argument("--layouts", nargs="+", choices=LAYOUTS, default=LAYOUTS)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def _models(options: argparse.Namespace) -> tuple[list[np.ndarray], np.ndarray]:
    if options.workspace:
        return workspace_models(options.workspace, options.points)
    if options.model == "digits":
        return digits_models(options.points)
    return random_models(options.points, options.dimensions)


def workspace_models(folder: Path, points: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Stored features of finished runs, such as those of the paper's table on a ResNet-18."""
    with Workspace(folder) as workspace:
        runs = [run for run in workspace.runs() if run.status == "done"][:MODELS]
        labels = np.asarray(loaded(runs[0].spec.dataset).data.train_labels)
        chosen = np.sort(np.random.default_rng(0).permutation(len(labels))[:points])
        return [run.output("train/features")[chosen].astype(np.float32) for run in runs], labels[chosen]


def digits_models(points: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Features of networks that differ in their seed, and the last in what it was taught."""
    data = loaded(DatasetSpec(name="digits")).data
    store = ImageStore(data.train_images, data.train_labels, data.augmentation, CPU)
    found = []
    for seed in range(MODELS):
        model = build("small-cnn", Parameters(), data.shape, 10, seed=seed)
        trainer = Trainer(
            model,
            methods.get("ft")(Parameters()),
            store,
            np.arange(len(store)),
            np.zeros(0, dtype=np.int64),
            TrainingSpec(epochs=5, batch_size=64),
            ContrastiveSpec() if seed == MODELS - 1 else None,
            seed=seed,
        )
        for _epoch in range(5):
            result(trainer.train_epoch())
        found.append(result(outputs(model, store)).features[:points])
    return found, np.asarray(data.train_labels)[:points]


def random_models(points: int, dimensions: int, models: int = MODELS) -> tuple[list[np.ndarray], np.ndarray]:
    """Ten clouds, with noise of its own in each model, and a basis of its own."""
    random = np.random.default_rng(0)
    labels = random.integers(10, size=points)
    centres = 4 * random.normal(size=(10, dimensions)) / np.sqrt(dimensions) * 3
    base = centres[labels] + random.normal(size=(points, 20)) @ random.normal(size=(20, dimensions)) / 8
    found = []
    for seed in range(models):
        noisy = base + 0.3 * random.normal(size=base.shape)
        found.append((noisy @ ortho_group.rvs(dimensions, random_state=seed)).astype(np.float32))
    return found, labels


def fifty(features: np.ndarray) -> np.ndarray:
    wide = np.asarray(features, dtype=np.float32)
    return np.asarray(PCA(min(50, *wide.shape), random_state=0).fit_transform(wide))


def peer_umap(points: np.ndarray) -> np.ndarray:
    from umap import UMAP

    return np.asarray(UMAP(n_neighbors=15, min_dist=0.1, random_state=0, n_jobs=1).fit_transform(points))


def plain_umap(points: np.ndarray) -> np.ndarray:
    from umap import UMAP

    return np.asarray(UMAP().fit_transform(points))


def aligned_umap(models: Sequence[np.ndarray]) -> list[np.ndarray]:
    from umap import AlignedUMAP

    same = {row: row for row in range(len(models[0]))}
    found = AlignedUMAP(n_neighbors=15, min_dist=0.1, random_state=0).fit(
        models, relations=[same] * (len(models) - 1)
    )
    return [np.asarray(xy) for xy in found.embeddings_]


def peer_tsne(points: np.ndarray) -> np.ndarray:
    return np.asarray(TSNE(perplexity=30, init="pca", random_state=0).fit_transform(points))


PEERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"tsne": peer_tsne, "umap": peer_umap}


def recipe(method: str) -> Recipe:
    return Recipe(**EmbeddingSpec.model_validate({"method": method}).model_dump())


def ours(features: Sequence[np.ndarray], method: str) -> list[Layout]:
    return result(shared_frame(features, np.ones(len(features[0]), dtype=bool), recipe(method), DEVICE))


def held(features: Sequence[np.ndarray], method: str) -> list[np.ndarray]:
    return [found.xy for found in ours(features, method)]


def in_one(features: Sequence[np.ndarray], method: str) -> list[np.ndarray]:
    models = in_one_basis(features, np.ones(len(features[0]), dtype=bool), DEVICE)
    points = torch.cat([model.points for model in models])
    xy = result(lay_out(points, points[:, :2].clone(), recipe(method)))
    return [part.cpu().numpy() for part in torch.split(xy, len(features[0]))]


def one_by_one(features: Sequence[np.ndarray], method: str) -> list[np.ndarray]:
    maps = [ours([model], method)[0].xy for model in features]
    return [maps[0], *(brought(xy, maps[0]) for xy in maps[1:])]


def brought(xy: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """Turned, mirrored, scaled and moved as a whole, by least squares (Schönemann & Carroll 1970)."""
    centred, aim = xy - xy.mean(axis=0), onto - onto.mean(axis=0)
    u, strength, vh = np.linalg.svd(centred.T @ aim)
    moved: np.ndarray = strength.sum() / (centred**2).sum() * centred @ (u @ vh) + onto.mean(axis=0)
    return moved


def shift(maps: Sequence[np.ndarray], labels: np.ndarray) -> float:
    """Of the last map's centroids, in % of the root mean square radius of the first map."""
    centroids = [np.stack([xy[labels == kind].mean(axis=0) for kind in np.unique(labels)]) for xy in maps]
    moved = np.linalg.norm(centroids[-1] - centroids[0], axis=1).mean()
    radius = np.sqrt(((maps[0] - maps[0].mean(axis=0)) ** 2).sum(axis=1).mean())
    return float(100 * moved / radius)


def trust(features: np.ndarray, xy: np.ndarray) -> float:
    chosen = np.random.default_rng(0).permutation(len(xy))[:MEASURED]
    return float(trustworthiness(np.asarray(features[chosen], np.float32), xy[chosen], n_neighbors=15))


def timed(work: Callable[[], T]) -> tuple[float, T]:
    begin = time.perf_counter()
    found = work()
    return time.perf_counter() - begin, found


def result(work: Generator[object, None, T]) -> T:
    while True:
        try:
            next(work)
        except StopIteration as end:
            value: T = end.value
            return value


if __name__ == "__main__":
    main()
