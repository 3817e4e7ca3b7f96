"""What a run tells while it happens, and what lies in its folder afterwards."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from digits_runs import (
    Finished,
    compute,
    events_of,
    experiment,
    one,
    prepared,
    same_arrays,
    weights,
)
from safetensors import safe_open
from safetensors.numpy import load_file
from sklearn.metrics import accuracy_score

import coun_gui
from coun_gui.errors import WorkspaceError
from coun_gui.experiments.events import TERMINAL, Artifact, Epoch, Started, Step
from coun_gui.experiments.events import Finished as FinishedEvent
from coun_gui.experiments.plan import keep_forget_set, planned
from coun_gui.experiments.record import read_record
from coun_gui.experiments.spec import ORIGINAL, RETRAIN, RunSpec
from coun_gui.unlearning import forgetting
from coun_gui.unlearning.training import Trainer

METHODS = (ORIGINAL, RETRAIN, "ft", "coun")
THREES = {"kind": "class", "classes": ["3"]}


def times(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training anything from now on fails."""

    def never(*_: Any) -> Any:
        raise AssertionError("something was trained")

    monkeypatch.setattr(Trainer, "train_epoch", never)


@pytest.mark.parametrize("method", METHODS)
def test_a_run_starts_once_and_ends_once(finished: Finished, method: str) -> None:
    spec = one(method, finished.plan)
    events = finished.told[spec.id]

    assert {event.run for event in events} == {spec.id}
    first = next(event for event in events if isinstance(event, Started))
    assert (first.epochs, first.epoch) == (2, 0)
    assert [type(event) for event in events].count(Started) == 1
    assert [isinstance(event, TERMINAL) for event in events].index(True) == len(events) - 1
    assert isinstance(events[-1], FinishedEvent)
    assert not events[-1].cached


@pytest.mark.parametrize("method", METHODS)
def test_progress_only_grows_and_reaches_the_end(finished: Finished, method: str) -> None:
    events = finished.told[one(method, finished.plan).id]
    shares = [event.share for event in events if isinstance(event, Step) and event.stage == "training"]

    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] == 1


@pytest.mark.parametrize("method", METHODS)
def test_the_epochs_told_are_those_of_the_history(finished: Finished, method: str) -> None:
    """What starts from the Original is evaluated before its first step too."""
    told = [event for event in finished.told[one(method, finished.plan).id] if isinstance(event, Epoch)]
    history = finished.record(method).history()

    assert [event.epoch for event in told] == ([1, 2] if method in (ORIGINAL, RETRAIN) else [0, 1, 2])
    assert [event.metrics for event in told] == [line["metrics"] for line in history]
    assert [event.epoch for event in told] == [line["epoch"] for line in history]
    assert [event.flops for event in told] == sorted(event.flops for event in told)


@pytest.mark.parametrize("method", METHODS)
def test_the_figures_are_those_of_the_stored_outputs(finished: Finished, method: str) -> None:
    """Accuracies computed again by scikit-learn out of outputs.safetensors."""
    found, data = finished.record(method), finished.plan.images.data
    forget = np.zeros(len(data.train_labels), dtype=bool)
    forget[finished.plan.forget] = True
    train, test = (found.output(f"{part}/logits").argmax(axis=1) for part in ("train", "test"))
    expected = {
        "RA": 100 * accuracy_score(data.train_labels[~forget], train[~forget]),
        "UA": 100 - 100 * accuracy_score(data.train_labels[forget], train[forget]),
        "TA": 100 * accuracy_score(data.test_labels, test),
    }

    metrics = dict(found.metrics[one(method, finished.plan).forget_hash])

    assert 0 <= metrics.pop("MIA") <= 100
    assert metrics == pytest.approx(expected)
    assert found.history()[-1]["metrics"] == found.metrics[one(method, finished.plan).forget_hash]
    assert finished.told[found.id][-1].metrics == found.metrics[found.spec.forget_hash]


def test_a_method_begins_where_the_original_ended(finished: Finished) -> None:
    before = finished.record("ft").history()[0]["metrics"]

    assert before == finished.record(ORIGINAL).history()[-1]["metrics"]


