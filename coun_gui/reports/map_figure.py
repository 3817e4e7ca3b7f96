"""The feature space of several models side by side, in one frame."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import ConnectionPatch

from coun_gui.errors import CounError
from coun_gui.experiments.maps import SampleMap
from coun_gui.reports.figure_style import INK, LINE, QUIET, WIDTH, journal_style, legend_columns, panel_title
from coun_gui.reports.map_landmarks import draw_landmarks, draw_ring
from coun_gui.reports.map_marks import marks_of
from coun_gui.reports.map_points import MapPoints
from coun_gui.reports.map_view import NAMED_CLASSES, Limits, MapView, Ring, class_view
from coun_gui.reports.names import LAYOUTS

_IN_A_ROW = 4
_WIDE = 1.95  # inches of a panel that holds the words, and of one
_SLIM = 1.45  # that holds them in short with the layout's name


def map_figure(
    sample_map: SampleMap,
    titles: Mapping[str, str],
    class_names: Sequence[str],
    colour_by: Literal["true", "predicted"] = "true",
    view: MapView | None = None,
) -> Figure:
    """A panel a run, in the map's order: retain samples small and quiet, forget samples larger and ringed.

    titles: run id to what stands above its panel; a run without one is left out
    view:   what is shown and in which colours, instead of all by their class
    """
    runs = [run for run in sample_map.spec.runs if run in titles]
    if not runs:
        raise CounError("None of the map's models is to be drawn.", "Pick at least one of them.")
    view = view or class_view(sample_map, class_names, colour_by)
    limits = view.limits or whole([sample_map.xy[run] for run in runs])
    columns = min(len(runs), _IN_A_ROW)
    lines = -(-len(runs) // columns)
    side = min(WIDTH / columns, 3.4)
    tall = side * (limits[3] - limits[2]) / (limits[1] - limits[0])
    with journal_style():
        handles = [*kind_handles(sample_map, view, runs, diamond=True), *line_handles(view)]
        beside = legend_columns([str(handle.get_label()) for handle in handles], side * columns)
        below = 0.15 * -(-len(handles) // beside) + 0.1
        figure = Figure(figsize=(side * columns, (tall + 0.14) * lines + below), layout="constrained")
        grid = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
        for axes, run in zip(grid.flat, runs, strict=False):
            draw_points(axes, sample_map, run, view, side, limits, diamond=True)
            panel_title(axes, titles[run])
        for axes in grid.flat[len(runs) :]:
            axes.set_axis_off()
        if view.ring is not None:
            reach = 36 * side / (limits[1] - limits[0]) * view.ring.diameter
            _join_rings(
                _ringed(zip(grid.flat, runs, strict=False), sample_map, view, limits), view.ring, reach
            )
        figure.legend(handles=handles, loc="outside lower center", ncols=beside, handletextpad=0.3)
    return figure


def draw_points(
    axes: Axes,
    sample_map: SampleMap,
    run: str,
    view: MapView,
    side: float,
    limits: Limits,
    diamond: bool = False,
) -> None:
    """In random but fixed order, lest the last class hides the others. Samples without a place are counted.

    side: inches of the panel; diamond: the shape of forget samples, else they are round
    """
    axes.set_aspect("equal", adjustable="box")
    axes.set(xticks=[], yticks=[], xlim=limits[:2], ylim=limits[2:])
    for spine in axes.spines.values():
        spine.set(visible=True, color=LINE)
    finite = np.isfinite(sample_map.xy[run]).all(axis=1)
    MapPoints(axes, marks_of(sample_map, run, view, side, limits, diamond))
    draw_landmarks(axes, view.landmarks.get(run, ()), limits, side)
    if view.ring is not None and view.shown[run][view.ring.row]:
        draw_ring(axes, sample_map.xy[run][view.ring.row], view.ring, 72 * side / (limits[1] - limits[0]))
    # Below: beside the title there is no room for it in a narrow panel.
    below: dict[str, Any] = {"color": QUIET, "fontsize": 6.5, "labelpad": 2}
    axes.set_xlabel(quality_line(sample_map, run, side), loc="right" if side >= _WIDE else "center", **below)
    _tell_missing(axes, len(finite), int(len(finite) - finite.sum()), side)


def _ringed(
    panels: Iterable[tuple[Axes, str]], sample_map: SampleMap, view: MapView, limits: Limits
) -> list[tuple[Axes, tuple[float, float]]]:
    """The panels on which the ringed sample is in view, and its place."""
    assert view.ring is not None
    row, (left, right, bottom, top) = view.ring.row, limits
    places = [(axes, sample_map.xy[run][row].tolist()) for axes, run in panels if view.shown[run][row]]
    return [(axes, (x, y)) for axes, (x, y) in places if left <= x <= right and bottom <= y <= top]


def _join_rings(ringed: Sequence[tuple[Axes, tuple[float, float]]], ring: Ring, reach: float) -> None:
    """A dashed line through all panels in their order, from ring to ring. reach: points from a ring's middle."""
    for (start_axes, start), (end_axes, end) in pairwise(ringed):
        line = ConnectionPatch(
            start, end, "data", "data", axesA=start_axes, axesB=end_axes, arrowstyle="-", shrinkA=reach,
            shrinkB=reach, color=ring.colour, alpha=0.6, linewidth=0.7, linestyle=(0, (4, 3)),
        )  # fmt: skip
        line.set_in_layout(False)
        start_axes.figure.add_artist(line)


