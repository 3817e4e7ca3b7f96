"""What a sample's colour stands for, and the legend that says so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coun_gui.experiments.maps import SampleMap
from coun_gui.reports.colours import class_colour
from coun_gui.ui.embedding.scatter import packed

MODES = {
    "class": "True class",
    "predicted": "Predicted class",
    "forget": "Forget or retain",
    "correct": "Right or wrong",
    "confidence": "Confidence",
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


@dataclass(frozen=True)
class Entry:
    """A line of the legend: samples with this `code` have this colour."""

    code: int
    title: str
    colour: str


def entries(mode: str, class_names: list[str], dark: bool) -> list[Entry]:
    """The legend of a mode."""
    if mode in ("class", "predicted"):
        count = len(class_names)
        return [Entry(code, name, class_colour(code, count)) for code, name in enumerate(class_names)]
    if mode == "forget":
        return _pair(("retain", "forget"), _FORGET[dark])
    if mode == "correct":
        return _pair(("right", "wrong"), _CORRECT[dark])
    titles = [f"{step * 10}–{step * 10 + 10} %" for step in range(STEPS)]
    return [Entry(code, title, _confidence_colour(code, dark)) for code, title in enumerate(titles)]


def _pair(titles: tuple[str, str], colours: tuple[str, str]) -> list[Entry]:
    return [
        Entry(code, title, colour) for code, (title, colour) in enumerate(zip(titles, colours, strict=True))
    ]


def _confidence_colour(step: int, dark: bool) -> str:
    """Linear between the anchors."""
    anchors = _CONFIDENCE[dark]
    place = step / (STEPS - 1) * (len(anchors) - 1)
    low = min(int(place), len(anchors) - 2)
    ends = [np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) for colour in anchors[low : low + 2]]
    mixed = ends[0] + (ends[1] - ends[0]) * (place - low)
    return "#" + "".join(f"{round(channel):02x}" for channel in mixed)


def codes(samples: SampleMap, run: str, mode: str) -> np.ndarray:
    """int64 [N]: the legend line each sample belongs to."""
    if mode == "predicted":
        return samples.predicted[run]
    if mode == "forget":
        return samples.forget.astype(np.int64)
    if mode == "correct":
        return (samples.predicted[run] != samples.labels).astype(np.int64)
    if mode == "confidence":
        steps: np.ndarray = np.nan_to_num(samples.confidence[run] * STEPS).astype(np.int64)
        return np.clip(steps, 0, STEPS - 1)
    return samples.labels


def colours(code: np.ndarray, legend: list[Entry]) -> np.ndarray:
    """uint32 [N], ready to be drawn. A code without a legend line is grey."""
    table = np.append(packed([entry.colour for entry in legend]), packed(["#808080"]))
    known = (code >= 0) & (code < len(legend))
    painted: np.ndarray = table[np.where(known, code, len(legend))]
    return painted
