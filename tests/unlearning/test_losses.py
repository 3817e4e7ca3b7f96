"""What the loop tells of its losses, and when it stops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from training_bench import MODULE, Recording, assert_bit_equal, train, trainer_of

from coun_gui.errors import TrainingDiverged
from coun_gui.unlearning.images import ImageData
from coun_gui.unlearning.methods import Batch, Pass
from coun_gui.unlearning.models import Classifier
from coun_gui.unlearning.parameters import ContrastiveSpec, TrainingSpec, UnlearningSpec


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