def _tell_missing(axes: Axes, samples: int, missing: int, side: float) -> None:
    if samples and not missing:
        return
    text = f"{missing:,} without a place{' (NaN)' if side >= _WIDE else ''}" if samples else "no samples"
    ground = {"facecolor": "white", "alpha": 0.85, "linewidth": 0, "pad": 1}
    axes.text(0.02, 0.02, text, transform=axes.transAxes, fontsize=6, color=QUIET, zorder=4, bbox=ground)


def quality_line(sample_map: SampleMap, run: str, side: float) -> str:
    """“UMAP · trustworthiness 0.95 · k-NN 41 %”, shorter in a panel of fewer inches, in the end without the layout.

    Too few samples have no measures.
    """
    known = sample_map.quality.get(run, {})
    quality = {name: value for name, value in known.items() if math.isfinite(value)}
    parts = [LAYOUTS[sample_map.spec.embedding.method]] if names_layout(side) else []
    if "trustworthiness" in quality:
        word = "trustworthiness" if side >= _WIDE else "trust."
        parts.append(f"{word} {quality['trustworthiness']:.2f}")
    if "knn_overlap" in quality:
        parts.append(f"k-NN {100 * quality['knn_overlap']:.0f} %")
    return " · ".join(parts)


def names_layout(side: float) -> bool:
    """Whether a panel of so many inches has room for the name of its layout."""
    return side >= _SLIM


def whole(layouts: Sequence[np.ndarray]) -> Limits:
    """A square that holds every sample with a finite place; the unit square where there is none."""
    points = np.concatenate([part[np.isfinite(part).all(axis=1)] for part in layouts]).astype(np.float64)
    if not len(points):
        return (0.0, 1.0, 0.0, 1.0)
    low, high = points.min(axis=0), points.max(axis=0)
    half = 0.53 * float(max(high - low)) or 1.0
    x, y = (low + high) / 2
    return (float(x - half), float(x + half), float(y - half), float(y + half))


def kind_handles(
    sample_map: SampleMap, view: MapView, runs: Sequence[str], diamond: bool, counted: bool = True
) -> list[Line2D]:
    """Retain and forget, with their numbers where these are the same in all panels; those in view alone."""
    looks: tuple[dict[str, Any], ...] = (
        {"marker": "o", "markersize": 2.5},
        {
            "marker": "D" if diamond else "o",
            "markersize": 4.5,
            "markeredgecolor": INK,
            "markeredgewidth": 0.6,
        },
    )
    handles = []
    for name, look, kind in zip(
        ("retain", "forget"), looks, (~sample_map.forget, sample_map.forget), strict=True
    ):
        counts = {int((view.shown[run] & kind).sum()) for run in runs}
        if counts != {0}:
            label = f"{name} ({max(counts):,})" if counted and len(counts) == 1 else name
            handles.append(Line2D([], [], linestyle="", color=QUIET, label=label, **look))
    return handles


def line_handles(view: MapView) -> list[Line2D]:
    """What the colours mean, unless they are too many to be named, and what else is to be told."""
    square: dict[str, Any] = {"marker": "s", "markersize": 4.5, "linestyle": ""}
    lines = view.lines if len(view.lines) <= NAMED_CLASSES else ()
    named = [Line2D([], [], color=colour, label=title, **square) for title, colour in lines]
    return [*named, *(_note(text) for text in view.told)]


def _note(text: str) -> Line2D:
    return Line2D([], [], linestyle="", label=text)
