"""UMAP (McInnes, Healy & Melville 2018, arXiv 1802.03426) as batched tensor operations.

Nothing has to be compiled, it runs on the GPU and the CPU alike, it can be watched and stopped at every epoch, and the
same seed gives the same map. Edges are moved in a few batches an epoch instead of one after another.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import curve_fit
from scipy.sparse import coo_array
from torch import Tensor

from coun_gui.unlearning.anchor import Anchor

BISECTIONS = 40
NEGATIVES = 5  # repelled samples for each attracted pair
PARTS = 4  # batches an epoch, so that a sample is seldom moved twice at once
BATCH = 2**14  # pairs; more don't stay in the processor's cache
STOCK, EPOCHS_IN_STOCK = 2**22, 16  # random samples drawn once, 16 MiB at most; fewer for few edges
CLIP = 4.0


@dataclass(frozen=True)
class Graph:
    """The fuzzy neighbourhood graph: edge head[e] – tail[e] with its membership weight[e] in (0, 1]."""

    head: Tensor
    tail: Tensor
    weight: Tensor


def fuzzy_graph(index: Tensor, distance: Tensor) -> Graph:
    """Membership of each neighbour, made symmetric by the probabilistic sum (sections 3.1 and 4.3)."""
    count, k = index.shape
    weight = _memberships(distance)
    head = torch.arange(count, device=index.device).repeat_interleave(k)
    shape = (count, count)
    one_way = coo_array((weight.flatten().cpu(), (head.cpu(), index.flatten().cpu())), shape=shape).tocsr()
    product = one_way.multiply(one_way.T)
    both = (one_way + one_way.T - product).tocoo()
    to = index.device
    return Graph(*(torch.from_numpy(np.array(part)).to(to) for part in (both.row, both.col, both.data)))


def _memberships(distance: Tensor) -> Tensor:
    """exp(−(d − ρ)/σ) with σ such that a sample's memberships add up to log2(k + 1); distance [N, k] ascending."""
    nearest = distance[:, :1]
    over = (distance - nearest).clamp_min(0)
    target = float(np.log2(distance.shape[1] + 1))
    low, high = torch.zeros_like(nearest), torch.full_like(nearest, torch.inf)
    sigma = torch.ones_like(nearest)
    for _ in range(BISECTIONS):
        too_much = torch.exp(-over / sigma).sum(dim=1, keepdim=True) > target
        high = torch.where(too_much, sigma, high)
        low = torch.where(too_much, low, sigma)
        sigma = torch.where(high.isinf(), sigma * 2, (low + high) / 2)
    floor = 1e-3 * distance.mean(dim=1, keepdim=True).clamp_min(1e-12)
    return torch.exp(-over / torch.maximum(sigma, floor))


