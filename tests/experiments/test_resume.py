"""Stopping, failing disks and going on: nothing that was computed is lost, and the result is the same."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from digits_runs import compute, events_of, experiment, one, prepared, same_arrays, weights

from coun_gui.experiments import run as running
from coun_gui.experiments.events import Artifact, Epoch, Event, Failed, Started, Step
from coun_gui.experiments.events import Finished as FinishedEvent
from coun_gui.experiments.plan import Plan
from coun_gui.experiments.record import read_record
from coun_gui.experiments.run import discard, run
from coun_gui.experiments.spec import ORIGINAL, RunSpec
from coun_gui.experiments.workspace import Workspace

LONG: dict[str, Any] = {
    "training": {"epochs": 4, "lr": 0.1, "batch_size": 64},
    "unlearning": {"epochs": 4, "lr": 0.05, "batch_size": 64},
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan]:
    """The experiment computed without a stop."""
    path = tmp_path_factory.mktemp("whole") / "workspace"
    plan = prepared(path, experiment("coun", reference=False, **LONG))
    compute(plan, path)
    return path, plan


@pytest.fixture
def workspace(tmp_path: Path, whole: tuple[Path, Plan]) -> Path:
    """The same experiment, of which the Original is computed."""
    path = tmp_path / "workspace"
    plan = prepared(path, experiment("coun", reference=False, **LONG))
    events_of(one(ORIGINAL, plan), path)
    return path


@pytest.fixture
def coun(whole: tuple[Path, Plan]) -> RunSpec:
    return one("coun", whole[1])


def stop_at(spec: RunSpec, workspace: Path, here: Callable[[Event], bool], **options: Any) -> None:
    """Runs until an event, and closes the stream there."""
    stream: Any = run(spec, workspace, "cpu", **options)
    for event in stream:
        if here(event):
            stream.close()
            return
    pytest.fail("the run ended before")


def in_training(epoch: int) -> Callable[[Event], bool]:
    """A step in the middle of an epoch, counted from 1."""
    return lambda event: isinstance(event, Step) and event.stage == "training" and event.epoch == epoch


def after(epoch: int) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Epoch) and event.epoch == epoch


def is_whole(spec: RunSpec, workspace: Path, whole: tuple[Path, Plan]) -> bool:
    """Whether weights and history are those of the run that was never stopped."""
    epochs = [line["epoch"] for line in read_record(workspace / "runs" / spec.id).history()]
    assert epochs == [0, 1, 2, 3, 4]
    return same_arrays(weights(workspace, spec), weights(whole[0], spec))


@pytest.mark.parametrize("epoch", [2, 3, 4])
def test_a_run_stopped_in_mid_training_goes_on_to_the_same_weights(
    workspace: Path, coun: RunSpec, whole: tuple[Path, Plan], epoch: int
) -> None:
    stop_at(coun, workspace, in_training(epoch))

    stopped = read_record(workspace / "runs" / coun.id)
    assert (stopped.status, stopped.epoch, stopped.resumable) == ("interrupted", epoch - 1, True)
    assert not (stopped.folder / "model.safetensors").exists()

    events = events_of(coun, workspace)

    started = next(event for event in events if isinstance(event, Started))
    assert started.epoch == epoch - 1
    assert isinstance(events[-1], FinishedEvent)
    assert is_whole(coun, workspace, whole)
    assert not (stopped.folder / "checkpoint.pt").exists()


@pytest.mark.parametrize("epoch", [2, 4])
def test_a_run_stopped_after_an_evaluation_has_no_doubled_epoch(
    workspace: Path, coun: RunSpec, whole: tuple[Path, Plan], epoch: int
) -> None:
    stop_at(coun, workspace, after(epoch))
    events_of(coun, workspace)

    assert is_whole(coun, workspace, whole)


def test_a_run_may_be_stopped_again_and_again(
    workspace: Path, coun: RunSpec, whole: tuple[Path, Plan]
) -> None:
    for epoch in (2, 2, 3, 4):
        stop_at(coun, workspace, in_training(epoch))
    events_of(coun, workspace)

    assert is_whole(coun, workspace, whole)


@pytest.mark.parametrize("here", [after(0), in_training(1), after(1)], ids=["before", "in", "after"])
def test_a_run_stopped_around_its_first_epoch_starts_anew(
    workspace: Path, coun: RunSpec, whole: tuple[Path, Plan], here: Callable[[Event], bool]
) -> None:
    stop_at(coun, workspace, here)
    stopped = read_record(workspace / "runs" / coun.id)
    assert (stopped.status, stopped.resumable) == ("interrupted", False)

    events_of(coun, workspace)

    assert is_whole(coun, workspace, whole)


def test_the_cost_of_a_stopped_run_is_that_of_a_whole_one(
    workspace: Path, coun: RunSpec, whole: tuple[Path, Plan]
) -> None:
    stop_at(coun, workspace, in_training(3))
    events_of(coun, workspace)

    found, expected = (read_record(path / "runs" / coun.id) for path in (workspace, whole[0]))
    assert found.flops == pytest.approx(expected.flops)
    assert found.paper_flops == pytest.approx(expected.paper_flops)


def test_a_stop_that_comes_too_late_leaves_the_run_done(workspace: Path, coun: RunSpec) -> None:
    stop_at(coun, workspace, lambda event: isinstance(event, Artifact))

    assert read_record(workspace / "runs" / coun.id).status == "done"
    assert isinstance(events_of(coun, workspace)[-1], FinishedEvent)


def test_a_checkpoint_is_kept_while_training_goes_on(workspace: Path, coun: RunSpec) -> None:
    seen = []
    for event in run(coun, workspace, "cpu", checkpoint_seconds=0):
        if isinstance(event, Epoch):
            seen.append(read_record(workspace / "runs" / coun.id).epoch)

    assert seen == [0, 0, 1, 2, 3]  # each epoch is kept after it is evaluated


def test_a_checkpoint_holds_tensors_and_plain_values_alone(workspace: Path, coun: RunSpec) -> None:
    stop_at(coun, workspace, in_training(3))

    state = torch.load(workspace / "runs" / coun.id / "checkpoint.pt", weights_only=True)

    assert state["epoch"] == 2
    assert set(state) >= {"model", "optimizer", "losses"}


def test_a_damaged_checkpoint_costs_the_epochs_before_it_and_no_more(
    workspace: Path, coun: RunSpec, whole: tuple[Path, Plan]
) -> None:
    stop_at(coun, workspace, in_training(3))
    (workspace / "runs" / coun.id / "checkpoint.pt").write_bytes(b"damaged")

    assert isinstance(events_of(coun, workspace)[-1], FinishedEvent)
    assert is_whole(coun, workspace, whole)


def test_a_process_that_was_killed_leaves_an_interrupted_run(
    workspace: Path, coun: RunSpec, whole: tuple[Path, Plan]
) -> None:
    """What SIGKILL leaves: the record as it was written last, and half a line in the history."""
    for event in run(coun, workspace, "cpu", checkpoint_seconds=0):
        if after(3)(event):
            left = {path.name: path.read_bytes() for path in (workspace / "runs" / coun.id).iterdir()}
    for name, content in left.items():
        (workspace / "runs" / coun.id / name).write_bytes(content)
    for name in ("model.safetensors", "outputs.safetensors"):
        (workspace / "runs" / coun.id / name).unlink()
    with (workspace / "runs" / coun.id / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 4, "metr')
    assert read_record(workspace / "runs" / coun.id).status == "running"

    Workspace(workspace, writable=True).close()

    assert read_record(workspace / "runs" / coun.id).status == "interrupted"
    assert read_record(workspace / "runs" / coun.id).resumable
    events_of(coun, workspace)
    assert is_whole(coun, workspace, whole)


def test_a_failed_run_can_be_tried_again(workspace: Path, coun: RunSpec, whole: tuple[Path, Plan]) -> None:
    original = workspace / "runs" / str(coun.original) / "model.safetensors"
    hidden = original.rename(original.with_name("hidden"))
    assert isinstance(events_of(coun, workspace)[-1], Failed)
    hidden.rename(original)

    assert isinstance(events_of(coun, workspace)[-1], FinishedEvent)
    found = read_record(workspace / "runs" / coun.id)
    assert (found.status, found.error) == ("done", {})
    assert is_whole(coun, workspace, whole)


def test_discarding_removes_what_is_unfinished_and_never_what_is_done(workspace: Path, coun: RunSpec) -> None:
    stop_at(coun, workspace, in_training(2))

    discard(coun, workspace)
    assert not (workspace / "runs" / coun.id).exists()

    events_of(coun, workspace)
    discard(coun, workspace)
    assert read_record(workspace / "runs" / coun.id).status == "done"


# Full disks


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes: writes fail as on a full disk, in C++ and Rust too."""
    resource = pytest.importorskip("resource", reason="file size limits are POSIX")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def no_space(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_is_full_at_the_end_is_said_in_a_sentence_and_keeps_what_was_there(
    workspace: Path, coun: RunSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.read_bytes() for path in workspace.rglob("*") if path.is_file() and path.suffix}
    writes = iter(range(10_000))
    fsync = os.fsync

    def full_after_some(descriptor: int) -> None:
        if next(writes) > 4:
            no_space()
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full_after_some)

    last = events_of(coun, workspace)[-1]

    assert isinstance(last, Failed)
    assert last.sentence == "The workspace can't be written: No space left on device."
    assert last.remedy.startswith("Free some space or choose another folder")
    assert {path: path.read_bytes() for path in before} == before
    assert list((workspace / "runs" / coun.id).glob(".*")) == []


