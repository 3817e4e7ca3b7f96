"""Floating-point operations: counted, and by the paper's convention."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from training_bench import FORGET, SMALL_FORWARD, Recording, train, trainer_of

from coun_gui.unlearning.images import ImageData
from coun_gui.unlearning.methods import Data, Pass
from coun_gui.unlearning.models import Classifier, build
from coun_gui.unlearning.parameters import Parameters


def test_the_forward_cost_of_the_small_network_is_that_computed_by_hand(data: ImageData) -> None:
    assert trainer_of(data).forward_flops == SMALL_FORWARD


def test_an_epoch_costs_three_forward_passes_a_sample(data: ImageData) -> None:
    trainer = train(trainer_of(data))
    assert trainer.flops == pytest.approx(3 * SMALL_FORWARD * 80, rel=0.03)
    assert trainer.paper_flops == 3 * SMALL_FORWARD * 80
    train(trainer)
    assert trainer.paper_flops == 2 * 3 * SMALL_FORWARD * 80
    assert trainer.flops == pytest.approx(2 * 3 * SMALL_FORWARD * 80, rel=0.03)


def test_coun_costs_both_views_and_by_the_paper_one_forward_pass_more_than_ft(data: ImageData) -> None:
    trainer = train(trainer_of(data, "coun"))
    assert trainer.flops == pytest.approx(6 * SMALL_FORWARD * 80, rel=0.03)
    assert trainer.paper_flops == 4 * SMALL_FORWARD * 80


def test_forget_batches_cost_as_much_as_retain_batches(data: ImageData) -> None:
    trainer = train(trainer_of(data, Recording(Pass.BOTH), forget=FORGET[:16]))
    assert trainer.paper_flops == 3 * SMALL_FORWARD * (80 + 5 * 16)
    assert trainer.flops == pytest.approx(trainer.paper_flops, rel=0.03)


def test_what_a_method_prepares_is_counted(data: ImageData) -> None:
    class Looking(Recording):
        def prepare(self, model: Classifier, data: Data) -> None:
            with torch.no_grad():
                model(torch.zeros(5, 1, 8, 8))

    trainer = trainer_of(data, Looking())
    assert trainer.flops == trainer.paper_flops == 5 * SMALL_FORWARD


def test_retrain_on_cifar10_costs_the_printed_27_37_pflops(data: ImageData) -> None:
    colour = replace(
        data,
        train_images=np.zeros((4, 32, 32, 3), np.uint8),
        train_labels=np.arange(4),
        augmentation=replace(data.augmentation, mean=(0.5,) * 3, std=(0.25,) * 3),
    )
    resnet = build("resnet18", Parameters(), (32, 32, 3), 10, 0)
    trainer = trainer_of(colour, "retrain", retain=np.arange(4), forget=np.arange(0), model=resnet)
    train(trainer)
    epoch = trainer.paper_flops / 4 * 45_000
    assert epoch * 182 == pytest.approx(27.37e15, rel=0.005)
    assert trainer.flops / 4 * 45_000 * 182 == pytest.approx(27.37e15, rel=0.03)
