"""Small models gain nothing from a second thread, and sums in one order are the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from small_data import digits_data

from coun_gui.unlearning.images import ImageData


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def digits() -> ImageData:
    return digits_data()


@pytest.fixture(scope="session")
def data(digits: ImageData) -> ImageData:
    """A hundred training and twenty test digits, for the training loop."""
    return digits.subset(train=100, test=20, seed=0)
