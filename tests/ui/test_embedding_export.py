"""What is taken out of the maps: figures as they are on the screen, written beside the window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from map_data import rich_map
from panel_data import CLASSES, World, opened, write_map
from PySide6.QtCore import QPointF, QSizeF, Qt, QThread
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from coun_gui.errors import CounError
from coun_gui.reports.colours import class_colour
from coun_gui.ui.embedding import exporting
from coun_gui.ui.embedding.export import FILTERS, TOGETHER
from coun_gui.ui.embedding.on_screen import OnScreen
from coun_gui.ui.embedding.panel import EmbeddingPanel
from coun_gui.ui.embedding.scatter import packed


@pytest.fixture
def panel(world: World, qtbot: QtBot) -> EmbeddingPanel:
    runs = (world.run("retrain"), world.run("original"), world.run("coun"))
    write_map(world.workspace, rich_map(runs))
    return opened(world, qtbot)


def now(panel: EmbeddingPanel) -> OnScreen:
    return panel.exporting._on_screen()


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_maps_are_drawn_beside_the_window_and_told(
    panel: EmbeddingPanel, world: World, qtbot: QtBot, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"maps.{ending}"
    with qtbot.waitSignal(world.session.told, timeout=60_000) as told:
        panel.exporting.write_maps(path)
        assert not path.exists()  # it has only begun
    assert told.args == [f"Saved {path}.", ""]
    assert path.stat().st_size > 1000


def test_the_figure_is_not_drawn_in_the_windows_thread(
    panel: EmbeddingPanel, world: World, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[QThread] = []
    monkeypatch.setattr(exporting, "save_shown", lambda *_: threads.append(QThread.currentThread()))
    with qtbot.waitSignal(world.session.told, timeout=60_000):
        panel.exporting.write_maps(tmp_path / "maps.png")
    assert threads != [QThread.currentThread()]


def test_the_papers_figure_is_written_in_three_formats_by_one_command(
    panel: EmbeddingPanel, world: World, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "figure"), TOGETHER))
    with qtbot.waitSignal(world.session.told, timeout=60_000) as told:
        panel.exporting.ask("paper")
    assert told.args[0].startswith("Saved ")
    assert sorted(path.name for path in tmp_path.glob("figure*")) == [
        "figure.pdf",
        "figure.png",
        "figure.svg",
    ]


def asked(
    panel: EmbeddingPanel, monkeypatch: pytest.MonkeyPatch, kind: str, *chosen: str
) -> QMessageBox | None:
    """Asks for an export with a file and a filter; the question about replacing files, if there is one."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: chosen)
    panel.exporting.ask(kind)
    return panel.findChild(QMessageBox, "replace_question")


@pytest.mark.parametrize("there", [("svg",), ("png", "svg"), ("pdf", "png", "svg")])
def test_all_files_that_one_command_would_replace_are_named_in_one_question(
    panel: EmbeddingPanel,
    world: World,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    there: tuple[str, ...],
) -> None:
    for ending in there:
        (tmp_path / f"figure.{ending}").write_text("mine")
    question = asked(panel, monkeypatch, "paper", str(tmp_path / "figure"), TOGETHER)
    assert question is not None
    assert [ending for ending in ("pdf", "png", "svg") if f"figure.{ending}" in question.text()] == list(
        there
    )
    assert not panel.exporting._drawing.busy  # nothing is begun before the answer
    with qtbot.waitSignal(world.session.told, timeout=60_000) as told:
        question.findChild(QPushButton, "replace_files").click()
    assert told.args[0].startswith("Saved ")
    assert all((tmp_path / f"figure.{ending}").stat().st_size > 1000 for ending in ("pdf", "png", "svg"))


