"""The one training loop, against plain torch; what it never reads; and that it can be repeated and resumed."""

from __future__ import annotations

import io
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from training_bench import (
    FORGET,
    MODULE,
    RECIPE,
    RETAIN,
    Recording,
    assert_bit_equal,
    original,
    train,
    trainer_of,
    weights,
)

from coun_gui.unlearning.images import ImageData
from coun_gui.unlearning.methods import methods
from coun_gui.unlearning.models import Classifier
from coun_gui.unlearning.parameters import ContrastiveSpec, TrainingSpec
from coun_gui.unlearning.training import Trainer

# the same as plain torch


def replay(
    model: Classifier, batches: list[tuple[Tensor, Tensor, Tensor | None]], recipe: TrainingSpec, steps: int
) -> None:
    """A plain loop on recorded views: cross-entropy, and L_CL where there is a second view.

    The layout in memory and torch's kernel of SGD are the trainer's, since BatchNorm of small batches amplifies the
    rounding of sums, which differ from processor to processor.
    """
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.SGD(model.parameters(), recipe.lr, momentum=0.9, weight_decay=5e-4, fused=True)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.epochs, eta_min=recipe.min_lr)
    model.train()
    for number, (images, labels, second) in enumerate(batches, start=1):
        optimizer.zero_grad()
        features = model.features(images)
        loss = F.cross_entropy(model.head(features), labels)
        if second is not None:
            others = model.features(second)
            s = F.normalize(features) @ F.normalize(others).T / MODULE.temperature
            target = torch.arange(len(s))
            loss = loss + MODULE.weight * (F.cross_entropy(s, target) + F.cross_entropy(s.T, target))
        loss.backward()
        optimizer.step()
        if number % steps == 0:
            cosine.step()


def assert_close(trainer: Trainer, model: Classifier) -> None:
    for name, wanted in model.state_dict().items():
        torch.testing.assert_close(weights(trainer)[name], wanted, rtol=0, atol=2e-6, msg=name)


def test_fine_tuning_is_a_plain_loop_with_sgd_and_cosine(data: ImageData) -> None:
    method = Recording()
    trainer = train(trainer_of(data, method), epochs=4)
    views = [(b.retain.images, b.retain.labels, None) for b in method.batches if b.retain]
    plain = original()
    replay(plain, views, RECIPE, steps=5)
    assert_close(trainer, plain)
    assert_bit_equal(trainer, train(trainer_of(data, "ft"), epochs=4))


def test_coun_is_a_plain_loop_with_the_contrastive_loss_of_a_second_view(data: ImageData) -> None:
    method = Recording()
    trainer = trainer_of(data, method, contrastive=MODULE)
    seen: list[Tensor] = []
    inner = trainer.model.features

    def spy(images: Tensor) -> Tensor:
        seen.append(images)
        return inner(images)

    trainer.model.features = spy  # type: ignore[method-assign]
    train(trainer, epochs=4)
    labels = [b.retain.labels for b in method.batches if b.retain]
    plain = original()
    replay(plain, list(zip(seen[::2], labels, seen[1::2], strict=True)), RECIPE, steps=5)
    assert_close(trainer, plain)
    assert_bit_equal(trainer, train(trainer_of(data, "coun"), epochs=4))


def test_both_views_are_of_the_same_samples_drawn_anew(data: ImageData) -> None:
    # Images of a single grey each: what a view is of shows whatever the crop.
    flat = np.broadcast_to(np.arange(100, 200, dtype=np.uint8)[:, None, None, None], (100, 8, 8, 1))
    trainer = trainer_of(replace(data, train_images=flat), contrastive=MODULE)
    seen: list[Tensor] = []
    inner = trainer.model.features
    trainer.model.features = lambda images: (seen.append(images), inner(images))[1]  # type: ignore
    train(trainer)
    for first, second in zip(seen[::2], seen[1::2], strict=True):
        assert torch.equal(first[:, :, 4, 4], second[:, :, 4, 4])
        assert not torch.equal(first, second)


# determinism


@pytest.mark.parametrize("name", ["ft", "coun"])
def test_two_runs_of_one_description_are_bit_equal(data: ImageData, name: str) -> None:
    assert_bit_equal(train(trainer_of(data, name), 2), train(trainer_of(data, name), 2))


def test_another_seed_gives_other_weights(data: ImageData) -> None:
    first, second = train(trainer_of(data, seed=1)), train(trainer_of(data, seed=2))
    assert not torch.equal(first.model.classifier.weight, second.model.classifier.weight)


def test_what_others_draw_from_the_global_generator_does_not_matter(data: ImageData) -> None:
    first = train(trainer_of(data), 2)
    second = trainer_of(data)
    for _ in range(2):
        torch.rand(17)
        train(second)
    assert_bit_equal(first, second)


@pytest.mark.parametrize("name", ["ft", "coun"])
def test_a_resumed_run_is_bit_equal_to_one_that_never_stopped(data: ImageData, name: str) -> None:
    whole = train(trainer_of(data, name), 4)
    stopped = train(trainer_of(data, name), 2)
    checkpoint = io.BytesIO()
    torch.save(stopped.state(), checkpoint)
    checkpoint.seek(0)
    resumed = trainer_of(data, name, model=original(seed=99))
    resumed.resume(torch.load(checkpoint, weights_only=True))
    assert resumed.epoch == 2
    assert resumed.losses == stopped.losses
    train(resumed, 2)
    assert_bit_equal(resumed, whole)
    assert resumed.losses == whole.losses
    assert resumed.flops == whole.flops
    assert resumed.paper_flops == whole.paper_flops


def test_a_checkpoint_is_a_copy_that_further_training_leaves_alone(data: ImageData) -> None:
    trainer = train(trainer_of(data))
    state = trainer.state()
    kept = deepcopy(state)
    train(trainer)
    assert all(torch.equal(value, kept["model"][name]) for name, value in state["model"].items())
    for number, slot in state["optimizer"]["state"].items():
        assert torch.equal(slot["momentum_buffer"], kept["optimizer"]["state"][number]["momentum_buffer"])
    assert (state["epoch"], state["losses"]) == (1, kept["losses"])


# what is never read


def repainted(data: ImageData, index: np.ndarray) -> ImageData:
    images, labels = data.train_images.copy(), data.train_labels.copy()
    images[index] = 255 - images[index]
    labels[index] = (labels[index] + 1) % 10
    return replace(data, train_images=images, train_labels=labels)


@pytest.mark.parametrize(
    ("name", "contrastive"), [("retrain", None), ("ft", None), ("ft", MODULE), ("coun", None)]
)
def test_the_forget_samples_are_never_read(
    data: ImageData, name: str, contrastive: ContrastiveSpec | None
) -> None:
    run = train(trainer_of(data, name, contrastive=contrastive), 2)
    other = train(trainer_of(repainted(data, FORGET), name, contrastive=contrastive), 2)
    assert_bit_equal(run, other)
    assert run.losses == other.losses


def test_a_single_repainted_retain_sample_is_noticed(data: ImageData) -> None:
    run, other = train(trainer_of(data)), train(trainer_of(repainted(data, RETAIN[:1])))
    assert not torch.equal(run.model.classifier.weight, other.model.classifier.weight)


def test_retrain_starts_from_nothing_and_the_others_from_the_original() -> None:
    assert not methods.get("retrain").starts_from_original
    assert methods.get("ft").starts_from_original
    assert methods.get("coun").starts_from_original
