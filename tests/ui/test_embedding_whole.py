"""A map that shows a part of the dataset: what is selected of it, what of the rest, and that this is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from map_data import rich_map
from panel_data import CLASSES, FORGET, World, await_map, write_images, write_map
from pytestqt.qtbot import QtBot

from coun_gui.experiments.maps import SampleMap
from coun_gui.ui.embedding.panel import EmbeddingPanel
from coun_gui.ui.embedding.query import parse, without_models
from coun_gui.ui.embedding.whole import whole

TOTAL = 1000  # training samples; the map shows the first 300 even ones


@pytest.fixture
def samples(world: World) -> SampleMap:
    return rich_map((world.run("retrain"), world.run("original"), world.run("coun")))


@pytest.fixture
def forget(world: World, samples: SampleMap) -> np.ndarray:
    """Ten forget samples that are not on the map join those that are."""
    every = np.union1d(samples.index[samples.forget], np.arange(901, 921, 2))
    world.workspace.save_forget(FORGET, every)
    return every


@pytest.fixture
def labels(samples: SampleMap) -> np.ndarray:
    """All samples that are not on the map are of class 3."""
    made = np.full(TOTAL, 3)
    made[samples.index] = samples.labels
    return made


@pytest.fixture
def folder(tmp_path: Path, labels: np.ndarray) -> Path:
    made = write_images(tmp_path / "images", TOTAL)
    np.save(made / "train_labels.npy", labels)
    return made


@pytest.fixture
def panel(world: World, samples: SampleMap, forget: np.ndarray, folder: Path, qtbot: QtBot) -> EmbeddingPanel:
    write_map(world.workspace, samples)
    shown = EmbeddingPanel(world.session)
    qtbot.addWidget(shown)
    shown.resize(1100, 700)
    world.show()
    world.session._described({"classes": CLASSES, "train": TOTAL, "images": str(folder)})
    shown.show()
    qtbot.waitExposed(shown)
    await_map(shown, qtbot)
    return shown


def test_how_much_of_the_dataset_the_map_holds_is_said(panel: EmbeddingPanel) -> None:
    assert panel.strip.part.isVisible()
    assert panel.strip.part.text() == "The map holds 300 of 1,000 samples."


def test_a_map_that_holds_all_says_nothing(panel: EmbeddingPanel, world: World, folder: Path) -> None:
    world.session._described({"classes": CLASSES, "train": 300})
    assert not panel.strip.part.isVisible()


def test_a_class_is_selected_in_all_of_the_dataset(
    panel: EmbeddingPanel, world: World, labels: np.ndarray, samples: SampleMap
) -> None:
    panel.strip.class_asked.emit(3)
    every, here = np.flatnonzero(labels == 3), int((samples.labels == 3).sum())
    assert world.session.selection.tolist() == every.tolist()
    expected = (
        f"{len(every)} of 1,000 samples selected, {here} of them on the map; it holds 300 of 1,000 samples."
    )
    assert panel.strip.part.text() == expected


def test_the_forget_set_is_selected_whole(panel: EmbeddingPanel, world: World, forget: np.ndarray) -> None:
    panel.strip.forget_set_asked.emit()
    assert world.session.selection.tolist() == forget.tolist()


def test_a_query_by_class_and_set_reaches_all_and_one_about_a_model_the_map_alone(
    panel: EmbeddingPanel, world: World, labels: np.ndarray, forget: np.ndarray, samples: SampleMap
) -> None:
    panel.strip.query.asked.emit("true=3 forget")
    assert world.session.selection.tolist() == [index for index in forget if labels[index] == 3]
    panel.strip.query.asked.emit("true=3 right")
    right = (samples.labels == 3) & (samples.predicted[panel.maps.runs[-1]] == 3)
    assert world.session.selection.tolist() == samples.index[right].tolist()
    count = right.sum()
    assert panel.strip.part.text().startswith(f"{count} of the 300 samples on the map selected;")


@pytest.mark.parametrize(
    ("line", "alone"), [("true=3 forget or retain index<5", True), ("true=3 wrong", False), ("conf<1", False)]
)
def test_a_query_tells_whether_it_needs_a_model(line: str, alone: bool) -> None:
    assert without_models(parse(line)) is alone


def test_forgetting_a_class_next_forgets_all_of_it(
    panel: EmbeddingPanel, world: World, labels: np.ndarray, qtbot: QtBot
) -> None:
    told: list[str] = []
    world.session.told.connect(lambda sentence, _: told.append(sentence))
    panel.strip.class_asked.emit(3)
    with qtbot.waitSignal(world.session.forget_wanted) as wanted:
        panel.strip.next.click()
    assert Path(wanted.args[0]).read_text().split() == [str(index) for index in np.flatnonzero(labels == 3)]
    assert not told


def test_forgetting_what_was_drawn_around_says_that_it_is_of_the_map_alone(
    panel: EmbeddingPanel, world: World, qtbot: QtBot
) -> None:
    world.session.select([2, 4])
    with qtbot.waitSignal(world.session.told) as told:
        panel.strip.next.click()
    sentence = "2 samples to be forgotten next. They are on the map, which holds 300 of the 1,000 samples."
    assert told.args[0] == sentence
    assert "select by class" in told.args[1]


def test_an_exported_list_says_how_far_it_reaches(
    panel: EmbeddingPanel, world: World, qtbot: QtBot, tmp_path: Path, forget: np.ndarray
) -> None:
    path = tmp_path / "list.txt"
    world.session.select([2, 4])
    with qtbot.waitSignal(world.session.told) as told:
        panel.selecting.export(path)
    assert "holds 300 of the 1,000 samples" in told.args[0]
    panel.strip.forget_set_asked.emit()
    with qtbot.waitSignal(world.session.told) as told:
        panel.selecting.export(path)
    assert told.args == [f"Saved {len(forget)} indices in {path}.", ""]
    assert path.read_text().split() == [str(index) for index in forget]


def test_labels_of_other_data_are_not_taken_for_the_map_s(
    world: World, samples: SampleMap, forget: np.ndarray, folder: Path, labels: np.ndarray
) -> None:
    known = whole(samples, str(folder), world.workspace)
    assert known is not None
    assert known.labels.tolist() == labels.tolist()
    np.save(folder / "train_labels.npy", (labels + 1) % 10)
    assert whole(samples, str(folder), world.workspace) is None
    np.save(folder / "train_labels.npy", labels[:100])
    assert whole(samples, str(folder), world.workspace) is None
    assert whole(samples, None, world.workspace) is None


def test_a_lost_forget_set_leaves_the_map_s(world: World, samples: SampleMap, folder: Path) -> None:
    assert whole(samples, str(folder), world.workspace) is None
