"""The curves of a metrics figure: means over seeds by epoch. Numbers alone, nothing is drawn here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev

from coun_gui.errors import CounError
from coun_gui.experiments.record import RunRecord
from coun_gui.experiments.workspace import Experiment
from coun_gui.reports.columns import metric_columns
from coun_gui.reports.reference import METRICS, average_gap
from coun_gui.reports.rows import ResultRow, Spread, rows_of

Points = Mapping[int, float]
PERCENT, ANY = (0.0, 100.0), (-math.inf, math.inf)  # between what a figure lies, whatever its ± says


@dataclass(frozen=True)
class Curve:
    """One method in one panel: epochs, mean over seeds, sample standard deviation (None for one seed)."""

    row: ResultRow
    epochs: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...] | None


@dataclass(frozen=True)
class Panel:
    """A quantity over the epochs; `target` is what Retrain reached, `bounds` what no value goes beyond."""

    title: str
    curves: tuple[Curve, ...]
    target: Spread = field(default_factory=Spread)
    bounds: tuple[float, float] = PERCENT


def panels(
    records: Iterable[RunRecord], experiment: Experiment | None = None, losses: bool = True
) -> list[Panel]:
    """RA, UA, TA, MIA, the average gap and each part of the loss, as far as there are figures.

    Raises `CounError` where no method is done or the runs are not of one setting.
    """
    known = {record.id: record for record in records}
    rows, retrain = _one_setting(rows_of(known.values(), experiment))
    runs = [(row, [known[run] for run in row.run_ids]) for row in rows]
    by_seed = _by_seed(retrain, known)
    drawn = [
        Panel(_metric_title(key), _curves(runs, key), retrain.spread(key) if retrain else Spread())
        for key in METRICS
    ]
    gaps = tuple(curve for row, group in runs if (curve := _gap_curve(row, group, retrain, by_seed)))
    drawn.append(Panel(_metric_title("gap"), gaps, Spread(0.0)))
    if losses:
        parts = [(f"Loss: {name}", _curves(runs, name, "losses")) for name in _loss_names(runs)]
        drawn += [Panel(title, curves, bounds=ANY) for title, curves in parts]
    return [panel for panel in drawn if panel.curves]


def _one_setting(rows: Sequence[ResultRow]) -> tuple[list[ResultRow], ResultRow | None]:
    """The methods, and their Retrain."""
    methods = [row for row in rows if row.approximate]
    settings = {row.setting for row in methods}
    if not methods:
        raise CounError("No method is done yet, so there are no curves.", "Wait until a run has finished.")
    if len(settings) > 1:
        raise CounError("These runs are of several settings, which share no Retrain.", "Pick one experiment.")
    retrains = [row for row in rows if row.method == "retrain" and row.setting in settings]
    return methods, next((row for row in retrains if not row.contrastive), None)


def _metric_title(key: str) -> str:
    column = next(column for column in metric_columns() if column.key == key)
    name = column.title if key in ("gap", column.title) else f"{column.title} {key}"
    return f"{name} ({column.unit})" + (" ↓" if key == "gap" else "")


def _loss_names(runs: Sequence[tuple[ResultRow, Sequence[RunRecord]]]) -> list[str]:
    lines = [line for _, group in runs for record in group for line in record.history()]
    return list(dict.fromkeys(name for line in lines for name in line.get("losses", {})))


def _curves(
    runs: Sequence[tuple[ResultRow, Sequence[RunRecord]]], key: str, part: str = "metrics"
) -> tuple[Curve, ...]:
    curves = (_curve(row, [_points(record, key, part) for record in group]) for row, group in runs)
    return tuple(curve for curve in curves if curve)


def _points(record: RunRecord, key: str, part: str) -> Points:
    """Epoch to value; of a method without epochs, what it ended with."""
    found = {line["epoch"]: line.get(part, {}).get(key) for line in record.history()}
    points = {epoch: value for epoch, value in found.items() if value is not None and math.isfinite(value)}
    final = record.metrics.get(record.spec.forget_hash, {}).get(key)
    if not points and part == "metrics" and final is not None and math.isfinite(final):
        return {record.epoch: final}
    return points


def _curve(row: ResultRow, seeds: Sequence[Points]) -> Curve | None:
    """Over the epochs that every seed has: a mean over changing seeds would jump."""
    epochs = tuple(sorted(set.intersection(*(set(points) for points in seeds))))
    if not epochs:
        return None
    values = [[points[epoch] for points in seeds] for epoch in epochs]
    std = tuple(stdev(each) for each in values) if len(seeds) > 1 else None
    return Curve(row, epochs, tuple(fmean(each) for each in values), std)


def _by_seed(retrain: ResultRow | None, known: Mapping[str, RunRecord]) -> dict[int, Mapping[str, float]]:
    records = [known[run] for run in retrain.run_ids] if retrain else []
    return {record.spec.seed: record.metrics[record.spec.forget_hash] for record in records}


def _gap_curve(
    row: ResultRow,
    group: Sequence[RunRecord],
    retrain: ResultRow | None,
    by_seed: Mapping[int, Mapping[str, float]],
) -> Curve | None:
    """From the means, as in the table; the band is that of the gaps of the single seeds."""
    if retrain is None or any(record.spec.seed not in by_seed for record in group):
        return None
    metrics = [{key: _points(record, key, "metrics") for key in METRICS} for record in group]
    epochs = sorted(set.intersection(*(set(points) for seed in metrics for points in seed.values())))
    if not epochs:
        return None
    references = [by_seed[record.spec.seed] for record in group]
    target = {key: fmean(reference.get(key, math.nan) for reference in references) for key in METRICS}
    means = [{key: fmean(seed[key][epoch] for seed in metrics) for key in METRICS} for epoch in epochs]
    gaps = {epoch: average_gap(mean, target) for epoch, mean in zip(epochs, means, strict=True)}
    kept = {epoch: gap for epoch, gap in gaps.items() if gap is not None}
    each = [
        {epoch: average_gap({key: seed[key][epoch] for key in METRICS}, reference) or 0.0 for epoch in kept}
        for seed, reference in zip(metrics, references, strict=True)
    ]
    band = _curve(row, each)
    return Curve(row, tuple(kept), tuple(kept.values()), band.std) if band else None
