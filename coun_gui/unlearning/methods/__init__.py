"""The unlearning methods: one short file each, which holds what differs from plain fine-tuning.

The training loop brings the batches, their augmentation, the forward passes, the CL switch, the optimiser and the
schedule. A method says on what it trains (`passes`), by which loss, and what happens before and between.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Protocol

from pydantic import BaseModel
from torch import Tensor

from coun_gui.unlearning.models import Classifier
from coun_gui.unlearning.parameters import ContrastiveSpec, Parameters
from coun_gui.unlearning.registry import Registry


class Pass(Enum):
    """One round through data: over the retain set, the forget set, or over both side by side.

    In BOTH each retain batch comes with a forget batch; the forget set starts again, newly shuffled and augmented,
    whenever it is used up.
    """

    RETAIN = "retain"
    FORGET = "forget"
    BOTH = "both"


@dataclass
class Samples:
    """A batch from one of the sets: augmented images [B, C, H, W], labels [B], training indices [B], and what the
    model makes of them: features [B, D], logits [B, K]."""

    images: Tensor
    labels: Tensor
    index: Tensor
    features: Tensor
    logits: Tensor


@dataclass
class Batch:
    """What one step trains on, in which epoch (from 0). Which of the two are there depends on the pass."""

    retain: Samples | None
    forget: Samples | None
    epoch: int


class Data(Protocol):
    """What a method may look at before the first step."""

    @property
    def classes(self) -> int:
        """How many classes the model tells apart."""

    @property
    def seed(self) -> int:
        """The seed of the run."""

    def plain(self, kind: Pass, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The images [B, C, H, W] as they are, and their labels [B], in order; BOTH: retain, then forget."""


class Method(ABC):
    """An unlearning method that can be picked by name.

    starts_from_original: False only where the network is trained from a fresh initialisation.
    contrastive: whether the CL switch makes sense, that is, whether there is a retain batch.
    trains: False where all is done by `prepare`, so that there are no epochs.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str] = ""
    citation: ClassVar[str] = ""
    Params: ClassVar[type[BaseModel]] = Parameters
    starts_from_original: ClassVar[bool] = True
    contrastive: ClassVar[bool] = True
    trains: ClassVar[bool] = True

    def __init__(self, params: BaseModel) -> None:
        self.params = params

    def module(self, switch: ContrastiveSpec | None) -> ContrastiveSpec | None:
        """The contrastive module that the loop adds: what the switch says, unless the method has its own."""
        return switch

    def prepare(self, model: Classifier, data: Data) -> None:  # noqa: B027  most methods need no preparation
        """Before the first step; the model holds θ_o (or its initialisation). Its FLOPs count."""

    def passes(self, epoch: int) -> tuple[Pass, ...]:
        """The rounds of an epoch, counted from 0."""
        return (Pass.RETAIN,)

    @abstractmethod
    def loss(self, model: Classifier, batch: Batch) -> dict[str, Tensor]:
        """The named parts of the loss, which are added up."""

    def after_backward(self, model: Classifier) -> None:  # noqa: B027  most methods leave the gradients alone
        """Between the gradients and the step."""

    def after_step(self, model: Classifier) -> None:  # noqa: B027  most methods leave the weights alone
        """After the step, where some weights must not have moved."""


methods: Registry[type[Method]] = Registry("method", __name__)
