"""One forward pass over a split, in evaluation mode and dataset order."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_data import result

from coun_gui.errors import TrainingDiverged
from coun_gui.unlearning.augment import ImageStore
from coun_gui.unlearning.evaluation import outputs
from coun_gui.unlearning.images import ImageData
from coun_gui.unlearning.models import Classifier, build
from coun_gui.unlearning.parameters import Parameters


@pytest.fixture
def model() -> Classifier:
    """In training mode, with BatchNorm statistics that are not those of a fresh network."""
    model = build("small-cnn", Parameters(), (8, 8, 1), 10, 0).train()
    with torch.no_grad():
        model(torch.randn(50, 1, 8, 8, generator=torch.Generator().manual_seed(0)) + 1)
    return model


@pytest.fixture(scope="module")
def store(digits: ImageData) -> ImageStore:
    return ImageStore(digits.test_images, digits.test_labels, digits.augmentation, torch.device("cpu"))


def test_outputs_are_those_of_the_network_in_evaluation_mode_in_dataset_order(
    model: Classifier, store: ImageStore, digits: ImageData
) -> None:
    found = result(outputs(model, store, batch_size=100))
    pixels = torch.from_numpy(digits.test_images.transpose(0, 3, 1, 2)).double()
    model.eval()
    with torch.no_grad():
        images = ((pixels / 255 - 0.31) / 0.38).float()
        logits, features = model(images), model.features(images)
    np.testing.assert_allclose(found.logits, logits.numpy(), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found.features, features.numpy(), rtol=2e-3, atol=1e-3)
    assert found.logits.dtype == np.float32
    assert found.features.dtype == np.float16


def test_the_size_of_the_batches_does_not_matter(model: Classifier, store: ImageStore) -> None:
    whole, parts = (result(outputs(model, store, batch_size)).logits for batch_size in (355, 33))
    np.testing.assert_allclose(whole, parts, rtol=1e-4, atol=1e-5)


def test_evaluation_leaves_weights_statistics_and_mode_alone(model: Classifier, store: ImageStore) -> None:
    before = {name: value.clone() for name, value in model.state_dict().items()}
    result(outputs(model, store))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model.training
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_an_evaluation_that_is_stopped_gives_the_training_mode_back(
    model: Classifier, store: ImageStore
) -> None:
    work = outputs(model, store, batch_size=100)
    next(work)
    work.close()
    assert model.training


def test_a_network_in_evaluation_mode_stays_in_it(model: Classifier, store: ImageStore) -> None:
    model.eval()
    result(outputs(model, store))
    assert not model.training


def test_progress_is_the_share_of_the_samples(model: Classifier, store: ImageStore) -> None:
    assert list(outputs(model, store, batch_size=200)) == pytest.approx([200 / 355, 1.0])


def test_features_beyond_half_precision_are_kept_finite(model: Classifier, store: ImageStore) -> None:
    with torch.no_grad():
        next(m for m in model.modules() if isinstance(m, torch.nn.Linear)).weight.mul_(1e7)
    found = result(outputs(model, store))
    assert np.isfinite(found.features).all()
    assert found.features.max() == np.float16(65_504)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_outputs_that_are_no_numbers_are_called_diverged(
    model: Classifier, store: ImageStore, bad: float
) -> None:
    with torch.no_grad():
        model.get_parameter("classifier.bias")[0] = bad
    with pytest.raises(TrainingDiverged):
        result(outputs(model, store))
    assert model.training
