"""The lasso as the mouse draws it."""

from __future__ import annotations

import numpy as np
import pytest
from panel_data import World, await_map, sample_map, write_map
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPolygonF
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from coun_gui.ui.embedding.map_view import MapView, Tool
from coun_gui.ui.embedding.panel import EmbeddingPanel

LEFT = Qt.MouseButton.LeftButton
PLAIN, SHIFT, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
# Corners in shares of the width and the height; to QTest, the pixel (0, 0) means none.
UPPER_LEFT = ((0.01, 0.01), (0.9, 0.01), (0.01, 0.9))
RIGHT = ((0.4, 0.01), (0.99, 0.01), (0.99, 0.99), (0.4, 0.99))


@pytest.fixture
def panel(world: World, qtbot: QtBot) -> EmbeddingPanel:
    write_map(world.workspace, sample_map(tuple(world.run(name) for name in ("retrain", "original", "coun"))))
    shown = EmbeddingPanel(world.session)
    qtbot.addWidget(shown)
    shown.resize(1100, 700)
    world.show()
    shown.show()
    qtbot.waitExposed(shown)
    await_map(shown, qtbot)
    shown.toolbar.set_tool(Tool.LASSO)
    return shown


Corners = tuple[tuple[float, float], ...]


def corners_on(view: MapView, corners: Corners) -> list[QPoint]:
    return [QPoint(round(x * (view.width() - 1)), round(y * (view.height() - 1))) for x, y in corners]


def lasso(
    view: MapView, corners: Corners, modifier: Qt.KeyboardModifier = PLAIN, release: bool = True
) -> None:
    """Presses on the first corner, drags over the others and lets go on the last."""
    way = corners_on(view, corners)
    QTest.mousePress(view, LEFT, modifier, way[0])
    for place in way[1:]:
        QTest.mouseMove(view, place)
    if release:
        QTest.mouseRelease(view, LEFT, modifier, way[-1])


def inside(panel: EmbeddingPanel, view: MapView, corners: Corners) -> set[int]:
    """Training indices of the samples whose pixel lies in the polygon, as Qt sees it."""
    polygon = QPolygonF([place.toPointF() for place in corners_on(view, corners)])
    positions = [view.projection().position(xy) for xy in view.points.xy]
    held = [polygon.containsPoint(place, Qt.FillRule.OddEvenFill) for place in positions]
    return set(panel.samples.index[held].tolist())


def selected(world: World) -> set[int]:
    return set(world.session.selection.tolist())


def test_the_lasso_selects_what_it_goes_round_in_all_maps(panel: EmbeddingPanel, world: World) -> None:
    view = panel.maps.views[1]
    lasso(view, UPPER_LEFT)
    expected = inside(panel, view, UPPER_LEFT)
    assert 0 < len(expected) < len(panel.samples.index)
    assert selected(world) == expected
    for each in panel.maps.views:
        assert set(panel.samples.index[each.points.selected].tolist()) == expected


def test_another_lasso_begins_anew_shift_adds_and_alt_removes(panel: EmbeddingPanel, world: World) -> None:
    view = panel.maps.views[0]
    one, other = inside(panel, view, UPPER_LEFT), inside(panel, view, RIGHT)
    assert one & other
    assert one - other
    assert other - one
    lasso(view, UPPER_LEFT)
    lasso(view, RIGHT)
    assert selected(world) == other
    lasso(view, UPPER_LEFT, SHIFT)
    assert selected(world) == one | other
    lasso(view, RIGHT, ALT)
    assert selected(world) == one - other


def test_what_is_hidden_is_not_caught(panel: EmbeddingPanel, world: World) -> None:
    view = panel.maps.views[0]
    panel.legend.rows[3].click()
    lasso(view, UPPER_LEFT)
    threes = set(panel.samples.index[panel.samples.labels == 3].tolist())
    assert selected(world) == inside(panel, view, UPPER_LEFT) - threes


def test_the_lasso_is_seen_while_it_is_drawn_and_escape_drops_it(panel: EmbeddingPanel, world: World) -> None:
    view = panel.maps.views[0]
    view.setFocus()
    before = view.grab().toImage()
    lasso(view, UPPER_LEFT, release=False)
    assert view.grab().toImage() != before
    QTest.keyClick(view, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, LEFT, PLAIN, corners_on(view, UPPER_LEFT)[-1])
    assert view.grab().toImage() == before
    assert not selected(world)


def test_a_lasso_neither_moves_the_map_nor_pins_a_sample(panel: EmbeddingPanel) -> None:
    view = panel.maps.views[0]
    before = view.projection()
    lasso(view, UPPER_LEFT)
    assert np.array_equal(view.projection().centre, before.centre)
    assert panel.maps.pinned_row == -1
