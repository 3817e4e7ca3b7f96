"""A workspace that was computed once and is only read, and a cache of its own for tests that damage one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from digits_runs import compute, experiment, one, prepared

from coun_gui.experiments.events import Event
from coun_gui.experiments.plan import Plan
from coun_gui.experiments.record import RunRecord, read_record


@dataclass(frozen=True)
class Finished:
    """The whole digits: Original, Retrain, FT, FT + CL and CoUn of one seed, and what they told."""

    path: Path
    plan: Plan
    told: dict[str, list[Event]]

    def record(self, method: str) -> RunRecord:
        return read_record(self.path / "runs" / one(method, self.plan).id)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Read only: whoever writes takes a copy."""
    path = tmp_path_factory.mktemp("finished") / "workspace"
    switched = {"name": "ft", "contrastive": {"weight": 0.5, "temperature": 0.2}}
    plan = prepared(path, experiment("ft", switched, "coun", dataset={"name": "digits"}))
    return Finished(path, plan, compute(plan, path))


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of decoded images."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"
