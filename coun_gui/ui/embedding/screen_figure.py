"""The maps on the screen in a figure's terms: pixels become lengths of the plane, and the ground is white."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from coun_gui.reports.colours import class_colour
from coun_gui.reports.map_view import Chosen, Dots, Landmark, MapView, Ring
from coun_gui.ui.embedding.on_screen import GROUND, Landmarks, OnScreen
from coun_gui.ui.embedding.points import FADED, stepped_back, stepped_up
from coun_gui.ui.embedding.scatter import Look, faded
from coun_gui.ui.theme import tokens

_RING = 20.0  # logical pixels across
_DIAGONAL = np.sqrt(0.5)  # of the screen's diamonds, whose size is that of half a diagonal
_WIDTHS = (1.0, 1.6)  # of the wide and of the narrow outline


def figure_view(shown: OnScreen) -> MapView:
    """What a figure of the maps shows, and how."""
    unit = shown.ratio * shown.scale
    colours, dots = dict(shown.colours), {}
    for run, each in shown.shown.items():
        emphasised = bool((shown.selected & each).any())
        if emphasised:  # the others step back
            pale = faded(shown.colours[run], GROUND, FADED)
            colours[run] = np.where(shown.selected, shown.colours[run], pale)
        dots[run] = _dots(stepped_back(shown.look) if emphasised else shown.look, unit)
    pinned, accent = shown.pinned, tokens(dark=False)["accent_text"]
    return MapView(
        {run: _channels(each) for run, each in colours.items()},
        shown.shown,
        shown.lines,
        shown.told,
        shown.limits,
        dots,
        Chosen(shown.selected, _dots(stepped_up(shown.look), unit)) if shown.selected.any() else None,
        {run: list(_of_classes(each)) for run, each in shown.landmarks.items()},
        None if pinned is None else Ring(pinned, accent, _RING / shown.scale),
    )


def _dots(look: Look, unit: float) -> Dots:
    """As large as the screen draws them, which does so in half and whole pixels. unit: device pixels a unit."""
    disc, diamond, ring = round(look.radius * 2) + 0.5, max(round(look.forget_radius), 1) + 1.5, _DIAGONAL
    return Dots(
        disc / unit,
        (2 * diamond * _DIAGONAL - ring) / unit,
        ring / unit,
        look.opacity,
        f"#{look.ring & 0xFFFFFF:06x}",
        look.ring_strength,
    )


def _of_classes(shown: Landmarks) -> Iterator[Landmark]:
    for cluster in shown.clusters:
        if cluster.label in shown.hidden or not (shown.named or shown.outlined):
            continue
        known = cluster.label < len(shown.names)
        yield Landmark(
            shown.names[cluster.label] if known else str(cluster.label),
            class_colour(cluster.label, len(shown.names)),
            cluster.centre if shown.named else None,
            list(zip(cluster.outlines, _WIDTHS, strict=False)) if shown.outlined else (),
        )


def _channels(colours: np.ndarray) -> np.ndarray:
    """uint8 [N, 3] of uint32 [N] as they are drawn on the screen."""
    return np.stack([colours >> shift & 255 for shift in (16, 8, 0)], axis=1).astype(np.uint8)