@pytest.mark.parametrize("method", METHODS)
def test_a_finished_run_leaves_these_files(finished: Finished, method: str) -> None:
    folder = finished.record(method).folder

    assert sorted(path.name for path in folder.iterdir()) == [
        "metrics.jsonl", "model.safetensors", "outputs.safetensors", "run.json", "snapshots.safetensors",
    ]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_outputs_have_a_row_for_every_sample(finished: Finished, method: str) -> None:
    path = finished.record(method).folder / "outputs.safetensors"
    with safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a dict

    assert {name: (str(array.dtype), array.shape) for name, array in arrays.items()} == {
        "train/logits": ("float32", (1442, 10)),
        "test/logits": ("float32", (355, 10)),
        "train/features": ("float16", (1442, 128)),
        "test/features": ("float16", (355, 128)),
    }
    assert all(np.isfinite(array).all() for array in arrays.values())


def test_the_record_says_what_the_result_depends_on(finished: Finished) -> None:
    content = json.loads((finished.record("coun").folder / "run.json").read_text("utf-8"))
    spec = one("coun", finished.plan)

    assert (content["schema"], content["id"], content["status"]) == (1, spec.id, "done")
    assert RunSpec.model_validate(content["spec"]) == spec
    assert content["spec"]["dataset_fingerprint"] == finished.plan.images.fingerprint
    assert content["spec"]["forget_hash"] == forgetting.forget_hash(
        finished.plan.images.fingerprint, finished.plan.forget
    )
    assert set(content["versions"]) >= {"coun", "python", "torch", "numpy"}
    assert content["epoch"] == 2
    assert content["created"] <= content["finished"]
    assert min(content["seconds"], content["flops"], content["paper_flops"]) > 0
    assert content["error"] == {}


def test_the_paper_charges_a_second_view_one_forward_pass(finished: Finished) -> None:
    """FT: 3F a sample. CoUn: 4F by the paper's convention, 6F counted (arXiv 2509.16391, table 2)."""
    ft, coun = finished.record("ft"), finished.record("coun")

    assert coun.paper_flops == pytest.approx(4 / 3 * ft.paper_flops)
    assert coun.flops == pytest.approx(2 * ft.flops, rel=0.01)


def test_what_was_computed_is_not_computed_again(finished: Finished, monkeypatch: pytest.MonkeyPatch) -> None:
    untrained(monkeypatch)
    before = times(finished.path)

    for spec in finished.plan.runs:
        (only,) = events_of(spec, finished.path)
        assert isinstance(only, FinishedEvent)
        assert only.cached
        assert only.metrics == finished.told[spec.id][-1].metrics
    assert times(finished.path) == before


def test_the_same_experiment_gives_the_same_weights_in_another_workspace(tmp_path: Path) -> None:
    spec = experiment("ft", "coun")
    plans = [prepared(tmp_path / name, spec) for name in ("one", "two")]
    for name, plan in zip(("one", "two"), plans, strict=True):
        compute(plan, tmp_path / name)

    assert plans[0].ids == plans[1].ids
    for run_spec in plans[0].runs:
        assert same_arrays(weights(tmp_path / "one", run_spec), weights(tmp_path / "two", run_spec))


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    plan = prepared(tmp_path / "workspace", experiment(reference=False, seeds=[0, 1]))
    compute(plan, tmp_path / "workspace")

    assert not same_arrays(*(weights(tmp_path / "workspace", spec) for spec in plan.runs))


def test_retrain_is_no_copy_of_the_original(finished: Finished) -> None:
    original, retrain = finished.plan.runs[:2]

    assert not same_arrays(weights(finished.path, original), weights(finished.path, retrain))


def test_evaluating_more_rarely_changes_the_history_alone(tmp_path: Path) -> None:
    often, rarely = (
        prepared(tmp_path / str(every), experiment("ft", evaluation={"every": every})) for every in (1, 5)
    )
    for every, plan in ((1, often), (5, rarely)):
        compute(plan, tmp_path / str(every))

    ft = one("ft", often)
    assert same_arrays(weights(tmp_path / "1", ft), weights(tmp_path / "5", ft))
    epochs = [line["epoch"] for line in read_record(tmp_path / "5" / "runs" / ft.id).history()]
    assert epochs == [0, 2]


