"""The learning rate by epoch, by hand and against torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from training_bench import train, trainer_of

from coun_gui.unlearning.images import ImageData
from coun_gui.unlearning.parameters import TrainingSpec, UnlearningSpec
from coun_gui.unlearning.training import learning_rate


def by_torch(recipe: TrainingSpec, make: Callable[[Any], Any]) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], recipe.lr)
    schedule = make(optimizer)
    rates = []
    for _ in range(recipe.epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


def rates(recipe: TrainingSpec) -> list[float]:
    return [learning_rate(recipe, epoch) for epoch in range(recipe.epochs)]


def test_a_step_schedule_falls_to_a_tenth_at_half_and_at_three_quarters() -> None:
    recipe = TrainingSpec(epochs=8, lr=0.1, schedule="step")
    assert rates(recipe) == pytest.approx([0.1] * 4 + [0.01] * 2 + [0.001] * 2)


def test_the_paper_recipe_steps_at_epoch_91_and_137_of_182() -> None:
    recipe = TrainingSpec()
    milestones = [91, 137]  # 50 % of 182, and 75 %, which is 136.5
    wanted = by_torch(recipe, lambda o: torch.optim.lr_scheduler.MultiStepLR(o, milestones, gamma=0.1))
    assert rates(recipe) == pytest.approx(wanted, rel=1e-12)


def test_a_cosine_schedule_is_that_of_torch() -> None:
    recipe = UnlearningSpec(lr=0.05)
    wanted = by_torch(recipe, lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 50, eta_min=1e-4))
    assert rates(recipe) == pytest.approx(wanted, rel=1e-9)
    assert learning_rate(recipe, 0) == 0.05
    assert learning_rate(recipe, 25) == pytest.approx((0.05 + 1e-4) / 2)


def test_a_cosine_never_rises_to_a_final_rate_above_the_first() -> None:
    recipe = UnlearningSpec(epochs=5, lr=1e-5, min_lr=1e-3)
    assert rates(recipe) == pytest.approx([1e-5] * 5)


def test_a_constant_schedule_stays() -> None:
    assert rates(TrainingSpec(epochs=3, lr=0.3, schedule="constant")) == [0.3] * 3


def test_a_warm_up_rises_in_equal_steps_to_the_full_rate() -> None:
    recipe = TrainingSpec(epochs=10, lr=0.1, schedule="step", warmup_epochs=4)
    wanted = [0.025, 0.05, 0.075, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001, 0.001]
    assert rates(recipe) == pytest.approx(wanted)


def test_the_optimiser_follows_the_schedule(data: ImageData) -> None:
    trainer = trainer_of(data, recipe=UnlearningSpec(epochs=2, lr=0.08, min_lr=0.0, batch_size=16))
    train(trainer)
    assert trainer.optimizer.param_groups[0]["lr"] == pytest.approx(0.08)
    train(trainer)
    assert trainer.optimizer.param_groups[0]["lr"] == pytest.approx(0.04)
