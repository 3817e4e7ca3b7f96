"""The main job through the real window, with real engines and real training: pick, run, watch, look, export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QSpinBox, QTableView, QTreeView
from pytestqt.qtbot import QtBot

from coun_gui.experiments.workspace import Workspace
from coun_gui.jobs.desk import Desk
from coun_gui.jobs.queue import JobQueue
from coun_gui.reports.rows import result_rows
from coun_gui.reports.tables import write_table
from coun_gui.ui.app import build_window, start_engines
from coun_gui.ui.embedding.export import save_maps
from coun_gui.ui.main_window import MainWindow
from coun_gui.ui.metrics.export import save_curves
from coun_gui.ui.session import Session

ENGINE_MS = 120_000  # an engine loads torch, which a busy machine may take long for
TRAINING_MS = 240_000


@pytest.fixture
def session(qapp: object, tmp_path: Path) -> Iterator[Session]:
    session = Session(Workspace(tmp_path / "workspace", writable=True), JobQueue(), Desk())
    yield session
    session.close()


@pytest.fixture
def window(session: Session, qtbot: QtBot, tmp_path: Path) -> MainWindow:
    settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    window = build_window(session, settings)
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.pages_ready):
        window.show()
    return window


def choose_a_small_experiment(window: MainWindow) -> None:
    """Class “8” of the digits, FT against CoUn, one seed, two epochs each."""
    content = window.setup.content()
    window.setup.form.set_content(
        {
            **content,
            "forget": {"kind": "class", "classes": ["8"]},
            "training": {"epochs": 2, "lr": 0.1, "batch_size": 64},
            "unlearning": {"epochs": 2, "lr": 0.05, "batch_size": 64},
        }
    )
    window.findChild(QSpinBox, "seeds_spin").setValue(1)


def test_a_person_picks_runs_watches_looks_and_exports(
    window: MainWindow, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    dataset = window.findChild(QComboBox, "dataset_combo")
    assert "Digits" in dataset.currentText(), "the form is complete before any engine is up"
    choose_a_small_experiment(window)
    with qtbot.waitSignal(session.desk.ready, timeout=ENGINE_MS):
        start_engines(session)
    line = window.findChild(QLabel, "forget_line")
    qtbot.waitUntil(lambda: "140 forgotten" in line.text(), timeout=ENGINE_MS)
    start = window.findChild(QAbstractButton, "start_button")
    qtbot.waitUntil(start.isEnabled, timeout=ENGINE_MS)

    with qtbot.waitSignal(session.queue.idle, timeout=TRAINING_MS):
        start.click()

    assert [job.state for job in session.queue.jobs()] == ["done"] * 5, "four runs and their map"
    metrics = {job.title: job.metrics for job in session.queue.jobs()}
    assert metrics["Retrain, seed 0"]["UA"] == 100, "a class that was never seen is never predicted"
    assert window.findChild(QTreeView, "job_tree").model().rowCount() == 1

    window.commands.action("page_metrics").trigger()
    curves = window.page("metrics")
    assert {"RA", "UA", "TA", "MIA", "gap", "loss CE", "loss CL"} <= set(curves.grid.plots)
    window.commands.action("page_results").trigger()
    table = window.page("results").findChild(QTableView, "results_table").model()
    assert [table.index(row, 0).data() for row in range(table.rowCount())] == [
        "Original",
        "Retrain",
        "FT",
        "CoUn",
    ]
    window.commands.action("page_embedding").trigger()
    maps = window.page("embedding")
    qtbot.waitUntil(lambda: maps.samples is not None)
    assert maps.samples.forget.sum() == 140
    assert len(maps.maps.open_columns) == 3

    session.select(maps.samples.index[maps.samples.forget][:7])
    assert "7" in window.findChild(QAbstractButton, "map_selection_menu").text()

    rows = result_rows(session.workspace, session.experiment)
    for format in ("csv", "md", "tex", "json"):
        write_table(rows, format, tmp_path / f"results.{format}")
    exported = json.loads((tmp_path / "results.json").read_text())
    assert [row["method"] for row in exported] == ["original", "retrain", "ft", "coun"]
    assert exported[1]["gap"] == 0
    assert all(row["cost_flops"] > 0 for row in exported)
    for ending, mark in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
        save_curves(session, tmp_path / f"metrics.{ending}")
        titles = {column.run: column.choice.title for column in maps.maps.open_columns}
        save_maps(maps.samples, titles, None, tmp_path / f"embedding.{ending}")
        assert (tmp_path / f"metrics.{ending}").read_bytes().startswith(mark)
        assert (tmp_path / f"embedding.{ending}").read_bytes().startswith(mark)

    path = session.workspace.path
    session.open_workspace(tmp_path / "another")
    assert session.experiment is None
    session.open_workspace(path)
    session.show(session.workspace.experiments()[-1])
    assert [record.status for record in session.records()] == ["done"] * 4
    assert table.rowCount() == 4


def test_a_running_experiment_is_stopped_and_goes_on_where_it_was(
    window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    content = window.setup.content()
    window.setup.form.set_content({**content, "training": {"epochs": 400, "lr": 0.1, "batch_size": 64}})
    with qtbot.waitSignal(session.desk.ready, timeout=ENGINE_MS):
        start_engines(session)
    start = window.findChild(QAbstractButton, "start_button")
    qtbot.waitUntil(start.isEnabled, timeout=ENGINE_MS)
    start.click()
    qtbot.waitUntil(lambda: any(job.epoch > 3 for job in session.queue.jobs()), timeout=TRAINING_MS)
    original = session.queue.jobs()[0]

    with qtbot.waitSignal(session.queue.idle, timeout=20_000):
        window.findChild(QAbstractButton, "stop_button").click()

    record = session.workspace.run(original.id)
    assert record is not None
    assert record.status == "interrupted"
    assert record.resumable
    assert record.epoch >= 3
    with qtbot.waitSignal(session.live, timeout=TRAINING_MS, check_params_cb=_goes_on_after(record.epoch)):
        window.findChild(QAbstractButton, "resume_button").click()


def _goes_on_after(epoch: int):
    def check(events: list[object]) -> bool:
        return any(getattr(event, "epoch", 0) > epoch for event in events)

    return check