def layout(
    graph: Graph, start: Tensor, epochs: int, seed: int, min_dist: float = 0.1, anchor: Anchor | None = None
) -> Generator[float, None, Tensor]:
    """Moves the `start` positions float32 [N, 2] along the graph; yields the share done after each epoch."""
    a, b = curve(min_dist)
    random = torch.Generator(device=start.device).manual_seed(seed)
    order = torch.randperm(len(graph.weight), generator=random, device=start.device)
    head, tail = graph.head[order], graph.tail[order]
    rate = graph.weight[order] / graph.weight.max()
    x, y = start.T.clone(memory_format=torch.contiguous_format)
    strangers = _Strangers(len(start), len(rate), random, seed)
    moved = torch.zeros_like(rate)  # how often each edge was
    for epoch in range(epochs):
        pull = 1.0 - epoch / epochs
        before, moved = moved, (rate * (epoch + 1)).floor_()
        due = _numbers(moved > before)
        parts = PARTS if due.is_cuda else max(PARTS, len(due) // BATCH)
        for part in due.chunk(parts):
            pairs = head.index_select(0, part), tail.index_select(0, part)
            _move((x, y), *pairs, strangers.draw(len(part)), (a, b), pull)
        if anchor is not None:
            position = torch.stack((x, y), dim=1)
            anchor.pull(position)
            x, y = position.T.contiguous()
        yield (epoch + 1) / epochs
    return torch.stack((x, y), dim=1)


class _Strangers:
    """Random samples to be repelled, cut from a stock at random places: on a CPU, drawing them anew takes longer
    than moving them.
    """

    def __init__(self, count: int, edges: int, random: torch.Generator, seed: int) -> None:
        kind = torch.int32  # read in little more than half the time of int64
        size = (min(STOCK, EPOCHS_IN_STOCK * NEGATIVES * edges),)
        self._stock = torch.randint(count, size, generator=random, device=random.device, dtype=kind)
        self._places = np.random.default_rng(seed)

    def draw(self, heads: int) -> Tensor:
        """int32 [NEGATIVES · heads]"""
        wanted = NEGATIVES * heads
        if wanted > len(self._stock):
            self._stock = self._stock.repeat(-(-wanted // len(self._stock)))
        begin = int(self._places.integers(len(self._stock) - wanted + 1))
        return self._stock[begin : begin + wanted]


def _numbers(chosen: Tensor) -> Tensor:
    """Those of the chosen, int64 [n]; on a CPU, numpy finds them in a quarter of torch's time."""
    if chosen.is_cuda:
        return chosen.nonzero().flatten()
    return torch.from_numpy(np.flatnonzero(chosen.numpy()))


def _move(
    axes: tuple[Tensor, Tensor],
    head: Tensor,
    tail: Tensor,
    strangers: Tensor,
    ab: tuple[float, float],
    pull: float,
) -> None:
    """Attracts the pairs, and pushes each head away from `NEGATIVES` strangers, in place.

    axes: x and y, float32 [N] each. Coordinate by coordinate and in place: on a CPU, adding up scattered numbers is
    many times faster than adding up scattered pairs, and memory that was just written is still in the cache.
    """
    a, b = ab
    here = [axis.index_select(0, head) for axis in axes]
    apart = [axis.index_select(0, tail).sub_(own) for axis, own in zip(axes, here, strict=True)]
    squared = (apart[0] * apart[0]).addcmul_(apart[1], apart[1]).clamp_min_(1e-12)
    powered = _power(squared, b)
    strength = squared.mul_(powered.mul(a).add_(1)).reciprocal_().mul_(powered).mul_(2 * a * b)
    pulled = [along.mul_(strength).clamp_(-CLIP, CLIP) for along in apart]
    apart = [
        axis.index_select(0, strangers).view(NEGATIVES, -1).sub_(own)
        for axis, own in zip(axes, here, strict=True)
    ]
    squared = (apart[0] * apart[0]).addcmul_(apart[1], apart[1])
    flattened = _power(squared, b).mul_(a).add_(1)
    strength = squared.add_(0.001).mul_(flattened).reciprocal_().mul_(-2 * b)
    pushed = [along.mul_(strength).clamp_(-CLIP, CLIP).sum(dim=0) for along in apart]
    for axis, towards, away in zip(axes, pulled, pushed, strict=True):
        axis.scatter_add_(0, head, away.add_(towards).mul_(pull))
        axis.scatter_add_(0, tail, towards.mul_(-pull))


def _power(base: Tensor, exponent: float) -> Tensor:
    """By way of logarithms, in a quarter of torch.pow's time."""
    return base.log2().mul_(exponent).exp2_()


def curve(min_dist: float, spread: float = 1.0) -> tuple[float, float]:
    """a and b of 1 / (1 + a·d^2b), fitted to a plateau of min_dist with an exponential tail (section 3.2)."""
    x = np.linspace(0, 3 * spread, 300)
    wanted = np.where(x < min_dist, 1.0, np.exp(-(x - min_dist) / spread))
    (a, b), _ = curve_fit(lambda d, a, b: 1 / (1 + a * d ** (2 * b)), x, wanted)
    return float(a), float(b)
