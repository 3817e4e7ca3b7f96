"""The selection by words, classes, neighbours and names; what is kept of it, and forgetting it next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from map_data import rich_map
from panel_data import CLASSES, World, await_map, write_map
from PySide6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot
from window_fakes import fake_makers, fake_session

from coun_gui.errors import CounError
from coun_gui.experiments.spec import ExperimentSpec, ForgetSpec
from coun_gui.ui.actions import next_forget
from coun_gui.ui.app import make_application
from coun_gui.ui.embedding import selections
from coun_gui.ui.embedding.panel import EmbeddingPanel
from coun_gui.ui.main_window import MainWindow
from coun_gui.ui.theme import Theme


@pytest.fixture
def panel(world: World, qtbot: QtBot) -> EmbeddingPanel:
    runs = (world.run("retrain"), world.run("original"), world.run("ft"), world.run("coun"))
    write_map(world.workspace, rich_map(runs))
    shown = EmbeddingPanel(world.session)
    qtbot.addWidget(shown)
    shown.resize(1100, 700)
    world.show()
    world.session._described({"classes": CLASSES, "train": 1000})
    shown.show()
    qtbot.waitExposed(shown)
    await_map(shown, qtbot)
    return shown


def test_a_query_selects_everywhere(panel: EmbeddingPanel, world: World, qtbot: QtBot) -> None:
    line = panel.strip.query
    line.setText("true=8 forget")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    samples = panel.samples
    expected = samples.index[(samples.labels == 8) & samples.forget]
    assert world.session.selection.tolist() == expected.tolist()
    assert panel.strip.menu_button.text() == f"{len(expected)} selected"


def test_a_wrong_query_is_told_and_selects_nothing_else(panel: EmbeddingPanel, world: World) -> None:
    world.session.select([2, 4])
    panel.strip.query.asked.emit("colour=3")
    assert "Unknown word “colour”" in panel.strip.error.text()
    assert panel.strip.error.isVisible()
    assert world.session.selection.tolist() == [2, 4]
    panel.strip.query.asked.emit("index<5")
    assert not panel.strip.error.isVisible()


def test_the_query_is_reached_by_its_key(panel: EmbeddingPanel, qtbot: QtBot) -> None:
    panel.strip.pages["landing"].click()
    panel.maps.views[0].setFocus()
    qtbot.keyClick(panel.maps.views[0], Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert panel.strip.query.isVisible()
    assert panel.window().focusWidget() is panel.strip.query


def test_nothing_found_is_told(panel: EmbeddingPanel, world: World) -> None:
    panel.strip.query.asked.emit("conf>1")
    assert "No sample" in panel.strip.error.text()
    assert not len(world.session.selection)


def test_words_are_offered_while_a_query_is_written(panel: EmbeddingPanel, qtbot: QtBot) -> None:
    line = panel.strip.query
    qtbot.keyClicks(line, "true=3 fo")
    assert line.completions.currentCompletion() == "forget"
    line.completions.activated.emit("forget")
    assert line.text() == "true=3 forget "
    line.completions.popup().hide()


def test_a_query_is_about_the_last_map_and_its_help_says_so(panel: EmbeddingPanel) -> None:
    assert "about coun" in panel.strip.help.meant.text()
    assert "original." in panel.strip.help.meant.text()


def test_a_class_and_the_forget_set_are_selected_by_name(panel: EmbeddingPanel, world: World) -> None:
    panel.strip.menu_opening.emit()
    panel.strip.classes.actions()[3].trigger()
    samples = panel.samples
    assert world.session.selection.tolist() == samples.index[samples.labels == 3].tolist()
    panel.strip.menu.actions()[0].trigger()
    assert world.session.selection.tolist() == samples.index[samples.forget].tolist()


def test_neighbours_in_feature_space_join_the_selection(
    panel: EmbeddingPanel, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def ask(question: dict[str, Any], answered: Any, failed: Any) -> int:
        asked.append(question)
        answered({"indices": [7, 4]})
        return 1

    monkeypatch.setattr(world.session.desk, "ask", ask)
    world.session.select([2, 10])
    panel.strip.near.actions()[0].trigger()
    assert asked == [
        {
            "ask": "neighbours",
            "workspace": str(world.workspace.path),
            "run": world.run("coun"),
            "indices": [2, 10],
            "count": 10,
        }
    ]
    assert world.session.selection.tolist() == [2, 4, 7, 10]
    assert "1 of them are not on the map" in panel.strip.menu_button.toolTip()  # 7: only even indices are


def test_a_refused_question_is_told(
    panel: EmbeddingPanel, world: World, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = CounError("The stored outputs can't be read.", "Compute the run again.")
    monkeypatch.setattr(world.session.desk, "ask", lambda question, answered, failed: failed(refusal))
    world.session.select([2])
    with qtbot.waitSignal(world.session.told) as told:
        panel.selecting.add_neighbours(10)
    assert told.args == [refusal.sentence, refusal.remedy]


def test_a_selection_is_kept_under_a_name_and_found_again(panel: EmbeddingPanel, world: World) -> None:
    world.session.select([4, 2, 100])
    panel.strip.keep_asked.emit("odd ones")
    kept = world.workspace.path / "selections" / "odd ones.txt"
    assert kept.read_text() == "2\n4\n100\n"
    world.session.select(())
    panel.strip.menu_opening.emit()
    assert [action.text() for action in panel.strip.kept.actions()] == ["odd ones"]
    panel.strip.kept.actions()[0].trigger()
    assert world.session.selection.tolist() == [2, 4, 100]


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "x" * 61, "a\nb", "con:1"])
def test_a_name_that_is_no_file_name_is_refused(world: World, name: str) -> None:
    with pytest.raises(CounError, match="name"):
        selections.keep(world.workspace, name, np.array([1]))
    assert not (world.workspace.path / "selections").exists()


def test_a_damaged_kept_selection_is_told(panel: EmbeddingPanel, world: World, qtbot: QtBot) -> None:
    folder = world.workspace.path / "selections"
    folder.mkdir()
    (folder / "bad.txt").write_text("1\nx\n")
    with qtbot.waitSignal(world.session.told) as told:
        panel.selecting.select_kept("bad")
    assert "line 2" in told.args[0]


def test_forgetting_the_selection_next_writes_the_list_and_asks_for_it(
    panel: EmbeddingPanel, world: World, qtbot: QtBot
) -> None:
    world.session.select([4, 2])
    with qtbot.waitSignal(world.session.forget_wanted) as wanted:
        panel.strip.next.click()
    path = Path(wanted.args[0])
    assert path.parent == world.workspace.path / "selections"
    assert path.read_text() == "2\n4\n"


def test_the_next_experiment_is_the_same_but_for_what_it_forgets(tmp_path: Path) -> None:
    spec = ExperimentSpec(name="digits", seeds=(1, 2))
    following = next_forget(spec, tmp_path / "list.txt")
    assert following.forget == ForgetSpec(kind="indices", file=str(tmp_path / "list.txt"))
    assert following.model_copy(update={"forget": spec.forget, "name": "digits"}) == spec


def test_the_form_is_filled_with_what_is_to_be_forgotten_next(tmp_path: Path, qtbot: QtBot) -> None:
    session = fake_session(tmp_path)
    settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    theme = Theme(make_application(), settings)
    window = MainWindow(session, theme, settings, fake_makers)
    qtbot.addWidget(window)
    session.show(session.workspace.save_experiment(ExperimentSpec(seeds=(3,)), ()))
    with qtbot.waitSignal(session.told):
        session.forget_wanted.emit(str(tmp_path / "list.txt"))
    filled = window.setup.spec()
    assert filled.forget == ForgetSpec(kind="indices", file=str(tmp_path / "list.txt"))
    assert filled.seeds == (3,)
    theme.deleteLater()
    session.close()


def test_nothing_can_be_done_with_an_empty_selection(panel: EmbeddingPanel) -> None:
    assert not panel.strip.next.isVisible()
    assert not panel.strip.keep_action.isEnabled()
    assert not panel.strip.near.menuAction().isEnabled()


def test_a_preset_shows_its_samples_in_its_colours_and_gives_them_back(panel: EmbeddingPanel) -> None:
    panel.toolbar.pick_preset("over")
    assert panel.toolbar.mode.currentData() == "fate"
    samples, run = panel.samples, panel.maps.runs[-1]
    target = samples.predicted[samples.spec.runs[0]]
    over = samples.forget & (target == samples.labels) & (samples.predicted[run] != samples.labels)
    assert panel.maps.views[-1].points.shown.tolist() == (over | ~samples.forget).tolist()
    panel.toolbar.pick_preset("all")
    assert panel.toolbar.mode.currentData() == "class"
    assert panel.maps.views[-1].points.shown.all()


def test_colourings_that_the_map_has_no_figures_for_can_not_be_picked(
    panel: EmbeddingPanel, world: World
) -> None:
    from panel_data import sample_map

    panel.show_map(sample_map((world.run("original"), world.run("ft"))))
    for mode in ("membership", "agreement", "fate"):
        item = panel.toolbar.mode.model().item(panel.toolbar.mode.findData(mode))
        assert not item.isEnabled()
        assert item.toolTip()
    assert not panel.toolbar.preset.model().item(1).isEnabled()


def test_names_and_outlines_can_be_switched(panel: EmbeddingPanel) -> None:
    before = panel.maps.views[0].grab().toImage()
    panel.toolbar.look.outlines.setChecked(True)
    outlined = panel.maps.views[0].grab().toImage()
    panel.toolbar.look.names.setChecked(False)
    panel.toolbar.look.outlines.setChecked(False)
    bare = panel.maps.views[0].grab().toImage()
    assert (
        len({before.constBits().tobytes(), outlined.constBits().tobytes(), bare.constBits().tobytes()}) == 3
    )
