"""Datasets, decoded once into memory-mapped uint8 arrays that the engines train on and the window shows."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.lib.format import dtype_to_descr, write_array_header_1_0
from platformdirs import user_cache_path
from pydantic import BaseModel, ValidationError

from coun_gui.errors import CounError, DataError
from coun_gui.experiments.record import writing
from coun_gui.experiments.spec import DatasetSpec, digest, invalid_spec
from coun_gui.unlearning.datasets import Source, sources
from coun_gui.unlearning.images import Augmentation, ImageData, Progress

Result = TypeVar("Result")
ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
CACHE_SCHEMA = 2
PART = 1 << 26  # bytes that are written at a time
AT_ONCE = 2000  # pictures that are decoded without being asked to, in a second or two


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
    origin = source(spec)
    return 0 if _read(_folder(spec, origin)) else origin.download_size(_downloads())


def refuse_download(spec: DatasetSpec) -> None:
    """Raises `DataError` where loading takes long: nobody is surprised by a download, or waits without knowing."""
    origin = source(spec)
    if _read(_folder(spec, origin)):
        return
    size, pictures = origin.download_size(_downloads()), origin.pictures(_downloads())
    if size:
        sentence = f"{origin.title} is not here yet: {size / 2**20:.0f} MiB to download."
    elif pictures > AT_ONCE:
        sentence = f"{origin.title} is not read yet: {pictures:,} pictures to decode."
    else:
        return
    raise DataError(sentence, "Press Load below the dataset.", "dataset.download")


def load(spec: DatasetSpec) -> Generator[Progress, None, Images]:
    """The dataset, from the cache where it is there and whole. Raises `CounError` with a remedy."""
    origin = source(spec)
    folder = _folder(spec, origin)
    images = _read(folder)
    if images is None:
        data = yield from origin.load(_downloads())
        if (spec.subset, spec.test_subset) != (None, None):
            data = data.subset(spec.subset, spec.test_subset, spec.subset_seed)
        yield from _write(data, folder)
        images = _read(folder)
    if images is None:
        raise CounError(
            "The decoded images can't be read back.", f"Delete the folder {folder} and try again."
        )
    return images


def loaded(spec: DatasetSpec) -> Images:
    """The same without telling progress."""
    return drained(load(spec))


def drained(work: Generator[Any, None, Result]) -> Result:
    """What a piece of work comes to, without telling its progress."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: Result = end.value
            return result


def _downloads() -> Path:
    return cache_folder() / "downloads"


def _folder(spec: DatasetSpec, origin: Source) -> Path:
    """Where this version of the dataset is kept; what stands before the “-” is the same for all its versions."""
    key = digest({"schema": CACHE_SCHEMA, "spec": spec.model_dump(mode="json")})
    return cache_folder() / "images" / f"{key}-{digest(origin.stamp())}"


def _write(data: ImageData, folder: Path) -> Generator[Progress, None, None]:
    about = {
        "name": data.name,
        "class_names": data.class_names,
        "augmentation": asdict(data.augmentation),
        "notes": data.notes,
        "fingerprint": data.fingerprint(),
    }
    done, total = 0, sum(getattr(data, name).nbytes for name in ARRAYS)
    temporary = folder.with_name(f"{folder.name}.{os.getpid()}.new")
    try:
        with writing("The decoded images"):
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
            for name in ARRAYS:
                for written in _save(getattr(data, name), temporary / f"{name}.npy"):
                    done += written
                    yield Progress("keeping the decoded images", done / total)
            _write_about(about, temporary)
            shutil.rmtree(folder, ignore_errors=True)
            temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    _remove_older(folder)


def _save(array: np.ndarray, path: Path) -> Iterator[int]:
    """What np.save writes, in parts, between which it can be stopped; tells the bytes of each."""
    header = {"descr": dtype_to_descr(array.dtype), "fortran_order": False, "shape": array.shape}
    rows = max(1, PART * len(array) // max(array.nbytes, 1))
    with path.open("wb") as file:
        write_array_header_1_0(file, header)
        for start in range(0, len(array), rows):
            yield file.write(np.ascontiguousarray(array[start : start + rows]).data)


def _write_about(about: dict[str, Any], folder: Path) -> None:
    """With a checksum of its own, and by renaming, so that nobody reads half of it."""
    temporary = folder / f"about.json.{os.getpid()}.new"
    temporary.write_text(json.dumps({**about, "checksum": _checksum(about)}), encoding="utf-8")
    temporary.replace(folder / "about.json")


def _checksum(about: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _remove_older(folder: Path) -> None:
    """Removes what was decoded from earlier versions of the same files."""
    key = folder.name.partition("-")[0]
    for other in folder.parent.glob(f"{key}-*"):
        if other != folder and other.suffix != ".new":
            shutil.rmtree(other, ignore_errors=True)


def _read(folder: Path) -> Images | None:
    """What the cache holds; None where it holds nothing whole."""
    try:
        return _verified(folder, _versions(folder))
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _versions(folder: Path) -> tuple[tuple[int, int], ...]:
    """Size and time of change of each array's file."""
    found = [(folder / f"{name}.npy").stat() for name in ARRAYS]
    return tuple((status.st_size, status.st_mtime_ns) for status in found)


@lru_cache(maxsize=2)
def _verified(folder: Path, versions: tuple[tuple[int, int], ...]) -> Images:
    """Maps the arrays. Their content is hashed unless the files are those that were hashed before."""
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    if about.pop("checksum") != _checksum(about):
        raise ValueError("the description was changed")
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in ARRAYS}
    shape = about["augmentation"]
    data = ImageData(
        name=about["name"],
        class_names=tuple(about["class_names"]),
        augmentation=Augmentation(shape["padding"], shape["flip"], tuple(shape["mean"]), tuple(shape["std"])),
        notes=tuple(about["notes"]),
        **arrays,
    )
    hashed = [list(version) for version in versions]
    if about.get("hashed") != hashed:
        if data.fingerprint() != about["fingerprint"]:
            raise ValueError("the checksum differs")
        with suppress(OSError):  # a cache that can't be written is hashed each time
            _write_about({**about, "hashed": hashed}, folder)
    return Images(data, about["fingerprint"], folder)
