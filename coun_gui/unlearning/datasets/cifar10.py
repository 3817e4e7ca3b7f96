"""CIFAR-10 in its published binary form: a byte of label and 3,072 of pixels a record, so nothing is unpickled."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
from pydantic import Field

from coun_gui.errors import DataError
from coun_gui.unlearning.datasets import Source, sources
from coun_gui.unlearning.datasets.download import fetch, read_members
from coun_gui.unlearning.images import Augmentation, ImageData, Progress
from coun_gui.unlearning.parameters import Parameters

ARCHIVE = "cifar-10-binary.tar.gz"
URL = f"https://www.cs.toronto.edu/~kriz/{ARCHIVE}"
SIZE = 170_052_171
SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
TRAIN = tuple(f"data_batch_{k}.bin" for k in range(1, 6))
TEST = ("test_batch.bin",)
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
PAPER = Augmentation(padding=4, flip=True, mean=(0.4914, 0.4822, 0.4465), std=(0.2023, 0.1994, 0.2010))


class Cifar10Params(Parameters):
    path: str | None = Field(
        None, title="Data folder", description="Where the archive lies or is downloaded to."
    )


@sources.add
class Cifar10(Source):
    name = "cifar10"
    title = "CIFAR-10"
    help = "50,000 training and 10,000 test photographs of 32 × 32 pixels; a download of 162 MiB at the first use."
    citation = "Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images"
    Params = Cifar10Params

    def _archive(self, root: Path) -> Path:
        assert isinstance(self.params, Cifar10Params)
        return (Path(self.params.path).expanduser() if self.params.path else root) / ARCHIVE

    def download_size(self, root: Path) -> int:
        return 0 if self._archive(root).exists() else SIZE

    def load(self, root: Path) -> Generator[Progress, None, ImageData]:
        archive = self._archive(root)
        yield from fetch(URL, archive, SHA256)
        yield Progress("unpacking CIFAR-10", 0.0)
        content = read_members(archive, TRAIN + TEST)
        train_images, train_labels = records(b"".join(content[name] for name in TRAIN))
        test_images, test_labels = records(content[TEST[0]])
        return ImageData(self.name, train_images, train_labels, test_images, test_labels, CLASSES, PAPER)


def records(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [N, 32, 32, 3] and labels int64 [N] of CIFAR-10's binary records."""
    if len(content) % 3073:
        raise DataError(
            "A CIFAR-10 batch is cut short.", "Delete the archive, so that it is downloaded again."
        )
    rows = np.frombuffer(content, dtype=np.uint8).reshape(-1, 3073)
    images = rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), rows[:, 0].astype(np.int64)
