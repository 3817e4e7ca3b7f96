"""The paper's figure of the feature space: a column a forget setting, a row a model, in shared frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from coun_gui.errors import CounError
from coun_gui.experiments.spec import RETRAIN
from coun_gui.reports.colours import method_title
from coun_gui.reports.figure_style import INK, WIDTH, journal_style, legend_columns, panel_title
from coun_gui.reports.map_figure import draw_points, kind_handles, line_handles, names_layout, whole
from coun_gui.reports.map_view import class_view
from coun_gui.reports.names import LAYOUTS
from coun_gui.reports.paper_columns import Setting

_SIDE = 2.0  # inches of a panel at most
_SMALL = 1.3  # inches of a panel below which the rows go on in further columns
_BETWEEN = 0.17  # inches between rows
_HEIGHT = 8.9  # inches of all rows: with the legend a page holds them
_NARROWEST = 3.4  # inches: one column of a journal


def paper_figure(settings: Sequence[Setting], class_names: Sequence[str]) -> Figure:
    """Retrain first, then every method of any setting; a model that a setting lacks leaves its place empty.

    Where the rows of a page would be too low for their number, they go on beside each other. What is set on the screen
    isn't carried: columns have other samples, so that a selection in one would be none in another. Raises `CounError`
    where no map has Retrain or a method.
    """
    drawn = [setting for setting in settings if setting.runs]
    if not drawn:
        raise CounError("No map shows Retrain or a method.", "Draw a map once a method is done.")
    models = list(dict.fromkeys(model for setting in drawn for model in setting.runs))
    models.sort(key=lambda model: model != method_title(RETRAIN))
    parts = _parts(len(drawn), len(models))
    rows = -(-len(models) // parts)
    side = _side(len(drawn), len(models), parts)
    width = max(side * len(drawn) * parts + 0.2 * parts, _NARROWEST)
    with journal_style():
        handles = _handles(drawn[0], class_names)
        beside = legend_columns([str(handle.get_label()) for handle in handles], width)
        below = 0.15 * -(-len(handles) // beside) + 0.1
        figure = Figure(figsize=(width, (side + _BETWEEN) * rows + below + 0.15), layout="constrained")
        figure.get_layout_engine().set(h_pad=0.03, w_pad=0.03)  # type: ignore[union-attr,call-arg]
        grid = figure.subplots(rows, len(drawn) * parts, squeeze=False)
        for part in range(parts):
            _draw_part(grid[:, part * len(drawn) :], drawn, models[part * rows :][:rows], class_names, side)
        figure.legend(handles=handles, loc="outside lower center", ncols=beside, handletextpad=0.3)
    return figure


def _parts(columns: int, models: int) -> int:
    """Into how many parts, one beside the other, the rows are cut: one, unless its panels were small."""
    if _side(columns, models, 1) >= _SMALL:
        return 1
    return max(range(1, models + 1), key=lambda parts: _side(columns, models, parts))


def _side(columns: int, models: int, parts: int) -> float:
    """Inches of a panel."""
    return min((WIDTH - 0.2 * parts) / (columns * parts), _SIDE, _HEIGHT / -(-models // parts) - _BETWEEN)


def _draw_part(
    grid: np.ndarray, drawn: Sequence[Setting], models: Sequence[str], class_names: Sequence[str], side: float
) -> None:
    """The rows of some models, in a column a setting; grid: axes [rows, columns], of which more may be empty."""
    for column, setting in enumerate(drawn):
        _draw_column(list(grid[: len(models), column]), setting, models, class_names, side)
        layout = LAYOUTS[setting.sample_map.spec.embedding.method]
        panel_title(grid[0][column], setting.title if names_layout(side) else f"{setting.title} · {layout}")
        for axes in grid[len(models) :, column]:
            axes.set_axis_off()
    for line, model in zip(grid, models, strict=False):
        line[0].set_ylabel(model, color=INK, fontweight="bold")


def _handles(setting: Setting, class_names: Sequence[str]) -> list[Line2D]:
    """Kinds without their numbers, which differ from column to column."""
    found, runs = setting.sample_map, list(setting.runs.values())
    view = class_view(found, class_names)
    return [*kind_handles(found, view, runs, diamond=False, counted=False), *line_handles(view)]


def _draw_column(
    column: Sequence[Axes], setting: Setting, models: Sequence[str], class_names: Sequence[str], side: float
) -> None:
    found = setting.sample_map
    view = class_view(found, class_names)
    limits = whole([found.xy[run] for run in setting.runs.values()])
    for axes, model in zip(column, models, strict=True):
        if model in setting.runs:
            draw_points(axes, found, setting.runs[model], view, side, limits)
        else:
            axes.set(xticks=[], yticks=[])
            for spine in axes.spines.values():
                spine.set_visible(False)
