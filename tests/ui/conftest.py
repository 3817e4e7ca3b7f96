"""A session over an empty workspace, for the panels that read one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from panel_data import World, make_world
from pytestqt.qtbot import QtBot


@pytest.fixture
def world(tmp_path: Path, qtbot: QtBot) -> Iterator[World]:
    made = make_world(tmp_path / "workspace")
    yield made
    made.session.close()
