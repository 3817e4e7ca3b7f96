"""The feature spaces of several models in one basis, read in blocks: no second copy of the features is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

BLOCK = 8192  # rows that are read at once: 16 MiB of 512 features
PCA_DIMENSIONS = 50


class Space:
    """A model's features, centred and of mean squared length 1.

    Models differ in place and scale, which says nothing about neighbourhoods.
    rows: int64 [n], ascending, the samples of which it consists: those without a NaN or infinite feature.
    """

    def __init__(self, features: np.ndarray, device: torch.device) -> None:
        """features: float [N, D]; they are looked at again whenever the space is read."""
        self._features, self.device = features, device
        self.rows = np.flatnonzero(np.isfinite(features).all(axis=1))
        self._mean = torch.zeros(features.shape[1], device=device)
        self._size = torch.ones((), device=device)
        total = sum((block.sum(dim=0, dtype=torch.float64) for block in self.blocks()), self._mean)
        self._mean = (total / len(self.rows)).float()
        squared = sum((block.square().sum(dtype=torch.float64) for block in self.blocks()), 0 * self._size)
        self._size = (squared / len(self.rows)).sqrt().clamp_min(1e-12).float()

    @property
    def dimensions(self) -> int:
        return len(self._mean)

    def read(self, features: np.ndarray) -> Tensor:
        """Any features of the model, float [s, D], in this space: float32 [s, D]."""
        # Copied in any case: what is given stays as it is, and arrays that can't be written to will do.
        return torch.from_numpy(features.astype(np.float32)).to(self._mean).sub_(self._mean).div_(self._size)

    def of(self, rows: np.ndarray) -> Tensor:
        """Of these samples, int64 [s]: float32 [s, D]."""
        return self.read(self._features[rows])

    def blocks(self, rows: np.ndarray | None = None) -> Iterator[Tensor]:
        """Of these samples, of all that it consists of without any, few at a time."""
        wanted = self.rows if rows is None else rows
        for start in range(0, len(wanted), BLOCK):
            yield self.of(wanted[start : start + BLOCK])


@dataclass(frozen=True)
class Model:
    """A model's space in the basis of the map. points: float32 [n, d], its rows in the leading components.

    turn: float32 [D, D'], into the basis; axes: float32 [D', d], the components of all models in it.
    """

    space: Space
    turn: Tensor
    axes: Tensor
    points: Tensor


def in_one_basis(features: Sequence[np.ndarray], retain: np.ndarray, device: torch.device) -> list[Model]:
    """Each model's features, float [N, D], turned to lie on the first one's, then reduced to what varies most.

    retain: bool [N], the samples by which they are matched.
    """
    spaces = [Space(each, device) for each in features]
    first = spaces[0]
    turns = [torch.eye(first.dimensions, device=device), *(turn(each, first, retain) for each in spaces[1:])]
    # All are centred, so that together they are.
    products = [way.T @ _products(space) @ way for space, way in zip(spaces, turns, strict=True)]
    axes = principal_axes(torch.stack(products).sum(dim=0), PCA_DIMENSIONS)
    return [
        Model(space, way, axes, _projected(space, way @ axes))
        for space, way in zip(spaces, turns, strict=True)
    ]


def turn(space: Space, first: Space, retain: np.ndarray) -> Tensor:
    """The turn, which never stretches, to lie on the first one as closely as the shared retain rows allow.

    float32 [D, D']: U Vᵀ of the singular value decomposition of Xᵀ Y (Schönemann 1966).
    """
    both = np.intersect1d(space.rows, first.rows, assume_unique=True)
    kept = both[retain[both]]
    match = torch.zeros(space.dimensions, first.dimensions, device=space.device)
    for own, aim in zip(space.blocks(kept), first.blocks(kept), strict=True):
        match.addmm_(own.T, aim)
    return orthogonal(match)


def orthogonal(match: Tensor) -> Tensor:
    """The orthogonal matrix nearest to it (Schönemann 1966)."""
    u, _, vh = torch.linalg.svd(match, full_matrices=False)
    found: Tensor = u @ vh
    return found


def principal_axes(products: Tensor, dimensions: int) -> Tensor:
    """float32 [D, min(dimensions, D)] of XᵀX, [D, D], of centred X; a second column of zeros where D is 1.

    Signs are fixed.
    """
    _, axes = torch.linalg.eigh(products.double())
    axes = axes.flip(1)[:, :dimensions].to(products.dtype)
    largest = axes.abs().argmax(dim=0)
    axes = axes * axes[largest, torch.arange(axes.shape[1], device=axes.device)].sign()
    return torch.nn.functional.pad(axes, [0, max(0, 2 - axes.shape[1])])


def _products(space: Space) -> Tensor:
    found = torch.zeros(space.dimensions, space.dimensions, device=space.device)
    for block in space.blocks():
        found.addmm_(block.T, block)
    return found


def _projected(space: Space, axes: Tensor) -> Tensor:
    parts = [block @ axes for block in space.blocks()]
    return torch.cat(parts) if parts else axes.new_empty(0, axes.shape[1])
