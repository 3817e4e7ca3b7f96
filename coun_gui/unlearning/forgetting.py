"""Forget sets: which training samples are to be forgotten, and the split that follows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coun_gui.errors import InvalidSpec, unknown
from coun_gui.unlearning.images import ImageData


@dataclass(frozen=True)
class Split:
    """Ascending indices: retain and forget share out the training set; test holds the test samples that count.

    A class that is forgotten whole leaves the test set too (CoUn, arXiv 2509.16391, section 4).
    """

    retain: np.ndarray
    forget: np.ndarray
    test: np.ndarray


def forget_classes(data: ImageData, classes: Sequence[str]) -> np.ndarray:
    """All training indices of the named classes. Raises `InvalidSpec` where that is none or all of them."""
    forget = np.flatnonzero(np.isin(data.train_labels, class_ids(data, classes)))
    if not len(forget):
        raise InvalidSpec(
            f"There are no training samples of {', '.join(classes)}.",
            "Choose another class.",
            "forget.classes",
        )
    if len(forget) == len(data.train_labels):
        raise InvalidSpec("All classes are to be forgotten.", "Keep at least one.", "forget.classes")
    return forget


def forget_random(data: ImageData, fraction: float, seed: int, classes: Sequence[str] = ()) -> np.ndarray:
    """A uniform draw of round(fraction · n) training samples, out of the named classes if any are named."""
    pool = np.arange(len(data.train_labels))
    if classes:
        pool = np.flatnonzero(np.isin(data.train_labels, class_ids(data, classes)))
    count = round(fraction * len(pool))
    if not 0 < count < len(data.train_labels):
        raise InvalidSpec(
            f"A fraction of {fraction:g} of {len(pool):,} samples is {count:,} samples.",
            "Choose a fraction that forgets at least one and keeps at least one.",
            "forget.fraction",
        )
    return np.sort(np.random.default_rng(seed).choice(pool, count, replace=False))


def class_ids(data: ImageData, classes: Sequence[str]) -> np.ndarray:
    """The labels of the named classes; `InvalidSpec` with the nearest match for a name that doesn't exist."""
    for name in classes:
        if name not in data.class_names:
            raise unknown("class", name, data.class_names, "forget.classes")
    return np.array([data.class_names.index(name) for name in classes], dtype=np.int64)


def split(data: ImageData, forget: np.ndarray) -> Split:
    """The retain and test indices that belong to a forget set (sorted training indices)."""
    forgotten = np.zeros(len(data.train_labels), dtype=bool)
    forgotten[forget] = True
    count = len(data.class_names)
    all_of = np.bincount(data.train_labels, minlength=count)
    gone_of = np.bincount(data.train_labels[forgotten], minlength=count)
    whole = np.flatnonzero((all_of > 0) & (gone_of == all_of))
    return Split(
        retain=np.flatnonzero(~forgotten),
        forget=np.flatnonzero(forgotten),
        test=np.flatnonzero(~np.isin(data.test_labels, whole)),
    )


def forget_hash(fingerprint: str, forget: np.ndarray) -> str:
    """What a forget set is: SHA-256 of the dataset's fingerprint and the sorted indices, 16 hex digits."""
    indices = np.sort(np.asarray(forget, dtype="<i8"))
    return hashlib.sha256(fingerprint.encode() + indices.tobytes()).hexdigest()[:16]


def read_indices(path: Path, total: int) -> np.ndarray:
    """The sorted training indices in a text file, one a line. Raises `InvalidSpec` naming the line at fault."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InvalidSpec(f"The index file {path} can't be read.", "Check the path.", "forget.file") from None
    found = set()
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        # The length first: int() refuses very long numbers.
        if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) >= total:
            raise InvalidSpec(
                f"{path.name}, line {number}: “{text[:40]}” is not a training index.",
                f"Write one whole number from 0 to {total - 1:,} a line.",
                "forget.file",
            )
        found.add(int(text))
    if not 0 < len(found) < total:
        raise InvalidSpec(
            f"{path.name} names {len(found):,} of {total:,} samples.", "Name some, not all.", "forget.file"
        )
    return np.array(sorted(found), dtype=np.int64)
