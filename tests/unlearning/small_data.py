"""Datasets and generators of a few lines, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from coun_gui.unlearning.datasets.digits import Digits
from coun_gui.unlearning.images import Augmentation, ImageData, Progress
from coun_gui.unlearning.parameters import Parameters

T = TypeVar("T")
PLAIN = Augmentation(padding=0, flip=False, mean=(0.5,), std=(0.25,))


def result(work: Generator[Any, None, T]) -> T:
    """What a generator returns."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            value: T = end.value
            return value


def told(work: Generator[Progress, None, Any]) -> list[Progress]:
    """What a generator yields."""
    return list(work)


def labelled(
    train: Sequence[int], test: Sequence[int], names: Sequence[str] = ("cat", "dog", "ship")
) -> ImageData:
    """A dataset with these labels; its images are grey noise of 8 × 8 pixels."""
    random = np.random.default_rng(len(train))
    return ImageData(
        name="labelled",
        train_images=random.integers(0, 256, (len(train), 8, 8, 1), dtype=np.uint8),
        train_labels=np.array(train, dtype=np.int64),
        test_images=random.integers(0, 256, (len(test), 8, 8, 1), dtype=np.uint8),
        test_labels=np.array(test, dtype=np.int64),
        class_names=tuple(names),
        augmentation=PLAIN,
    )


@cache
def digits_data() -> ImageData:
    """Scikit-learn's digits as the program loads them."""
    return result(Digits(Parameters()).load(Path("unused")))
