"""Retrain: exact unlearning, the reference of every gap."""

from __future__ import annotations

from coun_gui.unlearning.methods import methods
from coun_gui.unlearning.methods.ft import FineTuning


@methods.add
class Retrain(FineTuning):
    """Cross-entropy on the retain data from a fresh initialisation, with the recipe of the Original."""

    name = "retrain"
    title = "Retrain"
    help = "Trained from scratch on the retain data, as if the forget set had never been there: the target."
    citation = ""
    starts_from_original = False
    contrastive = False
