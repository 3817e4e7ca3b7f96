"""Where the retain samples of each class lie on a map: the densest place, and outlines of equal density."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

SHARES = (0.9, 0.5)  # of a class's samples that its outlines enclose, the wider one first
OUTLINED = 20  # classes; outlines of more of them would hide the map
_CELLS, _BLUR, _MARGIN = 96, 1.8, 6
_SIDE = _CELLS + 2 * _MARGIN
_REACH = 7  # cells, of the blur
_WEIGHTS = np.exp(-0.5 * (np.arange(-_REACH, _REACH + 1) / _BLUR) ** 2)
_SPREAD = (_WEIGHTS / _WEIGHTS.sum()).tolist()  # of a sample that its own cell and those beside it get
# The two or four edges of a cell that a level crosses, by which corners lie above it (bit 1: lower left,
# 2: lower right, 4: upper right, 8: upper left). Edges: 0 bottom, 1 right, 2 top, 3 left; −1 for no second line.
_NONE = (-1, -1)
_CROSSED = np.array([
    (_NONE, _NONE), ((3, 0), _NONE), ((0, 1), _NONE), ((3, 1), _NONE),
    ((1, 2), _NONE), ((3, 2), (0, 1)), ((0, 2), _NONE), ((3, 2), _NONE),
    ((2, 3), _NONE), ((2, 0), _NONE), ((3, 0), (2, 1)), ((2, 1), _NONE),
    ((1, 3), _NONE), ((1, 0), _NONE), ((0, 3), _NONE), (_NONE, _NONE),
])  # fmt: skip
_STARTS = np.array([(0, 0), (1, 0), (0, 1), (0, 0)])  # of the edges
_ENDS = np.array([(1, 0), (1, 1), (1, 1), (0, 1)])


@dataclass(frozen=True)
class _Ground:
    """density: float64 [G, G] of a class's retain samples, and its levels; low, step: of the grid, in the plane."""

    density: np.ndarray
    levels: Sequence[float]
    low: np.ndarray
    step: float

    def place(self, cells: np.ndarray) -> np.ndarray:
        """float64 [..., 2]: where grid indices lie in the plane."""
        places: np.ndarray = (cells - _MARGIN) * self.step + self.low
        return places


@dataclass(frozen=True, eq=False)
class Cluster:
    """A class on one map. centre: float [2]; ground: None where there are too many classes for outlines."""

    label: int
    count: int
    centre: np.ndarray
    ground: _Ground | None

    @cached_property
    def outlines(self) -> tuple[np.ndarray, ...]:
        """A float [S, 2, 2] of line pieces for each of SHARES. Worked out when first asked for: few look at them."""
        if self.ground is None:
            return ()
        ground = self.ground
        return tuple(ground.place(isolines(ground.density, level)) for level in ground.levels)


def clusters(xy: np.ndarray, labels: np.ndarray, retain: np.ndarray) -> list[Cluster]:
    """Of each class that has retain samples with a finite place, the largest first."""
    kept = retain & np.isfinite(xy).all(axis=1)
    places, classes = xy[kept].astype(np.float64), labels[kept]
    if not len(places):
        return []
    low, high = places.min(axis=0), places.max(axis=0)
    step = max(float(max(high - low)), 1e-9) / (_CELLS - 1)
    grid = ((places - low) / step + 0.5).astype(np.int64) + _MARGIN
    present, counts = np.unique(classes, return_counts=True)
    outlined = len(present) <= OUTLINED
    found = []
    for label, count in zip(present.tolist(), counts.tolist(), strict=True):
        density = _density(grid[classes == label])
        ground = _Ground(density, _levels(density) if outlined else (), low, step)
        peak = np.array(np.unravel_index(density.argmax(), density.shape))
        found.append(Cluster(label, count, ground.place(peak), ground if outlined else None))
    return sorted(found, key=lambda cluster: -cluster.count)


def _density(cells: np.ndarray) -> np.ndarray:
    """float64 [G, G]: samples a cell, blurred.

    As by scipy's gaussian_filter, whose import takes longer than all that is done here. No matrix product: the threads
    of one are in each other's way on a busy machine.
    """
    counts = np.bincount(cells[:, 0] * _SIDE + cells[:, 1], minlength=_SIDE * _SIDE)
    field = counts.reshape(_SIDE, _SIDE).astype(np.float64)
    for _ in range(2):
        wide = np.pad(field, ((_REACH, _REACH), (0, 0)))
        field = np.zeros((_SIDE, _SIDE))
        for place, share in enumerate(_SPREAD):
            field += share * wide[place : place + _SIDE]
        field = np.ascontiguousarray(field.T)
    return field


def _levels(density: np.ndarray) -> list[float]:
    """The densities above which SHARES of the samples lie."""
    falling = np.sort(density.ravel())[::-1]
    filled = np.cumsum(falling)
    levels: list[float] = falling[np.searchsorted(filled, np.array(SHARES) * filled[-1])].tolist()
    return levels


def isolines(field: np.ndarray, level: float) -> np.ndarray:
    """float64 [S, 2, 2]: line pieces along which a field on a grid has this value (marching squares).

    Places are grid indices; along the edges of cells the field is linear.
    """
    above = (field > level).astype(np.uint8)
    case = above[:-1, :-1] + 2 * above[1:, :-1] + 4 * above[1:, 1:] + 8 * above[:-1, 1:]
    x, y = np.nonzero((case > 0) & (case < 15))
    crossed = _CROSSED[case[x, y]]
    edges = _on_edges(field, level, np.stack([x, y], axis=1))
    cell, line = np.nonzero(crossed[:, :, 0] >= 0)
    pieces: np.ndarray = edges[cell[:, None], crossed[cell, line]]
    return pieces


def _on_edges(field: np.ndarray, level: float, cells: np.ndarray) -> np.ndarray:
    """float64 [S, 4, 2]: where the level crosses the edges of cells int64 [S, 2]; not finite where it doesn't."""
    starts, ends = (cells[:, None] + corners for corners in (_STARTS, _ENDS))
    start, end = (field[each[..., 0], each[..., 1]] for each in (starts, ends))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (level - start) / (end - start)
        places: np.ndarray = starts + share[..., None] * (_ENDS - _STARTS)
    return places
