"""The digits of scikit-learn: 1,797 grey images of 8 × 8 pixels, embedded, so that they need no network."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np

from coun_gui.unlearning.datasets import Source, sources
from coun_gui.unlearning.images import Augmentation, ImageData, Progress


@sources.add
class Digits(Source):
    """Every fifth sample of each class is a test sample, so the split is the same on every machine."""

    name = "digits"
    title = "Digits (8 × 8)"
    help = "1,442 training and 355 test images of handwritten digits, shipped with scikit-learn."
    citation = "Alpaydin & Kaynak (1998), Optical Recognition of Handwritten Digits, UCI"

    def load(self, root: Path) -> Generator[Progress, None, ImageData]:
        from sklearn.datasets import load_digits

        yield Progress("reading digits", 0.0)
        bunch = load_digits()
        images = np.round(bunch.images * (255 / 16)).astype(np.uint8)[..., None]
        labels = bunch.target.astype(np.int64)
        test = np.zeros(len(labels), dtype=bool)
        for digit in range(10):
            test[np.flatnonzero(labels == digit)[4::5]] = True
        return ImageData(
            name=self.name,
            train_images=images[~test],
            train_labels=labels[~test],
            test_images=images[test],
            test_labels=labels[test],
            class_names=tuple("0123456789"),
            augmentation=Augmentation(padding=1, flip=False, mean=(0.31,), std=(0.38,)),
        )
