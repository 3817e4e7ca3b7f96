"""The results table in the window."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from panel_data import FORGET, FakeDesk, FakeQueue, World, make_world, run_spec, write_run
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from coun_gui.experiments.record import write_record
from coun_gui.experiments.spec import (
    DatasetSpec,
    ExperimentSpec,
    ForgetSpec,
    ModelSpec,
    RunSpec,
    TrainingSpec,
)
from coun_gui.experiments.workspace import Workspace
from coun_gui.reports.tables import export, write_table
from coun_gui.ui.app import make_application
from coun_gui.ui.results.export import TITLES, save_figure
from coun_gui.ui.results.model import CELL, METHOD, PAPER, SEEDS, SETTING, WORDS
from coun_gui.ui.results.panel import ResultsPanel
from coun_gui.ui.session import Session
from coun_gui.ui.theme import Theme


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "workspace", seeds=(0, 1))
    yield made
    made.session.close()


def paper_spec(method: str, seed: int, original: str | None, subset: int | None) -> RunSpec:
    """A run of the paper's first setting, or of a part of its images."""
    recipe = {"epochs": 182} if original is None else {"epochs": 50, "schedule": "cosine", "lr": 0.01}
    asked = {
        "dataset": DatasetSpec(name="cifar10", subset=subset),
        "model": ModelSpec(name="resnet18"),
        "training": TrainingSpec.model_validate(recipe),
    }
    return run_spec(method, seed, original).model_copy(update=asked)


def paper_world(folder: Path, subset: int | None = None, seeds: tuple[int, ...] = (0,)) -> World:
    """Original, Retrain, FT, CoUn and NegGrad+ with the CL switch."""
    workspace, specs = Workspace(folder, writable=True), {}
    for seed, method in product(seeds, ("original", "retrain", "ft", "coun", "neggrad+")):
        original = None if method in ("original", "retrain") else specs["original", seed].id
        specs[method, seed] = paper_spec(method, seed, original, subset)
        write_run(workspace, specs[method, seed], seed)
    asked = ExperimentSpec(name="paper", forget=ForgetSpec(), seeds=seeds)
    experiment = workspace.save_experiment(asked, tuple(spec.id for spec in specs.values()))
    session = Session(workspace, FakeQueue(), FakeDesk())  # type: ignore[arg-type]
    return World(session, workspace, experiment, specs)


@pytest.fixture
def printed(tmp_path: Path) -> Iterator[World]:
    made = paper_world(tmp_path / "printed")
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
    write_table(panel.rows, format, path)
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


# The paper's figures


def test_the_papers_figures_stand_below_ours_when_asked_for(printed: World, qtbot: QtBot) -> None:
    set_metrics(printed, "ft", 0, RA=99.99, UA=4.76, TA=93.20, MIA=9.51)
    panel = shown(printed, qtbot)
    assert place(panel, "FT", "UA").data(PAPER) is None
    panel.paper.setChecked(True)
    # printed: UA 3.76, TA 94.70
    assert place(panel, "FT", "UA").data(PAPER).text == "3.76 (+1.00)"
    assert place(panel, "FT", "TA").data(PAPER).text == "94.70 (−1.50)"
    row = panel.table.order.index(labels(panel).index("FT"), METHOD)
    assert (row.data(PAPER), row.siblingAtColumn(SEEDS).data(PAPER)) == ("paper", "10")
    assert place(panel, "Original", "UA").data(PAPER) is None
    assert "arXiv 2509.16391" in panel.notes.text()


def test_with_the_switch_on_only_the_gap_is_printed(printed: World, qtbot: QtBot) -> None:
    panel = shown(printed, qtbot)
    panel.paper.setChecked(True)
    assert place(panel, "NegGrad+ + CL", "RA").data(PAPER).text == ""
    assert place(panel, "NegGrad+ + CL", "gap").data(PAPER).text.startswith("0.32 (")


