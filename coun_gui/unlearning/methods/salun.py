"""SalUn: random labels, moving the salient weights alone."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from coun_gui.unlearning.methods import Data, Pass, methods
from coun_gui.unlearning.methods.rl import RandomLabels
from coun_gui.unlearning.models import Classifier, evaluating
from coun_gui.unlearning.parameters import Parameters, tried

GRADIENT_BATCH = 256


class SalUnParams(Parameters):
    fraction: float = Field(
        0.5,
        gt=0,
        le=1,
        title="Mask fraction",
        description="Share of weights that may move; paper's range: 0.1 to 1.",
        json_schema_extra=tried(0.1, 0.3, 0.5, 0.8, 1),
    )


@methods.add
class SalUn(RandomLabels):
    """The mask is the top fraction of all weights by |Σ gradient of the forget loss| at θ_o, BatchNorm in eval mode.

    Weights outside the mask are put back after every step, so that neither momentum nor weight decay moves them.
    """

    name = "salun"
    title = "SalUn"
    help = "Random labels on the forget data, but only weights that matter to them may move."
    citation = "Fan et al. (2024), SalUn, ICLR"
    Params = SalUnParams

    def prepare(self, model: Classifier, data: Data) -> None:
        super().prepare(model, data)
        assert isinstance(self.params, SalUnParams)
        gradients = self._forget_gradients(model, data)
        ranked = torch.cat([gradient.abs().flatten() for gradient in gradients])
        kept = torch.zeros(len(ranked), dtype=torch.bool, device=ranked.device)
        kept[ranked.topk(max(1, round(self.params.fraction * len(ranked)))).indices] = True
        parts = kept.split([gradient.numel() for gradient in gradients])  # type: ignore[no-untyped-call]
        self.masks = [part.view_as(gradient) for part, gradient in zip(parts, gradients, strict=True)]
        self.original = [weight.detach().clone() for weight in model.parameters()]

    def _forget_gradients(self, model: Classifier, data: Data) -> list[Tensor]:
        """Of the loss summed over the forget set, by parameter."""
        model.zero_grad()
        with evaluating(model):
            for images, labels in data.plain(Pass.FORGET, GRADIENT_BATCH):
                F.cross_entropy(model(images), labels, reduction="sum").backward()  # type: ignore[no-untyped-call]
        found = [torch.zeros_like(w) if w.grad is None else w.grad.clone() for w in model.parameters()]
        model.zero_grad()
        return found

    def after_step(self, model: Classifier) -> None:
        with torch.no_grad():
            for weight, mask, original in zip(model.parameters(), self.masks, self.original, strict=True):
                weight.copy_(torch.where(mask, weight, original))
