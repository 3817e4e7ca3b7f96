"""The film of the way from Original to unlearned."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from map_data import rich_map, trained_and_unlearned, with_frames
from panel_data import World, opened, write_map
from PIL import Image
from PySide6.QtCore import QThread
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from coun_gui.ui.embedding import film, filming
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


@pytest.mark.parametrize("name", ["way.gif", "way.png"])
@pytest.mark.parametrize("folder", ["missing", "file"])
def test_a_film_that_can_not_be_written_is_told_before_it_is_drawn(
    panel: EmbeddingPanel,
    world: World,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    folder: str,
) -> None:
    (tmp_path / "file").write_text("mine")
    drawn: list[float] = []
    monkeypatch.setattr(film.Film, "picture", lambda _, epoch: drawn.append(epoch))
    with qtbot.waitSignal(world.session.told, timeout=60_000) as told:
        panel.exporting.film(tmp_path / folder / name)
    sentence, remedy = told.args
    assert sentence.startswith("The film can't be written: No")  # such file, or no folder
    assert "\n" not in sentence
    assert "Errno" not in sentence
    assert remedy == "Free some space or choose another folder; what was saved before is intact."
    assert not drawn
    assert (tmp_path / "file").read_text() == "mine"


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


@pytest.mark.parametrize(("name", "kept"), [("way.gif", "way.gif"), ("way.png", "way-000.png")])
@pytest.mark.parametrize("pictures", [0, 1, 20, film.STEPS])
def test_a_film_that_is_given_up_leaves_no_half_file_and_the_one_before_it(
    qtbot: QtBot, tmp_path: Path, name: str, kept: str, pictures: int
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    (folder / kept).write_text("mine")
    shares = film.record(scene(), folder / name)
    for _ in range(pictures + 1):
        next(shares)
    shares.close()
    assert files_in(folder) == [kept]
    assert (folder / kept).read_text() == "mine"


@pytest.mark.parametrize("name", ["way.gif", "way.png"])
def test_a_disk_that_is_full_midway_loses_nothing_and_leaves_nothing(
    panel: EmbeddingPanel,
    world: World,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    (folder / "way.gif").write_text("mine")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(film, "_write_gif", full)
    whole, written = film._write_png, iter(range(film.STEPS))
    monkeypatch.setattr(film, "_write_png", lambda *each: full() if next(written) == 5 else whole(*each))
    with qtbot.waitSignal(world.session.told, timeout=60_000) as told:
        panel.exporting.film(folder / name)
    assert told.args[0] == "The film can't be written: No space left on device."
    assert "Free some space" in told.args[1]
    assert files_in(folder) == ["way.gif"]
    assert (folder / "way.gif").read_text() == "mine"


def test_a_film_can_be_stopped_from_the_menu(
    panel: EmbeddingPanel, world: World, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    menu = panel.toolbar.exports
    menu.aboutToShow.emit()
    stop = panel.exporting.filming._stop
    assert not stop.isVisible()
    with qtbot.waitSignal(world.session.told, timeout=60_000) as told:
        panel.exporting.film(folder / "way.gif")
        menu.aboutToShow.emit()
        assert stop.isVisible()
        assert stop.text().startswith("Stop writing the film (")
        stop.trigger()
    assert told.args == [filming.STOPPED, ""]
    assert files_in(folder) == []
    menu.aboutToShow.emit()
    assert not stop.isVisible()
    with qtbot.waitSignal(world.session.told, timeout=60_000) as told:  # and another can be begun
        panel.exporting.film(folder / "way.gif")
    assert told.args[0].startswith("Saved ")


def test_a_window_that_goes_takes_its_film_with_it(
    panel: EmbeddingPanel, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    began = Event()
    picture = film.Film.picture

    def seen(filmed: film.Film, epoch: float) -> QImage:
        began.set()
        return picture(filmed, epoch)

    monkeypatch.setattr(film.Film, "picture", seen)
    panel.exporting.film(folder / "way.png")
    assert began.wait(60)
    assert files_in(folder)  # as long as it is written, under names of its own
    delete(panel.exporting)
    assert files_in(folder) == []


def test_the_film_is_not_drawn_in_the_windows_thread(
    panel: EmbeddingPanel, world: World, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[QThread] = []
    monkeypatch.setattr(film, "record", lambda *_: (threads.append(QThread.currentThread()) for _ in (1,)))
    with qtbot.waitSignal(world.session.told, timeout=60_000):
        panel.exporting.film(tmp_path / "way.gif")
    assert threads != [QThread.currentThread()]


def test_numbered_pictures_are_told_by_their_own_names(
    panel: EmbeddingPanel, world: World, qtbot: QtBot, tmp_path: Path
) -> None:
    with qtbot.waitSignal(world.session.told, timeout=60_000) as told:
        panel.exporting.film(tmp_path / "way.png")
    assert told.args == [f"Saved {tmp_path / 'way-000.png'} … way-035.png.", ""]


def test_a_film_has_the_sizes_the_opacity_and_the_selection_of_the_maps(
    panel: EmbeddingPanel, world: World
) -> None:
    look = panel.toolbar.look
    look.size_slider.setValue(60)
    look.forget_slider.setValue(200)
    look.opacity_slider.setValue(30)
    world.session.select(panel.samples.index[5:9])
    filmed = panel.exporting._scene()
    assert (filmed.size_factor, filmed.forget_factor, filmed.opacity) == (0.6, 2.0, 0.3)
    assert np.flatnonzero(filmed.selected).tolist() == [5, 6, 7, 8]


@pytest.mark.parametrize(
    "change",
    [{"size_factor": 2.0}, {"forget_factor": 2.0}, {"opacity": 0.2}, {"selected": np.arange(60) < 20}],
    ids=["size", "forget", "opacity", "selection"],
)
def test_each_of_them_is_seen_in_a_picture(qtbot: QtBot, change: dict[str, Any]) -> None:
    plain, other = (film.Film(each).picture(5.0) for each in (scene(), replace(scene(), **change)))
    assert plain != other


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
    assert not panel.exporting.filming.busy
    assert not (tmp_path / "way-000.png").exists()
