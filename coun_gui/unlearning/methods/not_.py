"""NoT: the first layer's weights are negated, then the model is fine-tuned."""

from __future__ import annotations

import torch
from torch import nn

from coun_gui.unlearning.methods import Data, methods
from coun_gui.unlearning.methods.ft import FineTuning
from coun_gui.unlearning.models import Classifier


@methods.add
class NoT(FineTuning):
    """Negating the first convolution breaks what all later layers rest on; fine-tuning mends it for D_r."""

    name = "not"
    title = "NoT"
    help = "The first convolution's weights change sign, then fine-tuning on the retain data."
    citation = "Khalil et al. (2025), NoT: Federated Unlearning via Weight Negation, CVPR"

    def prepare(self, model: Classifier, data: Data) -> None:
        first = next(module for module in model.modules() if isinstance(module, nn.Conv2d))
        with torch.no_grad():
            first.weight.neg_()
