"""Convolutions on small maps give what the direct one gives, and count what it counts."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from coun_gui.unlearning.models import build, convolution
from coun_gui.unlearning.models.convolution import Conv3x3
from coun_gui.unlearning.parameters import Parameters

SHAPES = [
    pytest.param(1, (4, 4), id="4 by 4"),
    pytest.param(1, (2, 2), id="2 by 2"),
    pytest.param(1, (2, 4), id="2 by 4"),
    pytest.param(2, (8, 8), id="halved"),
    pytest.param(2, (7, 7), id="halved from odd"),
]
WIDE = 2 * convolution.CHANNELS


def layers(stride: int) -> tuple[Conv3x3, nn.Conv2d]:
    """Ours and torch's, with the same weights."""
    torch.manual_seed(0)
    ours = Conv3x3(convolution.CHANNELS, WIDE, stride)
    theirs = nn.Conv2d(convolution.CHANNELS, WIDE, 3, stride, padding=1, bias=False)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def some_images(sides: tuple[int, int], count: int = convolution.BATCH) -> Tensor:
    return torch.randn(count, convolution.CHANNELS, *sides, generator=torch.Generator().manual_seed(1))


def passed(layer: nn.Module, images: Tensor, half: bool) -> tuple[list[Tensor], int]:
    """The output and the gradients of images and weight, and the FLOPs of both passes."""
    images = images.clone().requires_grad_()
    with FlopCounterMode(display=False) as counter:
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            output = layer(images)
        slope = torch.randn(output.shape, generator=torch.Generator().manual_seed(2))
        output.backward(slope.to(output.dtype))
    assert images.grad is not None
    return [output.detach(), images.grad, layer.weight.grad], counter.get_total_flops()


def apart(ours: Tensor, theirs: Tensor) -> float:
    """The greatest distance, as a share of the greatest value."""
    return float((ours.double() - theirs.double()).abs().max() / theirs.double().abs().max())


def count_ways(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The shapes of images that go another way than the direct one, filled as they come."""
    taken = []
    real = convolution.convolution
    monkeypatch.setattr(
        convolution, "convolution", lambda *given: (taken.append(tuple(given[0].shape)), real(*given))[1]
    )
    return taken


@pytest.mark.parametrize(("stride", "sides"), SHAPES)
def test_small_maps_are_convolved_as_torch_does_to_rounding(
    stride: int, sides: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = count_ways(monkeypatch)
    ours, theirs = layers(stride)
    images = some_images(sides)
    found, _ = passed(ours, images, half=False)
    wanted, _ = passed(theirs.double(), images.double(), half=False)
    assert len(taken) == 1
    assert [apart(*pair) < 1e-5 for pair in zip(found, wanted, strict=True)] == [True] * 3


@pytest.mark.parametrize(("stride", "sides"), SHAPES)
def test_small_maps_in_bf16_are_as_near_to_the_truth_as_torchs_own(
    stride: int, sides: tuple[int, int]
) -> None:
    ours, theirs = layers(stride)
    images = some_images(sides)
    found, _ = passed(ours, images, half=True)
    usual, _ = passed(theirs, images, half=True)
    truth, _ = passed(layers(stride)[1].double(), images.double(), half=False)
    assert found[0].dtype == torch.bfloat16
    assert found[2].dtype == torch.float32
    for mine, other, exact in zip(found, usual, truth, strict=True):
        assert apart(mine, exact) < max(1.5 * apart(other, exact), 0.004)  # bf16 keeps 8 bits: 2⁻⁸ = 0.0039


@pytest.mark.parametrize("half", [False, True], ids=["fp32", "bf16"])
@pytest.mark.parametrize(("stride", "sides"), SHAPES)
def test_flops_are_those_of_the_direct_convolution(stride: int, sides: tuple[int, int], half: bool) -> None:
    ours, theirs = layers(stride)
    images = some_images(sides)
    assert passed(ours, images, half)[1] == passed(theirs, images, half)[1]


@pytest.mark.parametrize(
    ("sides", "count"),
    [
        pytest.param((6, 6), convolution.BATCH, id="larger maps"),
        pytest.param((3, 3), convolution.BATCH, id="odd maps"),
        pytest.param((4, 4), convolution.BATCH - 1, id="few images"),
    ],
)
def test_what_the_other_ways_do_not_pay_for_goes_the_direct_one(
    sides: tuple[int, int], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = count_ways(monkeypatch)
    ours, theirs = layers(1)
    images = some_images(sides, count)
    assert torch.equal(ours(images), theirs(images))
    assert not taken


def test_weights_alone_get_a_gradient_where_images_want_none() -> None:
    ours, theirs = layers(1)
    images = some_images((4, 4))
    for layer in (ours, theirs):
        layer(images).square().sum().backward()
    assert apart(ours.weight.grad, theirs.weight.grad) < 1e-5


def test_a_step_of_resnet_18_goes_where_it_goes_with_direct_convolutions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stepped() -> tuple[float, dict[str, Tensor]]:
        network = build("resnet18", Parameters(), (32, 32, 3), 10, seed=0).train()
        optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9, weight_decay=5e-4)
        loss = nn.functional.cross_entropy(network(pixels), labels)
        loss.backward()
        optimizer.step()
        return loss.item(), {name: value.detach() for name, value in network.named_parameters()}

    pixels = torch.randn(convolution.BATCH, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(convolution.BATCH) % 10
    taken = count_ways(monkeypatch)
    loss, weights = stepped()
    assert len(taken) == 4  # the convolutions of the last stage
    monkeypatch.setattr(convolution, "SIZE", 0)
    wanted, direct = stepped()

    assert len(taken) == 4
    assert loss == pytest.approx(wanted, rel=1e-5)
    assert max(apart(weights[name], direct[name]) for name in direct) < 1e-5
