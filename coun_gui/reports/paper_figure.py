"""The paper's figure of the feature space: a column a forget setting, a row a model, in shared frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from coun_gui.errors import CounError
from coun_gui.experiments.maps import SampleMap, newest_maps
from coun_gui.experiments.record import RunRecord
from coun_gui.experiments.spec import ORIGINAL, RETRAIN, EmbeddingSpec
from coun_gui.reports.colours import method_title
from coun_gui.reports.figure_style import INK, WIDTH, journal_style, legend_columns, panel_title
from coun_gui.reports.map_figure import draw_points, kind_handles, line_handles, names_layout, whole
from coun_gui.reports.map_view import class_view
from coun_gui.reports.names import LAYOUTS, forget_title

_SIDE = 2.0  # inches of a panel at most
_SMALL = 1.3  # inches of a panel below which the rows go on in further columns
_BETWEEN = 0.17  # inches between rows
_HEIGHT = 8.9  # inches of all rows: with the legend a page holds them
_NARROWEST = 3.4  # inches: one column of a journal
_WANTED = ("class", "random")  # the order of the columns; another kind that is in view comes last
_NAMES = {"class": "class-wise", "random": "random"}
_OTHER_KIND = (
    "the figure has a class-wise and a random forget set, and another kind only where its map is on show."
)
_NAMED = 4  # forget sets by name in a sentence


@dataclass(frozen=True)
class Setting:
    """A column: what was forgotten, the map, and its runs by model, in the order of the rows."""

    title: str
    sample_map: SampleMap
    runs: Mapping[str, str]


def paper_settings(
    folder: Path, records: Sequence[RunRecord], shown: SampleMap
) -> tuple[list[Setting], list[str]]:
    """The map on show, and the newest map of a class-wise and of a random forget set where it is of neither.

    Only of the same data and model, and laid out in the same way; the sentences say which forget sets that have such
    a map are left out, and why, and which seeds. folder: the workspace's; records: its runs
    """
    runs = {record.id: record for record in records}
    like = runs.get(shown.spec.runs[0])
    columns = {_kind(shown, runs): shown}
    others: list[SampleMap] = []
    for found in newest_maps(folder, damaged=[]):
        first, kind = runs.get(found.spec.runs[0]), _kind(found, runs)
        if like is None or first is None or not kind or not _alike(first, like):
            continue
        if kind in _WANTED and _layout(found) == _layout(shown):
            columns.setdefault(kind, found)
        others.append(found)
    settings = [_setting(columns[kind], runs) for kind in sorted(columns, key=_order)]
    return settings, _left_out(columns, others, shown, runs)


def _left_out(
    columns: Mapping[str, SampleMap],
    others: Sequence[SampleMap],
    shown: SampleMap,
    runs: Mapping[str, RunRecord],
) -> list[str]:
    """A sentence a reason, on the forget sets that have a map but no column, and on runs of a map that have no row."""
    drawn = {found.spec.forget_hash for found in columns.values()}
    told: list[str] = []
    for kind in sorted({_kind(found, runs) for found in others}, key=_order):
        missing = {
            found.spec.forget_hash: found
            for found in reversed(others)
            if _kind(found, runs) == kind and found.spec.forget_hash not in drawn
        }
        names = [_setting(found, runs).title for found in reversed(missing.values())]
        if not names:
            continue
        if kind not in _WANTED:
            told.append(f"{_listed(names)} {_is(names)} left out: {_OTHER_KIND}")
        elif kind in columns:
            column = _setting(columns[kind], runs).title
            told.append(
                f"{_listed(names)} {_is(names)} left out: of {_NAMES[kind]} forget sets only {column} has a column."
            )
        else:
            told.append(_drawn_otherwise(kind, next(reversed(missing.values())), shown))
    for kind in sorted(columns, key=_order):
        told += _further_runs(columns[kind], runs)
    return told


def _further_runs(found: SampleMap, runs: Mapping[str, RunRecord]) -> list[str]:
    """A sentence for those methods of a column of which the same seeds are on the map, but not drawn."""
    setting, by_title = _setting(found, runs), _by_title(found, runs)
    same: dict[tuple[int, ...], list[str]] = {}
    for title, several in by_title.items():
        if len(several) > 1:
            same.setdefault(tuple(runs[run].spec.seed for run in several), []).append(title)
    told = []
    for (seed, *others), titles in same.items():
        if len({seed, *others}) == len(others) + 1:
            seeds = _listed([str(other) for other in sorted(others)])
            rest = f"{'seed' if len(others) == 1 else 'seeds'} {seeds} {_is(others)} left out."
        else:  # with other parameters
            rest = (
                f"{len(others)} more of {'its' if len(titles) == 1 else 'their'} runs {_is(others)} left out."
            )
        told.append(f"{setting.title}: of {_listed(titles)} seed {seed} is drawn; {rest}")
    return told


def _is(names: Sequence[object]) -> str:
    return "is" if len(names) == 1 else "are"


def _listed(names: Sequence[str]) -> str:
    """“class cat, class dog and 3 more”"""
    if len(names) > _NAMED:
        return f"{', '.join(names[: _NAMED - 1])} and {len(names) - _NAMED + 1} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _kind(found: SampleMap, runs: Mapping[str, RunRecord]) -> str:
    """How its forget set was chosen; empty where only Original is known."""
    specs = [runs[run].spec for run in found.spec.runs if run in runs]
    return next((spec.forget.kind for spec in specs if spec.method != ORIGINAL), "")


def _order(kind: str) -> int:
    return _WANTED.index(kind) if kind in _WANTED else len(_WANTED)


def _layout(found: SampleMap) -> EmbeddingSpec:
    """What the look of a map depends on; the seed changes no more than a second map would."""
    return found.spec.embedding.model_copy(update={"seed": 0})


def _drawn_otherwise(kind: str, found: SampleMap, shown: SampleMap) -> str:
    ours, theirs = (LAYOUTS[each.spec.embedding.method] for each in (shown, found))
    how = f"is drawn with {theirs}, this one with {ours}" if ours != theirs else "has other parameters"
    return (
        f"The map of the {_NAMES[kind]} forget set {how}: draw it again in the same way to have both columns."
    )


def _alike(one: RunRecord, other: RunRecord) -> bool:
    same_data = one.spec.dataset_fingerprint == other.spec.dataset_fingerprint
    return same_data and one.spec.model == other.spec.model


def _setting(found: SampleMap, records: Mapping[str, RunRecord]) -> Setting:
    runs = {title: several[0] for title, several in _by_title(found, records).items()}
    forgets = [records[run].spec.forget for run in runs.values()]
    return Setting(forget_title(forgets[0]) if forgets else "", found, runs)


def _by_title(found: SampleMap, records: Mapping[str, RunRecord]) -> dict[str, list[str]]:
    """The runs of each method on a map, in the map's order; the first one is drawn."""
    runs: dict[str, list[str]] = {}
    for run in found.spec.runs:
        spec = records[run].spec if run in records else None
        if spec is not None and spec.method != ORIGINAL:
            runs.setdefault(method_title(spec.method, spec.contrastive is not None), []).append(run)
    return runs


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
