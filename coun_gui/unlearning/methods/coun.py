"""CoUn: contrastive and supervised learning on the retain data alone."""

from __future__ import annotations

from coun_gui.unlearning.methods import methods
from coun_gui.unlearning.methods.ft import FineTuning
from coun_gui.unlearning.parameters import ContrastiveSpec


@methods.add
class CoUn(FineTuning):
    """FT with the contrastive module on; its parameters are the module's own."""

    name = "coun"
    title = "CoUn"
    help = "FT plus the contrastive module: forget samples drift into the retain clusters they resemble, as in Retrain."
    citation = "Khalil et al. (2025), CoUn: Empowering Machine Unlearning via Contrastive Learning, NeurIPS"
    Params = ContrastiveSpec
    contrastive = False  # it is on already

    def module(self, switch: ContrastiveSpec | None) -> ContrastiveSpec | None:
        assert isinstance(self.params, ContrastiveSpec)
        return self.params
