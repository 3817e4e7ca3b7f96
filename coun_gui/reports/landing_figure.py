"""Where each model puts the samples, as figures: bars of the predicted classes, and flows."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from coun_gui.errors import CounError
from coun_gui.reports.colours import class_colour
from coun_gui.reports.figure_style import WIDTH, journal_style, legend_columns, panel_title
from coun_gui.reports.flows import Band, bands
from coun_gui.reports.landing_table import LandingTable

_LINE = 0.24  # inches a model
_NAMED = 20  # classes that a legend names
_IN_A_ROW = 4
_BLOCK = 0.04  # width of the blocks at both sides of a flow, of the width between them


def bars_figure(table: LandingTable) -> Figure:
    """A bar a model: the share of the samples that it predicts as each class. `CounError` without any model."""
    _check(table)
    count = len(table.classes)
    with journal_style():
        figure = Figure(figsize=(WIDTH, 0.9 + _LINE * len(table.rows)), layout="constrained")
        axes = figure.subplots()
        for place, row in enumerate(table.rows):
            left = 0.0
            for label, share in enumerate(row.shares):
                axes.barh(
                    place, share, 0.7, left, color=class_colour(label, count), edgecolor="white", lw=0.3
                )
                left += share
        axes.set_yticks(range(len(table.rows)), [row.title for row in table.rows], parse_math=False)
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        axes.set_xlabel(f"Samples predicted as each class, % (n = {table.count:,})")
        _add_legend(
            figure, table, {label for row in table.rows for label, part in enumerate(row.shares) if part}
        )
    return figure


def flow_figure(table: LandingTable, clusters: bool = False) -> Figure:
    """A panel a model: bands from true to predicted classes, or to the nearest retain `clusters`."""
    _check(table)
    flows = [bands((row.cluster_flow or ()) if clusters else row.flow) for row in table.rows]
    lines = -(-len(flows) // _IN_A_ROW)
    with journal_style():
        figure = Figure(figsize=(WIDTH, 0.5 + 1.6 * lines), layout="constrained")
        grid = figure.subplots(lines, min(len(flows), _IN_A_ROW), squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for axes, row, made in zip(grid.flat, table.rows, flows, strict=False):
            panel_title(axes, row.title)
            _draw_flow(axes, made, len(table.classes))
        reached = {label for made in flows for band in made for label in (band.true, band.predicted)}
        goal = "nearest retain cluster" if clusters else "predicted class"
        _add_legend(figure, table, reached, f"From the true class to the {goal} (n = {table.count:,})")
    return figure


def _check(table: LandingTable) -> None:
    if not table.rows:
        raise CounError("There are no models to draw.", "Draw a map of finished runs first.")


def _draw_flow(axes: Axes, made: list[Band], classes: int) -> None:
    """Top to bottom as in the window. Bands have the colour of where they go where all come from one class."""
    axes.set_xlim(0, 1)
    axes.set_ylim(1, 0)
    single = len({band.true for band in made}) == 1
    for band in made:
        colour = class_colour(band.predicted if single else band.true, classes)
        axes.add_patch(PathPatch(_ribbon(band), facecolor=colour, edgecolor="none", alpha=0.5))
        for x, label, (top, bottom) in (
            (0, band.true, band.left),
            (1 - _BLOCK, band.predicted, band.right),
        ):
            axes.barh(top, _BLOCK, bottom - top, x, align="edge", color=class_colour(label, classes))


def _ribbon(band: Band) -> Path:
    (top, bottom), (end_top, end_bottom) = band.left, band.right
    left, middle, right = _BLOCK, 0.5, 1 - _BLOCK
    points = [
        (left, top), (middle, top), (middle, end_top), (right, end_top),
        (right, end_bottom), (middle, end_bottom), (middle, bottom), (left, bottom), (left, top),
    ]  # fmt: skip
    curve, line = [Path.CURVE4] * 3, Path.LINETO
    return Path(points, [Path.MOVETO, *curve, line, *curve, Path.CLOSEPOLY])


def _add_legend(figure: Figure, table: LandingTable, labels: set[int], title: str = "") -> None:
    """The classes that occur, where there are not too many to be told apart."""
    if not 0 < len(labels) <= _NAMED:
        return
    count, shown = len(table.classes), sorted(labels)
    names = [table.classes[label].replace("$", r"\$") for label in shown]
    signs = [Patch(color=class_colour(label, count)) for label in shown]
    columns = min(len(names), legend_columns(names))
    figure.legend(signs, names, title=title or None, loc="outside lower center", ncols=columns, frameon=False)
