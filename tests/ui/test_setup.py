"""The Experiment panel: form and specification, what engines answer, and when Start can be pressed."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAction
from window_fakes import CAPABILITIES, FakeDesk, fake_session

from coun_gui.errors import CounError, DataError, InvalidSpec
from coun_gui.experiments.events import Finished as FinishedEvent
from coun_gui.experiments.spec import ExperimentSpec, parse_experiment, read_toml
from coun_gui.experiments.written import content_of, save_toml
from coun_gui.ui.app import built_in_capabilities
from coun_gui.ui.setup.form import experiment_title, spec_from_form
from coun_gui.ui.setup.panel import SetupPanel
from coun_gui.ui.setup.presets import built_in, first_experiment

SPECS = {
    "defaults": {},
    "random of classes": {"forget": {"fraction": 0.125, "classes": ["1", "7"], "seed": 3}},
    "classes": {"forget": {"kind": "class", "classes": ["2"]}, "seeds": [4, 9]},
    "indices": {"forget": {"kind": "indices", "file": "/data/list.txt"}, "reference": False},
    "everything": {
        "name": "all at once",
        "seeds": [0, 1, 2],
        "dataset": {"name": "cifar10", "path": "/data", "subset": 500, "test_subset": 100, "subset_seed": 2},
        "model": {"name": "small-cnn", "width": 16},
        "training": {"epochs": 7, "lr": 0.05, "schedule": "cosine"},
        "unlearning": {"epochs": 3, "batch_size": 64},
        "methods": [
            {"name": "ft", "lr": 0.3},
            {"name": "ft", "contrastive": {}},
            {"name": "coun", "weight": 2.5},
            {"name": "neggrad+", "beta": 0.99, "contrastive": {"weight": 0.5, "temperature": 0.2}},
            {"name": "ssd", "mode": "zero"},
        ],
        "evaluation": {"every": 2},
        "embedding": {"method": "pca", "seed": 1},
    },
}


RANDOM_TENTH = parse_experiment({"methods": [{"name": "ft"}, {"name": "coun"}]})


@pytest.fixture
def session(qapp, tmp_path):
    session = fake_session(tmp_path)
    yield session
    session.close()


@pytest.fixture
def panel(qtbot, session):
    action = QAction("Start")
    panel = SetupPanel(session, action)
    qtbot.addWidget(panel)
    panel.start_action = action
    action.triggered.connect(panel.start)
    return panel


def desk(session) -> FakeDesk:
    return session.desk


def answered(session, panel) -> None:
    panel.questions.ask_now()
    desk(session).reply()


# Form and specification


@pytest.mark.parametrize("content", SPECS.values(), ids=SPECS)
def test_a_specification_survives_the_form_content(content):
    spec = parse_experiment(content)
    assert spec_from_form(content_of(spec)) == spec


@pytest.mark.parametrize("content", SPECS.values(), ids=SPECS)
def test_a_specification_survives_the_form(panel, content):
    spec = parse_experiment(content)
    panel.set_spec(spec)
    assert panel.spec() == spec
    assert panel.spec().id == spec.id


@pytest.mark.parametrize("content", SPECS.values(), ids=SPECS)
def test_a_saved_experiment_file_reads_back_the_same(tmp_path, content):
    spec = parse_experiment(content)
    save_toml(spec, tmp_path / "experiment.toml")
    assert read_toml(tmp_path / "experiment.toml") == spec


@pytest.mark.parametrize("path", built_in(), ids=lambda path: path.stem)
def test_every_shipped_preset_fits_the_form(session, panel, path):
    session.set_capabilities(built_in_capabilities())
    panel.set_spec(read_toml(path))
    assert panel.spec() == read_toml(path)


def test_the_form_opens_with_ft_against_coun_on_three_seeds(panel):
    spec = panel.spec()
    assert {"ft", "coun"} <= {method.name for method in spec.methods}
    assert spec.seeds == (0, 1, 2)
    assert (spec.dataset.name, spec.forget.kind, spec.forget.fraction) == ("digits", "class", None)
    assert first_experiment() == spec


def test_a_name_lasts_until_something_else_is_asked_for(panel):
    panel.set_spec(parse_experiment({"name": "mine", "forget": {"fraction": 0.2}}))
    assert panel.spec().name == "mine"
    panel.forget.spin.setValue(50)
    assert panel.spec().name == ""


def test_an_experiment_without_a_name_is_called_by_what_it_is():
    assert experiment_title(ExperimentSpec()) == "Digits · small CNN · 10 % random"


# Methods


def row_of(panel, name):
    return next(row for row in panel.form.methods.rows if row.choice["name"] == name)


def test_the_switch_is_on_for_coun_off_for_ssd_and_free_for_the_rest(panel):
    coun, ssd, ft = (row_of(panel, name) for name in ("coun", "ssd", "ft"))
    assert (coun.switch.isChecked(), coun.switch.isEnabled()) == (True, False)
    assert (ssd.switch.isChecked(), ssd.switch.isEnabled()) == (False, False)
    assert ft.switch.isEnabled()
    assert "retain" in ssd.switch.toolTip()


def test_the_switch_turns_the_module_on_in_the_specification(panel):
    row_of(panel, "ft").switch.click()
    ft = next(method for method in panel.spec().methods if method.name == "ft")
    assert ft.contrastive is not None


def test_a_variant_is_a_second_row_of_the_same_method(panel):
    row = row_of(panel, "ft")
    row.variant_wanted.emit()
    assert [method.name for method in panel.spec().methods].count("ft") == 2
    row_of(panel, "ft").removed.emit()
    assert [method.name for method in panel.spec().methods].count("ft") == 1


def test_a_method_inherits_what_unlearning_says(panel, qtbot):
    editor = panel.form.unlearning.editor("epochs")
    editor.selectAll()
    qtbot.keyClicks(editor, "12")
    assert row_of(panel, "ft").details.overrides.editor("epochs").placeholderText() == "12"


def test_parameters_are_built_when_they_are_needed(panel, qtbot):
    row = row_of(panel, "ft")
    assert row.forms() == ()
    row.gear.click()
    assert row.details.isVisibleTo(row)
    assert len(row.forms()) == 3
    assert row_of(panel, "ssd").forms() == ()


def test_opened_parameters_come_into_view(panel, qtbot):
    panel.resize(336, 500)
    panel.show()
    qtbot.waitExposed(panel)
    row = row_of(panel, "coun")
    row.gear.click()
    page = panel.form.viewport()
    qtbot.waitUntil(lambda: page.rect().contains(row.gear.mapTo(page, row.gear.rect().center())))
    below = row.details.mapTo(page, row.details.rect().bottomLeft()).y()
    top = row.gear.mapTo(page, row.gear.rect().topLeft()).y()
    assert below <= page.height() or top <= 16


def test_a_method_that_is_not_installed_is_kept_and_named(panel):
    spec = parse_experiment({"methods": [{"name": "coun"}, {"name": "mine", "strength": 2}, {"name": "ft"}]})
    panel.set_spec(spec)
    assert panel.spec() == spec
    assert "mine" in panel.reason()


# What engines answer


def test_counts_classes_and_pictures_are_shown(session, panel):
    answered(session, panel)
    assert panel.dataset.line.text().startswith("1,437 + 360 test · 8 × 8 grey")
    assert panel.forget.line.text() == "144 forgotten, 1,293 retained"
    assert panel.forget.thumbnails.count() == 60
    assert panel.forget.classes.count() == 10
    assert panel.footer.estimate.text() == "12 runs · ≈ 41.2 TFLOPs · ≈ 4 min · 120 MB on disk"
    assert "CPU (fast)" in panel.footer.estimate.toolTip()


def test_what_was_left_out_of_the_images_is_told(panel):
    left_out = "3 files were left out, since they can't be read."
    panel.dataset.show_description(
        {"train": 9, "test": 4, "shape": [8, 8, 3], "classes": ["a"], "notes": [left_out]}
    )
    assert panel.dataset.line.text() == f"9 + 4 test · 8 × 8 colour · 1 class\n{left_out}"


def test_only_what_a_change_touches_is_asked_again(session, panel):
    panel.set_spec(RANDOM_TENTH)
    answered(session, panel)
    desk(session).asked.clear()
    panel.forget.spin.setValue(20)
    panel.questions.ask_now()
    assert [question["ask"] for question in desk(session).asked] == ["forget", "plan", "estimate"]


def test_an_answer_to_an_earlier_question_is_not_shown(session, panel):
    panel.questions.ask_now()
    panel.forget.spin.setValue(20)
    panel.questions.ask_now()
    kinds = [question["ask"] for question, _, _ in desk(session).open.values()]
    assert sorted(kinds) == ["describe", "estimate", "forget", "plan"]


def test_another_device_is_estimated_anew(session, panel):
    answered(session, panel)
    desk(session).asked.clear()
    panel.footer.combo.setCurrentIndex(panel.footer.combo.findData("cpu"))
    panel.footer.combo.activated.emit(1)
    panel.questions.ask_now()
    assert [(question["ask"], question["device"]) for question in desk(session).asked] == [
        ("estimate", "cpu")
    ]


def test_runs_share_a_gpu_only_where_there_is_one_and_the_user_asks_for_it(session, panel):
    footer = panel.footer
    footer.share.setValue(3)
    assert footer.share.isHidden()
    assert footer.at_once() == 1
    footer.set_devices([*CAPABILITIES["devices"], {"id": "cuda:0", "title": "H200", "memory": 139 * 2**30}])
    assert not footer.share.isHidden()
    answered(session, panel)
    footer.button.click()
    assert [(question["ask"], question["at_once"]) for question in desk(session).asked[-1:]] == [("plan", 3)]
    footer.combo.setCurrentIndex(footer.combo.findData("cpu"))
    footer.combo.activated.emit(1)
    assert footer.share.isHidden()
    assert footer.at_once() == 1


def test_an_estimate_that_fails_keeps_nobody_from_starting(session, panel):
    desk(session).refusals["estimate"] = CounError("There is no device “cuda:7” here.")
    answered(session, panel)
    assert panel.start_action.isEnabled()
    assert panel.footer.estimate.text() == "12 runs · ≈ 41.2 TFLOPs"


@pytest.mark.parametrize(
    ("field", "find"),
    [
        ("training.lr", lambda panel: panel.form.training._errors["lr"]),
        ("forget.fraction", lambda panel: panel.forget.error),
        ("dataset", lambda panel: panel.dataset.error),
        ("dataset.subset", lambda panel: panel.dataset.subset._errors["subset"]),
        ("methods.1.weight", lambda panel: row_of(panel, "coun").details.params._errors["weight"]),
        ("methods.ft.epochs", lambda panel: row_of(panel, "ft").details.overrides._errors["epochs"]),
        ("methods", lambda panel: panel.form.methods.error),
    ],
)
def test_an_error_is_shown_beside_its_field_and_keeps_start_off(session, panel, field, find):
    desk(session).refusals["plan"] = InvalidSpec("That won't do.", "Do this instead.", field)
    answered(session, panel)
    assert find(panel).text() == "That won't do. Do this instead."
    assert not panel.start_action.isEnabled()
    assert panel.footer.button.toolTip() == "That won't do. Do this instead."


def test_an_edit_takes_the_error_away(session, panel):
    desk(session).refusals["plan"] = InvalidSpec("That won't do.", "", "training.lr")
    answered(session, panel)
    desk(session).refusals.clear()
    panel.forget.spin.setValue(20)
    answered(session, panel)
    assert panel.start_action.isEnabled()
    assert panel.form.training._errors["lr"].text() == ""


# Start


def test_start_plans_saves_queues_and_shows_the_experiment(session, panel, qtbot):
    answered(session, panel)
    panel.footer.button.click()
    assert not panel.start_action.isEnabled()
    desk(session).reply()
    runs = session.experiment.runs
    jobs = session.queue.jobs()
    assert [job.id for job in jobs[:-1]] == list(runs)
    assert len(runs) == 12
    assert jobs[0].request["do"] == "run"
    assert jobs[0].request["device"] == "auto"
    assert jobs[-1].request["do"] == "map"
    assert set(jobs[-1].needs) <= set(runs)
    assert session.workspace.experiments()[0].id == session.experiment.id
    assert "running already" in panel.start_action.toolTip()
    session.queue.cancel_experiment(session.experiment.id)
    qtbot.waitUntil(panel.start_action.isEnabled)


def test_the_map_has_retrain_original_and_the_methods_of_the_first_seed_in_this_order(session, panel):
    answered(session, panel)
    panel.start()
    desk(session).reply()
    titles = [session.queue.job(run).title for run in session.queue.jobs()[-1].request["spec"]["runs"]]
    assert titles == ["Retrain, seed 0", "Original, seed 0", "FT, seed 0", "CoUn, seed 0"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"reference": False}, "Tick at least one method."),
        ({"dataset": {"name": "unheard-of"}}, "not installed"),
    ],
)
def test_the_reason_why_start_is_off_is_told(panel, content, reason):
    panel.set_spec(parse_experiment(content))
    assert reason in panel.start_action.toolTip()
    assert not panel.footer.button.isEnabled()


def test_without_a_ticked_class_start_is_off(panel):
    panel.set_spec(RANDOM_TENTH)
    panel.forget.kinds.button(1).click()
    assert panel.reason() == "Tick at least one class to forget."


def test_nothing_can_be_started_before_it_is_known_what_there_is(qtbot, tmp_path):
    session = fake_session(tmp_path, capabilities=False)
    panel = SetupPanel(session, QAction("Start", session))
    qtbot.addWidget(panel)
    assert "engine is starting" in panel.reason()
    session.set_capabilities(CAPABILITIES)
    assert panel.reason() == ""
    assert {"ft", "coun"} <= {method.name for method in panel.spec().methods}
    answered(session, panel)
    assert panel.footer.estimate.text().startswith("12 runs")
    session.close()


# A dataset that isn't here yet


@pytest.fixture
def missing(session, panel):
    error = DataError("CIFAR-10 is not here yet: 162 MiB to download.", "Press Load.", "dataset.download")
    desk(session).refusals.update(describe=error, forget=error, plan=error)
    panel.set_spec(parse_experiment({"dataset": {"name": "cifar10"}, "methods": [{"name": "ft"}]}))
    answered(session, panel)
    return panel


def test_a_missing_dataset_is_offered_and_nothing_looks_wrong(missing):
    assert not missing.download.isHidden()
    assert missing.dataset.line.text() == "CIFAR-10 is not here yet: 162 MiB to download."
    assert missing.dataset.error.isHidden()
    assert missing.footer.reason.property("role") == "muted"
    assert not missing.start_action.isEnabled()


def test_download_is_a_job_that_can_be_stopped(session, missing):
    missing.download.button.click()
    (job,) = session.queue.jobs()
    assert (job.request["do"], job.request["spec"]["name"]) == ("load", "cifar10")
    session.queue.begin(job.id)
    assert missing.download.button.text() == "Stop"
    missing.download.button.click()
    assert job.state == "cancelled"


def test_the_form_asks_again_once_it_is_here(session, missing):
    missing.download.button.click()
    (job,) = session.queue.jobs()
    session.queue.begin(job.id)
    session.queue.apply(FinishedEvent(job.id, {}))
    desk(session).refusals.clear()
    session.queue.idle.emit()
    answered(session, missing)
    assert missing.download.isHidden()
    assert missing.dataset.line.text().startswith("1,437 + 360 test")
    assert missing.start_action.isEnabled()
