"""ℓ1-sparse: fine-tuning under a sparsity penalty that fades."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from coun_gui.unlearning.methods import Batch, Method, methods
from coun_gui.unlearning.models import Classifier
from coun_gui.unlearning.parameters import Parameters, tried


class L1SparseParams(Parameters):
    coefficient: float = Field(
        5e-4,
        gt=0,
        le=1,
        title="Coefficient α",
        description="At the start; paper's range: 1e-4 to 0.1.",
        json_schema_extra=tried(1e-4, 5e-4, 1e-3, 1e-2, 1e-1),
    )
    sparse_epochs: int = Field(
        4, ge=1, title="Sparse epochs", description="Over which the penalty falls linearly to zero."
    )


@methods.add
class L1Sparse(Method):
    """CE + α_e · ‖θ‖₁ over weights (not biases or BatchNorm), α_e falling to zero over the first epochs."""

    name = "l1-sparse"
    title = "ℓ1-sparse"
    help = "Fine-tuning while weights are drawn to zero, at first; what few weights hold is forgotten sooner."
    citation = "Jia et al. (2023), Model Sparsity Can Simplify Machine Unlearning, NeurIPS"
    Params = L1SparseParams

    def coefficient(self, epoch: int) -> float:
        """α_e of an epoch, counted from 0."""
        assert isinstance(self.params, L1SparseParams)
        return self.params.coefficient * max(0.0, 1 - epoch / self.params.sparse_epochs)

    def loss(self, model: Classifier, batch: Batch) -> dict[str, Tensor]:
        assert batch.retain is not None
        parts = {"CE": F.cross_entropy(batch.retain.logits, batch.retain.labels)}
        alpha = self.coefficient(batch.epoch)
        if alpha > 0:
            norms = [weight.abs().sum() for weight in model.parameters() if weight.ndim > 1]
            parts["ℓ1"] = alpha * torch.stack(norms).sum()
        return parts
