"""Snapshots: which samples and epochs are kept, that they are those evaluated, and that a stop loses none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from digits_runs import Finished, compute, events_of, experiment, one, prepared
from safetensors.numpy import load_file

from coun_gui.errors import WorkspaceError
from coun_gui.experiments import run as running
from coun_gui.experiments import snapshots
from coun_gui.experiments.events import Epoch, Step
from coun_gui.experiments.plan import Plan
from coun_gui.experiments.run import run
from coun_gui.experiments.snapshots import FILE, Snapshots, chosen_epochs, chosen_samples
from coun_gui.experiments.spec import ORIGINAL, RETRAIN, RunSpec

LONG: dict[str, Any] = {"unlearning": {"epochs": 5, "lr": 0.05, "batch_size": 64}}
SAMPLES = np.array([1, 3])
FEATURES = np.arange(8, dtype=np.float16).reshape(4, 2)


def kept(folder: Path) -> dict[str, np.ndarray]:
    return load_file(folder / FILE)


def content(workspace: Path, spec: RunSpec) -> bytes:
    return (workspace / "runs" / spec.id / FILE).read_bytes()


# Which


@pytest.mark.parametrize(
    ("total", "every", "epochs"),
    [
        (0, 1, [0]),
        (1, 1, [0, 1]),
        (5, 2, [0, 2, 4, 5]),
        (3, 10, [0, 3]),
        (12, 1, list(range(13))),
        (24, 1, list(range(0, 25, 2))),
        (182, 1, [0, 15, 30, 46, 61, 76, 91, 106, 121, 136, 152, 167, 182]),
    ],
)
def test_a_dozen_evaluated_epochs_are_kept_with_the_first_and_the_last(
    total: int, every: int, epochs: list[int]
) -> None:
    assert sorted(chosen_epochs(total, every)) == epochs


def test_only_epochs_that_are_evaluated_are_chosen() -> None:
    for total in range(1, 60):
        for every in range(1, 9):
            chosen = chosen_epochs(total, every)
            assert {0, total} <= chosen
            assert len(chosen) <= 13
            assert all(epoch % every == 0 for epoch in chosen - {total})


def test_2000_samples_are_kept_and_of_a_small_dataset_all() -> None:
    assert len(chosen_samples(9000, np.arange(5000))) == 2000
    assert chosen_samples(100, np.arange(5)).tolist() == list(range(100))


# What


@pytest.mark.parametrize(("method", "epochs"), [(ORIGINAL, [1, 2]), (RETRAIN, [1, 2]), ("ft", [0, 1, 2])])
def test_a_run_keeps_the_epochs_that_it_evaluates(finished: Finished, method: str, epochs: list[int]) -> None:
    found = kept(finished.record(method).folder)

    index = chosen_samples(1442, finished.plan.forget)
    assert set(found) == {"index", *(f"features/{epoch}" for epoch in epochs)}
    np.testing.assert_array_equal(found["index"], index)
    last = finished.record(method).output("train/features")[index]
    assert found["features/2"].dtype == np.float16
    np.testing.assert_array_equal(found["features/2"], last)


def test_a_method_sets_out_from_the_features_of_the_original(finished: Finished) -> None:
    found = kept(finished.record("coun").folder)

    before = finished.record(ORIGINAL).output("train/features")[found["index"]]
    np.testing.assert_array_equal(found["features/0"], before)
    assert not np.array_equal(found["features/1"], before)


def test_epochs_without_evaluation_have_none_and_cost_no_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = prepared(
        tmp_path / "workspace", experiment("ft", reference=False, evaluation={"every": 2}, **LONG)
    )
    events_of(one(ORIGINAL, plan), tmp_path / "workspace")
    looked: list[int] = []
    looking = running.outputs
    monkeypatch.setattr(
        running, "outputs", lambda model, store: looked.append(len(store)) or looking(model, store)
    )

    told = events_of(one("ft", plan), tmp_path / "workspace")

    found = kept(tmp_path / "workspace" / "runs" / one("ft", plan).id)
    assert set(found) == {"index", "features/0", "features/2", "features/4", "features/5"}
    assert [event.epoch for event in told if isinstance(event, Epoch)] == [0, 2, 4, 5]
    assert looked == [200, 100] * 3  # the start is the Original's


# Stopping


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan]:
    """The experiment computed without a stop."""
    path = tmp_path_factory.mktemp("whole") / "workspace"
    plan = prepared(path, experiment("coun", reference=False, **LONG))
    compute(plan, path)
    return path, plan


@pytest.mark.parametrize("epoch", [1, 3, 5])
@pytest.mark.parametrize("kind", [Step, Epoch], ids=["in training", "after an evaluation"])
def test_a_stopped_run_ends_with_the_file_of_one_that_was_never_stopped(
    tmp_path: Path, whole: tuple[Path, Plan], kind: type, epoch: int
) -> None:
    plan = prepared(tmp_path / "workspace", experiment("coun", reference=False, **LONG))
    events_of(one(ORIGINAL, plan), tmp_path / "workspace")
    spec = one("coun", plan)
    stream: Any = run(spec, tmp_path / "workspace", "cpu")
    next(event for event in stream if isinstance(event, kind) and event.epoch == epoch)
    stream.close()

    events_of(spec, tmp_path / "workspace")

    assert content(tmp_path / "workspace", spec) == content(whole[0], spec)


def test_a_lost_file_of_a_stopped_run_costs_its_early_snapshots_alone(tmp_path: Path) -> None:
    plan = prepared(tmp_path / "workspace", experiment("coun", reference=False, **LONG))
    events_of(one(ORIGINAL, plan), tmp_path / "workspace")
    spec = one("coun", plan)
    stream: Any = run(spec, tmp_path / "workspace", "cpu")
    next(event for event in stream if isinstance(event, Step) and event.epoch == 4)
    stream.close()
    folder = tmp_path / "workspace" / "runs" / spec.id
    (folder / FILE).write_bytes(b"damaged")

    events_of(spec, tmp_path / "workspace")

    assert set(kept(folder)) == {"index", "features/4", "features/5"}


def test_going_on_drops_what_lies_beyond_the_checkpoint(tmp_path: Path) -> None:
    first = Snapshots(tmp_path, SAMPLES, frozenset({0, 2, 4}))
    for epoch in range(5):
        first.keep(epoch, FEATURES + epoch)
    first.write()

    second = Snapshots(tmp_path, SAMPLES, frozenset({0, 2, 4}))
    second.resume(2)
    second.write()

    found = kept(tmp_path)
    assert set(found) == {"index", "features/0", "features/2"}
    assert found["features/2"].tolist() == [[4, 5], [8, 9]]


def test_snapshots_of_other_samples_are_not_taken_up(tmp_path: Path) -> None:
    first = Snapshots(tmp_path, SAMPLES, frozenset({0}))
    first.keep(0, FEATURES)
    first.write()

    second = Snapshots(tmp_path, np.array([0, 1]), frozenset({0}))
    second.resume(0)
    second.write()

    assert set(kept(tmp_path)) == {"index"}


def test_a_file_that_can_not_be_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Snapshots(tmp_path, SAMPLES, frozenset({0, 1}))
    found.keep(0, FEATURES)
    found.write()
    before = (tmp_path / FILE).read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshots, "save_file", full)
    found.keep(1, FEATURES)
    with pytest.raises(WorkspaceError, match="No space left on device"):
        found.write()

    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert (tmp_path / FILE).read_bytes() == before
