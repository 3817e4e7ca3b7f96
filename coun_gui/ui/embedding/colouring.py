"""What a sample's colour stands for, and the legend that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from coun_gui.experiments.maps import SampleMap
from coun_gui.reports.colours import class_colour
from coun_gui.ui.embedding import fates
from coun_gui.ui.embedding.scatter import packed

NONE = -1  # the code of a sample without such a figure
MODES = {
    "class": "True class",
    "predicted": "Predicted class",
    "forget": "Forget or retain",
    "correct": "Right or wrong",
    "confidence": "Confidence",
    "membership": "Membership score",
    "agreement": "Agreement with Retrain",
    "fate": "Forgotten as Retrain",
}
CAPTIONS = {
    "confidence": "Probability of the predicted class.",
    "membership": "Above 0 the attacker calls it a member.",
    "agreement": "JS divergence to Retrain, in bits: 0 is identical.",
    "fate": "Of forget samples, beside Retrain.",
}
# Colour-blind safe pairs; the quiet one is for what is as expected.
_FORGET = {False: ("#8a94a3", "#c2410c"), True: ("#7d8796", "#ff9a4d")}
_CORRECT = {False: ("#7f9bb8", "#c51b4a"), True: ("#5f7d9c", "#ff6b8b")}
# Parts of matplotlib's viridis, which reads alike with any colour vision. From unsure to sure: the sure are
# many and lie near the ground's lightness, so that the unsure stand out on light and on dark.
_CONFIDENCE = {
    False: ("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#a8d53a"),
    True: ("#fde725", "#addc30", "#5ec962", "#28ae80", "#21918c", "#2c728e", "#3b528b"),
}
STEPS = 10
# The attacker's decision value: far below 0 surely no member, far above 0 surely one.
_SCORES = (-1.0, -0.5, 0.0, 0.5, 1.0)
_SCORE = {
    False: ("#2166ac", "#5b9bcb", "#a9bfd0", "#dfa883", "#d6604d", "#9a1329"),
    True: ("#6db3f2", "#4a86b8", "#48596b", "#8a5a3c", "#e0714f", "#ff9a85"),
}
_BITS = (0.01, 0.05, 0.1, 0.2, 0.5)
_FATES = {
    False: ("#b4bbc4", "#0072b2", "#d55e00", "#8f35ef", "#b5117c"),
    True: ("#4a525d", "#56b4e9", "#ff8c42", "#b48cff", "#ff6bb5"),
}


@dataclass(frozen=True)
class Entry:
    """A line of the legend: samples with this `code` have this colour. forget: they are forget samples all."""

    code: int
    title: str
    colour: str
    forget: bool = False


def entries(mode: str, class_names: list[str], dark: bool) -> list[Entry]:
    """The legend of a mode."""
    if mode in ("class", "predicted"):
        count = len(class_names)
        return [Entry(code, name, class_colour(code, count)) for code, name in enumerate(class_names)]
    titles, colours = _table(mode, dark)
    return [
        Entry(code, title, colour, forget=mode == "fate" and code != fates.RETAINED)
        for code, (title, colour) in enumerate(zip(titles, colours, strict=True))
    ]


def _table(mode: str, dark: bool) -> tuple[Sequence[str], Sequence[str]]:
    """Titles and colours by code."""
    if mode == "forget":
        return ("retain", "forget"), _FORGET[dark]
    if mode == "correct":
        return ("right", "wrong"), _CORRECT[dark]
    if mode == "fate":
        return fates.TITLES, _FATES[dark]
    if mode == "membership":
        return _between(_SCORES), _SCORE[dark]
    if mode == "agreement":
        count = len(_BITS) + 1
        return _between(_BITS), [_confidence_colour(1 - step / (count - 1), dark) for step in range(count)]
    steps = range(STEPS)
    titles = [f"{step * 10}–{step * 10 + 10} %" for step in steps]
    return titles, [_confidence_colour(step / (STEPS - 1), dark) for step in steps]


def _between(edges: Sequence[float]) -> list[str]:
    """“below a”, “a … b”, “above b” for each bin."""
    signed = [f"{edge:g}".replace("-", "−") for edge in edges]
    return [f"below {signed[0]}", *(f"{a} … {b}" for a, b in pairwise(signed)), f"above {signed[-1]}"]


def _confidence_colour(share: float, dark: bool) -> str:
    """From the first anchor at 0 to the last at 1, linear between them."""
    anchors = _CONFIDENCE[dark]
    place = share * (len(anchors) - 1)
    low = min(int(place), len(anchors) - 2)
    ends = [np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) for colour in anchors[low : low + 2]]
    mixed = ends[0] + (ends[1] - ends[0]) * (place - low)
    return "#" + "".join(f"{round(channel):02x}" for channel in mixed)


def why_not(samples: SampleMap, mode: str, reference: str | None) -> str:
    """Why a map can't be coloured so; empty where it can."""
    if mode == "membership" and not samples.membership:
        return "This map has no membership scores. Draw it again to have them."
    if mode == "agreement" and not samples.agreement:
        return "This needs Retrain on the map, drawn again with it."
    return fates.NEEDS_RETRAIN if mode == "fate" and reference is None else ""


def codes(samples: SampleMap, run: str, mode: str, reference: str | None = None) -> np.ndarray:
    """int64 [N]: the legend line each sample belongs to; NONE where the run has no such figure.

    reference: Retrain's run, which has no agreement with itself.
    """
    if mode == "predicted":
        return samples.predicted[run]
    if mode == "forget":
        return samples.forget.astype(np.int64)
    if mode == "correct":
        return (samples.predicted[run] != samples.labels).astype(np.int64)
    if mode == "confidence":
        steps: np.ndarray = np.nan_to_num(samples.confidence[run] * STEPS).astype(np.int64)
        return np.clip(steps, 0, STEPS - 1)
    if mode == "membership":
        return _binned(samples.membership.get(run), _SCORES, len(samples.index))
    if mode == "agreement":
        return _binned(samples.agreement.get(run), _BITS, len(samples.index))
    if mode == "fate" and reference is not None:
        return fates.fates(samples, run, reference)
    return samples.labels


def _binned(values: np.ndarray | None, edges: Sequence[float], count: int) -> np.ndarray:
    """Which bin a value lies in; a value on an edge belongs to the lower one, as 0 is no member."""
    if values is None:
        return np.full(count, NONE)
    bins: np.ndarray = np.where(np.isnan(values), NONE, np.searchsorted(edges, values, side="left"))
    return bins


def counted(code: np.ndarray, lines: int) -> list[int]:
    """How many samples each legend line stands for."""
    known = code[(code >= 0) & (code < lines)]
    counts: list[int] = np.bincount(known, minlength=lines).tolist()
    return counts


def colours(code: np.ndarray, legend: list[Entry]) -> np.ndarray:
    """uint32 [N], ready to be drawn. A code without a legend line is grey."""
    table = np.append(packed([entry.colour for entry in legend]), packed(["#808080"]))
    known = (code >= 0) & (code < len(legend))
    painted: np.ndarray = table[np.where(known, code, len(legend))]
    return painted
