"""SCRUB: away from the teacher on the forget data, towards it on the retain data."""

from __future__ import annotations

from copy import deepcopy

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from coun_gui.unlearning.methods import Batch, Data, Method, Pass, methods
from coun_gui.unlearning.methods.distillation import divergence
from coun_gui.unlearning.models import Classifier
from coun_gui.unlearning.parameters import Parameters, tried


class ScrubParams(Parameters):
    max_steps: int = Field(
        2,
        ge=0,
        title="Max-steps",
        description="Epochs that begin with a pass away from θ_o; paper's range: 1 to 10.",
        json_schema_extra=tried(1, 2, 5, 10),
    )
    gamma: float = Field(
        1.0,
        gt=0,
        le=100,
        title="CE weight γ",
        description="Paper's range: 0.1 to 3.",
        json_schema_extra=tried(0.1, 0.3, 1, 3),
    )
    alpha: float = Field(
        0.5,
        gt=0,
        le=100,
        title="KL weight α",
        description="Paper's range: 0.1 to 3.",
        json_schema_extra=tried(0.1, 0.3, 0.5, 1, 3),
    )
    temperature: float = Field(1.0, gt=0, le=100, title="Temperature", description="Paper: 1.")


@methods.add
class Scrub(Method):
    """For the first epochs maximise KL(θ_o ‖ θ) on D_u; in every epoch minimise γ·CE + α·KL on D_r."""

    name = "scrub"
    title = "SCRUB"
    help = "Obeys the Original as its teacher on the retain data and disobeys it on the forget data."
    citation = "Kurmanji et al. (2023), Towards Unbounded Machine Unlearning, NeurIPS"
    Params = ScrubParams

    def prepare(self, model: Classifier, data: Data) -> None:
        self.teacher = deepcopy(model).eval().requires_grad_(False)

    def passes(self, epoch: int) -> tuple[Pass, ...]:
        assert isinstance(self.params, ScrubParams)
        return (Pass.FORGET, Pass.RETAIN) if epoch < self.params.max_steps else (Pass.RETAIN,)

    def loss(self, model: Classifier, batch: Batch) -> dict[str, Tensor]:
        params = self.params
        assert isinstance(params, ScrubParams)
        samples = batch.retain or batch.forget
        assert samples is not None
        with torch.no_grad():
            taught = self.teacher(samples.images)
        apart = divergence(taught, samples.logits, params.temperature)
        if batch.retain is None:
            return {"forget": -apart}
        return {
            "CE": params.gamma * F.cross_entropy(samples.logits, samples.labels),
            "KL": params.alpha * apart,
        }
