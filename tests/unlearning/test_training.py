"""The one training loop, against plain torch."""

from __future__ import annotations

import io
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from coun_gui.errors import TrainingDiverged
from coun_gui.unlearning.augment import ImageStore
from coun_gui.unlearning.images import ImageData
from coun_gui.unlearning.methods import Batch, Method, Pass, Samples, methods
from coun_gui.unlearning.models import Classifier, build
from coun_gui.unlearning.parameters import ContrastiveSpec, Parameters, TrainingSpec, UnlearningSpec
from coun_gui.unlearning.training import Trainer, learning_rate

CPU = torch.device("cpu")
RECIPE = UnlearningSpec(epochs=4, lr=0.05, batch_size=16)
MODULE = ContrastiveSpec(weight=0.7, temperature=0.2)
CONVOLUTIONS = 9 * (1 * 32 * 64 + 32 * 64 * 64 + 64 * 64 * 16)  # on 8 × 8, 8 × 8 and 4 × 4 pixels
SMALL_FORWARD = 2 * (CONVOLUTIONS + 256 * 128 + 128 * 10)


@pytest.fixture(scope="module")
def data(digits: ImageData) -> ImageData:
    return digits.subset(train=100, test=20, seed=0)


RETAIN, FORGET = np.arange(80), np.arange(80, 100)


def original(seed: int = 0) -> Classifier:
    """Stands for θ_o: any weights do."""
    return build("small-cnn", Parameters(), (8, 8, 1), 10, seed)


def method_named(name: str) -> Method:
    return methods.get(name)(MODULE if name == "coun" else Parameters())


def trainer_of(
    data: ImageData,
    method: Method | str = "ft",
    *,
    retain: np.ndarray = RETAIN,
    forget: np.ndarray = FORGET,
    recipe: TrainingSpec = RECIPE,
    contrastive: ContrastiveSpec | None = None,
    seed: int = 7,
    model: Classifier | None = None,
) -> Trainer:
    store = ImageStore(data.train_images, data.train_labels, data.augmentation, CPU)
    chosen = method_named(method) if isinstance(method, str) else method
    return Trainer(model or original(), chosen, store, retain, forget, recipe, contrastive, seed)


def train(trainer: Trainer, epochs: int = 1) -> Trainer:
    for _ in range(epochs):
        for _ in trainer.train_epoch():
            pass
    return trainer


def weights(trainer: Trainer) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in trainer.model.state_dict().items()}


def assert_bit_equal(first: Trainer, second: Trainer) -> None:
    a, b = weights(first), weights(second)
    assert a.keys() == b.keys()
    assert [name for name in a if not torch.equal(a[name], b[name])] == []


class Recording(Method):
    """Keeps the batches it is given; its loss is the cross-entropy of what is there."""

    name = title = "recording"

    def __init__(self, *kinds: Pass) -> None:
        super().__init__(Parameters())
        self.kinds = kinds or (Pass.RETAIN,)
        self.batches: list[Batch] = []
        self.asked: list[int] = []

    def passes(self, epoch: int) -> tuple[Pass, ...]:
        self.asked.append(epoch)
        return self.kinds

    def loss(self, model: Classifier, batch: Batch) -> dict[str, Tensor]:
        self.batches.append(batch)
        both = [samples for samples in (batch.retain, batch.forget) if samples]
        return {"CE": torch.stack([F.cross_entropy(each.logits, each.labels) for each in both]).sum()}


def taken(samples: Samples | None) -> list[int]:
    assert samples is not None
    return samples.index.tolist()


# the learning rate


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


# the same as plain torch


def replay(
    model: Classifier, batches: list[tuple[Tensor, Tensor, Tensor | None]], recipe: TrainingSpec, steps: int
) -> None:
    """A plain loop on recorded views: cross-entropy, and L_CL where there is a second view.

    The layout in memory is the trainer's, since BatchNorm of small batches amplifies the rounding of sums.
    """
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.SGD(model.parameters(), recipe.lr, momentum=0.9, weight_decay=5e-4)
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


# losses


def test_coun_is_ft_with_the_switch_on(data: ImageData) -> None:
    coun = train(trainer_of(data, "coun"), 2)
    switched = train(trainer_of(data, "ft", contrastive=MODULE), 2)
    assert_bit_equal(coun, switched)
    assert set(coun.losses) == {"CE", "CL"}
    assert set(train(trainer_of(data, "ft")).losses) == {"CE"}


def test_the_cl_part_is_what_is_added_to_the_loss_weight_included(data: ImageData) -> None:
    still = UnlearningSpec(epochs=1, lr=1e-30, batch_size=16, weight_decay=0)
    once = trainer_of(data, contrastive=ContrastiveSpec(weight=1, temperature=0.2), recipe=still)
    thrice = trainer_of(data, contrastive=ContrastiveSpec(weight=3, temperature=0.2), recipe=still)
    assert train(thrice).losses["CL"] == pytest.approx(3 * train(once).losses["CL"], rel=1e-6)
    assert thrice.losses["CE"] == pytest.approx(once.losses["CE"], rel=1e-6)


def test_a_loss_is_the_mean_over_the_steps_of_an_epoch(data: ImageData) -> None:
    method = Recording()
    trainer = train(trainer_of(data, method))
    retain = [batch.retain for batch in method.batches if batch.retain]
    each = [float(F.cross_entropy(b.logits.detach(), b.labels)) for b in retain]
    assert trainer.losses["CE"] == pytest.approx(np.mean(each), rel=1e-6)


