"""NegGrad+: descent on the retain data and ascent on the forget data in one step."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from coun_gui.unlearning.methods import Batch, Method, Pass, methods
from coun_gui.unlearning.models import Classifier
from coun_gui.unlearning.parameters import Parameters, tried


class NegGradPlusParams(Parameters):
    beta: float = Field(
        0.99,
        gt=0,
        le=1,
        title="Retain weight β",
        description="Paper's range: 0.95 to 0.9999; the rest pushes away.",
        json_schema_extra=tried(0.95, 0.97, 0.99, 0.999, 0.9999),
    )


@methods.add
class NegGradPlus(Method):
    """β · CE(retain) − (1 − β) · CE(forget). The second part is unbounded: training may diverge."""

    name = "neggrad+"
    title = "NegGrad+"
    help = "Learns the retain data and unlearns the forget data in one step; too strong, it diverges."
    citation = "Kurmanji et al. (2023), Towards Unbounded Machine Unlearning, NeurIPS"
    Params = NegGradPlusParams

    def passes(self, epoch: int) -> tuple[Pass, ...]:
        return (Pass.BOTH,)

    def loss(self, model: Classifier, batch: Batch) -> dict[str, Tensor]:
        assert isinstance(self.params, NegGradPlusParams)
        assert batch.retain is not None
        assert batch.forget is not None
        beta = self.params.beta
        return {
            "CE": beta * F.cross_entropy(batch.retain.logits, batch.retain.labels),
            "forget": -(1 - beta) * F.cross_entropy(batch.forget.logits, batch.forget.labels),
        }
