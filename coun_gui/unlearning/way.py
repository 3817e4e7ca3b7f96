"""The way of some samples over the epochs of a model, in the frame of a map that is drawn already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from coun_gui.unlearning.spaces import Space, orthogonal

NEAREST = 5  # points of the map from which a place is read
PRIOR = 0.01  # of one retain sample: how much it counts, in each direction, that the basis did not turn
BLOCK = 2**23  # distances held at once: 32 MiB


@dataclass(frozen=True)
class Snapshots:
    """rows: int64 [S], rows of the map; features: float [E, S, D] at E epochs of the same model."""

    rows: np.ndarray
    features: np.ndarray


def followed(snapshots: Snapshots, space: Space, turn: Tensor, retain: np.ndarray) -> Iterator[Tensor]:
    """The snapshots one by one in the basis of the map, float32 [S, D'].

    space, turn: the finished model's, as `spaces.Model` has them.
    A network's basis, centre and scale drift while it learns, which says nothing about neighbourhoods: each snapshot is
    brought back by its retain samples (bool [N]). Without any it stays as it is. What is no number stays so.
    """
    end = space.of(snapshots.rows) @ turn
    kept = torch.from_numpy(retain[snapshots.rows]).to(end.device) & _finite(end)
    for features in snapshots.features:
        start = space.read(features) @ turn
        rows = kept & _finite(start)
        yield _brought_back(start, end, rows) if rows.any() else start


def placed(points: Tensor, known: Tensor, plane: Tensor, method: str) -> Tensor:
    """Places float32 [S, 2] of points [S, d] on the map that lays out the known points [N, d] at plane [N, 2].

    A principal component is read off. Elsewhere it is the mean of the nearest known points' places, weighted by the
    inverse squared distance (Shepard 1968): a point that lies on a known one shares its place. A point that is no
    number, or any where nothing is known, has none: NaN.
    """
    xy = points.new_full((len(points), 2), torch.nan)
    if method == "pca":
        finite = _finite(points)
        xy[finite] = points[finite, :2]
    elif len(known):
        for rows in torch.split(_finite(points).nonzero()[:, 0], max(1, BLOCK // len(known))):
            xy[rows] = _interpolated(points[rows], known, plane)
    return xy


def _interpolated(points: Tensor, known: Tensor, plane: Tensor) -> Tensor:
    nearest = torch.cdist(points, known).topk(min(NEAREST, len(known)), dim=1, largest=False).indices
    # Once more, directly: by the product of matrices small distances drown in rounding.
    squared = (points[:, None] - known[nearest]).square().sum(dim=2)
    weight = 1 / squared.clamp_min(1e-12)
    return (plane[nearest] * (weight / weight.sum(dim=1, keepdim=True))[:, :, None]).sum(dim=1)


def _brought_back(start: Tensor, end: Tensor, rows: Tensor) -> Tensor:
    """Moved, scaled and turned so that the rows lie like those at the end; other directions do not turn."""
    mean, size = _spread(start[rows])
    aim, wanted = _spread(end[rows])
    shift = (start - mean) / size
    match = shift[rows].T @ ((end[rows] - aim) / wanted)
    return wanted * (shift @ orthogonal(match + PRIOR * torch.eye(*match.shape, device=match.device))) + aim


def _spread(features: Tensor) -> tuple[Tensor, Tensor]:
    """The mean [D], and the root of the mean squared length."""
    mean = features.mean(dim=0)
    return mean, (features - mean).square().sum(dim=1).mean().sqrt().clamp_min(1e-12)


def _finite(features: Tensor) -> Tensor:
    """bool [N]: the rows without NaN and infinity."""
    return features.isfinite().all(dim=1)
