"""The landing page: what it asks, what it shows of the answer, and the drawing of the flow."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from map_data import rich_map
from panel_data import CLASSES, World, await_map, make_world, write_map
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from window_fakes import FakeDesk

from coun_gui.errors import CounError
from coun_gui.reports.flows import bands
from coun_gui.reports.landing_table import NO_BAND
from coun_gui.ui.embedding.landing_rows import LINE
from coun_gui.ui.embedding.panel import EmbeddingPanel


class Desk(FakeDesk):
    """Answers where the samples land: all models alike, but for the differences."""

    band: dict[str, list[float]] | None = None

    def answer(self, kind: str, question: dict[str, Any]) -> dict[str, Any]:
        if kind != "landing":
            return super().answer(kind, question)
        runs = question["runs"]
        rows = [
            {"run": run, "shares": [0.0, 60.0, 40.0, *[0.0] * 7], "avg_diff": None if run == runs[1] else 1.5 * place,
             "avg_diff_listed": None if run == runs[1] else 3.0 * place, "same_class": 80.0, "js": 0.1,
             "cluster": None if place == 0 else [None, 0.25, 0.05, *[0.1] * 7],
             "cluster_flow": None if place == 0 else [[0, 2, 70], [0, 5, 30]],
             "flow": [[0, 1, 60], [0, 2, 40]]}
            for place, run in enumerate(runs)
        ]  # fmt: skip
        count = len(question.get("indices", range(100)))
        return {
            "classes": CLASSES,
            "count": count,
            "reference": runs[1],
            "listed": [0, 1, 2, 3],
            "rows": rows,
            "null_band": self.band,
        }


@pytest.fixture
def world(tmp_path: Path, qtbot: QtBot) -> Iterator[World]:
    made = make_world(tmp_path / "workspace")
    made.session.desk = Desk(tmp_path)  # type: ignore[assignment]
    yield made
    made.session.close()


@pytest.fixture
def panel(world: World, qtbot: QtBot) -> EmbeddingPanel:
    runs = (world.run("retrain"), world.run("original"), world.run("coun"))
    write_map(world.workspace, rich_map(runs))
    shown = EmbeddingPanel(world.session)
    qtbot.addWidget(shown)
    shown.resize(1100, 700)
    world.show()
    shown.show()
    qtbot.waitExposed(shown)
    await_map(shown, qtbot)
    return shown


def landed(panel: EmbeddingPanel, world: World) -> list[list[str]]:
    """The page as it is after the engine's answer."""
    panel.strip.pages["landing"].click()
    world.session.desk.reply()
    return cells(panel)