def test_another_forget_set_needs_no_second_original(
    tmp_path: Path, finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(finished.path, workspace)
    other = planned(experiment(dataset={"name": "digits"}, forget=THREES))
    keep_forget_set(other, workspace)
    untrained(monkeypatch)
    original = other.runs[0]
    untouched = times(workspace / "runs" / original.id)

    events = events_of(original, workspace)

    assert isinstance(events[-1], FinishedEvent)
    found = read_record(workspace / "runs" / original.id)
    assert set(found.metrics) == {finished.plan.runs[0].forget_hash, original.forget_hash}
    labels = finished.plan.images.data.train_labels
    threes = found.output("train/logits").argmax(axis=1)[labels == 3]
    assert events[-1].metrics["UA"] == pytest.approx(100 * np.mean(threes != 3))
    changed = {
        name for name, when in times(workspace / "runs" / original.id).items() if untouched[name] != when
    }
    assert {Path(name).name for name in changed} == {"run.json"}


def test_when_a_class_is_forgotten_retrain_knows_nothing_of_it(tmp_path: Path) -> None:
    """UA and MIA of Retrain are 100 %, and TA is over the remaining classes (CoUn, section 4)."""
    slow = {"epochs": 6, "lr": 0.05, "batch_size": 64}
    plan = prepared(
        tmp_path / "workspace",
        experiment(dataset={"name": "digits"}, forget=THREES, training=slow),
    )
    told = compute(plan, tmp_path / "workspace")
    retrain = one(RETRAIN, plan)
    metrics = told[retrain.id][-1].metrics

    assert metrics["UA"] == 100
    assert metrics["MIA"] == 100
    found = read_record(tmp_path / "workspace" / "runs" / retrain.id)
    labels = plan.images.data.test_labels
    right = found.output("test/logits").argmax(axis=1) == labels
    assert metrics["TA"] == pytest.approx(100 * right[labels != 3].mean())
    assert not right[labels == 3].any()
    original = told[one(ORIGINAL, plan).id][-1].metrics
    assert original["UA"] < 20


def test_every_file_told_of_exists(finished: Finished) -> None:
    for events in finished.told.values():
        told = {event.kind: Path(event.path) for event in events if isinstance(event, Artifact)}
        assert {kind: path.name for kind, path in told.items()} == {
            "model": "model.safetensors",
            "outputs": "outputs.safetensors",
        }
        assert all(path.is_file() and path.is_absolute() for path in told.values())


def test_the_stored_weights_give_the_stored_outputs(finished: Finished) -> None:
    """The head applied to the stored features by hand, in float16's precision."""
    found = finished.record("coun")
    tensors = load_file(found.folder / "model.safetensors")
    head = {
        name.rsplit(".", 1)[1]: tensor for name, tensor in tensors.items() if name.startswith("classifier.")
    }
    features = found.output("test/features").astype(np.float64)

    logits = features @ head["weight"].T.astype(np.float64) + head["bias"]

    np.testing.assert_allclose(logits, found.output("test/logits"), rtol=0.01, atol=0.02)


def test_a_missing_array_is_a_sentence(finished: Finished, tmp_path: Path) -> None:
    found = finished.record("ft")
    with pytest.raises(WorkspaceError, match="can't be read"):
        found.output("train/gradients")
    with pytest.raises(WorkspaceError, match="can't be read"):
        replace(found, folder=tmp_path).output("train/logits")


def test_nothing_is_ever_unpickled() -> None:
    """The literal words of every way in: pickle, torch.load with code, numpy objects, joblib, shelve, marshal."""
    root = Path(coun_gui.__file__).parent
    forbidden = re.compile(
        r"^\s*(import|from) (pickle|cPickle|dill|cloudpickle|joblib|shelve|marshal)\b"
        r"|allow_pickle\s*=\s*True|weights_only\s*=\s*False|pickle\.load",
        re.MULTILINE,
    )
    sources = {path: path.read_text("utf-8") for path in root.rglob("*.py")}

    assert [str(path) for path, text in sources.items() if forbidden.search(text)] == []
    for path, text in sources.items():
        for call in re.finditer(r"torch\.load\(", text):
            assert "weights_only=True" in text[call.start() : call.start() + 200], path
        for call in re.finditer(r"\bnp\.load\(", text):
            assert "allow_pickle=False" in text[call.start() : call.start() + 200], path
