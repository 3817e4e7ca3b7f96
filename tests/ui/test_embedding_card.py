"""The card of one sample: what each model makes of it, also where there are too many classes for a map to hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from map_data import rich_map
from panel_data import World, sample_map
from PySide6.QtGui import QPixmap
from pytestqt.qtbot import QtBot
from safetensors.numpy import save_file

from coun_gui.experiments.chances import chances
from coun_gui.experiments.maps import SampleMap
from coun_gui.experiments.record import RunRecord
from coun_gui.ui.embedding import found
from coun_gui.ui.embedding.card import LIKELY, LIKELY_OF_MANY, Verdicts
from coun_gui.ui.embedding.map_column import Choice

NAMES = [f"class {label}" for label in range(100)]


@pytest.fixture
def many(world: World) -> SampleMap:
    """A map of 100 classes, which holds no softmax; row 3 is training index 6."""
    plain = sample_map((world.run("retrain"), world.run("coun")))
    empty = {run: np.zeros((len(plain.index), 0), np.float16) for run in plain.spec.runs}
    return replace(plain, probabilities=empty)


def record(world: World, method: str) -> RunRecord:
    kept = world.workspace.run(world.run(method))
    assert kept is not None
    return kept


def store(run: RunRecord, logits: np.ndarray) -> None:
    save_file({"train/logits": logits.astype(np.float32)}, run.folder / "outputs.safetensors")


def test_of_many_classes_the_five_likeliest_are_read_from_the_run(world: World, many: SampleMap) -> None:
    run = record(world, "coun")
    predicted, row = int(many.predicted[run.id][3]), 3
    logits = np.zeros((600, 100))
    logits[6, [predicted, 20, 30, 40, 50, 60]] = np.log([60, 50, 40, 30, 20, 10])
    store(run, logits)

    shown = found.sample(many, row, [Choice(run.id, "CoUn", "#000000")], NAMES, QPixmap(), False, [run])

    likely = shown.verdicts[0].likely
    assert [each.name for each in likely] == [NAMES[label] for label in (predicted, 20, 30, 40, 50)]
    total = 210 + 94  # the other classes have a weight of 1
    assert [each.share for each in likely] == pytest.approx(
        [weight / total for weight in (60, 50, 40, 30, 20)]
    )


def test_without_the_run_s_outputs_the_predicted_class_is_told(world: World, many: SampleMap) -> None:
    run = record(world, "coun")
    shown = found.sample(many, 3, [Choice(run.id, "CoUn", "#000000")], NAMES, QPixmap(), False, [run])
    (only,) = shown.verdicts[0].likely
    assert only.name == NAMES[many.predicted[run.id][3]]
    assert only.share == pytest.approx(many.confidence[run.id][3])


def test_only_rows_that_exist_are_read(world: World) -> None:
    run = record(world, "coun")
    assert chances(run, 0) is None  # nothing is stored
    store(run, np.log([[1.0, 3.0], [1.0, 1.0]]))
    assert chances(run, 0) == pytest.approx([0.25, 0.75])
    assert chances(run, 2) is None
    assert chances(run, -1) is None
    (run.folder / "outputs.safetensors").write_bytes(b"nonsense")
    assert chances(run, 0) is None


def test_more_classes_are_told_where_there_are_more(world: World, many: SampleMap) -> None:
    assert found.likely(many) == LIKELY_OF_MANY
    assert found.likely(rich_map(many.spec.runs)) == LIKELY


def test_in_too_small_a_window_the_likeliest_classes_are_left(qtbot: QtBot) -> None:
    verdicts = Verdicts()
    qtbot.addWidget(verdicts)
    verdicts.make_room(3, LIKELY_OF_MANY)
    verdicts.resize(180, verdicts.sizeHint().height())
    assert verdicts.shown() == 5
    verdicts.resize(180, verdicts.sizeHint().height() - 1)
    assert verdicts.shown() == 4
    verdicts.resize(180, verdicts.minimumSizeHint().height())
    assert verdicts.shown() == 1
