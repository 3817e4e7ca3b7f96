"""How a run shares the machine."""

from __future__ import annotations

import pytest
import torch

from coun_gui.experiments import machine

CPU, GPU = torch.device("cpu"), torch.device("cuda:0")


@pytest.mark.parametrize(("threads", "share"), [(1, 1.0), (3, 1 / 3), (16, 1 / 4)])
def test_small_models_on_the_cpu_leave_room_for_one_another(
    monkeypatch: pytest.MonkeyPatch, threads: int, share: float
) -> None:
    monkeypatch.setattr(machine, "GIVEN_THREADS", threads)
    assert machine.load(6e6, CPU) == share


def test_a_large_model_or_one_on_a_gpu_has_the_device_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "GIVEN_THREADS", 16)
    assert machine.load(1.1e9, CPU) == machine.load(6e6, GPU) == 1.0


@pytest.mark.parametrize(("asked", "share"), [(1, 1.0), (2, 1 / 2), (4, 1 / 3), (8, 1 / 3)])
def test_a_gpu_is_shared_by_as_many_as_are_asked_for_and_fit_its_memory(
    monkeypatch: pytest.MonkeyPatch, asked: int, share: float
) -> None:
    monkeypatch.setattr(machine, "free_memory", lambda _: 10e9)
    assert machine.load(1.1e9, GPU, need=3e9, at_once=asked) == share


def test_what_does_not_fit_a_gpu_still_runs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "free_memory", lambda _: 1e9)
    assert machine.load(1.1e9, GPU, need=3e9, at_once=4) == 1.0
