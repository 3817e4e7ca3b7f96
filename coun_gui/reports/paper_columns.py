"""The columns of the paper's figure: which forget settings, of which models, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from coun_gui.experiments.maps import SampleMap, newest_maps
from coun_gui.experiments.record import RunRecord
from coun_gui.experiments.spec import ORIGINAL, EmbeddingSpec
from coun_gui.reports.colours import method_title
from coun_gui.reports.names import LAYOUTS, forget_title

_WANTED = ("class", "random")  # the order of the columns; another kind that is in view comes last
_NAMES = {"class": "class-wise", "random": "random"}
_OTHER_KIND = (
    "the figure has a class-wise and a random forget set, and another kind only where its map is on show."
)
_NAMED = 4  # forget sets by name in a sentence
_ROWS = 6  # that a page holds; with more, columns of which most would be empty help nobody


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
    a map are left out, and why, and which models and seeds. folder: the workspace's; records: its runs
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
    settings, without = _shared(settings)
    return settings, [*_left_out(columns, others, shown, runs), *without]


def _shared(settings: list[Setting]) -> tuple[list[Setting], list[str]]:
    """Of more models than a page has rows for, those alone that every setting has, where there are several."""
    models = list(dict.fromkeys(model for setting in settings for model in setting.runs))
    shared = [model for model in models if all(model in setting.runs for setting in settings)]
    if len(models) <= _ROWS or len(shared) in (0, 1, len(models)):
        return settings, []
    told = []
    for setting in settings:
        lacking = [model for model in models if model not in setting.runs]
        if lacking:
            told.append(
                f"{_listed(lacking)} {_is(lacking)} left out: {setting.title} has no map of {_them(lacking)}."
            )
    return [
        replace(setting, runs={model: setting.runs[model] for model in shared}) for setting in settings
    ], told


def _them(names: Sequence[object]) -> str:
    return "it" if len(names) == 1 else "them"


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