def test_rows_are_taller_where_the_papers_figures_are(printed: World, qtbot: QtBot) -> None:
    panel = shown(printed, qtbot)
    panel.paper.setChecked(True)
    heights = {label: panel.table.rowHeight(row) for row, label in enumerate(labels(panel))}
    assert heights["FT"] > heights["Original"]
    panel.paper.setChecked(False)
    assert len({panel.table.rowHeight(row) for row in range(5)}) == 1


def test_settings_that_the_paper_has_not_leave_nothing_to_switch_on(
    world: World, printed: World, qtbot: QtBot
) -> None:
    other, own = shown(world, qtbot), shown(printed, qtbot)
    assert not other.paper.isEnabled()
    assert other.paper.toolTip() == "The paper’s tables have none of these settings."
    assert own.paper.isEnabled()
    assert own.paper.toolTip() == "The paper’s figures below ours"


def test_a_part_of_the_images_is_called_scaled_down_beside_the_papers_figures(
    tmp_path: Path, qtbot: QtBot
) -> None:
    world = paper_world(tmp_path / "part", subset=10_000)
    panel = shown(world, qtbot)
    whole = "CIFAR-10 (10,000 images) · ResNet-18 · 10 % random"
    assert panel.title.whole() == whole
    panel.paper.setChecked(True)
    assert panel.title.whole() == f"Scaled down · {whole}"
    assert "Scaled down: 10,000 of 50,000 training images" in panel.notes.text()
    world.session.close()


def test_copies_and_files_have_the_papers_figures_if_the_screen_has(
    printed: World, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = shown(printed, qtbot)
    panel.paper.setChecked(True)
    panel.table.selectRow(labels(panel).index("FT"))
    panel.table.copy()
    _, ours, papers = csv.reader(io.StringIO(QGuiApplication.clipboard().text()), delimiter="\t")
    assert (ours[0], papers[0], papers[1]) == ("FT", "paper", "10")
    path = tmp_path / "results.md"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args, **_more: (str(path), ""))
    panel.findChild(QAction, "results_export_md").trigger()
    assert path.read_text(encoding="utf-8") == export(panel.rows, "md", compared=True)


# Room, and words of caution


def test_all_figures_are_in_view_in_a_window_of_1280_pixels(tmp_path: Path, qtbot: QtBot) -> None:
    theme = Theme(make_application())  # the fonts that the window has
    world = paper_world(tmp_path / "several", seeds=(0, 1))
    panel = shown(world, qtbot)
    panel.resize(943, 500)  # what a window of that width leaves for the panel
    for beside in (False, True):
        panel.paper.setChecked(beside)
        assert panel.table.horizontalScrollBar().maximum() == 0
    world.session.close()
    theme.deleteLater()


def test_names_are_cut_before_figures_leave_the_view(printed: World, qtbot: QtBot) -> None:
    panel = shown(printed, qtbot)
    natural = panel.table.sizeHintForColumn(METHOD)
    panel.resize(panel.minimumSizeHint().width(), 500)
    assert panel.table.columnWidth(METHOD) < natural
    tip = panel.table.order.index(2, METHOD).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "FT"


def test_the_attack_comes_with_a_word_of_caution(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    column = len(WORDS) + 3
    tip = panel.model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    assert "MIA can then be near 0 while UA is near 100." in tip
    assert "near 100" not in panel.notes.text()


def test_it_is_told_where_a_method_has_fewer_seeds_than_retrain(tmp_path: Path, qtbot: QtBot) -> None:
    world = paper_world(tmp_path / "uneven", seeds=(0, 1))
    told = "held against the Retrains of the same seeds alone."
    assert told not in shown(world, qtbot).notes.text()
    shutil.rmtree(world.workspace.folder(world.run("ft", 1)))
    assert f"FT: {told}" in shown(world, qtbot).notes.text()
    world.session.close()


def test_it_is_told_below_the_table_where_it_shows(world: World, qtbot: QtBot) -> None:
    for seed in (0, 1):
        set_metrics(world, "ft", seed, RA=100.0, UA=100.0, TA=97.0, MIA=0.0)
    panel = shown(world, qtbot)
    assert "MIA can then be near 0 while UA is near 100." in panel.notes.text()
