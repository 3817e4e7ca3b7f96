"""The film of the way from Original to unlearned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from map_data import rich_map, trained_and_unlearned, with_frames
from panel_data import World, opened, write_map
from PIL import Image
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from coun_gui.ui.embedding import film
from coun_gui.ui.embedding.exporting import Exporting
from coun_gui.ui.embedding.film import Scene
from coun_gui.ui.embedding.panel import EmbeddingPanel
from coun_gui.ui.embedding.scatter import packed


@pytest.fixture
def panel(world: World, qtbot: QtBot) -> EmbeddingPanel:
    runs = (world.run("retrain"), world.run("original"), world.run("coun"))
    write_map(world.workspace, with_frames(rich_map(runs), runs[2:]))
    return opened(world, qtbot)


def scene(runs: tuple[str, ...] = ("r", "o", "m")) -> Scene:
    samples = with_frames(rich_map(runs, 60), ("m",))
    colours = dict.fromkeys(runs, np.repeat(packed(["#3464a7"]), 60))
    shown = dict.fromkeys(runs, np.ones(60, dtype=bool))
    return Scene(samples, {run: run.upper() for run in runs}, colours, shown, samples.frames)


def test_the_film_is_an_animated_gif_that_ends_on_the_map(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "way.gif"
    shares = list(film.record(scene(), path))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    with Image.open(path) as gif:
        frames = gif.n_frames
        gif.seek(0)
        first = np.asarray(gif.convert("RGB"))
        gif.seek(frames - 1)
        last = np.asarray(gif.convert("RGB"))
    assert frames > 10
    own, other = film.SIDE + 2 * film.GAP, 2 * (film.SIDE + film.GAP)
    moving = (first[film.TITLE : -film.TITLE, other:] != last[film.TITLE : -film.TITLE, other:]).any()
    still = (first[film.TITLE : -film.TITLE, :own] == last[film.TITLE : -film.TITLE, :own]).all()
    assert moving
    assert still
    assert (last[film.TITLE + 3, film.GAP + 3] == 255).all()  # on white, whatever the theme
    assert path.stat().st_size < 2_000_000


def test_the_film_can_be_numbered_pictures(qtbot: QtBot, tmp_path: Path) -> None:
    list(film.record(scene(), tmp_path / "way.png"))
    names = sorted(path.name for path in tmp_path.glob("*.png"))
    assert names == [f"way-{number:03}.png" for number in range(film.STEPS)]


def test_filming_goes_on_beside_the_window_and_is_told(
    panel: EmbeddingPanel, world: World, qtbot: QtBot, tmp_path: Path
) -> None:
    exporting: Exporting = panel.exporting
    with qtbot.waitSignal(world.session.told, timeout=60_000) as told:
        exporting.film(tmp_path / "way.gif")
    assert told.args[0] == f"Saved {tmp_path / 'way.gif'}."
    assert (tmp_path / "way.gif").exists()


def test_a_film_that_can_not_be_written_is_told(
    panel: EmbeddingPanel, world: World, qtbot: QtBot, tmp_path: Path
) -> None:
    with qtbot.waitSignal(world.session.told, timeout=60_000) as told:
        panel.exporting.film(tmp_path / "missing" / "way.gif")
    assert "can't be written" in told.args[0]


def test_exports_that_there_is_nothing_for_say_so(panel: EmbeddingPanel, world: World) -> None:
    panel.show_map(rich_map((world.run("retrain"), world.run("original"))))
    panel.toolbar.exports.aboutToShow.emit()
    actions = {action.text(): action for action in panel.toolbar.exports.actions()}
    for title in ("Where samples land…", "The way there, as a GIF…"):
        assert not actions[title].isEnabled()
        assert actions[title].toolTip()
    assert actions["The paper's figure…"].isEnabled()


def test_the_film_takes_as_long_as_unlearning(panel: EmbeddingPanel, world: World) -> None:
    panel.show_map(trained_and_unlearned(world))
    filmed = panel.exporting._scene()
    assert list(filmed.ways) == [world.run("coun")]
    assert filmed.last_epoch == 10


def test_numbered_pictures_are_asked_for_before_they_are_replaced(
    panel: EmbeddingPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in film.files(tmp_path / "way.png")[1:]:
        path.write_text("mine")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "way.png"), ""))
    panel.exporting.ask("way")
    question = panel.findChild(QMessageBox, "replace_question")
    assert question.text() == "35 files are already there: way-001.png, way-002.png … way-035.png."
    question.findChild(QPushButton, "keep_files").click()
    assert panel.exporting._work is None
    assert not (tmp_path / "way-000.png").exists()
