"""The page of thumbnails: what is selected on the maps, linked with them under the pointer."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from map_data import rich_map
from panel_data import CLASSES, World, await_map, sample_map, write_images, write_map
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from coun_gui.ui.embedding.image_grid import EMPTY, SIDE, ForgetRole, ImageGrid, SampleRole
from coun_gui.ui.embedding.images import SampleImages
from coun_gui.ui.embedding.panel import EmbeddingPanel


@pytest.fixture
def panel(world: World, qtbot: QtBot, tmp_path: Path) -> EmbeddingPanel:
    write_map(world.workspace, rich_map((world.run("retrain"), world.run("original"), world.run("coun"))))
    shown = EmbeddingPanel(world.session)
    qtbot.addWidget(shown)
    shown.resize(1100, 700)
    world.show()
    world.describe(write_images(tmp_path / "images", 600))
    shown.show()
    qtbot.waitExposed(shown)
    await_map(shown, qtbot)
    shown.strip.pages["images"].click()
    return shown


def listed(grid: ImageGrid) -> list[int]:
    model = grid.images
    return [model.index(place).data(SampleRole) for place in range(model.rowCount())]


def middle(grid: ImageGrid, row: int) -> QPoint:
    return grid.view.visualRect(grid.images.index_of(row)).center()


def move_to(grid: ImageGrid, place: QPoint) -> None:
    """A real move of the mouse, which an offscreen screen doesn't make by itself."""
    at, none = QPointF(place), Qt.MouseButton.NoButton
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, grid.view.viewport().mapToGlobal(at), none, none, Qt.KeyboardModifier(0)
    )
    QApplication.sendEvent(grid.view.viewport(), event)


def test_one_sentence_stands_there_while_nothing_is_selected(panel: EmbeddingPanel, world: World) -> None:
    assert panel.below.currentWidget() is panel.grid
    assert panel.grid.currentWidget() is panel.grid.empty
    assert panel.grid.empty.text() == EMPTY
    world.session.select([4])
    assert panel.grid.currentWidget() is panel.grid.view
    world.session.select(())
    assert panel.grid.currentWidget() is panel.grid.empty


def test_the_selected_samples_are_shown_and_those_that_are_not_on_the_map_are_left_out(
    panel: EmbeddingPanel, world: World
) -> None:
    world.session.select([8, 3, 2, 100])  # only even indices are on the map: index 2 n is row n
    assert listed(panel.grid) == [1, 4, 50]


def test_a_thumbnail_is_its_sample_s_image(panel: EmbeddingPanel, world: World) -> None:
    world.session.select([200])
    image = panel.grid.images.index(0).data(Qt.ItemDataRole.DecorationRole).toImage()
    assert (image.width(), image.height()) == (SIDE, SIDE)
    assert image.pixelColor(SIDE // 2, SIDE // 2).red() == 200  # the picture's grey is its index


def test_the_tooltip_names_class_index_and_set(panel: EmbeddingPanel, world: World) -> None:
    samples = panel.samples
    row = int(np.flatnonzero(samples.forget)[0])
    world.session.select([samples.index[row]])
    told = panel.grid.images.index(0).data(Qt.ItemDataRole.ToolTipRole)
    assert told == f"{samples.labels[row]} · index {samples.index[row]} · ◆ forget"


def test_forget_samples_alone_have_a_mark(panel: EmbeddingPanel, world: World) -> None:
    samples = panel.samples
    marked, plain = int(np.flatnonzero(samples.forget)[0]), int(np.flatnonzero(~samples.forget)[0])
    world.session.select(samples.index[[marked, plain]])
    grid = panel.grid
    picture = grid.view.viewport().grab().toImage()
    assert {row: grid.images.index_of(row).data(ForgetRole) for row in (marked, plain)} == {
        marked: True,
        plain: False,
    }
    assert has_colour(picture, middle(grid, marked))
    assert not has_colour(picture, middle(grid, plain))


def has_colour(picture: QImage, centre: QPoint) -> bool:
    """Whether anything of a grey image's thumbnail is not grey."""
    around = range(-SIDE // 2 + 2, SIDE // 2 - 2)
    colours = (picture.pixelColor(centre + QPoint(x, y)) for x in around for y in around)
    return any(colour.saturation() > 60 for colour in colours)


def test_pointing_at_a_thumbnail_rings_its_sample_in_the_maps(panel: EmbeddingPanel, world: World) -> None:
    world.session.select([2, 4, 6])
    move_to(panel.grid, middle(panel.grid, 2))
    assert {view.highlight for view in panel.maps.views} == {2}
    assert panel.card.sample is not None
    assert panel.card.sample.index == 4
    QApplication.sendEvent(panel.grid.view, QEvent(QEvent.Type.Leave))
    assert {view.highlight for view in panel.maps.views} == {None}


def test_a_click_pins_the_sample_and_another_lets_it_go(
    panel: EmbeddingPanel, world: World, qtbot: QtBot
) -> None:
    world.session.select([2, 4, 6])
    place = middle(panel.grid, 3)
    qtbot.mouseClick(panel.grid.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert {view.pinned for view in panel.maps.views} == {3}
    assert world.session.selection.tolist() == [2, 4, 6]
    qtbot.mouseClick(panel.grid.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert {view.pinned for view in panel.maps.views} == {None}


def test_arrow_keys_point_and_enter_pins(panel: EmbeddingPanel, world: World, qtbot: QtBot) -> None:
    world.session.select([2, 4, 6])
    view = panel.grid.view
    view.setCurrentIndex(panel.grid.images.index(0))
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert panel.maps.views[0].highlight == 2
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert panel.maps.views[0].pinned == 2


def test_a_sample_that_is_pointed_at_on_a_map_is_framed(panel: EmbeddingPanel, world: World) -> None:
    world.session.select([2, 4, 6])
    before = panel.grid.view.viewport().grab().toImage()
    panel.maps.point_at(2, panel.maps.views[0])
    assert panel.grid.view.viewport().grab().toImage() != before
    panel.maps.point_at(-1)
    assert panel.grid.view.viewport().grab().toImage() == before


def test_twenty_thousand_are_shown_without_delay(qtbot: QtBot, tmp_path: Path) -> None:
    grid = ImageGrid()
    qtbot.addWidget(grid)
    grid.resize(700, 150)
    grid.images.set_images(SampleImages(str(write_images(tmp_path / "images", 300))).pixmap)
    grid.show_map(sample_map(("run",), 20_000), CLASSES)
    grid.show()
    qtbot.waitExposed(grid)
    started = perf_counter()
    grid.mark(np.ones(20_000, dtype=bool))
    grid.grab()
    assert perf_counter() - started < 0.5  # 55 ms where this was written
    assert len(listed(grid)) == 20_000
