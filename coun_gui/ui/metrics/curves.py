"""What the curves are made of: evaluated epochs by run, grouped over seeds. Numbers alone, no Qt."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from coun_gui.experiments.record import RunRecord
from coun_gui.experiments.spec import ORIGINAL, RETRAIN, RunSpec, digest
from coun_gui.reports.colours import method_title
from coun_gui.reports.columns import metric_columns
from coun_gui.reports.curves import ANY, PERCENT
from coun_gui.reports.reference import METRICS, References, average_gap, reference_recipe

GAP = "gap"
LOSS = "loss "  # + the name of the part
KINDS = {"all": "All", ORIGINAL: "Original", RETRAIN: "Retrain", "unlearning": "Unlearning"}


@dataclass
class RunCurves:
    """The evaluated epochs of one run."""

    id: str
    spec: RunSpec
    metrics: dict[int, Mapping[str, float]] = field(default_factory=dict)
    losses: dict[int, Mapping[str, float]] = field(default_factory=dict)
    done: bool = False

    @property
    def kind(self) -> str:
        """original, retrain or unlearning."""
        return self.spec.method if self.spec.method in (ORIGINAL, RETRAIN) else "unlearning"

    @property
    def group(self) -> str:
        """Equal for runs that differ in nothing but the seed."""
        return digest(
            self.spec.model_dump(mode="json", include={"method", "params", "contrastive", "training"})
        )

    @property
    def last_epoch(self) -> int:
        return max(self.metrics, default=0)

    def add(self, epoch: int, metrics: Mapping[str, float], losses: Mapping[str, float]) -> None:
        self.metrics[epoch] = metrics
        self.losses[epoch] = losses

    def cut(self, epoch: int) -> None:
        """Drops what lies after an epoch from which the run goes on anew."""
        for lines in (self.metrics, self.losses):
            for later in [key for key in lines if key > epoch]:
                del lines[later]


@dataclass(frozen=True)
class Series:
    """One quantity of one run. epochs: int64 [n], ascending; values: float64 [n]."""

    run: str
    epochs: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class Band:
    """Mean and sample standard deviation over the seeds, at the epochs that all of them have."""

    epochs: np.ndarray
    mean: np.ndarray
    std: np.ndarray


class Curves:
    """All runs of the experiment in view, and what they are measured by."""

    def __init__(self) -> None:
        self.runs: dict[str, RunCurves] = {}
        self._references = References([])
        self._known: dict[str, RunRecord] = {}
        self._forget = ""  # hash of the forget set, which an Original may share with other experiments

    def set_records(self, mine: Iterable[RunRecord], all_known: Iterable[RunRecord]) -> None:
        """Takes over what is on disk. `all_known`: a Retrain from another experiment serves too."""
        self._known = {record.id: record for record in all_known}
        self._references = References(self._known.values())
        records = list(mine)
        hashes = (record.spec.forget_hash for record in records if record.spec.method != ORIGINAL)
        self._forget = next(hashes, "")
        for record in records:
            known = self.runs.get(record.id)
            if known is None or record.status != "running":
                self.runs[record.id] = _read(record, self._forget)

    def clear(self) -> None:
        self.runs.clear()

    def begin(self, run: str, spec: RunSpec, epoch: int) -> None:
        """A run starts, or goes on after `epoch`."""
        curves = self.runs.setdefault(run, RunCurves(run, spec))
        curves.done = False
        if epoch == 0:
            curves.metrics.clear()
            curves.losses.clear()
        curves.cut(epoch)

    def groups(self) -> dict[str, list[RunCurves]]:
        """Runs by method and parameters: Original, Retrain, then as they came."""
        found: dict[str, list[RunCurves]] = {}
        ranked = sorted(self.runs.values(), key=lambda run: tuple(KINDS).index(run.kind))
        for run in ranked:
            found.setdefault(run.group, []).append(run)
        return found

    def titles(self) -> dict[str, str]:
        """Title by group; those that would read alike say in which parameters they differ."""
        specs = {group: runs[0].spec for group, runs in self.groups().items()}
        plain = {
            group: method_title(spec.method, spec.contrastive is not None) for group, spec in specs.items()
        }
        titles = {}
        for group, title in plain.items():
            alike = [specs[other] for other, name in plain.items() if name == title]
            words = _differing(specs[group], alike) if len(alike) > 1 else ""
            titles[group] = f"{title} ({words})" if words else title
        return titles

    def quantities(self) -> list[str]:
        """What there is to draw: the metrics, the gap and each part of the loss."""
        parts: dict[str, None] = {}
        for run in self.runs.values():
            for losses in run.losses.values():
                parts.update(dict.fromkeys(losses))
        return [*METRICS, GAP, *(LOSS + part for part in parts)]

    def series(self, run: RunCurves, quantity: str) -> Series:
        """The epochs at which the quantity is a number."""
        values = self._values(run, quantity)
        epochs = sorted(epoch for epoch, value in values.items() if math.isfinite(value))
        return Series(run.id, np.array(epochs, dtype=np.int64), np.array([values[epoch] for epoch in epochs]))

    def _values(self, run: RunCurves, quantity: str) -> dict[int, float]:
        if quantity == GAP:
            reference = self.reference(run)
            if reference is None or run.kind == RETRAIN:
                return {}
            gaps = {epoch: average_gap(metrics, reference) for epoch, metrics in run.metrics.items()}
            return {epoch: gap for epoch, gap in gaps.items() if gap is not None}
        if quantity.startswith(LOSS):
            part = quantity.removeprefix(LOSS)
            return {epoch: losses[part] for epoch, losses in run.losses.items() if part in losses}
        return {epoch: metrics[quantity] for epoch, metrics in run.metrics.items() if quantity in metrics}

    def reference(self, run: RunCurves) -> Mapping[str, float] | None:
        """Final metrics of the run's Retrain, which must be done."""
        recipe = reference_recipe(run.spec, self._known)
        return (
            self._references.metrics(run.spec, self._forget or run.spec.forget_hash, recipe)
            if recipe
            else None
        )

    def target(self, quantity: str) -> float | None:
        """What Retrain ended with, as the mean over its finished seeds."""
        ends = [
            record.metrics[record.spec.forget_hash][quantity]
            for record in (self._known.get(run.id) for run in self.runs.values() if run.kind == RETRAIN)
            if record
            and record.status == "done"
            and quantity in record.metrics.get(record.spec.forget_hash, {})
        ]
        return float(np.mean(ends)) if ends else None

    def why_no_gap(self) -> str:
        """One sentence where runs with figures have no finished Retrain; empty where all have one."""
        shown = [run for run in self.runs.values() if run.kind == "unlearning" and run.metrics]
        lacking = sorted({run.spec.seed for run in shown if self.reference(run) is None})
        if not lacking:
            return ""
        seeds = f"seed{'s' if len(lacking) > 1 else ''} {', '.join(map(str, lacking))}"
        return f"No gap for {seeds}: Retrain is not done."


