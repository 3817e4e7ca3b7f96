"""Nearest neighbours, exactly, in blocks: memory stays bounded however many samples there are."""

from __future__ import annotations

from collections.abc import Generator

import torch
from torch import Tensor

BLOCK = 2**23  # distances held at once: 32 MiB
GROUP = 16  # values of which at first only the smallest is looked at


def neighbours(points: Tensor, k: int, block: int = BLOCK) -> Generator[float, None, tuple[Tensor, Tensor]]:
    """The k nearest other points of each, nearest first: int64 [N, k] and Euclidean distances float32 [N, k].

    points: float32 [N, D], k < N. Yields the share done.
    """
    count = len(points)
    squared = (points * points).sum(dim=1)
    chunk = min(count, max(1, block // count))
    distance = torch.empty(chunk, count, device=points.device)
    found_index = torch.empty(count, k, dtype=torch.int64, device=points.device)
    found_distance = torch.empty(count, k, device=points.device)
    for start in range(0, count, chunk):
        part = points[start : start + chunk]
        rows = torch.arange(len(part), device=points.device)
        near = torch.addmm(squared[None], part, points.T, alpha=-2, out=distance[: len(part)])
        near[rows, rows + start] = torch.inf
        nearest, index = smallest(near, k)
        found_index[start : start + chunk] = index
        ahead = nearest + squared[start : start + chunk, None]
        found_distance[start : start + chunk] = ahead.clamp_min(0).sqrt()
        yield min(1.0, (start + chunk) / count)
    return found_index, found_distance


def smallest(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k smallest of each row of [M, N], ascending, and their columns, as topk finds them.

    On a CPU in a quarter of its time: the k smallest all lie in the k groups of columns with the smallest minima.
    """
    count = values.shape[1]
    groups = count // GROUP
    if values.is_cuda or groups <= k:
        found = values.topk(k, dim=1, largest=False)
        return found.values, found.indices
    whole = groups * GROUP
    least = values[:, :whole].view(-1, GROUP, groups).amin(dim=1)
    chosen = least.topk(k, dim=1, largest=False, sorted=False).indices
    members = torch.arange(0, whole, groups)
    columns = (chosen[:, :, None] + members).flatten(1)
    if whole < count:
        rest = torch.arange(whole, count).expand(len(columns), -1)
        columns = torch.cat([columns, rest], dim=1)
    found = values.gather(1, columns).topk(k, dim=1, largest=False)
    return found.values, columns.gather(1, found.indices)
