"""All-pairs sums of t-SNE's repulsion, exactly for few points and by interpolation on a grid for many.

The grid: Linderman et al. 2019, “Fast interpolation-based t-SNE for improved visualization of single-cell RNA-seq
data” (Nature Methods 16). Points are spread over three nodes a box and axis, the nodes act on each other by a
convolution, and its result is read off at the points: O(N + M log M) for M nodes instead of O(N²).
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

EXACT = 4000  # up to so many points all pairs are as fast
PAIRS = 2**18  # held at once
NODES = 3
FEWEST, MOST = 50, 400  # boxes an axis; between them a box is 1 wide, as the kernels are
COARSER = 1.05  # from one width of a box to the next


def repulsion(position: Tensor) -> tuple[Tensor, Tensor]:
    """(Σ_j K² (y_i − y_j) float [N, 2], Z = Σ_{i≠j} K), K = 1 / (1 + |y_i − y_j|²); position: float [N, 2]."""
    return exact_repulsion(position) if len(position) <= EXACT else grid_repulsion(position)


def exact_repulsion(position: Tensor) -> tuple[Tensor, Tensor]:
    """By all pairs, a block of rows after the other, in place: fresh memory would take as long as the sums."""
    count = len(position)
    x, y = position.T.contiguous()
    charge = torch.cat([torch.ones_like(position[:, :1]), position], dim=1)
    felt = torch.empty_like(charge)
    total = -float(count) * position.new_ones(())
    chunk = max(1, PAIRS // count)
    room = position.new_empty(2, min(chunk, count), count)
    for start in range(0, count, chunk):
        rows = slice(start, start + chunk)
        kernel, other = room[:, : len(x[rows])]
        torch.sub(x[rows, None], x, out=kernel)
        torch.sub(y[rows, None], y, out=other)
        kernel.mul_(kernel).addcmul_(other, other).add_(1).reciprocal_()
        total = total + kernel.sum()
        felt[rows] = kernel.mul_(kernel) @ charge
    return position * felt[:, :1] - felt[:, 1:], total


def grid_repulsion(position: Tensor) -> tuple[Tensor, Tensor]:
    """By interpolation."""
    low, high = position.min(dim=0).values, position.max(dim=0).values
    centred = position - (low + high) / 2  # smaller numbers cancel with less loss below
    boxes, width = _grid(float((high - low).max()) * (1 + 1e-5) + 1e-12)
    size = 2 * NODES * boxes  # half of it lies empty: the transforms' convolution goes round in a circle
    where, weight = _spread(centred / width + boxes / 2, boxes, size)
    nodes = where.flatten()
    charge = torch.zeros(3, size * size, device=position.device)
    charge[0].scatter_add_(0, nodes, weight.flatten())
    for total, axis in zip(charge[1:], centred.T, strict=True):
        total.scatter_add_(0, nodes, (weight * axis[:, None]).flatten())
    field, total = _convolved(charge.view(3, size, size), width / NODES)
    one, x, y = ((part.take(nodes).view_as(weight) * weight).sum(dim=1) for part in field)
    apart = torch.stack([centred[:, 0] * one - x, centred[:, 1] * one - y], dim=1)
    return apart, total - _own(weight, width / NODES)


def _grid(span: float) -> tuple[int, float]:
    """How many boxes an axis, and how wide they are. Widths and counts are few, so that kernels are met again."""
    boxes = _round_count(min(MOST, max(FEWEST, math.ceil(span))))
    width = COARSER ** math.ceil(math.log(span / boxes, COARSER))
    return boxes, max(1.0, width) if boxes > FEWEST else min(1.0, width)


def _own(weight: Tensor, step: float) -> Tensor:
    """What the points add to Σ K by acting on themselves through their nodes."""
    node = step * torch.cartesian_prod(*[torch.arange(NODES, device=weight.device)] * 2)
    kernel = 1 / (1 + (node[:, None] - node[None]).square().sum(dim=2))
    return ((weight @ kernel) * weight).sum()


def _spread(place: Tensor, boxes: int, size: int) -> tuple[Tensor, Tensor]:
    """The nine nodes around each point, int64 [N, 9], and their weights (Lagrange polynomials), float [N, 9].

    place: [N, 2], in boxes from the grid's lower corner; size: nodes from one row of the grid to the next.
    """
    box = place.floor().clamp(0, boxes - 1)
    t = (place - box)[:, :, None]  # nodes lie at 1/6, 1/2 and 5/6 of a box
    along = torch.cat(
        [4.5 * (t - 1 / 2) * (t - 5 / 6), -9 * (t - 1 / 6) * (t - 5 / 6), 4.5 * (t - 1 / 6) * (t - 1 / 2)],
        dim=2,
    )
    node = NODES * box.long()[:, :, None] + torch.arange(NODES, device=place.device)
    weight = along[:, 0, :, None] * along[:, 1, None, :]
    where = node[:, 0, :, None] * size + node[:, 1, None, :]
    return where.flatten(1), weight.flatten(1)


def _convolved(charge: Tensor, step: float) -> tuple[Tensor, Tensor]:
    """([K²∗1, K²∗x, K²∗y] at the nodes, Σ 1 · (K∗1) over them) for charges 1, x, y at the nodes, float [3, S, S].

    The sum is taken of the transforms (Parseval), which stand for real numbers: all but the first and the last column
    count twice.
    """
    size = charge.shape[1]
    once, twice = _kernels(size, step, charge.device)
    spectrum = torch.fft.rfft2(charge)
    power = once * torch.view_as_real(spectrum[0]).square().sum(dim=2)
    total = 2 * power.sum() - power[:, 0].sum() - power[:, -1].sum()
    field: Tensor = torch.fft.irfft2(spectrum * twice, s=(size, size))
    return field, total / size**2


@lru_cache(maxsize=2)
def _kernels(size: int, step: float, device: torch.device) -> tuple[Tensor, Tensor]:
    """The transforms of K and K², real as these are even, each float [size, size / 2 + 1]."""
    offset = torch.fft.fftfreq(size, 1 / size, device=device) * step
    kernel = 1 / (1 + offset[:, None].square() + offset[None].square())
    once, twice = torch.fft.rfft2(torch.stack([kernel, kernel.square()])).real
    return once, twice


def _round_count(boxes: int) -> int:
    """The next number without prime factors above 5, for which the transform is fast."""
    rest = boxes
    for prime in (2, 3, 5):
        while rest % prime == 0:
            rest //= prime
    return boxes if rest == 1 else _round_count(boxes + 1)