@pytest.mark.parametrize("way", ["button", "escape"])
def test_on_no_nothing_is_written(
    panel: EmbeddingPanel,
    world: World,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    (tmp_path / "figure.svg").write_text("mine")
    question = asked(panel, monkeypatch, "paper", str(tmp_path / "figure.pdf"), TOGETHER)
    assert question is not None
    with qtbot.assertNotEmitted(world.session.told):
        if way == "button":
            question.findChild(QPushButton, "keep_files").click()
        else:
            qtbot.keyClick(question, Qt.Key.Key_Escape)
        assert not panel.exporting._drawing.busy
    assert [path.name for path in tmp_path.glob("figure*")] == ["figure.svg"]
    assert (tmp_path / "figure.svg").read_text() == "mine"


def test_a_name_that_gets_its_ending_here_replaces_nothing_unasked(
    panel: EmbeddingPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "maps.png").write_text("mine")
    question = asked(panel, monkeypatch, "maps", str(tmp_path / "maps"), FILTERS.partition(";;")[0])
    assert question is not None
    assert "maps.png" in question.text()
    question.findChild(QPushButton, "keep_files").click()
    assert (tmp_path / "maps.png").read_text() == "mine"


def test_a_file_that_is_not_there_is_written_without_a_question(
    panel: EmbeddingPanel, world: World, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with qtbot.waitSignal(world.session.told, timeout=60_000):
        assert asked(panel, monkeypatch, "maps", str(tmp_path / "maps.png"), "") is None
    assert (tmp_path / "maps.png").exists()


def test_a_figure_that_can_not_be_written_is_told(
    panel: EmbeddingPanel, world: World, qtbot: QtBot, tmp_path: Path
) -> None:
    with qtbot.waitSignal(world.session.told, timeout=60_000) as told:
        panel.exporting.write_maps(tmp_path / "missing" / "maps.png")
    assert told.args == [
        "The file maps.png can't be written: No such file or directory.",
        "Free some space or choose another folder; what was saved before is intact.",
    ]


def test_an_unforeseen_failure_is_told_as_well(
    panel: EmbeddingPanel, world: World, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no such thing")

    monkeypatch.setattr(exporting, "save_shown", fail)
    with qtbot.waitSignal(world.session.told, timeout=60_000) as told:
        panel.exporting.write_maps(tmp_path / "maps.png")
    assert told.args == ["The figure can't be drawn: no such thing.", "The log tells more."]


def test_one_figure_is_written_at_a_time_and_the_next_as_soon_as_it_is_told(
    panel: EmbeddingPanel, world: World, qtbot: QtBot, tmp_path: Path
) -> None:
    actions = {action.text(): action for action in panel.toolbar.exports.actions()}
    for name in ("one.png", "two.png"):
        with qtbot.waitSignal(world.session.told, timeout=60_000):
            panel.exporting.write_maps(tmp_path / name)
            with pytest.raises(CounError, match="being written"):
                panel.exporting.write_maps(tmp_path / "three.png")
            panel.toolbar.exports.aboutToShow.emit()
            assert not actions["These maps…"].isEnabled()
    panel.toolbar.exports.aboutToShow.emit()
    assert actions["These maps…"].isEnabled()


def test_hidden_classes_are_neither_drawn_nor_listed(panel: EmbeddingPanel) -> None:
    panel.legend.rows[3].click()
    shown = now(panel)
    assert all((panel.samples.labels[each] != 3).all() for each in shown.shown.values())
    assert [title for title, _ in shown.lines] == [name for name in CLASSES if name != "3"]


def test_the_colours_are_those_of_the_screen_for_white(panel: EmbeddingPanel) -> None:
    panel.set_dark(True)
    panel.toolbar.pick_mode("predicted")
    shown, run = now(panel), panel.maps.runs[2]
    expected = packed([class_colour(label, 10) for label in range(10)])[panel.samples.predicted[run]]
    assert np.array_equal(shown.colours[run], expected)
    assert list(shown.told) == ["colour: predicted class"]


def test_a_preset_is_exported_as_it_is_shown_and_named(panel: EmbeddingPanel) -> None:
    panel.toolbar.pick_preset("kept")
    shown, run = now(panel), panel.maps.runs[2]
    assert np.array_equal(shown.shown[run], panel.maps.views[2].points.visible)
    assert "forget samples: not forgotten" in shown.told


def test_what_is_in_view_is_exported(panel: EmbeddingPanel) -> None:
    assert now(panel).limits is None
    view = panel.maps.views[0]
    panel.maps.frame.zoom_at(QSizeF(view.size()), QPointF(view.rect().center()), 4.0)
    limits = now(panel).limits
    assert limits is not None
    corner = view.projection().point(QPointF(0, 0))
    assert (limits[0], limits[3]) == pytest.approx(corner)
