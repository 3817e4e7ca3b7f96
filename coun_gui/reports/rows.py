"""The rows of the results table: finished runs, grouped over seeds, and held against their Retrain."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Any

from coun_gui.experiments.record import RunRecord
from coun_gui.experiments.spec import ORIGINAL, RETRAIN, ForgetSpec, RunSpec, canonical, digest
from coun_gui.experiments.workspace import Experiment, Workspace
from coun_gui.reports.colours import method_title
from coun_gui.reports.names import dataset_title, forget_title
from coun_gui.reports.reference import METRICS, References, average_gap, reference_recipe


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation (n − 1) over the seeds; None where there is no such figure."""

    mean: float | None = None
    std: float | None = None


@dataclass(frozen=True)
class ResultRow:
    """One method in one setting, over its seeds.

    setting: id of dataset, model, forget set and recipe; rows of one setting may be compared
    dataset, model, method: names of the experiment file; `dataset_title`, `forget`, `label` are for people
    spreads: RA, UA, TA, MIA and gap in %, cost_flops and paper_cost_flops in FLOPs, seconds
    deltas: RA, UA, TA, MIA minus the mean of the Retrains of the same seeds, signed, in percentage points
    note: why there is no gap, or what it leaves out; empty where there is nothing to say
    spec: what was asked for, seen on this row's forget set; of the first seed
    """

    setting: str
    dataset: str
    dataset_title: str
    model: str
    forget: str
    method: str
    contrastive: bool
    label: str
    run_ids: tuple[str, ...]
    spreads: Mapping[str, Spread]
    deltas: Mapping[str, float | None]
    note: str = ""
    spec: RunSpec | None = None

    @property
    def seeds(self) -> int:
        """How many runs the figures come from."""
        return len(self.run_ids)

    @property
    def approximate(self) -> bool:
        """An unlearning method proper: neither the Original nor the exact Retrain."""
        return self.method not in (ORIGINAL, RETRAIN)

    @property
    def gap(self) -> float | None:
        """Average gap to Retrain in percentage points, from the means, as the paper prints it."""
        return self.spread("gap").mean

    def spread(self, key: str) -> Spread:
        return self.spreads.get(key, Spread())


@dataclass(frozen=True)
class _Entry:
    """One finished run as seen on one forget set."""

    record: RunRecord
    forget_hash: str
    recipe: str  # of the Retrain that would be its reference; empty where that can't be known

    @property
    def setting(self) -> str:
        spec = self.record.spec
        model = spec.model.model_dump(mode="json")
        return digest([spec.dataset_fingerprint, model, self.forget_hash, self.recipe])

    @property
    def group(self) -> str:
        """Equal for runs that differ in nothing but the seed."""
        spec = self.record.spec
        asked = spec.model_dump(mode="json", include={"method", "params", "contrastive", "training"})
        return digest([self.setting, asked])

    @property
    def metrics(self) -> Mapping[str, float]:
        return self.record.metrics.get(self.forget_hash, {})


def result_rows(workspace: Workspace, experiment: Experiment | None = None) -> list[ResultRow]:
    """One row a method, of `experiment` or the whole workspace: Original, Retrain, then as asked for."""
    return rows_of(workspace.runs(), experiment)


def rows_of(records: Iterable[RunRecord], experiment: Experiment | None = None) -> list[ResultRow]:
    """The same out of records; a Retrain that `experiment` doesn't hold itself still serves as reference."""
    known = {record.id: record for record in records}
    picked = list(known.values())
    if experiment is not None:
        picked = [known[run] for run in experiment.runs if run in known]
    references = References(known.values())
    forgets = _forget_sets(picked, experiment)
    groups: dict[str, list[_Entry]] = {}
    for entry in _entries(picked, forgets, known):
        groups.setdefault(entry.group, []).append(entry)
    rows = [(entries, _row(entries, references, forgets)) for entries in groups.values()]
    order = {row.setting: position for position, (_, row) in reversed(list(enumerate(rows)))}
    rows.sort(key=lambda pair: (order[pair[1].setting], _rank(pair[1])))
    return _labelled(rows)


def _forget_sets(records: Sequence[RunRecord], experiment: Experiment | None) -> dict[str, ForgetSpec]:
    """Hash to description. Of an experiment, its own set alone: a shared Original knows others too."""
    found: dict[str, ForgetSpec] = {}
    for record in sorted(records, key=lambda record: record.spec.method == ORIGINAL):
        spec = record.spec
        if experiment is None:
            found.setdefault(spec.forget_hash, spec.forget)
        elif spec.method != ORIGINAL or (not found and spec.forget == experiment.spec.forget):
            found[spec.forget_hash] = experiment.spec.forget
    return found


def _entries(
    records: Iterable[RunRecord], forgets: Mapping[str, ForgetSpec], known: Mapping[str, RunRecord]
) -> Iterable[_Entry]:
    for record in records:
        if record.status != "done":
            continue
        recipe = reference_recipe(record.spec, known)
        if record.spec.method == ORIGINAL:
            yield from (_Entry(record, key, recipe) for key in forgets if key in record.metrics)
        else:
            yield _Entry(record, record.spec.forget_hash, recipe)


