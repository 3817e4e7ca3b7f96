"""The Jobs panel: what its lines say, what its buttons do, and that only changed lines are drawn again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from panel_data import make_world
from PySide6.QtCore import QModelIndex
from PySide6.QtGui import QAction
from window_fakes import FakeQueue, fake_session, plan

from coun_gui.errors import CounError
from coun_gui.experiments.events import Epoch, Failed, Finished, Message, Started, Step
from coun_gui.experiments.spec import ORIGINAL, parse_experiment
from coun_gui.ui import actions
from coun_gui.ui.app import make_application
from coun_gui.ui.jobs.model import COLUMNS, EPOCH, FIRST_METRIC, NOTE, PROGRESS, SPEED, STATE, JobModel
from coun_gui.ui.jobs.panel import JobsPanel
from coun_gui.ui.jobs.rows import METRICS, record_line
from coun_gui.ui.quantities import duration
from coun_gui.ui.theme import Theme
from coun_gui.ui.widgets.following import follow

SPEC = parse_experiment({"seeds": [0, 1], "methods": [{"name": "ft"}, {"name": "coun"}]})


@pytest.fixture
def session(qapp, tmp_path):
    session = fake_session(tmp_path)
    yield session
    session.close()


@pytest.fixture
def panel(qtbot, session):
    panel = JobsPanel(session)
    qtbot.addWidget(panel)
    return panel


def queue(session) -> FakeQueue:
    return session.queue


def start(session):
    return actions.submit_plan(session, SPEC, plan(SPEC))


def texts(model: JobModel, row: int, parent: QModelIndex) -> list[str]:
    return [model.data(model.index(row, column, parent)) for column in range(model.columnCount())]


def test_an_empty_workspace_shows_one_sentence_and_one_button(panel, qtbot):
    assert panel._stack.currentWidget() is panel.empty
    with qtbot.waitSignal(panel.start_wanted):
        panel.empty.button.click()


def test_the_button_of_an_empty_workspace_can_be_pressed_when_the_experiment_can_start(panel, qtbot):
    start = QAction("Start", panel)
    start.setEnabled(False)
    start.setToolTip("CIFAR-10 is not here yet.")
    follow(panel.empty.button, start)
    assert not panel.empty.button.isEnabled()
    assert panel.empty.button.toolTip() == "CIFAR-10 is not here yet."
    start.setEnabled(True)
    assert panel.empty.button.isEnabled()


def test_all_columns_are_in_view_beside_the_form_while_a_run_trains(session, panel, qtbot):
    theme = Theme(make_application())  # the fonts that the window has
    queue(session).begin(start(session).runs[0])
    panel.resize(943, 200)  # what a window of 1280 pixels leaves for the panel
    panel.show()
    qtbot.waitExposed(panel)
    panel._update()
    assert not panel.tree.isColumnHidden(SPEED)
    assert panel.tree.horizontalScrollBar().maximum() == 0
    titles = panel.tree.header().fontMetrics()
    for column, title in enumerate(COLUMNS):
        assert titles.horizontalAdvance(title) + 16 <= panel.tree.columnWidth(column), title
    for column, words in ((EPOCH, "12 of 12 done"), (FIRST_METRIC, "100.00")):
        needed = panel.tree.fontMetrics().horizontalAdvance(words) + 14  # with the padding of a cell
        assert panel.tree.columnWidth(column) >= needed, words
    theme.deleteLater()


def test_an_experiment_has_its_runs_and_its_map_below_it(session, panel):
    experiment = start(session)
    top = panel.model.index(0, 0)
    assert panel.model.data(top) == "Digits · small CNN · 10 % random · 2 seeds"
    assert panel.model.rowCount(top) == len(experiment.runs) + 1
    assert texts(panel.model, 0, top)[:4] == ["Original, seed 0", "waiting", "0 %", ""]
    assert panel.tree.isExpanded(top)


def test_a_running_job_shows_epoch_metrics_and_speed(session, panel):
    run = start(session).runs[0]
    queue(session).begin(run)
    queue(session).apply(
        Started(run, "Original", 50),
        Epoch(run, 30, 50, {"RA": 99.8, "TA": 97.25}, {}, 0.1, 2.0, 1e9),
        Step(run, "training", 0.6, 30, {}, 2345.0),
    )
    line = texts(panel.model, 0, panel.model.index(0, 0))
    assert line[STATE] == "running"
    assert line[PROGRESS] == "60 %"
    assert line[EPOCH] == "30 / 50"
    assert line[FIRST_METRIC] == "99.80"
    assert line[FIRST_METRIC + 1] == ""  # no UA so far
    assert line[SPEED] == "2,345"


def test_an_experiments_line_sums_its_runs_up(session, panel):
    runs = start(session).runs
    for run in runs[:2]:
        queue(session).begin(run)
        queue(session).apply(Finished(run, {"RA": 100.0}))
    queue(session).begin(runs[2])
    line = texts(panel.model, 0, QModelIndex())
    assert line[STATE] == "running"
    assert line[EPOCH] == "2 of 9 done"


def test_a_failed_run_says_why_and_what_to_do_and_keeps_its_log(session, panel):
    run = start(session).runs[0]
    queue(session).begin(run)
    queue(session).apply(Message(run, "Loading"), Failed(run, "It broke.", "Mend it.", "Traceback: …"))
    top = panel.model.index(0, 0)
    assert texts(panel.model, 0, top)[NOTE] == "It broke. Mend it."
    panel.tree.setCurrentIndex(panel.model.index(0, 0, top))
    panel.show_log()
    assert panel.log.text.toPlainText().splitlines() == ["Loading", "It broke. Mend it.", "Traceback: …"]
    panel.retry()
    assert queue(session).job(run).state == "waiting"


def test_only_the_changed_line_and_its_experiment_are_drawn_again(session, panel, qtbot):
    runs = start(session).runs
    qtbot.waitUntil(lambda: not panel.model._changed)
    changed: list[tuple[int, bool]] = []
    panel.model.dataChanged.connect(
        lambda first, _last: changed.append((first.row(), first.parent().isValid()))
    )
    for _ in range(20):
        queue(session).changed.emit(runs[3])
    qtbot.waitUntil(lambda: bool(changed))
    assert changed == [(3, True), (0, False)]


def test_pause_resume_and_stop_act_on_the_experiment_in_view(session, panel):
    experiment = start(session)
    panel.pause_button.click()
    assert queue(session).paused(experiment.id)
    assert panel.pause_button.text() == "Go on"
    panel.pause_button.click()
    assert not queue(session).paused(experiment.id)
    panel.stop_button.click()
    assert {keep for _, keep in queue(session).cancelled} == {True}
    assert len(queue(session).cancelled) == len(session.queue.jobs())


def test_an_earlier_experiment_is_listed_and_can_be_resumed(session, qtbot):
    planned = plan(SPEC)
    experiment = session.workspace.save_experiment(SPEC, tuple(run["id"] for run in planned["runs"]))
    panel = JobsPanel(session)
    qtbot.addWidget(panel)
    session.show(experiment)
    assert texts(panel.model, 0, panel.model.index(0, 0))[STATE] == "not computed"
    assert not panel.resume_button.isHidden()
    panel.resume_button.click()
    assert session.desk.asked[-1]["ask"] == "plan"


def test_a_seed_is_added_to_what_is_done_by_one_click(session, panel, qtbot):
    experiment = start(session)
    assert panel.seed_button.isHidden()
    for job in session.queue.jobs():
        queue(session).begin(job.id)
        queue(session).apply(Finished(job.id, {}))
    qtbot.waitUntil(lambda: not panel.seed_button.isHidden())
    assert not panel.seed_button.isHidden()
    panel.seed_button.click()
    asked = session.desk.asked[-1]
    assert (asked["ask"], tuple(asked["spec"]["seeds"])) == ("plan", (*experiment.spec.seeds, 2))
    assert asked["spec"]["methods"] == experiment.spec.model_dump(mode="json")["methods"]


def test_selecting_a_line_brings_its_experiment_into_view(session, panel):
    first = start(session)
    other = parse_experiment({"seeds": [5], "methods": [{"name": "ft"}]})
    actions.submit_plan(session, other, plan(other))
    assert session.experiment.id == other.id
    panel.tree.setCurrentIndex(panel.model.index(1, 0))
    assert session.experiment.id == first.id


def test_the_context_menu_offers_what_can_be_done(session, panel):
    start(session)
    index = panel.model.index(0, 0, panel.model.index(0, 0))
    menu = panel.context_menu(index)
    assert [(action.text(), action.isEnabled()) for action in menu.actions()] == [
        ("Stop this run", True),
        ("Run again", False),
        ("Show the log", True),
    ]
    menu.deleteLater()


def test_hundreds_of_runs_are_shown(session, panel):
    spec = parse_experiment({"seeds": list(range(99)), "methods": [{"name": "ft"}, {"name": "coun"}]})
    actions.submit_plan(session, spec, plan(spec))
    assert panel.model.rowCount(panel.model.index(0, 0)) == 99 * 4 + 1


def test_a_refused_plan_is_told_and_not_raised(session, qtbot):
    session.desk.refusals["plan"] = CounError("No.", "Yes.")
    with qtbot.waitSignal(session.told) as told:
        actions.start_experiment(session, SPEC)
        session.desk.reply()
    assert told.args == ["No.", "Yes."]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (42, "42 s"), (90, "2 min"), (7200, "2.0 h"), (260_000, "3.0 d")]
)
def test_durations_are_told_as_exactly_as_they_are_known(seconds, text):
    assert duration(seconds) == text


def test_an_original_that_serves_several_forget_sets_shows_its_figures_on_the_one_in_view(qapp, tmp_path):
    world = make_world(tmp_path / "workspace")
    (original,) = (record for record in world.session.workspace.runs() if record.spec.method == ORIGINAL)
    world.session.close()
    own, other = dict.fromkeys(METRICS, 1.0), dict.fromkeys(METRICS, 2.0)
    original = replace(original, metrics={original.spec.forget_hash: own, "another": other})
    assert record_line(original, "another").metrics == other
    assert record_line(original, "").metrics == own
