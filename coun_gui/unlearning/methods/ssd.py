"""SSD: weights that matter more to the forget data than to all data are dampened; nothing is trained."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from coun_gui.unlearning.methods import Batch, Data, Method, Pass, methods
from coun_gui.unlearning.models import Classifier, evaluating
from coun_gui.unlearning.parameters import Parameters, tried


class SsdParams(Parameters):
    selection: float = Field(
        10.0,
        gt=0,
        title="Selection",
        description="How many times as important to D_u; paper's range: 0.1 to 100.",
        json_schema_extra=tried(0.1, 1, 5, 10, 50, 100),
    )
    dampening: float = Field(
        1.0,
        gt=0,
        title="Dampening",
        description="The smaller, the more is taken away; paper's range: 0.1 to 5.",
        json_schema_extra=tried(0.1, 0.5, 1, 2, 5),
    )
    batch_size: int = Field(
        16,
        ge=1,
        title="Batch of the Fisher diagonal",
        description="Gradients are squared a batch; 1 is exact.",
    )


@methods.add
class SelectiveSynapticDampening(Method):
    """Where I_u > selection · I_D a weight is scaled by min(dampening · I_D / I_u, 1); I: Fisher diagonals.

    On random forgetting it is nearly without effect (CoUn, table 7): expected.
    """

    name = "ssd"
    title = "SSD"
    help = "Dampens the weights that serve the forget data most, without any training."
    citation = "Foster et al. (2024), Selective Synaptic Dampening, AAAI"
    Params = SsdParams
    contrastive = False
    trains = False

    def prepare(self, model: Classifier, data: Data) -> None:
        params = self.params
        assert isinstance(params, SsdParams)
        with evaluating(model):
            all_data = importance(model, data, Pass.BOTH, params.batch_size)
            forget = importance(model, data, Pass.FORGET, params.batch_size)
        with torch.no_grad():
            for weight, everywhere, there in zip(model.parameters(), all_data, forget, strict=True):
                scale = (params.dampening * everywhere / there.clamp_min(1e-30)).clamp_max(1)
                weight.mul_(torch.where(there > params.selection * everywhere, scale, torch.ones_like(scale)))

    def loss(self, model: Classifier, batch: Batch) -> dict[str, Tensor]:
        raise AssertionError("SSD doesn't train")


def importance(model: Classifier, data: Data, kind: Pass, batch_size: int) -> list[Tensor]:
    """The diagonal of the Fisher information by parameter: mean squared gradient of the batches' losses."""
    found = [torch.zeros_like(weight) for weight in model.parameters()]
    batches = 0
    for images, labels in data.plain(kind, batch_size):
        model.zero_grad()
        F.cross_entropy(model(images), labels).backward()  # type: ignore[no-untyped-call]
        batches += 1
        for total, weight in zip(found, model.parameters(), strict=True):
            if weight.grad is not None:
                total += weight.grad**2
    model.zero_grad()
    return [total / max(batches, 1) for total in found]
