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
    position = start.T.contiguous()
    moved = torch.zeros_like(rate)  # how often each edge was
    for epoch in range(epochs):
        pull = 1.0 - epoch / epochs
        before, moved = moved, (rate * (epoch + 1)).floor_()
        due = _numbers(moved > before)
        parts = PARTS if due.is_cuda else max(PARTS, len(due) // BATCH)
        for part in due.chunk(parts):
            _move(position, head[part], tail[part], a, b, pull, random)
        if anchor is not None:
            anchor.pull(position.T)
        yield (epoch + 1) / epochs
    return position.T.contiguous()


def _numbers(chosen: Tensor) -> Tensor:
    """Those of the chosen, int64 [n]; on a CPU, numpy finds them in a quarter of torch's time."""
    if chosen.is_cuda:
        return chosen.nonzero().flatten()
    return torch.from_numpy(np.flatnonzero(chosen.numpy()))


def _move(
    position: Tensor, head: Tensor, tail: Tensor, a: float, b: float, pull: float, random: torch.Generator
) -> None:
    """Attracts the pairs, and pushes each head away from random samples, in place.

    position: float32 [2, N]. Coordinate by coordinate: on a CPU, adding up scattered numbers is many times faster
    than adding up scattered pairs.
    """
    here = position.index_select(1, head)
    apart = here - position.index_select(1, tail)
    squared = apart.square().sum(dim=0).clamp_min_(1e-12)
    powered = squared**b
    force = apart.mul_(-2 * a * b * powered / squared / (1 + a * powered)).clamp_(-CLIP, CLIP)
    shape = (NEGATIVES, len(head))
    kind = torch.int32  # read in little more than half the time of int64
    other = torch.randint(position.shape[1], shape, generator=random, device=position.device, dtype=kind)
    apart = here[:, None] - position.index_select(1, other.flatten()).view(2, *shape)
    squared = apart.square().sum(dim=0)
    strength = 2 * b / ((0.001 + squared) * (1 + a * squared**b))
    push = apart.mul_(strength).clamp_(-CLIP, CLIP).sum(dim=1)
    for axis, pulled, pushed in zip(position, force, push, strict=True):
        axis.scatter_add_(0, head, (pulled + pushed).mul_(pull))
        axis.scatter_add_(0, tail, pulled.mul_(-pull))


def curve(min_dist: float, spread: float = 1.0) -> tuple[float, float]:
    """a and b of 1 / (1 + a·d^2b), fitted to a plateau of min_dist with an exponential tail (section 3.2)."""
    x = np.linspace(0, 3 * spread, 300)
    wanted = np.where(x < min_dist, 1.0, np.exp(-(x - min_dist) / spread))
    (a, b), _ = curve_fit(lambda d, a, b: 1 / (1 + a * d ** (2 * b)), x, wanted)
    return float(a), float(b)