def _row(entries: Sequence[_Entry], references: References, forgets: Mapping[str, ForgetSpec]) -> ResultRow:
    first, forget = entries[0], forgets[entries[0].forget_hash]
    spec = first.record.spec.model_copy(update={"forget": forget, "forget_hash": first.forget_hash})
    pairs = [
        (entry.metrics, metrics)
        for entry in entries
        if (metrics := references.metrics(entry.record.spec, entry.forget_hash, entry.recipe)) is not None
    ]
    deltas = {key: _delta(pairs, key) for key in METRICS}
    gap = _mean_distance(deltas.values())
    each = [average_gap(own, reference) for own, reference in pairs]
    spreads = {key: _spread(entry.metrics.get(key) for entry in entries) for key in METRICS}
    return ResultRow(
        setting=first.setting,
        dataset=spec.dataset.name,
        dataset_title=dataset_title(spec.dataset),
        model=spec.model.name,
        forget=forget_title(forget),
        method=spec.method,
        contrastive=spec.contrastive is not None,
        label=method_title(spec.method, spec.contrastive is not None),
        run_ids=tuple(entry.record.id for entry in entries),
        spreads={
            **spreads,
            "gap": Spread(gap, _spread(each).std if gap is not None else None),
            "cost_flops": _spread(entry.record.flops for entry in entries),
            "paper_cost_flops": _spread(entry.record.paper_flops or None for entry in entries),
            "seconds": _spread(entry.record.seconds for entry in entries),
        },
        deltas=deltas,
        note=_note(entries, references, gap),
        spec=spec,
    )


def _note(entries: Sequence[_Entry], references: References, gap: float | None) -> str:
    specs = [(entry.record.spec, entry.forget_hash, entry.recipe) for entry in entries]
    lacking = sorted({spec.seed for spec, *rest in specs if references.metrics(spec, *rest) is None})
    if not lacking:
        missing = [key for key in METRICS if any(_finite(e.metrics.get(key)) is None for e in entries)]
        own = f"{' and '.join(missing)} is missing, so there is no gap." if missing else ""
        return own or ("" if gap is not None else "A figure of Retrain is missing, so there is no gap.")
    if len(lacking) < len({spec.seed for spec, *_ in specs}):
        return f"Retrain is missing for seed {', '.join(map(str, lacking))}; the gap is over the other seeds."
    if not entries[0].recipe:
        return "The Original of this method can't be read, so no Retrain can be matched and there is no gap."
    if references.other_recipe(specs[0][0], specs[0][1]):
        return "Retrain was trained by another recipe than this method's Original, so there is no gap."
    if references.other_seed(*specs[0]):
        return f"Retrain is missing for seed {', '.join(map(str, lacking))}, so there is no gap."
    return "Retrain is missing for this forget set, so there is no gap."


def _rank(row: ResultRow) -> int:
    return {ORIGINAL: 0, RETRAIN: 1}.get(row.method, 2)


def _labelled(rows: Sequence[tuple[Sequence[_Entry], ResultRow]]) -> list[ResultRow]:
    """Rows of one setting that would bear the same title say in which parameters they differ."""
    alike: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entries, row in rows:
        alike.setdefault((row.setting, row.label), []).append(_parameters(entries[0].record))
    labelled = []
    for entries, row in rows:
        same, own = alike[row.setting, row.label], _parameters(entries[0].record)
        differing = [key for key in own if any(other.get(key) != own[key] for other in same)]
        words = ", ".join(f"{key} {_shown(own[key])}" for key in differing)
        labelled.append(replace(row, label=f"{row.label} ({words})") if words else row)
    return labelled


def _parameters(record: RunRecord) -> dict[str, Any]:
    spec = record.spec
    switch = spec.contrastive.model_dump(mode="json") if spec.contrastive else {}
    return {
        **spec.params,
        **{f"CL {key}": value for key, value in switch.items()},
        **{key.replace("_", " "): value for key, value in spec.training.model_dump(mode="json").items()},
    }


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else canonical(value)


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _spread(values: Iterable[float | None]) -> Spread:
    """A figure that one of the seeds lacks is no figure: the others alone would be a biased choice."""
    found = [_finite(value) for value in values]
    kept = [value for value in found if value is not None]
    if not kept or len(kept) < len(found):
        return Spread()
    return Spread(fmean(kept), stdev(kept) if len(kept) > 1 else None)


def _delta(pairs: Sequence[tuple[Mapping[str, float], Mapping[str, float]]], key: str) -> float | None:
    own = _spread(metrics.get(key) for metrics, _ in pairs).mean
    target = _spread(reference.get(key) for _, reference in pairs).mean
    return None if own is None or target is None else own - target


def _mean_distance(deltas: Iterable[float | None]) -> float | None:
    found = list(deltas)
    kept = [abs(delta) for delta in found if delta is not None]
    return fmean(kept) if kept and len(kept) == len(found) else None
