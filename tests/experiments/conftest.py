"""A workspace that was computed once and is only read, and a cache of its own for tests that damage one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from digits_runs import Finished, compute, experiment, prepared
from shelf import Shelf


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


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path / "workspace")
    yield made
    made.workspace.close()
