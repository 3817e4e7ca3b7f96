"""The architectures: a feature extractor and a linear head."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from coun_gui.errors import InvalidSpec
from coun_gui.unlearning.models import Classifier, architectures, build
from coun_gui.unlearning.parameters import Parameters


def make(
    name: str, shape: tuple[int, int, int] = (32, 32, 3), seed: int = 0, classes: int = 10
) -> Classifier:
    return build(name, Parameters(), shape, classes, seed)


@pytest.fixture(scope="module")
def resnet() -> Classifier:
    return make("resnet18").eval()


def test_resnet18_has_the_parameters_of_its_cifar_form(resnet: Classifier) -> None:
    # The known count for 10 classes; each class is a row of 512 weights and a bias.
    assert sum(parameter.numel() for parameter in resnet.parameters()) == 11_173_962
    hundred = make("resnet18", classes=100)
    assert sum(parameter.numel() for parameter in hundred.parameters()) == 11_173_962 + 90 * 513


def test_resnet18_costs_1_11_gflop_an_image_of_32_pixels(resnet: Classifier) -> None:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        resnet(torch.zeros(1, 3, 32, 32))
    stem = 3 * 64 * 9 * 32**2
    stages = 4 * 64 * 64 * 9 * 32**2
    for inputs, outputs, side in ((64, 128, 16), (128, 256, 8), (256, 512, 4)):
        stages += (inputs * outputs * 9 + 3 * outputs * outputs * 9 + inputs * outputs) * side**2
    assert counter.get_total_flops() == 2 * (stem + stages + 512 * 10)
    # The paper's cost of Retrain, 27.37 PFLOPs, is 45,000 samples × 182 epochs × 3 of these.
    assert counter.get_total_flops() == pytest.approx(1.1136e9, rel=0.005)
    assert counter.get_total_flops() * 3 * 182 * 45_000 == pytest.approx(27.37e15, rel=0.005)


def test_resnet18_has_512_features_and_keeps_the_resolution_in_its_stem(resnet: Classifier) -> None:
    with torch.no_grad():
        assert resnet.features(torch.zeros(2, 3, 32, 32)).shape == (2, 512)
    assert not any(isinstance(module, nn.MaxPool2d) for module in resnet.modules())
    assert next(m for m in resnet.modules() if isinstance(m, nn.Conv2d)).stride == (1, 1)


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (64, 64, 3)])
@pytest.mark.parametrize("name", ["resnet18", "small-cnn"])
def test_any_image_of_8_pixels_or_more_gives_one_row_of_logits(
    name: str, shape: tuple[int, int, int]
) -> None:
    height, width, channels = shape
    model = make(name, shape, classes=7)
    with torch.no_grad():
        assert model(torch.zeros(2, channels, height, width)).shape == (2, 7)


@pytest.mark.parametrize("name", ["resnet18", "small-cnn"])
def test_logits_are_the_linear_head_of_the_features(name: str) -> None:
    model = make(name, (8, 8, 1)).eval()
    images = torch.randn(3, 1, 8, 8)
    with torch.no_grad():
        features = model.features(images)
        assert features.ndim == 2
        assert torch.equal(model(images), model.head(features))
        # Linear: h(a + b) = h(a) + h(b) − h(0).
        zero = model.head(torch.zeros_like(features))
        torch.testing.assert_close(model.head(3 * features), 3 * model.head(features) - 2 * zero)


def test_small_cnn_is_as_small_as_its_help_says() -> None:
    model = make("small-cnn", (8, 8, 1))
    convolutions = 9 * (1 * 32 + 32 * 64 + 64 * 64) + 2 * (32 + 64 + 64)
    linear = 256 * 128 + 128 + 128 * 10 + 10
    assert sum(parameter.numel() for parameter in model.parameters()) == convolutions + linear


@pytest.mark.parametrize("name", ["resnet18", "small-cnn"])
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(name: str) -> None:
    first, again, other = (make(name, (8, 8, 1), seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["classifier.weight"], other["classifier.weight"])


def test_building_a_network_leaves_the_global_random_numbers_alone() -> None:
    torch.manual_seed(9)
    wanted = torch.rand(3)
    torch.manual_seed(9)
    make("small-cnn", (8, 8, 1), seed=4)
    assert torch.equal(torch.rand(3), wanted)


def test_every_registered_network_says_what_it_is() -> None:
    kinds = {kind.name: kind for kind in architectures}
    assert {"resnet18", "small-cnn"} <= set(kinds)
    for kind in kinds.values():
        assert kind.title
        assert kind.help.endswith(".")


def test_an_unknown_network_is_answered_with_its_nearest_match() -> None:
    with pytest.raises(InvalidSpec, match="Did you mean “resnet18”"):
        make("resnet-18")
