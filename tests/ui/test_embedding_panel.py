"""The maps in the window: linked with each other, the table, the legend and the selection."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from panel_data import CLASSES, World, await_map, sample_map, write_images, write_map
from PySide6.QtCore import QPoint, QPointF, QSizeF, Qt
from pytestqt.qtbot import QtBot

from coun_gui.experiments.maps import SampleMap
from coun_gui.ui.embedding import fates
from coun_gui.ui.embedding.export import save_maps, with_suffix
from coun_gui.ui.embedding.legend import DIAMOND
from coun_gui.ui.embedding.map_view import MapView, Tool
from coun_gui.ui.embedding.panel import EmbeddingPanel


def runs(world: World) -> tuple[str, ...]:
    return world.run("retrain"), world.run("original"), world.run("ft"), world.run("coun")


def shown(world: World, qtbot: QtBot, samples: SampleMap | None = None) -> EmbeddingPanel:
    """The panel with a map, as in the window."""
    write_map(world.workspace, samples or sample_map(runs(world)))
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    panel.resize(1100, 700)
    world.show()
    world.describe()
    panel.show()
    qtbot.waitExposed(panel)
    await_map(panel, qtbot)
    return panel


def at(view: MapView, row: int) -> QPoint:
    place = view.position(row)
    assert place is not None
    return place.toPoint()


def test_original_retrain_and_the_last_method_are_shown_side_by_side(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    titles = [column.chooser.currentText() for column in panel.maps.open_columns]
    assert titles == ["Original · seed 0", "Retrain · seed 0", "CoUn · seed 0"]
    assert "trustworthiness 0.97" in panel.maps.columns[0].facts.whole()


def test_all_maps_pan_and_zoom_together(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    first, second = panel.maps.views[:2]
    before = second.projection()
    panel.maps.frame.zoom_at(QSizeF(first.size()), QPointF(10, 10), 2.0)
    panel.maps.frame.pan(QSizeF(first.size()), 15, -5)
    assert first.projection().centre == second.projection().centre
    assert second.projection().scale == pytest.approx(2 * before.scale)
    qtbot.mouseDClick(first, Qt.MouseButton.LeftButton)
    assert second.projection().centre == before.centre


def test_zooming_keeps_the_point_under_the_pointer(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    view, place = panel.maps.views[0], QPointF(60, 90)
    held = view.projection().point(place)
    panel.maps.frame.zoom_at(QSizeF(view.size()), place, 3.0)
    assert view.projection().point(place) == pytest.approx(held, abs=1e-4)


def test_pointing_shows_the_sample_and_rings_it_everywhere(
    world: World, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = shown(world, qtbot)
    world.describe(write_images(tmp_path / "images", 600))
    view, row = panel.maps.views[1], 5
    view.hovered.emit(row)
    sample = panel.card.sample
    assert sample is not None
    assert sample.index == 10
    assert sample.label == CLASSES[panel.samples.labels[row]]
    assert [verdict.title for verdict in sample.verdicts] == titles(panel)
    assert not sample.image.isNull()
    assert [each.highlight for each in panel.maps.views] == [row] * 3
    view.hovered.emit(-1)
    assert panel.card.sample is None


def titles(panel: EmbeddingPanel) -> list[str]:
    return [column.chooser.currentText() for column in panel.maps.open_columns]


def test_the_mouse_finds_the_point_it_is_over(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    view = panel.maps.views[0]
    found = view.row_at(QPointF(at(view, 7)))
    assert found is not None
    assert np.hypot(*(view.points.xy[found] - view.points.xy[7])) * view.projection().scale <= 3


def rectangle(
    view: MapView, qtbot: QtBot, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Drags over the left half of a map."""
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(view, left, modifier, QPoint(1, 1))
    for place in (QPoint(30, 30), QPoint(view.width() // 2, view.height() - 2)):
        qtbot.mouseMove(view, place)
    qtbot.mouseRelease(view, left, modifier, QPoint(view.width() // 2, view.height() - 2))


def test_a_rectangle_selects_in_all_maps_and_in_the_table(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    panel.toolbar.set_tool(Tool.RECTANGLE)
    view = panel.maps.views[0]
    rectangle(view, qtbot)
    left = view.projection().pixels(*view.points.xy.T)[0] <= view.width() // 2
    expected = panel.samples.index[left]
    assert world.session.selection.tolist() == expected.tolist()
    for each in panel.maps.views:
        assert each.points.selected.tolist() == left.tolist()
    rows = {index.row() for index in panel.table.selectionModel().selectedRows()}
    assert rows == set(np.flatnonzero(left).tolist())
    assert f"{left.sum()} selected" in panel.strip.menu_button.text()


def test_shift_adds_alt_removes_and_escape_clears(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    panel.toolbar.set_tool(Tool.RECTANGLE)
    view = panel.maps.views[0]
    on_the_right = view.projection().pixels(*view.points.xy.T)[0] > view.width() // 2
    kept = int(panel.samples.index[on_the_right][0])
    world.session.select([kept])
    rectangle(view, qtbot, Qt.KeyboardModifier.ShiftModifier)
    assert kept in world.session.selection
    assert len(world.session.selection) > 1
    rectangle(view, qtbot, Qt.KeyboardModifier.AltModifier)
    assert world.session.selection.tolist() == [kept]
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert len(world.session.selection) == 0


def test_picking_rows_selects_samples(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    panel.table.selectRow(3)
    assert world.session.selection.tolist() == [6]
    assert np.flatnonzero(panel.maps.views[0].points.selected).tolist() == [3]


def test_the_table_can_list_the_selection_alone(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    world.session.select([4, 20, 22])
    panel.strip.only_selected.setChecked(True)
    model = panel.table.samples
    assert [model.index(row, 0).data() for row in range(model.rowCount())] == ["4", "20", "22"]


def test_the_table_shows_what_each_model_says(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    samples, model = panel.samples, panel.table.samples
    row = int(np.flatnonzero(samples.predicted[panel.maps.runs[0]] != samples.labels)[0])
    texts = [model.index(row, column).data() for column in range(model.columnCount())]
    run = panel.maps.runs[0]
    assert texts[0] == str(samples.index[row])
    assert texts[2] == CLASSES[samples.labels[row]]
    assert texts[4] == f"{CLASSES[samples.predicted[run][row]]}  ✗"
    assert texts[5] == f"{100 * samples.confidence[run][row]:.1f}"
    assert model.headerData(4, Qt.Orientation.Horizontal) == "Original"


def test_samples_without_a_place_are_left_out_and_told(world: World, qtbot: QtBot) -> None:
    samples = sample_map(runs(world))
    samples.xy[world.run("original")][:3] = np.nan
    panel = shown(world, qtbot, samples)
    assert panel.maps.columns[0].dropped.text() == "3 samples without a place (NaN) left out"
    assert panel.maps.columns[0].dropped.isVisible()
    assert not panel.maps.columns[1].dropped.isVisible()
    assert not panel.grab().isNull()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_samples_do_no_harm(world: World, qtbot: QtBot, count: int) -> None:
    panel = shown(world, qtbot, sample_map(runs(world), count))
    assert not panel.grab().isNull()
    for mode in range(panel.toolbar.mode.count()):
        panel.toolbar.mode.setCurrentIndex(mode)


def test_one_class_and_one_place_do_no_harm(world: World, qtbot: QtBot) -> None:
    samples = sample_map(runs(world), 50)
    same = {run: np.zeros((50, 2), dtype=np.float32) for run in samples.spec.runs}
    panel = shown(world, qtbot, replace(samples, labels=np.zeros(50, dtype=np.int64), xy=same))
    assert panel.maps.views[0].position(0) is not None
    assert not panel.grab().isNull()


def test_legend_switches_hide_classes_and_kinds(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    panel.legend.rows[3].click()
    points, samples = panel.maps.views[0].points, panel.samples
    assert points.shown.tolist() == (samples.labels != 3).tolist()
    panel.legend.retain.click()
    assert points.shown.tolist() == ((samples.labels != 3) & samples.forget).tolist()


def test_the_legend_shows_one_class_alone_and_all_again(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    panel.legend.rows[2].soloed.emit()
    assert panel.legend.hidden() == set(range(10)) - {2}
    panel.legend.rows[2].soloed.emit()
    assert panel.legend.hidden() == set()


@pytest.mark.parametrize(
    ("mode", "lines"), [("class", 10), ("predicted", 10), ("forget", 2), ("correct", 2), ("confidence", 10)]
)
def test_each_colouring_has_its_legend(world: World, qtbot: QtBot, mode: str, lines: int) -> None:
    panel = shown(world, qtbot)
    panel.toolbar.mode.setCurrentIndex(panel.toolbar.mode.findData(mode))
    assert len(panel.legend.rows) == lines
    assert sum(int(row.note.replace(",", "")) for row in panel.legend.rows) == 300


def test_fates_are_those_of_forget_samples(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    panel.toolbar.pick_mode("fate")
    rows = panel.legend.rows
    assert [row.text() for row in rows] == ["as Retrain", "not forgotten", "over-forgotten", "elsewhere"]
    assert {row.shape for row in rows} == {DIAMOND}
    samples = panel.samples
    assert sum(int(row.note) for row in rows) == samples.forget.sum()
    rows[0].click()
    hidden = fates.fates(samples, panel.maps.runs[2], world.run("retrain")) == fates.SAME
    assert panel.maps.views[2].points.shown.tolist() == (~hidden).tolist()
    panel.legend.retain.click()
    assert panel.maps.views[2].points.shown.tolist() == (~hidden & samples.forget).tolist()


def test_a_grey_map_and_a_crowd_are_explained(
    world: World, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = shown(world, qtbot)
    assert panel.legend.caption.text() == ""
    samples = panel.samples
    apart = {world.run("coun"): np.zeros(len(samples.index), dtype=np.float32)}
    monkeypatch.setattr("coun_gui.ui.embedding.painting.TOO_MANY", 100)
    panel.show_map(replace(samples, agreement=apart))
    panel.toolbar.pick_mode("agreement")
    told = panel.legend.caption.text()
    assert "Retrain itself is grey." in told
    assert "Too many to draw one by one" in told


def test_maps_can_be_added_taken_out_and_changed(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    panel.toolbar.add.click()
    assert titles(panel)[-1] == "FT · seed 0"  # the first that wasn't on show
    assert not panel.toolbar.add.isEnabled()
    panel.maps.columns[0].close_button.click()
    assert len(titles(panel)) == 3
    panel.maps.columns[0].chooser.setCurrentIndex(0)
    assert titles(panel)[0] == "Original · seed 0"


def test_a_repaint_without_news_draws_no_points(
    world: World, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = shown(world, qtbot)
    panel.grab()
    calls: list[int] = []
    for number, view in enumerate(panel.maps.views):
        monkeypatch.setattr(view.points, "draw", lambda *_, number=number: calls.append(number))
    panel.maps.point_at(4, panel.maps.views[0])
    panel.grab()
    assert not calls
    panel.maps.frame.pan(QSizeF(panel.maps.views[0].size()), 3, 3)
    panel.grab()
    assert sorted(set(calls)) == [0, 1, 2]


def test_the_map_of_the_run_under_the_pointer_is_framed(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    world.session.run_hovered.emit(world.run("retrain"))
    assert [view.emphasised for view in panel.maps.views] == [False, True, False]


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_maps_are_exported(world: World, qtbot: QtBot, tmp_path: Path, ending: str) -> None:
    samples = sample_map(runs(world), 60)
    path = tmp_path / f"maps.{ending}"
    save_maps(samples, {world.run("original"): "Original", world.run("ft"): "FT"}, CLASSES, path)
    assert path.stat().st_size > 1000


def test_a_file_without_an_ending_gets_that_of_the_filter() -> None:
    assert with_suffix(Path("a/maps"), "SVG drawing (*.svg)") == Path("a/maps.svg")
    assert with_suffix(Path("a/maps.PDF"), "PNG image (*.png)") == Path("a/maps.PDF")


def test_both_themes_paint(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    for dark in (True, False):
        panel.set_dark(dark)
        assert not panel.grab().isNull()


def test_all_columns_of_three_models_are_in_view_at_the_width_of_a_small_window(
    world: World, qtbot: QtBot
) -> None:
    panel = shown(world, qtbot)
    panel.resize(944, 560)  # what a window of 1280 × 800 leaves it
    qtbot.waitUntil(lambda: panel.table.horizontalScrollBar().maximum() == 0)
    assert len(panel.maps.runs) == 3
    assert panel.table.viewport().height() >= 3 * panel.table.rowHeight(0)


def test_a_seed_is_named_above_the_columns_only_where_there_are_several(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    model, across = panel.table.samples, Qt.Orientation.Horizontal
    assert model.headerData(4, across) == "Original"
    assert "Original · seed 0" in model.headerData(4, across, Qt.ItemDataRole.ToolTipRole)
    model.show(panel.samples, [(panel.maps.runs[0], "FT · seed 0"), (panel.maps.runs[1], "FT · seed 1")], [])
    assert [model.headerData(column, across) for column in (4, 6)] == ["FT · seed 0", "FT · seed 1"]
