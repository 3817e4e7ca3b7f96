"""What a change of theme leaves as it was: all but the colours."""

from __future__ import annotations

import numpy as np
import pytest
from map_data import rich_map, with_frames
from panel_data import World, opened, write_map
from PySide6.QtCore import QPointF, QSizeF
from pytestqt.qtbot import QtBot

from coun_gui.ui.embedding import colouring
from coun_gui.ui.embedding.panel import EmbeddingPanel


@pytest.fixture
def panel(world: World, qtbot: QtBot) -> EmbeddingPanel:
    """A map of three models, of which one can be followed over its epochs."""
    runs = (world.run("retrain"), world.run("original"), world.run("coun"))
    write_map(world.workspace, with_frames(rich_map(runs), runs[2:]))
    return opened(world, qtbot)


@pytest.mark.parametrize("mode", ["class", "predicted", "fate", "confidence", "membership"])
def test_what_is_switched_off_in_the_legend_stays_so(panel: EmbeddingPanel, mode: str) -> None:
    panel.toolbar.pick_mode(mode)
    for switch in (panel.legend.rows[1], panel.legend.rows[3], panel.legend.retain):
        switch.click()
    seen = [view.points.visible.copy() for view in panel.maps.views]
    for dark in (True, False):
        panel.set_dark(dark)
        assert panel.toolbar.mode.currentData() == mode
        assert panel.legend.hidden() == ({2, 4} if mode == "fate" else {1, 3})  # retain is no fate
        assert not panel.legend.retain.isChecked()
        for view, before in zip(panel.maps.views, seen, strict=True):
            assert np.array_equal(view.points.visible, before)


def test_the_lines_that_stay_take_the_colours_of_the_theme(panel: EmbeddingPanel) -> None:
    panel.toolbar.pick_mode("fate")
    panel.legend.rows[1].click()
    for dark in (True, False):
        panel.set_dark(dark)
        told = [entry.colour for entry in colouring.entries("fate", [], dark) if entry.forget]
        assert [row.colour for row in panel.legend.rows] == told


def test_selection_pin_zoom_preset_and_epoch_stay(panel: EmbeddingPanel, world: World) -> None:
    world.session.select(panel.samples.index[[4, 9, 20]])
    panel.pin(9)
    view = panel.maps.views[0]
    panel.maps.frame.zoom_at(QSizeF(view.size()), QPointF(30, 40), 2.5)
    panel.toolbar.pick_preset("kept")
    panel.player.slider.setValue(400)

    def stands() -> tuple[object, ...]:
        maps, views = panel.maps, panel.maps.views
        return (
            world.session.selection.tolist(),
            [np.flatnonzero(each.points.selected).tolist() for each in views],
            maps.pinned_row,
            [each.pinned for each in views],
            maps.links.rows,
            maps.frame.centre,
            maps.frame.zoom,
            panel.toolbar.preset.currentData(),
            panel.toolbar.mode.currentData(),
            panel.player.slider.value(),
            [each.points.moved for each in views],
            [each.points.xy.tolist() for each in views],
            [each.points.visible.tolist() for each in views],
            maps.runs,
        )

    before = stands()
    assert before[1] == [[4, 9, 20]] * 3
    assert before[2] == 9
    assert before[10] == [False, False, True]
    for dark in (True, False):
        panel.set_dark(dark)
        assert stands() == before


def test_names_of_classes_that_come_late_switch_nothing_on(panel: EmbeddingPanel, world: World) -> None:
    panel.legend.rows[2].click()
    world.session.dataset = {"classes": list("abcdefghij")}
    world.session.experiment_changed.emit()
    assert [row.text() for row in panel.legend.rows] == list("abcdefghij")
    assert panel.legend.hidden() == {2}


def test_nothing_is_switched_off_on_another_map(panel: EmbeddingPanel, world: World) -> None:
    panel.legend.rows[2].click()
    panel.show_map(rich_map(panel.samples.spec.runs, seed=5))
    assert panel.legend.hidden() == set()
