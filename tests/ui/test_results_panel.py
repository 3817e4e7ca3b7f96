"""The results table in the window."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from panel_data import FORGET, World, make_world, write_run
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from coun_gui.experiments.record import write_record
from coun_gui.ui.results.export import TITLES, save_figure, save_table
from coun_gui.ui.results.model import CELL, METHOD, SETTING, WORDS
from coun_gui.ui.results.panel import ResultsPanel


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "workspace", seeds=(0, 1))
    yield made
    made.session.close()


def shown(world: World, qtbot: QtBot) -> ResultsPanel:
    panel = ResultsPanel(world.session)
    qtbot.addWidget(panel)
    panel.resize(1200, 500)
    world.show()
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def set_metrics(world: World, method: str, seed: int, **metrics: float) -> None:
    record = world.workspace.run(world.run(method, seed))
    assert record is not None
    write_record(replace(record, metrics={FORGET: metrics}))


def labels(panel: ResultsPanel) -> list[str]:
    order = panel.table.order
    return [order.index(row, METHOD).data() for row in range(order.rowCount())]


def place(panel: ResultsPanel, label: str, key: str) -> QModelIndex:
    column = len(WORDS) + [column.key for column in panel.model.columns].index(key)
    return panel.table.order.index(labels(panel).index(label), column)


def test_without_an_experiment_it_says_what_to_do(world: World, qtbot: QtBot) -> None:
    panel = ResultsPanel(world.session)
    qtbot.addWidget(panel)
    assert panel.pages.currentWidget() is panel.empty
    assert "Start one" in panel.empty.sentence.text()


def test_a_row_a_method_over_its_seeds(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    assert labels(panel) == ["Original", "Retrain", "FT", "CoUn", "NegGrad+ + CL"]
    assert panel.table.order.index(2, 2).data() == "2"


def test_mean_spread_and_distance_worked_out_by_hand(world: World, qtbot: QtBot) -> None:
    for seed, (own, reference) in enumerate(((98.0, 97.0), (97.0, 97.0))):
        set_metrics(world, "ft", seed, RA=100.0, UA=1.0, TA=own, MIA=5.0)
        set_metrics(world, "retrain", seed, RA=100.0, UA=3.0, TA=reference, MIA=9.0)
    panel = shown(world, qtbot)
    # mean 97.5, sample standard deviation √(2·0.25/1) = 0.71, distance 0.5
    assert place(panel, "FT", "TA").data() == "97.50 ± 0.71 (0.50)"
    assert place(panel, "FT", "UA").data() == "1.00 ± 0.00 (2.00)"
    # ¼(0 + 2 + 0.5 + 4)
    assert place(panel, "FT", "gap").data() == "1.62"


def test_the_best_gap_is_marked_among_the_methods_alone(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    best = [label for label in labels(panel) if place(panel, label, "gap").data(CELL).best]
    assert best == ["CoUn"]
    assert "★" in panel.notes.text()


def test_distances_can_be_left_out(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    assert "(" in place(panel, "FT", "RA").data()
    panel.gaps.setChecked(False)
    assert "(" not in place(panel, "FT", "RA").data()
    assert "Δ" not in panel.model.heading(len(WORDS))


def test_without_retrain_there_is_no_gap_and_it_says_so(tmp_path: Path, qtbot: QtBot) -> None:
    world = make_world(tmp_path / "w", without=("retrain",))
    panel = shown(world, qtbot)
    assert place(panel, "FT", "gap").data() == "–"
    assert "Retrain is missing for this forget set, so there is no gap." in panel.notes.text()
    tip = place(panel, "FT", "gap").data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "Retrain is missing for this forget set, so there is no gap."
    world.session.close()


def test_headers_have_unit_direction_and_an_explanation(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    column = len(WORDS) + 4
    header = panel.model.headerData(column, Qt.Orientation.Horizontal)
    assert header == "Avg. Gap % ↓"
    tip = panel.model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    assert "Retrain" in tip


@pytest.mark.parametrize("order", [Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder])
def test_rows_without_a_figure_stay_last(world: World, qtbot: QtBot, order: Qt.SortOrder) -> None:
    set_metrics(world, "ft", 0, RA=100.0, UA=1.0, TA=97.0)  # no MIA, so no gap
    panel = shown(world, qtbot)
    panel.table.sortByColumn(len(WORDS) + 4, order)
    assert labels(panel)[-1] == "FT"
    ordered = ["Retrain", "CoUn", "NegGrad+ + CL", "Original"]
    assert labels(panel)[:-1] == (ordered if order is Qt.SortOrder.AscendingOrder else ordered[::-1])


def test_a_finished_run_gets_its_row(tmp_path: Path, qtbot: QtBot) -> None:
    world = make_world(tmp_path / "w", without=("ft",))
    panel = shown(world, qtbot)
    assert "FT" not in labels(panel)
    write_run(world.workspace, world.specs["ft", 0], 0)
    world.session._records = None
    world.session.records_changed.emit()
    assert "FT" in labels(panel)
    world.session.close()


def test_nothing_is_rebuilt_where_nothing_changed(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    with qtbot.assertNotEmitted(panel.model.modelReset):
        world.session.records_changed.emit()


def test_selected_rows_are_copied_as_the_screen_shows_them(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    panel.table.selectRow(3)
    qtbot.keyClick(panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    heading, row = csv.reader(io.StringIO(QGuiApplication.clipboard().text()), delimiter="\t")
    assert heading[:3] == ["Method", "Seeds", "Retain % (Δ ↓)"]
    assert row[0] == "CoUn"
    assert row[6] == place(panel, "CoUn", "gap").data()


@pytest.mark.parametrize("format", list(TITLES))
def test_the_table_is_saved_in_each_format(world: World, qtbot: QtBot, tmp_path: Path, format: str) -> None:
    panel = shown(world, qtbot)
    path = tmp_path / f"results.{format}"
    save_table(panel.rows, format, path)
    assert "CoUn" in path.read_text(encoding="utf-8")


def test_gap_and_cost_are_saved_as_a_figure(world: World, qtbot: QtBot, tmp_path: Path) -> None:
    panel = shown(world, qtbot)
    save_figure(panel.rows, tmp_path / "gaps.svg")
    assert (tmp_path / "gaps.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_the_whole_workspace_shows_its_settings(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    assert panel.table.isColumnHidden(SETTING)
    assert panel.title.text() == "Digits · small CNN · 10 % random"
    panel.scope.setCurrentIndex(1)
    assert len(panel.rows) == 5


def test_pointing_at_a_row_tells_the_other_panels(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    with qtbot.waitSignal(world.session.run_hovered) as told:
        panel.table.entered.emit(panel.table.order.index(3, 0))
    assert told.args == [world.run("coun")]
    assert panel.table.figures.hovered == world.run("coun")


def test_both_themes_paint(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    for dark in (True, False):
        panel.set_dark(dark)
        assert not panel.grab().isNull()
