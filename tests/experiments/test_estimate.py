"""Time and disk before Start: only of what is left, and from figures that were measured."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from digits_runs import Finished, experiment

from coun_gui.experiments import answers, machine
from coun_gui.experiments import estimate as module
from coun_gui.experiments.answers import estimate_answer, plan_answer
from coun_gui.experiments.estimate import Speed, estimate
from coun_gui.experiments.plan import planned
from coun_gui.unlearning.forgetting import Split


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a training step took 10 ms an image, a look at it 1 ms, and an attack 7 s."""
    speed = Speed(training=0.01, evaluation=0.001, bytes=1000, width=128)
    monkeypatch.setattr(module, "_probed", lambda *_: speed)
    monkeypatch.setattr(module, "_attack", lambda _: 7.0)
    monkeypatch.setattr(module, "load", lambda *_: 1.0)


@pytest.mark.usefixtures("measured")
def test_the_time_is_that_of_training_and_of_every_evaluation() -> None:
    """200 + 100 images, 20 of them to be forgotten, 2 epochs each."""
    look = 300 * 0.001 + 7
    original = 2 * 200 * 0.01 + 2 * look
    retrain = 2 * 180 * 0.01 + 2 * look
    ft = 2 * 180 * 0.01 + 3 * look  # θ_o is looked at too
    coun = 2 * 180 * 2 * 0.01 + 3 * look

    found = estimate(planned(experiment("ft", "coun")), done=())

    assert found.seconds == pytest.approx(original + retrain + ft + coun)


@pytest.mark.usefixtures("measured")
def test_runs_side_by_side_take_less_time(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = estimate(planned(experiment("ft")), done=()).seconds
    monkeypatch.setattr(module, "load", lambda *_: 0.25)

    assert estimate(planned(experiment("ft")), done=()).seconds == pytest.approx(alone / 4)


@pytest.mark.usefixtures("measured")
def test_fewer_evaluations_take_less_time_and_the_last_one_is_always_made() -> None:
    rare = estimate(planned(experiment(evaluation={"every": 5})), done=())

    assert rare.seconds == pytest.approx(2 * (200 + 180) * 0.01 + 2 * (300 * 0.001 + 7))


@pytest.mark.usefixtures("measured")
def test_the_disk_is_weights_outputs_and_snapshots_of_each_run_that_is_left() -> None:
    plan = planned(experiment("ft"))
    outputs = 300 * (10 * 4 + 128 * 2)  # logits float32, features float16
    snapshots = [
        200 * (8 + epochs * 128 * 2) for epochs in (2, 2, 3)
    ]  # indices and features; FT has its start too

    assert estimate(plan, done=()).bytes == 3 * (outputs + 1000) + sum(snapshots)
    assert estimate(plan, done=plan.ids[:2]).bytes == outputs + 1000 + snapshots[2]


def test_what_is_done_costs_nothing(finished: Finished) -> None:
    answer = estimate_answer(finished.plan.spec, finished.path, "cpu")

    assert (answer["seconds"], answer["bytes"]) == (0, 0)


def test_the_disk_estimate_is_what_runs_really_leave(finished: Finished) -> None:
    run = finished.record("ft").folder
    names = ("model.safetensors", "outputs.safetensors", "snapshots.safetensors")
    left = sum((run / name).stat().st_size for name in names)
    plan = finished.plan

    told = estimate(plan, done=[other for other in plan.ids if other != run.name]).bytes

    assert told == pytest.approx(left, rel=0.05)


def test_the_probe_leaves_figures_above_nothing(tmp_path: Path) -> None:
    answer = estimate_answer(experiment("ft"), None, "cpu")

    assert 0 < answer["seconds"] < 3600
    assert answer["device"].startswith("CPU")


def test_the_attack_is_timed_once_for_a_forget_set(monkeypatch: pytest.MonkeyPatch) -> None:
    timed: list[Split] = []
    monkeypatch.setattr(module, "scores", lambda *arguments: timed.append(arguments[-1]) or {})
    monkeypatch.setattr(module, "_attacks", {})
    plan = planned(experiment())

    for _ in range(3):
        estimate(plan, done=())

    assert len(timed) == 1


def test_a_runs_memory_is_that_of_images_weights_and_what_two_views_keep() -> None:
    """Every layer of the small CNN keeps what its gradient needs: 8 × 8 pixels at 32 and 64 channels, 4 × 4 at 64."""
    plan = planned(experiment("coun"))
    layer = 4 * (8 * 8 * 32 + 8 * 8 * 64 + 4 * 4 * 64)  # bytes of one map at each of the three convolutions
    found = module.device_memory(plan) - module.CONTEXT

    images = 64 * 2  # a batch's two views
    assert images * 2 * layer < found < images * 8 * layer


def test_more_runs_at_once_are_asked_of_a_gpu_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a GPU of 10 GB whose runs take 3 GB each, three of four share it."""
    spec = experiment("ft")
    monkeypatch.setattr(machine, "GIVEN_THREADS", 1)
    assert {run["load"] for run in plan_answer(spec, at_once=4)["runs"]} == {1.0}
    monkeypatch.setattr(answers, "choose_device", lambda _: torch.device("cuda:0"))
    monkeypatch.setattr(answers, "device_memory", lambda _: 3e9)
    monkeypatch.setattr(machine, "free_memory", lambda _: 10e9)
    assert {run["load"] for run in plan_answer(spec, at_once=4)["runs"]} == {1 / 3}
