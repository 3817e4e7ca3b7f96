"""What the tests of the `coun` command share."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import QUICK

from coun_gui.cli import main


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    """`coun run` turns SIGTERM into an interruption, in the process it runs in."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that `coun run` has filled; read only."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "quick.toml").write_text(QUICK, "utf-8")
    assert (
        main(["run", str(folder / "quick.toml"), "--workspace", str(folder / "workspace"), "--device", "cpu"])
        == 0
    )
    return folder / "workspace"


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    path = tmp_path / "quick.toml"
    path.write_text(QUICK, "utf-8")
    return path
