"""RL: random labels for the forget data, true ones for the retain data."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from coun_gui.unlearning.methods import Batch, Data, Method, Pass, methods
from coun_gui.unlearning.models import Classifier
from coun_gui.unlearning.seeds import derived


@methods.add
class RandomLabels(Method):
    """Each epoch goes through the forget data with a wrong label drawn anew, then through the retain data."""

    name = "rl"
    title = "RL"
    help = "The forget data are learnt under random wrong labels, the retain data under their own."
    citation = "Golatkar et al. (2020), Eternal Sunshine of the Spotless Net, CVPR"

    def prepare(self, model: Classifier, data: Data) -> None:
        self.classes = data.classes
        self.seed = data.seed
        self.random = torch.Generator()

    def passes(self, epoch: int) -> tuple[Pass, ...]:
        return (Pass.FORGET, Pass.RETAIN)

    def loss(self, model: Classifier, batch: Batch) -> dict[str, Tensor]:
        if batch.retain is not None:
            return {"CE": F.cross_entropy(batch.retain.logits, batch.retain.labels)}
        assert batch.forget is not None
        labels = self.wrong_labels(batch.forget.labels, batch.forget.index, batch.epoch)
        return {"forget": F.cross_entropy(batch.forget.logits, labels)}

    def wrong_labels(self, labels: Tensor, index: Tensor, epoch: int) -> Tensor:
        """A uniform draw from the other classes, int64 [B]; the same for the same seed, epoch and batch."""
        self.random.manual_seed(derived(self.seed, f"wrong labels/{epoch}/{index.tolist()}"))
        steps = torch.randint(1, self.classes, labels.shape, generator=self.random).to(labels.device)
        return (labels + steps) % self.classes
