"""Which Retrain a run is measured against, and the average gap to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from statistics import fmean

from coun_gui.experiments.record import RunRecord
from coun_gui.experiments.spec import RETRAIN, RunSpec, digest

METRICS = ("RA", "UA", "TA", "MIA")


def average_gap(metrics: Mapping[str, float], reference: Mapping[str, float]) -> float | None:
    """¼(|ΔRA| + |ΔUA| + |ΔTA| + |ΔMIA|) in percentage points (CoUn, § 4); None where a figure is missing."""
    distances = [abs(metrics.get(key, math.nan) - reference.get(key, math.nan)) for key in METRICS]
    return fmean(distances) if all(map(math.isfinite, distances)) else None


def reference_recipe(spec: RunSpec, known: Mapping[str, RunRecord]) -> str:
    """The recipe that a run's Retrain must share: its own, or that of the Original it starts from.

    Empty where that Original is not among the `known` records.
    """
    if spec.original is None:
        return _recipe(spec)
    return _recipe(known[spec.original].spec) if spec.original in known else ""


class References:
    """The finished Retrains, found by dataset, model, forget set, recipe and seed. Never a near match."""

    def __init__(self, records: Iterable[RunRecord]) -> None:
        self._metrics: dict[tuple[str, str, int], Mapping[str, float]] = {}
        for record in records:
            spec = record.spec
            plain = spec.method == RETRAIN and spec.contrastive is None
            if plain and record.status == "done" and spec.forget_hash in record.metrics:
                key = (_scope(spec, spec.forget_hash), _recipe(spec), spec.seed)
                self._metrics[key] = record.metrics[spec.forget_hash]

    def metrics(self, spec: RunSpec, forget_hash: str, recipe: str) -> Mapping[str, float] | None:
        """RA, UA, TA, MIA in % of the matching Retrain; None where there is none."""
        return self._metrics.get((_scope(spec, forget_hash), recipe, spec.seed))

    def other_seed(self, spec: RunSpec, forget_hash: str, recipe: str) -> bool:
        """There is a Retrain that differs in the seed alone."""
        return any(key[:2] == (_scope(spec, forget_hash), recipe) for key in self._metrics)

    def other_recipe(self, spec: RunSpec, forget_hash: str) -> bool:
        """There is a Retrain of this seed that differs in the recipe alone."""
        wanted = (_scope(spec, forget_hash), spec.seed)
        return any((scope, seed) == wanted for scope, _, seed in self._metrics)


def _scope(spec: RunSpec, forget_hash: str) -> str:
    return digest([spec.dataset_fingerprint, spec.model.model_dump(mode="json"), forget_hash])


def _recipe(spec: RunSpec) -> str:
    return digest(spec.training.model_dump(mode="json"))
