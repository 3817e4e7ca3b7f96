"""Which points lie inside what was drawn with the mouse. Geometry alone."""

from __future__ import annotations

from enum import Enum

import numpy as np


class Combine(Enum):
    """What a new choice does to the selection there is."""

    REPLACE = "replace"
    ADD = "add"
    REMOVE = "remove"


def combined(selection: np.ndarray, chosen: np.ndarray, how: Combine) -> np.ndarray:
    """The selection after `chosen` was added to it, taken from it, or put in its place; ascending."""
    if how is Combine.ADD:
        return np.union1d(selection, chosen)
    if how is Combine.REMOVE:
        return np.setdiff1d(selection, chosen)
    return np.unique(chosen)


def in_rectangle(xy: np.ndarray, corner: tuple[float, float], opposite: tuple[float, float]) -> np.ndarray:
    """bool [N]: inside the rectangle between two opposite corners, edges included."""
    low, high = np.minimum(corner, opposite), np.maximum(corner, opposite)
    inside: np.ndarray = ((xy >= low) & (xy <= high)).all(axis=1)
    return inside


def in_polygon(xy: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """bool [N]: inside by the even-odd rule. corners: [M, 2], closed by itself.

    A ray to the right crosses an edge where the edge spans the point's height and lies to its right.
    """
    inside = np.zeros(len(xy), dtype=bool)
    if len(corners) < 3:
        return inside
    near = np.flatnonzero(in_rectangle(xy, corners.min(axis=0), corners.max(axis=0)))
    x, y = xy[near, 0].astype(np.float64), xy[near, 1].astype(np.float64)
    order = np.argsort(y, kind="stable")
    x, y = x[order], y[order]
    crossed = np.zeros(len(near), dtype=bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        # Sorted by height, the points an edge spans are one slice: the rest needn't be looked at.
        first, last = np.searchsorted(y, sorted((y0, y1)))
        if first < last:
            at = x0 + (y[first:last] - y0) * ((x1 - x0) / (y1 - y0))
            crossed[first:last] ^= x[first:last] < at
    inside[near[order]] = crossed
    return inside
