"""3×3 convolutions that cost less on a CPU where maps are small and channels many.

There a direct convolution reaches a fraction of what a matrix product does: a network's last stage takes a third of its
time with a fifteenth of its pixels. Two other ways lead to the same values:

columns   all 3×3 neighbourhoods as the rows of a matrix, times the weights: the same sums; used in bf16
Winograd  F(2×2, 3×3) of Lavin and Gray (2016), Fast Algorithms for Convolutional Neural Networks, section 4.1: 16
          products a tile of 2×2 outputs instead of 36, equal to rounding in fp32; used in fp32

Their FLOPs are counted as the direct convolution's, as the literature does: cost says what a method asks for, and not
how a kernel answers.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import register_flop_formula

from coun_gui.unlearning.models import winograd
from coun_gui.unlearning.models.winograd import neighbourhoods

CHANNELS = 256  # of input and output at least, and
SIZE = 4  # height and width of the output at most, for the other ways to be faster than the direct one
BATCH = 32  # images at least: transforming the weights has to pay too


class Conv3x3(nn.Conv2d):
    """`nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)`, by whichever way is fastest on the CPU."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(inputs, outputs, 3, stride, padding=1, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        if not self._is_small(images):
            return super().forward(images)
        weight = self.weight
        if torch.is_autocast_enabled("cpu"):
            kind = torch.get_autocast_dtype("cpu")
            images, weight = images.to(kind), weight.to(kind)
        found: Tensor = convolution(images, weight, self.stride[0])
        return found

    def _is_small(self, images: Tensor) -> bool:
        size = [(side + 1) // 2 if self.stride[0] == 2 else side for side in images.shape[2:]]
        few = max(size) <= SIZE and all(side % 2 == 0 for side in size)
        many = min(self.in_channels, self.out_channels) >= CHANNELS and len(images) >= BATCH
        return few and many and images.device.type == "cpu"


@torch.library.custom_op("coun::convolution", mutates_args=())
def convolution(images: Tensor, weight: Tensor, stride: int) -> Tensor:
    """images: [B, C, H, W], weight: [K, C, 3, 3], both fp32 or both bf16; padding 1. Returns [B, K, H', W']."""
    return (
        winograd.forward(images, weight) if _by_winograd(images, stride) else _columns(images, weight, stride)
    )


@torch.library.custom_op("coun::convolution_backward", mutates_args=())
def convolution_backward(slope: Tensor, images: Tensor, weight: Tensor, stride: int) -> tuple[Tensor, Tensor]:
    """The gradients of images and weight from `slope`, that of the output [B, K, H', W']."""
    if _by_winograd(images, stride):
        return winograd.backward(slope, images, weight)
    return _columns_backward(slope, images, weight, stride)


def _keep(ctx: Any, inputs: tuple[Tensor, Tensor, int], output: Tensor) -> None:
    images, weight, ctx.stride = inputs
    ctx.save_for_backward(images, weight)


def _backward(context: Any, slope: Tensor) -> tuple[Tensor, Tensor, None]:
    return *convolution_backward(slope, *context.saved_tensors, context.stride), None


convolution.register_autograd(_backward, setup_context=_keep)


@register_flop_formula(torch.ops.coun.convolution)
def _flops(
    images: torch.Size, weight: torch.Size, stride: int, *_: Any, out_shape: torch.Size, **__: Any
) -> int:
    return 2 * out_shape[0] * out_shape[2:].numel() * weight.numel()


@register_flop_formula(torch.ops.coun.convolution_backward)
def _backward_flops(slope: torch.Size, images: torch.Size, weight: torch.Size, *_: Any, **__: Any) -> int:
    return 2 * 2 * slope[0] * slope[2:].numel() * weight.numel()


def _by_winograd(images: Tensor, stride: int) -> bool:
    return images.dtype == torch.float32 and stride == 1


def _rows(images: Tensor, stride: int = 1) -> Tensor:
    """The 3×3 neighbourhoods of [B, C, H, W] as [B·H'·W', 9·C]."""
    return neighbourhoods(images, 3, stride).reshape(-1, 9 * images.shape[1])


def _columns(images: Tensor, weight: Tensor, stride: int) -> Tensor:
    batch, _, height, width = images.shape
    matrix = weight.permute(0, 2, 3, 1).reshape(len(weight), -1)
    shape = batch, (height - 1) // stride + 1, (width - 1) // stride + 1, -1
    return (_rows(images, stride) @ matrix.t()).view(shape).permute(0, 3, 1, 2)


def _columns_backward(slope: Tensor, images: Tensor, weight: Tensor, stride: int) -> tuple[Tensor, Tensor]:
    outputs, inputs = weight.shape[:2]
    flat = slope.permute(0, 2, 3, 1).reshape(-1, outputs)
    to_weight = (flat.t() @ _rows(images, stride)).view(outputs, 3, 3, inputs).permute(0, 3, 1, 2)
    if stride == 1:
        to_images = _columns(slope, weight.flip(2, 3).transpose(0, 1), 1)
    else:
        pairs = [stride] * 2, [1, 1], [1, 1]
        to_images = torch.ops.aten.convolution_backward(
            slope, images, weight, None, *pairs, False, [0, 0], 1, [True, False, False]
        )[0]
    return to_images, to_weight
