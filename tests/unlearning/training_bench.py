"""A small network, a hundred digits and a method that keeps its batches, for the tests of the training loop."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from coun_gui.unlearning.augment import ImageStore
from coun_gui.unlearning.images import ImageData
from coun_gui.unlearning.methods import Batch, Method, Pass, Samples, methods
from coun_gui.unlearning.models import Classifier, build
from coun_gui.unlearning.parameters import ContrastiveSpec, Parameters, TrainingSpec, UnlearningSpec
from coun_gui.unlearning.training import Trainer

CPU = torch.device("cpu")
RECIPE = UnlearningSpec(epochs=4, lr=0.05, batch_size=16)
MODULE = ContrastiveSpec(weight=0.7, temperature=0.2)
CONVOLUTIONS = 9 * (1 * 32 * 64 + 32 * 64 * 64 + 64 * 64 * 16)  # on 8 × 8, 8 × 8 and 4 × 4 pixels
SMALL_FORWARD = 2 * (CONVOLUTIONS + 256 * 128 + 128 * 10)


RETAIN, FORGET = np.arange(80), np.arange(80, 100)


def original(seed: int = 0) -> Classifier:
    """Stands for θ_o: any weights do."""
    return build("small-cnn", Parameters(), (8, 8, 1), 10, seed)


def method_named(name: str) -> Method:
    return methods.get(name)(MODULE if name == "coun" else Parameters())


def trainer_of(
    data: ImageData,
    method: Method | str = "ft",
    *,
    retain: np.ndarray = RETAIN,
    forget: np.ndarray = FORGET,
    recipe: TrainingSpec = RECIPE,
    contrastive: ContrastiveSpec | None = None,
    seed: int = 7,
    model: Classifier | None = None,
) -> Trainer:
    store = ImageStore(data.train_images, data.train_labels, data.augmentation, CPU)
    chosen = method_named(method) if isinstance(method, str) else method
    return Trainer(model or original(), chosen, store, retain, forget, recipe, contrastive, seed)


def train(trainer: Trainer, epochs: int = 1) -> Trainer:
    for _ in range(epochs):
        for _ in trainer.train_epoch():
            pass
    return trainer


def weights(trainer: Trainer) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in trainer.model.state_dict().items()}


def assert_bit_equal(first: Trainer, second: Trainer) -> None:
    a, b = weights(first), weights(second)
    assert a.keys() == b.keys()
    assert [name for name in a if not torch.equal(a[name], b[name])] == []


class Recording(Method):
    """Keeps the batches it is given; its loss is the cross-entropy of what is there."""

    name = title = "recording"

    def __init__(self, *kinds: Pass) -> None:
        super().__init__(Parameters())
        self.kinds = kinds or (Pass.RETAIN,)
        self.batches: list[Batch] = []
        self.asked: list[int] = []

    def passes(self, epoch: int) -> tuple[Pass, ...]:
        self.asked.append(epoch)
        return self.kinds

    def loss(self, model: Classifier, batch: Batch) -> dict[str, Tensor]:
        self.batches.append(batch)
        both = [samples for samples in (batch.retain, batch.forget) if samples]
        return {"CE": torch.stack([F.cross_entropy(each.logits, each.labels) for each in both]).sum()}


def taken(samples: Samples | None) -> list[int]:
    assert samples is not None
    return samples.index.tolist()
