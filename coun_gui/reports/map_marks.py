"""The samples of a panel as marks: how large, how strong, and which lie on top."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from coun_gui.experiments.maps import SampleMap
from coun_gui.reports.figure_style import INK
from coun_gui.reports.map_points import Marks
from coun_gui.reports.map_view import Dots, Limits, MapView, channels


def marks_of(
    sample_map: SampleMap, run: str, view: MapView, side: float, limits: Limits, diamond: bool
) -> tuple[Marks, ...]:
    """Retain, then forget samples; then those that the view has chosen. Of a kind in random but fixed order.

    side: inches of the panel; diamond: the shape of forget samples, else they are round
    """
    order = np.random.default_rng(0).permutation(len(sample_map.index))
    seen = view.shown[run] & np.isfinite(sample_map.xy[run]).all(axis=1)
    own = view.dots.get(run)
    dots = _by_number(sample_map, side) if own is None else _in_points(own, side, limits)
    if view.chosen is None:
        return _pair(sample_map, run, view, order[seen[order]], dots, diamond)
    above = order[(seen & view.chosen.rows)[order]]
    below = order[(seen & ~view.chosen.rows)[order]]
    return (
        *_pair(sample_map, run, view, below, dots, diamond),
        *_pair(sample_map, run, view, above, _in_points(view.chosen.dots, side, limits), diamond),
    )


def _pair(
    sample_map: SampleMap, run: str, view: MapView, rows: np.ndarray, dots: Dots, diamond: bool
) -> tuple[Marks, Marks]:
    """Of retain and of forget samples among these rows. dots: in points."""
    retain, forget = (rows[sample_map.forget[rows] == flag] for flag in (False, True))
    xy, colours = sample_map.xy[run], view.colours[run]
    return (
        Marks(xy[retain], colours[retain], dots.retain, opacity=dots.opacity),
        Marks(
            xy[forget],
            colours[forget],
            dots.forget,
            diamond=diamond,
            ring=dots.ring,
            ink=channels(dots.ink),
            strength=dots.strength,
        ),
    )


def _in_points(dots: Dots, side: float, limits: Limits) -> Dots:
    scale = 72 * side / (limits[1] - limits[0])
    return replace(dots, retain=dots.retain * scale, forget=dots.forget * scale, ring=dots.ring * scale)


def _by_number(sample_map: SampleMap, side: float) -> Dots:
    """In points: the more samples there are, the smaller; a panel of 2 inches has them unscaled."""
    scale = float(np.clip(side / 2, 0.5, 1.2))
    small = float(np.sqrt(np.clip(9000 / max(len(sample_map.index), 1), 0.5, 7)))
    large = float(np.sqrt(np.clip(6000 / max(int(sample_map.forget.sum()), 1), 2, 16)))
    ring = 0.4 if large > 2.4 else 0.2
    return Dots(small * scale, large * scale, ring * max(scale, 0.7), opacity=0.45, ink=INK)
