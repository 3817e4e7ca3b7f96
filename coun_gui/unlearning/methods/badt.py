"""Bad Teacher: the forget data are taught by a network that knows nothing."""

from __future__ import annotations

from copy import deepcopy

import torch
from pydantic import Field
from torch import Tensor, nn

from coun_gui.unlearning.methods import Batch, Data, Method, Pass, methods
from coun_gui.unlearning.methods.distillation import divergence
from coun_gui.unlearning.models import Classifier
from coun_gui.unlearning.parameters import Parameters


class BadTeacherParams(Parameters):
    temperature: float = Field(1.0, gt=0, le=100, title="Temperature", description="Paper: 1.")


@methods.add
class BadTeacher(Method):
    """KL to a randomly initialised teacher on D_u, to θ_o on D_r."""

    name = "badt"
    title = "Bad Teacher"
    help = "Learns the retain data from the Original and the forget data from a network that knows nothing."
    citation = "Chundawat et al. (2023), Can Bad Teaching Induce Forgetting?, AAAI"
    Params = BadTeacherParams

    def prepare(self, model: Classifier, data: Data) -> None:
        self.good = deepcopy(model).eval().requires_grad_(False)
        self.bad = deepcopy(model).eval().requires_grad_(False)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(data.seed)
            self.bad.apply(_forget_everything)

    def passes(self, epoch: int) -> tuple[Pass, ...]:
        return (Pass.BOTH,)

    def loss(self, model: Classifier, batch: Batch) -> dict[str, Tensor]:
        assert isinstance(self.params, BadTeacherParams)
        assert batch.retain is not None
        assert batch.forget is not None
        with torch.no_grad():
            good, bad = self.good(batch.retain.images), self.bad(batch.forget.images)
        temperature = self.params.temperature
        return {
            "KL": divergence(good, batch.retain.logits, temperature),
            "forget": divergence(bad, batch.forget.logits, temperature),
        }


def _forget_everything(module: nn.Module) -> None:
    reset = getattr(module, "reset_parameters", None)
    if callable(reset):
        reset()
