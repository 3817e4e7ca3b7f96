"""How a run fails: with one sentence, and with everything before it kept."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from digits_runs import (
    events_of,
    experiment,
    one,
    prepared,
)

from coun_gui.experiments.events import Failed
from coun_gui.experiments.events import Finished as FinishedEvent
from coun_gui.experiments.plan import planned
from coun_gui.experiments.record import read_record
from coun_gui.experiments.run import run
from coun_gui.experiments.spec import ORIGINAL


def test_a_method_without_its_original_says_so(tmp_path: Path) -> None:
    plan = prepared(tmp_path / "workspace", experiment("ft"))

    last = events_of(one("ft", plan), tmp_path / "workspace")[-1]

    assert isinstance(last, Failed)
    assert last.sentence == "The Original that this run starts from is missing."
    assert last.remedy
    assert read_record(tmp_path / "workspace" / "runs" / last.run).status == "failed"


def test_diverging_fails_the_run_and_keeps_what_was_recorded(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    wild = {"name": "ft", "lr": 1000, "batch_size": 16}
    plan = prepared(workspace, experiment(wild, reference=False))
    events_of(one(ORIGINAL, plan), workspace)

    last = events_of(one("ft", plan), workspace)[-1]

    assert isinstance(last, Failed)
    assert re.match(r"The CE loss became (nan|inf) in epoch \d\.", last.sentence)
    assert "Lower the learning rate" in last.remedy
    found = read_record(workspace / "runs" / last.run)
    assert (found.status, found.error["sentence"]) == ("failed", last.sentence)
    assert found.history()[0]["epoch"] == 0
    assert found.history()[0]["metrics"]["TA"] > 0
    assert "TrainingDiverged" in (found.folder / "log.txt").read_text("utf-8")
    assert "TrainingDiverged" in last.log
    assert not (found.folder / "model.safetensors").exists()


def test_diverging_in_the_last_step_of_an_epoch_is_the_same_failure(tmp_path: Path) -> None:
    """The loss of that step was still finite; the weights after it are not."""
    workspace = tmp_path / "workspace"
    plan = prepared(workspace, experiment({"name": "ft", "lr": 1000, "batch_size": 64}, reference=False))
    events_of(one(ORIGINAL, plan), workspace)

    last = events_of(one("ft", plan), workspace)[-1]

    assert isinstance(last, Failed)
    assert "learning rate" in last.remedy
    assert "\n" not in last.sentence


def test_data_that_changed_after_planning_are_refused(tmp_path: Path) -> None:
    digits = planned(experiment()).images.data
    arrays = {
        key: getattr(digits, key) for key in ("train_images", "train_labels", "test_images", "test_labels")
    }
    np.savez(tmp_path / "data.npz", **arrays)
    plan = prepared(
        tmp_path / "workspace", experiment(dataset={"name": "npz", "path": str(tmp_path / "data.npz")})
    )
    np.savez(tmp_path / "data.npz", **{**arrays, "train_images": 255 - arrays["train_images"]})

    last = events_of(plan.runs[0], tmp_path / "workspace")[-1]

    assert isinstance(last, Failed)
    assert last.sentence == "The dataset has changed since this run was planned."


def test_an_index_file_that_changed_after_planning_does_not_change_the_run(tmp_path: Path) -> None:
    file = tmp_path / "forget.txt"
    file.write_text("1\n2\n3\n", "utf-8")
    plan = prepared(
        tmp_path / "workspace", experiment(forget={"kind": "indices", "file": str(file)}, reference=False)
    )
    file.write_text("7\n", "utf-8")

    assert isinstance(events_of(plan.runs[0], tmp_path / "workspace")[-1], FinishedEvent)

    (tmp_path / "workspace" / "forget" / f"{plan.runs[0].forget_hash}.npy").unlink()
    other = plan.runs[0].model_copy(update={"seed": 1})
    last = events_of(other, tmp_path / "workspace")[-1]
    assert isinstance(last, Failed)
    assert last.sentence == "The forget set has changed since this run was planned."


def test_a_device_that_is_not_there_is_refused(tmp_path: Path) -> None:
    plan = prepared(tmp_path / "workspace", experiment())

    (last,) = run(plan.runs[0], tmp_path / "workspace", "cuda:99")

    assert isinstance(last, Failed)
    assert last.sentence == "There is no device “cuda:99” here."
    assert "cpu" in last.remedy


def test_a_workspace_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    plan = planned(experiment())

    last = events_of(plan.runs[0], tmp_path / "nowhere")[-1]

    assert isinstance(last, Failed)
    assert "is not a workspace" in last.sentence