def test_each_part_is_averaged_over_the_steps_that_have_it(data: ImageData) -> None:
    class TwoParts(Recording):
        def loss(self, model: Classifier, batch: Batch) -> dict[str, Tensor]:
            if batch.forget is not None:
                return {"KL": 6 + 0 * batch.forget.logits.sum()}
            assert batch.retain is not None
            return {"CE": 2 + 0 * batch.retain.logits.sum()}

    trainer = train(trainer_of(data, TwoParts(Pass.FORGET, Pass.RETAIN)))
    assert trainer.losses == pytest.approx({"KL": 6.0, "CE": 2.0})


def test_an_absurd_learning_rate_stops_with_a_sentence(data: ImageData) -> None:
    trainer = trainer_of(data, recipe=TrainingSpec(epochs=40, lr=1000, batch_size=16))
    with pytest.raises(TrainingDiverged, match=r"The CE loss became (nan|inf) in epoch \d") as error:
        train(trainer, 40)
    assert "Lower the learning rate" in error.value.remedy
    assert trainer.epoch < 40


def test_a_loss_that_becomes_infinite_is_noticed_within_the_epoch(data: ImageData) -> None:
    class Infinite(Recording):
        def loss(self, model: Classifier, batch: Batch) -> dict[str, Tensor]:
            return {"KL": super().loss(model, batch)["CE"] * torch.inf}

    trainer = trainer_of(data, Infinite())
    with pytest.raises(TrainingDiverged, match=r"The KL loss became (inf|nan) in epoch 1"):
        train(trainer)
    assert trainer.epoch == 0


# batches


def test_every_retain_sample_comes_once_an_epoch_in_a_new_order(data: ImageData) -> None:
    method = Recording()
    train(trainer_of(data, method), 2)
    first = [i for batch in method.batches[:5] for i in taken(batch.retain)]
    second = [i for batch in method.batches[5:] for i in taken(batch.retain)]
    assert sorted(first) == sorted(second) == RETAIN.tolist()
    assert first != second
    assert all(batch.forget is None for batch in method.batches)


def test_a_batch_carries_the_labels_and_outputs_of_its_images(data: ImageData) -> None:
    method = Recording()
    train(trainer_of(data, method))
    batch = method.batches[0].retain
    assert batch is not None
    assert batch.labels.tolist() == data.train_labels[batch.index.numpy()].tolist()
    assert batch.images.shape == (16, 1, 8, 8)
    assert batch.features.shape == (16, 128)
    assert batch.logits.shape == (16, 10)


@pytest.mark.parametrize(("count", "sizes"), [(32, [16, 16]), (33, [16, 16]), (34, [16, 16, 2]), (1, [1])])
def test_a_single_leftover_sample_is_dropped(data: ImageData, count: int, sizes: list[int]) -> None:
    method = Recording()
    train(trainer_of(data, method, retain=np.arange(count)))
    assert [len(taken(batch.retain)) for batch in method.batches] == sizes


def test_a_forget_pass_holds_forget_batches_alone(data: ImageData) -> None:
    method = Recording(Pass.FORGET)
    train(trainer_of(data, method))
    assert all(batch.retain is None for batch in method.batches)
    assert sorted(i for batch in method.batches for i in taken(batch.forget)) == FORGET.tolist()


def test_passes_come_in_their_order_and_are_asked_for_each_epoch(data: ImageData) -> None:
    method = Recording(Pass.FORGET, Pass.RETAIN)
    train(trainer_of(data, method), 2)
    assert ["retain" if batch.retain else "forget" for batch in method.batches] == [
        *["forget"] * 2,
        *["retain"] * 5,
    ] * 2
    assert method.asked == [0, 1]


def test_side_by_side_each_retain_batch_comes_with_a_forget_batch(data: ImageData) -> None:
    method = Recording(Pass.BOTH)
    train(trainer_of(data, method, forget=FORGET[:18]))
    assert sorted(i for batch in method.batches for i in taken(batch.retain)) == RETAIN.tolist()
    assert [len(taken(batch.forget)) for batch in method.batches] == [16, 2, 16, 2, 16]


def test_a_forget_set_that_starts_again_is_newly_shuffled_and_augmented(data: ImageData) -> None:
    method = Recording(Pass.BOTH)
    train(trainer_of(data, method, forget=FORGET[:16]))
    rounds = [taken(batch.forget) for batch in method.batches]
    assert all(sorted(each) == FORGET[:16].tolist() for each in rounds)
    assert len({tuple(each) for each in rounds}) == 5
    forget = [batch.forget for batch in method.batches]
    sorted_views = [each.images[each.index.argsort()] for each in forget if each]
    assert not torch.equal(sorted_views[0], sorted_views[1])


def test_progress_is_told_at_every_step(data: ImageData) -> None:
    assert list(trainer_of(data).train_epoch()) == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


def test_hooks_run_before_the_first_step_and_between_gradients_and_step(data: ImageData) -> None:
    class Frozen(Recording):
        def prepare(self, model: Classifier) -> None:
            self.before = deepcopy(model.state_dict())

        def after_backward(self, model: Classifier) -> None:
            for parameter in model.parameters():
                assert parameter.grad is not None
                parameter.grad = None

    method = Frozen()
    trainer = train(trainer_of(data, method))
    for name, parameter in trainer.model.named_parameters():
        assert torch.equal(parameter, method.before[name])


# cost


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
        def prepare(self, model: Classifier) -> None:
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
