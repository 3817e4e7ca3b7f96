"""What ties the maps together: the pinned sample, the line through all maps, and the image beside the pointer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from panel_data import World, opened, sample_map, write_map
from PySide6.QtCore import QPoint, QPointF, QRect, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPixmap, QRegion
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from coun_gui.ui.embedding.links import Links
from coun_gui.ui.embedding.map_view import MapView
from coun_gui.ui.embedding.panel import EmbeddingPanel


def runs(world: World) -> tuple[str, ...]:
    return world.run("retrain"), world.run("original"), world.run("ft"), world.run("coun")


@pytest.fixture
def panel(world: World, qtbot: QtBot) -> EmbeddingPanel:
    write_map(world.workspace, sample_map(runs(world)))
    return opened(world, qtbot)


def at(view: MapView, row: int) -> QPoint:
    place = view.position(row)
    assert place is not None
    return place.toPoint()


def titles(panel: EmbeddingPanel) -> list[str]:
    return [column.chooser.currentText() for column in panel.maps.open_columns]


def test_a_click_pins_a_sample_and_another_lets_it_go(panel: EmbeddingPanel, qtbot: QtBot) -> None:
    view = panel.maps.views[0]
    row = view.row_at(QPointF(at(view, 7)))
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=at(view, 7))
    assert [each.pinned for each in panel.maps.views] == [row] * 3
    assert panel.card.sample is not None
    assert panel.card.sample.pinned
    panel.pin(row)
    assert panel.maps.views[0].pinned is None


def test_a_double_click_fits_all_in_and_leaves_the_pin_alone(panel: EmbeddingPanel, qtbot: QtBot) -> None:
    view, left = panel.maps.views[0], Qt.MouseButton.LeftButton
    panel.pin(3)
    for place in (at(view, 7), QPoint(2, 2)):  # on a sample, and beside all
        panel.maps.frame.zoom_at(QSizeF(view.size()), QPointF(10, 10), 1.01)
        qtbot.mouseClick(view, left, pos=place)
        assert panel.maps.pinned_row != 3
        qtbot.mouseDClick(view, left, pos=place)
        qtbot.mouseRelease(view, left, pos=place)
        assert panel.maps.pinned_row == 3
        assert view.frame.zoom == 1.0


def test_a_double_click_after_a_drag_takes_nothing_back(panel: EmbeddingPanel, qtbot: QtBot) -> None:
    view, left = panel.maps.views[0], Qt.MouseButton.LeftButton
    panel.pin(3)
    panel.pin(5)
    qtbot.mousePress(view, left, pos=QPoint(50, 50))
    qtbot.mouseMove(view, QPoint(60, 60))
    qtbot.mouseRelease(view, left, pos=QPoint(60, 60))
    qtbot.mouseDClick(view, left, pos=QPoint(60, 60))
    assert panel.maps.pinned_row == 5


def test_the_pinned_sample_is_ringed_in_a_map_that_is_added_and_after_a_change(panel: EmbeddingPanel) -> None:
    panel.pin(7)
    panel.toolbar.add.click()
    assert [view.pinned for view in panel.maps.views] == [7] * 4
    assert len(panel.card.sample.verdicts) == 4
    panel.maps.columns[0].chooser.setCurrentIndex(2)
    panel.maps.point_at(4, panel.maps.views[0])
    panel.maps.point_at(-1)
    assert [view.pinned for view in panel.maps.views] == [7] * 4
    assert panel.maps.links.rows == [7]
    assert panel.card.sample.verdicts[0].title == titles(panel)[0]


def test_the_pinned_sample_stays_pinned_on_another_map_that_has_it(
    panel: EmbeddingPanel, world: World
) -> None:
    panel.pin(7)
    index = int(panel.samples.index[7])
    samples = sample_map(runs(world), 200)
    panel.show_map(replace(samples, index=samples.index + index - 4))
    assert [view.pinned for view in panel.maps.views] == [2] * 3
    assert panel.card.sample.index == index
    panel.show_map(replace(samples, index=samples.index + 1000))
    assert [view.pinned for view in panel.maps.views] == [None] * 3
    assert panel.card.sample is None


def drawn(links: Links) -> np.ndarray:
    """uint8 [H, W, 4], red first: what lies above the maps, without the maps."""
    image = QImage(links.size(), QImage.Format.Format_RGBA8888)
    image.fill(Qt.GlobalColor.transparent)
    links.render(image, QPoint(), QRegion(), QWidget.RenderFlag(0))
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).copy()


def places(panel: EmbeddingPanel, row: int) -> list[np.ndarray]:
    """float [2] a map: where the sample is on the row of maps."""
    links = panel.maps.links
    found = [view.mapTo(links.parentWidget(), at(view, row)) for view in panel.maps.views]
    return [np.array([place.x(), place.y()], dtype=float) for place in found]


def test_a_dashed_line_joins_the_pinned_sample_from_ring_to_ring(panel: EmbeddingPanel) -> None:
    assert not drawn(panel.maps.links).any()
    panel.pin(7)
    ink = drawn(panel.maps.links)[..., 3] > 0
    first, second, third = places(panel, 7)
    inked = np.argwhere(ink)[:, ::-1].astype(float)
    apart = np.minimum(distance(inked, first, second), distance(inked, second, third))
    assert apart.max() < 3  # nothing but the lines
    for place in (first, second, third):
        assert np.hypot(*(inked - place).T).min() > 7  # the rings stay clear
    for start, end in ((first, second), (second, third)):
        share = np.linspace(0.1, 0.9, 200)[:, None]
        x, y = (start + (end - start) * share).round().astype(int).T
        assert 0.3 < ink[y, x].mean() < 1  # dashes


def distance(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """float [n]: of points, float [n, 2], from the line through two places."""
    x, y = (end - start) / np.hypot(*(end - start))
    across = points - start
    return np.abs(across[:, 0] * y - across[:, 1] * x)


def test_the_pinned_sample_and_the_one_pointed_at_have_a_line_each(panel: EmbeddingPanel) -> None:
    panel.pin(7)
    panel.maps.point_at(20)
    assert panel.maps.links.rows == [7, 20]
    panel.maps.point_at(7)
    assert panel.maps.links.rows == [7]
    panel.maps.point_at(-1)
    panel.pin(-1)
    assert panel.maps.links.rows == []


def test_a_sample_that_is_not_drawn_in_a_map_is_joined_through_the_others(panel: EmbeddingPanel) -> None:
    points = panel.maps.views[1].points
    points.show(np.arange(len(points.xy)) != 7)
    first, third = (places_of(panel, view, 7) for view in (panel.maps.views[0], panel.maps.views[2]))
    panel.pin(7)
    inked = np.argwhere(drawn(panel.maps.links)[..., 3] > 0)[:, ::-1].astype(float)
    assert len(inked)
    assert distance(inked, first, third).max() < 3


def places_of(panel: EmbeddingPanel, view: MapView, row: int) -> np.ndarray:
    place = view.mapTo(panel.maps.links.parentWidget(), at(view, row))
    return np.array([place.x(), place.y()], dtype=float)


RED = (255, 0, 0)


def red_image() -> QPixmap:
    image = QPixmap(64, 64)
    image.fill(QColor(*RED))
    return image


def red_box(links: Links) -> QRect:
    """Where the image lies."""
    rows, columns = np.nonzero((drawn(links)[..., :3] == RED).all(axis=2))
    assert len(rows) == 64 * 64  # the whole image, uncovered
    return QRect(QPoint(columns.min(), rows.min()), QPoint(columns.max(), rows.max()))


def farthest(view: MapView, towards: tuple[float, float]) -> int:
    """The row of the sample that lies farthest in a direction, upwards positive."""
    return int((view.points.xy @ np.array(towards)).argmax())


@pytest.mark.parametrize("towards", [(1, 0), (-1, 0), (0, 1), (0, -1)])
@pytest.mark.parametrize("number", [0, 2])
def test_the_image_lies_beside_its_sample_and_inside_the_maps(
    panel: EmbeddingPanel, towards: tuple[float, float], number: int
) -> None:
    links, view = panel.maps.links, panel.maps.views[number]
    row = farthest(view, towards)
    links.show_image(view, row, red_image(), "a long name that does not fit into the box below the image")
    box = red_box(links)
    assert links.rect().contains(box)
    x, y = places_of(panel, view, row)
    assert not box.adjusted(-8, 0, 8, 0).contains(QPoint(round(x), round(y)))
    assert box.left() - x < 120
    assert x - box.right() < 120


def test_the_image_changes_sides_where_there_is_no_room(panel: EmbeddingPanel) -> None:
    links = panel.maps.links
    for view, side in ((panel.maps.views[0], 1), (panel.maps.views[2], -1)):
        row = farthest(view, (1, 0))
        links.show_image(view, row, red_image(), "ship")
        assert np.sign(red_box(links).center().x() - places_of(panel, view, row)[0]) == side


def test_the_image_goes_with_the_pointer_and_with_the_map(panel: EmbeddingPanel, world: World) -> None:
    links, view = panel.maps.links, panel.maps.views[0]
    links.show_image(view, 250, red_image(), "ship")
    links.show_image(None)
    assert not drawn(links).any()
    links.show_image(view, 250, red_image(), "ship")
    panel.show_map(sample_map(runs(world), 100))  # which has no row 250
    assert not drawn(links).any()


def test_the_line_follows_the_zoom(panel: EmbeddingPanel) -> None:
    panel.pin(7)
    view = panel.maps.views[0]
    panel.maps.frame.zoom_at(QSizeF(view.size()), QPointF(at(view, 7)), 1.5)
    first, second, third = places(panel, 7)
    inked = np.argwhere(drawn(panel.maps.links)[..., 3] > 0)[:, ::-1].astype(float)
    apart = np.minimum(distance(inked, first, second), distance(inked, second, third))
    assert apart.max() < 3
