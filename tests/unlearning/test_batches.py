"""On what a step trains."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
import torch
from training_bench import FORGET, RETAIN, Recording, taken, train, trainer_of

from coun_gui.unlearning.images import ImageData
from coun_gui.unlearning.methods import Data, Pass
from coun_gui.unlearning.models import Classifier


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
        def prepare(self, model: Classifier, data: Data) -> None:
            self.before = deepcopy(model.state_dict())

        def after_backward(self, model: Classifier) -> None:
            for parameter in model.parameters():
                assert parameter.grad is not None
                parameter.grad = None

    method = Frozen()
    trainer = train(trainer_of(data, method))
    for name, parameter in trainer.model.named_parameters():
        assert torch.equal(parameter, method.before[name])
