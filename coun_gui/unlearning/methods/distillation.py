"""The loss that methods with a teacher share."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def divergence(teacher: Tensor, student: Tensor, temperature: float) -> Tensor:
    """T² · KL(teacher ‖ student) of softened predictions, averaged over the samples; logits [B, K] each."""
    targets = F.log_softmax(teacher / temperature, dim=1)
    log_student = F.log_softmax(student / temperature, dim=1)
    return temperature**2 * F.kl_div(log_student, targets, reduction="batchmean", log_target=True)