def cells(panel: EmbeddingPanel) -> list[list[str]]:
    model = panel.landing.rows.landing
    return [
        [model.index(row, column).data() for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def questions(world: World) -> list[dict[str, Any]]:
    return [question for question in world.session.desk.asked if question["ask"] == "landing"]


def test_nothing_is_asked_before_the_page_is_looked_at(panel: EmbeddingPanel, world: World) -> None:
    world.session.select([2])
    assert questions(world) == []


def test_the_page_shows_where_each_model_puts_the_forget_set(panel: EmbeddingPanel, world: World) -> None:
    shown = landed(panel, world)
    assert [line[0] for line in shown] == ["Original", "Retrain", "CoUn", NO_BAND]
    assert shown[2][2:] == ["6.00", "3.00", "80.0", "0.100"]
    assert shown[1][2:] == ["–", "–", "–", "–"]
    asked = questions(world)
    assert len(asked) == 1
    assert "indices" not in asked[0]
    assert asked[0]["forget_hash"] == panel.samples.spec.forget_hash


def test_the_null_band_stands_below_and_marks_what_lies_within(panel: EmbeddingPanel, world: World) -> None:
    world.session.desk.band = {
        "avg_diff_listed": [2.0, 5.0], "avg_diff": [1.0, 4.0], "same_class": [85.0, 90.0], "js": [0.05, 0.2],
    }  # fmt: skip
    shown = landed(panel, world)
    assert shown[3] == ["Retrain, other seeds", "", "2.00–5.00", "1.00–4.00", "85.0–90.0", "0.050–0.200"]
    assert shown[2][2:] == ["6.00", "≈ 3.00", "80.0", "≈ 0.100"]


def test_a_band_between_two_retrains_is_one_figure(panel: EmbeddingPanel, world: World) -> None:
    world.session.desk.band = {
        "avg_diff_listed": [2.0, 2.001], "avg_diff": [1.0, 1.0], "same_class": [85.0, 85.0], "js": [0.05, 0.0502],
    }  # fmt: skip
    assert landed(panel, world)[3][2:] == ["2.00", "1.00", "85.0", "0.050"]


def test_both_averages_are_named_exactly(panel: EmbeddingPanel, world: World) -> None:
    landed(panel, world)
    model, across = panel.landing.rows.landing, Qt.Orientation.Horizontal
    assert [model.headerData(column, across) for column in (2, 3)] == ["Avg. Diff of 4 ↓", "of all 10 ↓"]
    few, every = (model.headerData(column, across, Qt.ItemDataRole.ToolTipRole) for column in (2, 3))
    assert "over 0, 1, 2, 3.\nAs in the paper's table 1" in few
    assert "over all 10 classes" in every


@pytest.mark.parametrize("size", [(944, 560), (664, 430)])
def test_the_null_band_stays_in_view(
    panel: EmbeddingPanel, world: World, size: tuple[int, int], qtbot: QtBot
) -> None:
    panel.resize(*size)
    landed(panel, world)
    rows = panel.landing.rows
    qtbot.waitUntil(lambda: rows.last.visibleRegion().boundingRect().height() == rows.last.height())
    assert rows.last.rowAt(1) == 3
    assert rows.body.isRowHidden(3)


def test_the_null_band_stands_right_below_the_models(
    panel: EmbeddingPanel, world: World, qtbot: QtBot
) -> None:
    panel.resize(1500, 1000)
    landed(panel, world)
    rows = panel.landing.rows
    lines = 3 * LINE + rows.body.horizontalHeader().height()
    qtbot.waitUntil(lambda: rows.last.y() <= lines + 8)
    assert rows.last.y() >= lines


def test_the_page_gives_its_room_back(panel: EmbeddingPanel, world: World) -> None:
    landed(panel, world)
    assert panel.landing.minimumHeight() > 0
    panel.strip.pages["samples"].click()
    assert panel.landing.minimumHeight() == 0


def test_distances_to_the_retain_clusters_name_the_nearest(panel: EmbeddingPanel, world: World) -> None:
    landed(panel, world)
    panel.landing.bar.pick("Distances")
    shown = cells(panel)
    assert shown[0] == ["Original", *["–"] * 10]  # features that are all alike
    assert shown[1][:4] == ["Retrain", "–", "0.250", "0.050"]
    model = panel.landing.rows.landing
    bold = [column for column in range(1, 11) if model.index(1, column).data(Qt.ItemDataRole.FontRole)]
    assert bold == [3]
    assert not panel.landing.rows.last.isVisible()


def test_the_flow_leads_to_the_nearest_retain_cluster_too(panel: EmbeddingPanel, world: World) -> None:
    landed(panel, world)
    panel.landing.bar.pick("Clusters")
    assert "CoUn · seed 0: 0 to 2 70, 0 to 5 30" in panel.landing.flow.accessibleName()
    assert "Original · seed 0: The features are all alike." in panel.landing.flow.accessibleName()
    assert not panel.landing.flow.grab().isNull()


def test_four_flows_fit_into_a_small_window(panel: EmbeddingPanel, world: World) -> None:
    landed(panel, world)
    three = panel.landing.flow.sizeHint().width()
    assert three * 4 / 3 <= 560


def test_shares_and_flow_show_the_same_answer(panel: EmbeddingPanel, world: World) -> None:
    landed(panel, world)
    panel.landing.bar.pick("Shares")
    assert cells(panel)[2][1:4] == ["0.0", "60.0", "40.0"]
    panel.landing.bar.pick("Flow")
    assert "CoUn · seed 0: 0 to 1 60, 0 to 2 40" in panel.landing.flow.accessibleName()
    assert not panel.landing.grab().isNull()
    assert len(questions(world)) == 1


def test_the_selection_can_be_looked_at_instead(panel: EmbeddingPanel, world: World, qtbot: QtBot) -> None:
    landed(panel, world)
    world.session.select([2, 4, 6])
    panel.landing.bar.scopes.setCurrentIndex(1)
    world.session.desk.reply()
    assert questions(world)[-1]["indices"] == [2, 4, 6]
    header = panel.landing.rows.landing.headerData(1, Qt.Orientation.Horizontal)
    assert header == "Predicted (n = 3)"
    world.session.select([8])
    qtbot.waitUntil(lambda: len(questions(world)) == 3)
    world.session.select(())
    qtbot.waitUntil(lambda: "Nothing is selected" in panel.landing.note.text())
    assert panel.landing.table is None


def test_a_refusal_is_told_in_place_and_asked_again(panel: EmbeddingPanel, world: World) -> None:
    world.session.desk.refusals["landing"] = CounError("A run has no outputs.", "Compute it again.")
    panel.strip.pages["landing"].click()
    world.session.desk.reply()
    assert panel.landing.note.text() == "A run has no outputs. Compute it again."
    assert panel.landing.pages.currentWidget() is panel.landing.note
    world.session.desk.refusals.clear()
    panel.strip.pages["samples"].click()
    assert len(landed(panel, world)) == 4


def test_an_answer_to_an_older_question_is_dropped(panel: EmbeddingPanel, world: World) -> None:
    world.session.select([2, 4])
    panel.strip.pages["landing"].click()
    panel.landing.bar.scopes.setCurrentIndex(1)
    assert [question.get("indices") for question, *_ in world.session.desk.open.values() if
            question["ask"] == "landing"] == [[2, 4]]  # fmt: skip


def test_bands_fill_both_sides_without_gaps_or_overlaps() -> None:
    flow = [(0, 1, 30), (0, 2, 10), (3, 1, 40), (3, 3, 20)]
    made = bands(flow)
    for side in ("left", "right"):
        spans = sorted(getattr(band, side) for band in made)
        assert spans[0][0] == 0
        assert spans[-1][1] == 1
        assert all(np.isclose(first[1], second[0]) for first, second in pairwise(spans))
    first = next(band for band in made if (band.true, band.predicted) == (0, 1))
    assert first.left == (0, 0.3)
    assert first.right == (0, 0.3)


def test_no_samples_have_no_bands() -> None:
    assert bands([]) == []


@pytest.mark.parametrize("view", ["Bars", "Flow", "Clusters"])
def test_what_is_on_show_is_exported_as_a_figure(
    panel: EmbeddingPanel, world: World, tmp_path: Path, view: str
) -> None:
    landed(panel, world)
    panel.landing.bar.pick(view)
    path = tmp_path / "landing.svg"
    panel.exporting.write_landing(path)
    assert ("From the true class" in path.read_text()) == (view != "Bars")
