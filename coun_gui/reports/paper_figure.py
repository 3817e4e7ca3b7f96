"""The paper's figure of the feature space: a column a forget setting, a row a model, in shared frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coun_gui.errors import CounError
from coun_gui.experiments.maps import SampleMap, newest_maps
from coun_gui.experiments.record import RunRecord
from coun_gui.experiments.spec import ORIGINAL, RETRAIN
from coun_gui.experiments.workspace import Workspace
from coun_gui.reports.colours import method_title
from coun_gui.reports.figure_style import INK, WIDTH, journal_style, legend_columns, panel_title
from coun_gui.reports.map_figure import class_palette, draw_points, map_legend, share_limits
from coun_gui.reports.names import forget_title

_SIDE = 2.0  # inches of a panel at most
_KINDS = ("class", "random", "indices")  # the order of the columns
_FORGET_DOT = "o"


@dataclass(frozen=True)
class Setting:
    """A column: what was forgotten, the map, and its runs by model, in the order of the rows."""

    title: str
    sample_map: SampleMap
    runs: Mapping[str, str]


def paper_settings(workspace: Workspace, shown: SampleMap) -> list[Setting]:
    """The map on show and, for each other forget set of the same data and model, the newest map there is."""
    records = {record.id: record for record in workspace.runs()}
    like = records.get(shown.spec.runs[0])
    maps = {shown.spec.forget_hash: shown}
    for found in newest_maps(workspace.path, damaged=[]):
        first = records.get(found.spec.runs[0])
        if like is not None and first is not None and _alike(first, like):
            maps.setdefault(found.spec.forget_hash, found)
    made = [_setting(found, records) for found in maps.values()]
    return [setting for _, setting in sorted(made, key=lambda pair: (pair[0], pair[1].title))]


def _alike(one: RunRecord, other: RunRecord) -> bool:
    same_data = one.spec.dataset_fingerprint == other.spec.dataset_fingerprint
    return same_data and one.spec.model == other.spec.model


def _setting(found: SampleMap, records: Mapping[str, RunRecord]) -> tuple[int, Setting]:
    """With the place of its kind in the order of the columns."""
    specs = {run: records[run].spec for run in found.spec.runs if run in records}
    runs: dict[str, str] = {}
    for run, spec in specs.items():
        if spec.method != ORIGINAL:
            runs.setdefault(method_title(spec.method, spec.contrastive is not None), run)
    forgets = [spec.forget for spec in specs.values() if spec.method != ORIGINAL]
    if not forgets:
        return len(_KINDS), Setting("", found, runs)
    return _KINDS.index(forgets[0].kind), Setting(forget_title(forgets[0]), found, runs)


def paper_figure(settings: Sequence[Setting], class_names: Sequence[str]) -> Figure:
    """Retrain first, then every method of any setting; a model that a setting lacks leaves its place empty.

    Raises `CounError` where no map has Retrain or a method.
    """
    drawn = [setting for setting in settings if setting.runs]
    if not drawn:
        raise CounError("No map shows Retrain or a method.", "Draw a map once a method is done.")
    models = list(dict.fromkeys(model for setting in drawn for model in setting.runs))
    models.sort(key=lambda model: model != method_title(RETRAIN))
    side = min(WIDTH / len(drawn), _SIDE)
    width = max(side * len(drawn), 2 * _SIDE)
    with journal_style():
        handles = map_legend(drawn[0].sample_map, class_names, "true", _FORGET_DOT)
        for handle, kind in zip(handles, ("retain", "forget"), strict=False):
            handle.set_label(kind)  # their numbers differ from column to column
        beside = legend_columns([str(handle.get_label()) for handle in handles], width)
        below = 0.15 * -(-len(handles) // beside) + 0.1
        figure = Figure(figsize=(width, side * len(models) + below + 0.2), layout="constrained")
        grid = figure.subplots(len(models), len(drawn), squeeze=False)
        for column, setting in enumerate(drawn):
            _draw_column([line[column] for line in grid], setting, models, class_names)
            panel_title(grid[0][column], setting.title)
        for line, model in zip(grid, models, strict=True):
            line[0].set_ylabel(model, color=INK, fontweight="bold")
        figure.legend(handles=handles, loc="outside lower center", ncols=beside, handletextpad=0.3)
    return figure


def _draw_column(
    column: Sequence[Axes], setting: Setting, models: Sequence[str], class_names: Sequence[str]
) -> None:
    found = setting.sample_map
    colours = class_palette(class_names)[found.labels]
    layouts = [found.xy[run] for run in setting.runs.values()]
    for axes, model in zip(column, models, strict=True):
        if model in setting.runs:
            draw_points(axes, found, setting.runs[model], colours, _FORGET_DOT)
            share_limits(axes, layouts)
        else:
            axes.set(xticks=[], yticks=[])
            for spine in axes.spines.values():
                spine.set_visible(False)
