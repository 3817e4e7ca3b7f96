"""Small experiments on the digits, and how they are run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from coun_gui.experiments.events import Event
from coun_gui.experiments.events import Finished as FinishedEvent
from coun_gui.experiments.plan import Plan, keep_forget_set, planned
from coun_gui.experiments.record import RunRecord, read_record
from coun_gui.experiments.run import run
from coun_gui.experiments.spec import ExperimentSpec, RunSpec, parse_experiment
from coun_gui.experiments.workspace import Workspace

FEW = {
    "name": "digits",
    "subset": 200,
    "test_subset": 100,
}  # an epoch of these takes some hundredths of a second
QUICK: dict[str, Any] = {
    "training": {"epochs": 2, "lr": 0.1, "batch_size": 64},
    "unlearning": {"epochs": 2, "lr": 0.05, "batch_size": 64},
}


@dataclass(frozen=True)
class Finished:
    """A computed workspace, its plan, and the events by run id."""

    path: Path
    plan: Plan
    told: dict[str, list[Event]]

    def record(self, method: str) -> RunRecord:
        return read_record(self.path / "runs" / one(method, self.plan).id)


def experiment(*methods: str | dict[str, Any], **keys: Any) -> ExperimentSpec:
    """A quick experiment on few digits; `keys` are those of the experiment file."""
    named = [{"name": method} if isinstance(method, str) else method for method in methods]
    return parse_experiment({"dataset": FEW, **QUICK, "methods": named, **keys})


def one(method: str, plan: Plan) -> RunSpec:
    """The plan's first run of a method."""
    return next(spec for spec in plan.runs if spec.method == method)


def new_workspace(path: Path) -> Path:
    Workspace(path, writable=True).close()
    return path


def prepared(path: Path, spec: ExperimentSpec) -> Plan:
    """The plan, with a workspace at `path` that knows its forget set."""
    plan = planned(spec)
    keep_forget_set(plan, new_workspace(path))
    return plan


def events_of(spec: RunSpec, workspace: Path, **options: Any) -> list[Event]:
    return list(run(spec, workspace, "cpu", **options))


def compute(plan: Plan, workspace: Path) -> dict[str, list[Event]]:
    """Runs the whole plan; the events by run id."""
    told = {spec.id: events_of(spec, workspace) for spec in plan.runs}
    failures = [events[-1] for events in told.values() if not isinstance(events[-1], FinishedEvent)]
    assert not failures, failures
    return told


def weights(workspace: Path, spec: RunSpec) -> dict[str, np.ndarray]:
    return load_file(workspace / "runs" / spec.id / "model.safetensors")


def same_arrays(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> bool:
    """Whether two sets of arrays are equal bit by bit."""
    return left.keys() == right.keys() and all(left[key].tobytes() == right[key].tobytes() for key in left)
