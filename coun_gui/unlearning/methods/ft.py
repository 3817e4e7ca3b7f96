"""FT: fine-tuning on the retain data."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from coun_gui.unlearning.methods import Batch, Method, methods
from coun_gui.unlearning.models import Classifier


@methods.add
class FineTuning(Method):
    name = "ft"
    title = "FT"
    help = "Cross-entropy on the retain data, from the Original. What is not rehearsed fades."
    citation = "Warnecke et al. (2023), Machine Unlearning of Features and Labels, NDSS"

    def loss(self, model: Classifier, batch: Batch) -> dict[str, Tensor]:
        assert batch.retain is not None
        return {"CE": F.cross_entropy(batch.retain.logits, batch.retain.labels)}
