"""GA: gradient ascent on the forget data."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from coun_gui.unlearning.methods import Batch, Method, Pass, methods
from coun_gui.unlearning.models import Classifier


@methods.add
class GradientAscent(Method):
    """The loss on the forget data is climbed, and nothing holds the rest: few epochs at a small rate."""

    name = "ga"
    title = "GA"
    help = "Gradient ascent on the forget data alone. Nothing protects the retain data: keep the rate small."
    citation = "Thudi et al. (2022), Unrolling SGD, EuroS&P"
    contrastive = False

    def passes(self, epoch: int) -> tuple[Pass, ...]:
        return (Pass.FORGET,)

    def loss(self, model: Classifier, batch: Batch) -> dict[str, Tensor]:
        assert batch.forget is not None
        return {"forget": -F.cross_entropy(batch.forget.logits, batch.forget.labels)}