def band(series: list[Series]) -> Band | None:
    """Over seeds; None for a single one or without a common epoch."""
    filled = [each for each in series if len(each.epochs)]
    if len(filled) < 2:
        return None
    common = filled[0].epochs
    for each in filled[1:]:
        common = np.intersect1d(common, each.epochs, assume_unique=True)
    if not len(common):
        return None
    values = np.stack([each.values[np.searchsorted(each.epochs, common)] for each in filled])
    return Band(common, values.mean(axis=0), values.std(axis=0, ddof=1))


def quantity_title(quantity: str) -> tuple[str, str]:
    """Title with unit and direction, and what it means."""
    if quantity.startswith(LOSS):
        part = quantity.removeprefix(LOSS)
        return f"Loss: {part} ↓", f"The part “{part}” of the training loss, mean over an epoch."
    column = next(column for column in metric_columns() if column.key == quantity)
    name = column.title if column.title in ("MIA", "Avg. Gap") else f"{column.title} ({quantity})"
    direction = "↓" if quantity == GAP else "→ Retrain"
    return f"{name} {column.unit} {direction}", column.help


def bounds(quantity: str) -> tuple[float, float]:
    """Between what it lies, whatever the ± says."""
    return ANY if quantity.startswith(LOSS) else PERCENT


def _read(record: RunRecord, forget: str) -> RunCurves:
    """forget: hash of the forget set in view. Of an Original that was watched on another one the end alone is known."""
    run = RunCurves(record.id, record.spec, done=record.status == "done")
    elsewhere = record.spec.method == ORIGINAL and forget not in ("", record.spec.forget_hash)
    for line in record.history():
        run.add(int(line["epoch"]), {} if elsewhere else line.get("metrics") or {}, line.get("losses") or {})
    final = record.metrics.get(forget if elsewhere else record.spec.forget_hash, {})
    if run.done and final and not any(run.metrics.values()):  # a method without epochs, too
        run.add(record.epoch, final, run.losses.get(record.epoch, {}))
    return run


def _differing(spec: RunSpec, others: list[RunSpec]) -> str:
    own = _parameters(spec)
    tables = [_parameters(other) for other in others]
    keys = [key for key, value in own.items() if any(table.get(key) != value for table in tables)]
    return ", ".join(f"{key} {own[key]}" for key in keys)


def _parameters(spec: RunSpec) -> dict[str, Any]:
    switch = spec.contrastive.model_dump() if spec.contrastive else {}
    return {
        **spec.params,
        **{f"CL {key}": value for key, value in switch.items()},
        **spec.training.model_dump(),
    }
