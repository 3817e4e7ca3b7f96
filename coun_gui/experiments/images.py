"""Datasets, decoded once into memory-mapped uint8 arrays that the engines train on and the window shows."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Generator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from platformdirs import user_cache_path
from pydantic import BaseModel, ValidationError

from coun_gui.errors import CounError, DataError
from coun_gui.experiments.record import writing
from coun_gui.experiments.spec import DatasetSpec, digest, invalid_spec
from coun_gui.unlearning.datasets import Source, sources
from coun_gui.unlearning.images import Augmentation, ImageData, Progress

Result = TypeVar("Result")
ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
CACHE_SCHEMA = 1


@dataclass(frozen=True)
class Images:
    """A decoded dataset: the data, what they are (`fingerprint`), and the folder where the arrays lie."""

    data: ImageData
    fingerprint: str
    folder: Path


def cache_folder() -> Path:
    """Where decoded and downloaded data are kept, for all workspaces."""
    return user_cache_path("coun-gui", appauthor=False)


def source(spec: DatasetSpec) -> Source:
    """The dataset that is named, with its parameters checked. Raises `InvalidSpec`."""
    kind = sources.get(spec.name, "dataset.name")
    return kind(checked_params(kind.Params, spec.params, "dataset", tuple(DatasetSpec.model_fields)))


def checked_params(
    model: type[BaseModel], given: dict[str, Any], path: str, besides: tuple[str, ...]
) -> BaseModel:
    """The parameters, or `InvalidSpec`; `besides`: the keys that are possible at that place as well."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise invalid_spec(error, model, path, besides) from None


def download_size(spec: DatasetSpec) -> int:
    """Bytes that loading this dataset would download."""
    return 0 if _read(_folder(spec)) else source(spec).download_size(_downloads())


def refuse_download(spec: DatasetSpec) -> None:
    """Raises `DataError` where the dataset must be downloaded first: nobody is surprised by a download."""
    size = download_size(spec)
    if size:
        raise DataError(
            f"{source(spec).title} is not here yet: {size / 2**20:.0f} MiB to download.",
            "Press Download below the dataset.",
            "dataset.download",
        )


def load(spec: DatasetSpec) -> Generator[Progress, None, Images]:
    """The dataset, from the cache where it is there and whole. Raises `CounError` with a remedy."""
    folder = _folder(spec)
    images = _read(folder)
    if images is None:
        data = yield from source(spec).load(_downloads())
        data = data.subset(spec.subset, spec.test_subset, spec.subset_seed)
        yield Progress("keeping the decoded images", 1.0)
        _write(data, folder)
        images = _read(folder)
    if images is None:
        raise CounError(
            "The decoded images can't be read back.", f"Delete the folder {folder} and try again."
        )
    return images


def loaded(spec: DatasetSpec) -> Images:
    """The same without telling progress."""
    return drained(load(spec))


def drained(work: Generator[Progress, None, Result]) -> Result:
    """What a piece of work comes to, without telling its progress."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: Result = end.value
            return result


def _downloads() -> Path:
    return cache_folder() / "downloads"


def _folder(spec: DatasetSpec) -> Path:
    key = {"schema": CACHE_SCHEMA, "spec": spec.model_dump(mode="json"), "stamp": source(spec).stamp()}
    return cache_folder() / "images" / digest(key)


def _write(data: ImageData, folder: Path) -> None:
    about = {
        "name": data.name,
        "class_names": data.class_names,
        "augmentation": asdict(data.augmentation),
        "fingerprint": data.fingerprint(),
    }
    temporary = folder.with_name(f"{folder.name}.{os.getpid()}.new")
    with writing("The decoded images"):
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        for name in ARRAYS:
            np.save(temporary / f"{name}.npy", getattr(data, name), allow_pickle=False)
        (temporary / "about.json").write_text(json.dumps(about), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)


def _read(folder: Path) -> Images | None:
    """What the cache holds; None where it holds nothing whole."""
    try:
        stamps = tuple((folder / f"{name}.npy").stat().st_mtime_ns for name in ARRAYS)
        return _verified(folder, stamps)
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        return None


@lru_cache(maxsize=2)
def _verified(folder: Path, stamps: tuple[int, ...]) -> Images:
    """Maps the arrays and compares their checksum; once for each version of the files."""
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in ARRAYS}
    shape = about["augmentation"]
    data = ImageData(
        name=about["name"],
        class_names=tuple(about["class_names"]),
        augmentation=Augmentation(shape["padding"], shape["flip"], tuple(shape["mean"]), tuple(shape["std"])),
        **arrays,
    )
    if data.fingerprint() != about["fingerprint"]:
        raise ValueError("the checksum differs")
    return Images(data, about["fingerprint"], folder)
