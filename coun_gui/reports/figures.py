"""Figures for papers and talks, out of finished runs. Made without pyplot, so that no display is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from coun_gui.errors import CounError
from coun_gui.experiments.record import RunRecord
from coun_gui.experiments.workspace import Experiment
from coun_gui.reports.colours import method_colour, method_title
from coun_gui.reports.columns import Column, best_gaps, cell, metric_columns, setting_titles
from coun_gui.reports.curves import Curve, Panel, panels
from coun_gui.reports.figure_file import save
from coun_gui.reports.figure_style import (
    INK,
    QUIET,
    WIDTH,
    journal_style,
    legend_columns,
    panel_title,
    round_ticks,
)
from coun_gui.reports.map_figure import map_figure
from coun_gui.reports.rows import ResultRow

__all__ = ["gap_figure", "map_figure", "metrics_figure", "save"]

_COLUMNS = 4
_LEGEND_LINES, _LEGEND_SIGNS = 9, 18  # what a legend may hold to fit into the place of a panel
_Dash = str | tuple[int, tuple[float, ...]]
_VARIANTS: tuple[_Dash, ...] = ("-", (0, (1, 1.1)), (0, (6, 1.4)), (0, (3, 1, 1, 1, 1, 1)))  # of one method
_WITH_MODULE: _Dash = (0, (4, 1, 1, 1))  # a method with the CL switch on
_TARGET = (0, (4, 2))  # the dash of Retrain


def metrics_figure(
    records: Iterable[RunRecord], experiment: Experiment | None = None, losses: bool = True
) -> Figure:
    """RA, UA, TA, MIA, average gap and loss parts over the epochs; a line a method, Retrain as the target.

    `records` must hold the Originals and Retrains too. With more seeds, a line is their mean and its band ±
    one sample standard deviation. Raises `CounError` where there is nothing to draw.
    """
    drawn = panels(records, experiment, losses)
    looks = _looks(drawn)
    handles = _legend(drawn, looks)
    lines = -(-len(drawn) // _COLUMNS)
    with journal_style():
        figure = Figure(figsize=(WIDTH, 1.7 * lines), layout="constrained")
        grid = figure.subplots(lines, _COLUMNS, squeeze=False)
        for axes, panel in zip(grid.flat, drawn, strict=False):
            _draw_panel(axes, panel, looks)
        for axes in grid.flat[len(drawn) :]:
            axes.set_axis_off()
        for axes in grid.flat[max(0, len(drawn) - _COLUMNS) : len(drawn)]:
            axes.set_xlabel("Epoch")
        _place_legend(figure, list(grid.flat[len(drawn) :]), handles)
    return figure


def gap_figure(rows: Sequence[ResultRow]) -> Figure:
    """Bars of the average gap (± sample standard deviation of the seeds' gaps) and of the cost, by setting.

    Raises `CounError` where there are no rows.
    """
    shown = [row for row in rows if row.method != "original"]
    if not shown:
        raise CounError("There are no results to draw.", "Wait until a run has finished.")
    columns = {column.key: column for column in metric_columns(shown)}
    settings = [list(members) for _, members in groupby(shown, key=lambda row: row.setting)]
    heights = [0.22 * len(members) + 0.55 for members in settings]
    with journal_style():
        figure = Figure(figsize=(WIDTH, sum(heights) + 0.25), layout="constrained")
        grid = figure.subplots(len(settings), 2, squeeze=False, sharey="row", height_ratios=heights)
        for (left, right), members in zip(grid, settings, strict=True):
            _draw_bars(left, members, columns["gap"])
            _draw_bars(right, members, columns["cost_flops"])
            right.tick_params(labelleft=False)
            if len(settings) > 1:
                panel_title(left, " · ".join(setting_titles(members[0])))
        for axes, key in zip(grid[-1], ("gap", "cost_flops"), strict=True):
            axes.set_xlabel(f"{columns[key].title} ({columns[key].unit}) {columns[key].direction}")
    return figure


def _draw_panel(axes: Axes, panel: Panel, looks: Mapping[str, dict[str, Any]]) -> None:
    panel_title(axes, panel.title)
    axes.grid(visible=True, axis="y")
    round_ticks(axes.xaxis, 5, integer=True)
    round_ticks(axes.yaxis, 4)
    target = panel.target
    if target.mean is not None:
        axes.axhline(target.mean, color=method_colour("retrain"), linestyle=_TARGET, linewidth=1.1, zorder=3)
        if target.std:
            low, high = target.mean - target.std, target.mean + target.std
            axes.axhspan(low, high, color=method_colour("retrain"), alpha=0.08, linewidth=0)
    for curve in panel.curves:
        _draw_curve(axes, curve, looks[curve.row.label], panel.bounds)
    axes.margins(x=0.02)
    epochs = {epoch for curve in panel.curves for epoch in curve.epochs}
    if len(epochs) == 1:
        axes.set_xticks([*epochs])  # around a single point there are only fractions


def _draw_curve(axes: Axes, curve: Curve, look: Mapping[str, Any], bounds: tuple[float, float]) -> None:
    if curve.std:
        least, most = bounds
        low = [max(mean - std, least) for mean, std in zip(curve.mean, curve.std, strict=True)]
        high = [min(mean + std, most) for mean, std in zip(curve.mean, curve.std, strict=True)]
        axes.fill_between(curve.epochs, low, high, color=look["color"], alpha=0.15, linewidth=0)
    marker = "o" if len(curve.epochs) == 1 else None
    axes.plot(curve.epochs, curve.mean, **look, marker=marker, markersize=3.5)


def _place_legend(figure: Figure, free: Sequence[Axes], handles: Sequence[Line2D]) -> None:
    """Where a panel is left over, else below all."""
    labels = [str(handle.get_label()) for handle in handles]
    columns = -(-len(labels) // _LEGEND_LINES)
    if columns <= len(free) and max(map(len, labels)) <= _LEGEND_SIGNS:
        free[0].legend(handles=handles, loc="upper left", ncols=columns, bbox_to_anchor=(-0.1, 1.1))
        return
    height = figure.get_figheight() + 0.15 * -(-len(labels) // legend_columns(labels)) + 0.05
    figure.set_figheight(height)
    figure.legend(handles=handles, loc="outside lower center", ncols=legend_columns(labels))


def _looks(drawn: Sequence[Panel]) -> dict[str, dict[str, Any]]:
    """Label to colour and dash: a method keeps its colour, its variants by parameters differ in the dash."""
    rows = {curve.row.label: curve.row for panel in drawn for curve in panel.curves}
    seen: Counter[tuple[str, bool]] = Counter()
    looks: dict[str, dict[str, Any]] = {}
    for label, row in rows.items():
        kind = (row.method, row.contrastive)
        dash = _VARIANTS[seen[kind] % len(_VARIANTS)]
        with_module = row.contrastive and not seen[kind]
        looks[label] = {"color": method_colour(*kind), "linestyle": _WITH_MODULE if with_module else dash}
        seen[kind] += 1
    return looks


def _legend(drawn: Sequence[Panel], looks: Mapping[str, dict[str, Any]]) -> list[Line2D]:
    handles = [Line2D([], [], label=label, **look) for label, look in looks.items()]
    if any(panel.target.mean is not None for panel in drawn):
        target: dict[str, Any] = {"color": method_colour("retrain"), "linestyle": _TARGET}
        handles.insert(
            0, Line2D([], [], label=f"{method_title('retrain')} (target)", linewidth=1.1, **target)
        )
    return handles


def _draw_bars(axes: Axes, rows: Sequence[ResultRow], column: Column) -> None:
    best = best_gaps(rows) if column.key == "gap" else frozenset()
    places = range(len(rows))
    lengths = [(row.spread(column.key).mean or 0.0) / column.scale for row in rows]
    axes.barh(
        places, lengths, height=0.62, color=[method_colour(row.method, row.contrastive) for row in rows]
    )
    axes.set_yticks(places, [row.label for row in rows], color=INK)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    reach = max((_end(row, column) for row in rows), default=0.0) or 1.0
    axes.set_xlim(0, 1.16 * reach)
    round_ticks(axes.xaxis, 5)
    for place, row in zip(places, rows, strict=True):
        std = (row.spread(column.key).std or 0.0) / column.scale
        if std:
            axes.errorbar(
                lengths[place], place, xerr=std, ecolor=INK, elinewidth=0.7, capsize=1.8, capthick=0.7
            )
        weight = "bold" if place in best else "normal"
        colour = INK if place in best else QUIET
        text = cell(row, column).mean
        end = _end(row, column) + 0.015 * reach
        axes.text(end, place, text, va="center", fontsize=6.5, color=colour, fontweight=weight)


def _end(row: ResultRow, column: Column) -> float:
    """Where a bar with its whisker ends, in the column's unit."""
    figure = row.spread(column.key)
    return ((figure.mean or 0.0) + (figure.std or 0.0)) / column.scale
