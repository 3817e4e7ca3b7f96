"""Winograd's minimal filtering F(2×2, 3×3) for 3×3 convolutions with stride 1 and padding 1, in fp32.

Lavin and Gray (2016), Fast Algorithms for Convolutional Neural Networks, section 4.1. With its matrices Bᵀ, G and Aᵀ,
output = Aᵀ [(G w Gᵀ) ⊙ (Bᵀ d B)] A for each tile d of 4×4 pixels, which overlap by two, summed over the channels
between the brackets: 16 products for 4 outputs instead of 36. The gradients go back through the same matrices
transposed. Tiles lie as [4, 4, B, h, w, C], h = H / 2 and w = W / 2, so that each of the 16 places is one matrix
product.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

_G = torch.tensor([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
_GG = torch.kron(_G, _G)  # [16, 9]: both sides at once


def neighbourhoods(images: Tensor, size: int, step: int) -> Tensor:
    """[B, C, H, W] with a border of zeros to a view [B, H', W', size, size, C]."""
    padded = F.pad(images.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
    return padded.unfold(1, size, step).unfold(2, size, step).permute(0, 1, 2, 4, 5, 3)


def _of_weight(weight: Tensor) -> Tensor:
    """G w Gᵀ: [K, C, 3, 3] to [16, K, C]."""
    return (_GG @ weight.permute(0, 2, 3, 1).flatten(1, 2)).transpose(0, 1)


def _of_images(images: Tensor) -> Tensor:
    """Bᵀ d B: [B, C, H, W] to [16, tiles, C]."""
    tiles = neighbourhoods(images, 4, 2)
    found = tiles.new_empty(4, 4, *tiles.shape[:3], tiles.shape[5])
    for row, part in zip(found, _differences(*tiles.unbind(3)), strict=True):
        for place, value in zip(row, _differences(*part.unbind(3)), strict=True):
            place.copy_(value)
    return found.view(16, -1, images.shape[1])


def _differences(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> tuple[Tensor, ...]:
    """Bᵀ of four rows."""
    return a - c, b + c, c - b, b - d


def forward(images: Tensor, weight: Tensor) -> Tensor:
    """images: float32 [B, C, H, W], H and W even; weight: float32 [K, C, 3, 3]. Returns [B, K, H, W]."""
    batch, _, height, width = images.shape
    product = torch.bmm(_of_images(images), _of_weight(weight).transpose(1, 2))
    tiles = product.view(4, 4, batch, height // 2, width // 2, -1)
    found = product.new_empty(batch, height // 2, 2, width // 2, 2, len(weight))
    for row, part in enumerate(_sums(*tiles)):
        for column, value in enumerate(_sums(*part)):
            found[:, :, row, :, column] = value
    return found.view(batch, height, width, -1).permute(0, 3, 1, 2)


def _sums(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
    """Aᵀ of four rows."""
    return a + b + c, b - c - d


def backward(slope: Tensor, images: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of images and weight from `slope`, that of the output."""
    products = _of_slope(slope)
    tiles = torch.bmm(products, _of_weight(weight))
    weights = torch.bmm(products.transpose(1, 2), _of_images(images))
    to_weight = (_GG.t() @ weights.transpose(0, 1)).view(len(weight), 3, 3, -1).permute(0, 3, 1, 2)
    return _to_images(tiles, images.shape), to_weight


def _of_slope(slope: Tensor) -> Tensor:
    """A dy Aᵀ: [B, K, H, W] to [16, tiles, K]."""
    batch, outputs, height, width = slope.shape
    tiles = slope.permute(0, 2, 3, 1).reshape(batch, height // 2, 2, width // 2, 2, outputs)
    found = tiles.new_empty(4, 4, batch, height // 2, width // 2, outputs)
    for row, part in zip(found, _spread(tiles[:, :, 0], tiles[:, :, 1]), strict=True):
        for place, value in zip(row, _spread(part[:, :, :, 0], part[:, :, :, 1]), strict=True):
            place.copy_(value)
    return found.view(16, -1, outputs)


def _spread(a: Tensor, b: Tensor) -> tuple[Tensor, ...]:
    """A of two rows."""
    return a, a + b, a - b, -b


def _to_images(tiles: Tensor, shape: torch.Size) -> Tensor:
    """B dv Bᵀ, summed where tiles overlap: [16, tiles, C] to [B, C, H, W]."""
    batch, channels, height, width = shape
    parts = tiles.view(4, 4, batch, height // 2, width // 2, channels)
    found = tiles.new_zeros(batch, height + 2, width + 2, channels)
    for row, part in enumerate(_gathered(*parts)):
        for column, value in enumerate(_gathered(*part)):
            found[:, row : row + height : 2, column : column + width : 2] += value
    return found[:, 1:-1, 1:-1].permute(0, 3, 1, 2)


def _gathered(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> tuple[Tensor, ...]:
    """B of four rows."""
    return a, b - c + d, b + c - a, -d
