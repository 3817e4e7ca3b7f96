"""The architectures: each is a feature extractor f and a linear head h, `logits = head(features(x))`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import torch
from pydantic import BaseModel
from torch import Tensor, nn

from coun_gui.unlearning.parameters import Parameters
from coun_gui.unlearning.registry import Registry


class Classifier(nn.Module, ABC):
    """A network that can be picked by name. Built from the shape of the images and the number of classes."""

    name: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str] = ""
    citation: ClassVar[str] = ""
    Params: ClassVar[type[BaseModel]] = Parameters

    def __init__(self, shape: tuple[int, int, int], classes: int, params: BaseModel) -> None:
        """`shape`: height, width and channels of the images."""
        super().__init__()

    @abstractmethod
    def features(self, images: Tensor) -> Tensor:
        """z = f(x), the flattened penultimate output: float [B, C, H, W] to float [B, D]."""

    @abstractmethod
    def head(self, features: Tensor) -> Tensor:
        """h(z): float [B, D] to logits [B, K]."""

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images))


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """In eval mode, so that BatchNorm uses its statistics and leaves them alone; the mode before is restored."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


architectures: Registry[type[Classifier]] = Registry("model", __name__)


def build(name: str, params: BaseModel, shape: tuple[int, int, int], classes: int, seed: int) -> Classifier:
    """A freshly initialised network for images of `shape` (H, W, C); the same weights for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return architectures.get(name)(shape, classes, params)