def test_a_disk_that_is_full_from_the_start_is_said_in_a_sentence(
    workspace: Path, coun: RunSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", no_space)

    last = events_of(coun, workspace)[-1]

    assert isinstance(last, Failed)
    assert last.sentence == "The workspace can't be written: No space left on device."


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_weights_that_do_not_fit_are_said_in_the_same_sentence(workspace: Path, coun: RunSpec) -> None:
    with small_disk(100_000):  # the weights alone take 360 kB
        last = events_of(coun, workspace)[-1]

    assert isinstance(last, Failed)
    assert last.sentence.startswith("The workspace can't be written: ")
    assert list((workspace / "runs" / coun.id).glob(".*")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_weights_that_did_not_fit_are_written_once_there_is_space(
    workspace: Path, coun: RunSpec, whole: tuple[Path, Plan]
) -> None:
    with small_disk(100_000):
        assert isinstance(events_of(coun, workspace)[-1], Failed)

    assert isinstance(events_of(coun, workspace)[-1], FinishedEvent)


def test_weights_that_did_not_fit_after_the_last_checkpoint_are_written_once_there_is_space(
    workspace: Path, coun: RunSpec, whole: tuple[Path, Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(running, "save_file", no_space)
        assert isinstance(events_of(coun, workspace, checkpoint_seconds=0)[-1], Failed)

    assert isinstance(events_of(coun, workspace)[-1], FinishedEvent)
    assert is_whole(coun, workspace, whole)


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_stop_on_a_full_disk_is_quiet(workspace: Path, coun: RunSpec) -> None:
    stream: Any = run(coun, workspace, "cpu")
    for event in stream:
        if in_training(2)(event):
            break
    with small_disk(100_000):
        stream.close()

    assert list((workspace / "runs" / coun.id).glob(".*")) == []
