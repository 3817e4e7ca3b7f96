"""A session over an empty workspace, for the panels that read one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from panel_data import World, make_world
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot


@pytest.fixture
def world(tmp_path: Path, qtbot: QtBot) -> Iterator[World]:
    made = make_world(tmp_path / "workspace")
    yield made
    made.session.close()


@pytest.fixture(autouse=True)
def _looks_are_put_back(qapp: QApplication) -> Iterator[None]:
    """A test that dresses the application in the program's theme leaves the next one undressed."""
    font, palette, sheet = qapp.font(), qapp.palette(), qapp.styleSheet()
    yield
    if (qapp.font(), qapp.palette(), qapp.styleSheet()) != (font, palette, sheet):
        qapp.setStyleSheet(sheet)
        qapp.setFont(font)
        qapp.setPalette(palette)
