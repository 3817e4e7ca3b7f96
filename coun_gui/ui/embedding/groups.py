"""Samples of a map that are drawn in the same way, with what is known of where they lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coun_gui.ui.embedding.density import Crowd
from coun_gui.ui.embedding.frame import Projection
from coun_gui.ui.embedding.scatter import BORDER, Canvas, Layer

_BLOCK = 256  # samples that are drawn or left out together
_MOST = 0.7  # of the blocks; if more are in view, to sort out the others doesn't pay


@dataclass(frozen=True, slots=True)
class Group:
    """rows: int64 [M] into the map; x, y: float32 [M]; bounds: float32 [B, 4], of each `_BLOCK` samples."""

    rows: np.ndarray
    x: np.ndarray
    y: np.ndarray
    bounds: np.ndarray | None = None  # left, lowest, right, highest; None where they are few

    @classmethod
    def of(cls, rows: np.ndarray, xy: np.ndarray) -> Group:
        """xy: float32 [M, 2] in an order that keeps neighbours together."""
        x, y = np.ascontiguousarray(xy.T, dtype=np.float32)
        if len(rows) < 2 * _BLOCK:
            return cls(rows, x, y)
        begins = np.arange(0, len(rows), _BLOCK)
        ends = [end.reduceat(axis, begins) for end in (np.minimum, np.maximum) for axis in (x, y)]
        return cls(rows, x, y, np.stack(ends, axis=1))

    def layer(self, projection: Projection, colours: np.ndarray, ratio: float, canvas: Canvas) -> Layer:
        """What may be seen of them."""
        near = self._near(projection, ratio, canvas)
        rows, x, y = (part if near is None else part[near] for part in (self.rows, self.x, self.y))
        return Layer(*projection.pixels(x, y, ratio), colours[rows])

    def _near(self, projection: Projection, ratio: float, canvas: Canvas) -> np.ndarray | None:
        """int64: the samples of the blocks that reach into the picture; None where that is most of them."""
        if self.bounds is None:
            return None
        left, top, right, bottom = projection.part(
            canvas.width / ratio, canvas.height / ratio, BORDER / ratio
        )
        reach = self.bounds.T
        seen = (reach[0] <= right) & (reach[1] <= top) & (reach[2] >= left) & (reach[3] >= bottom)
        if seen.mean() > _MOST:
            return None
        return np.flatnonzero(np.repeat(seen, _BLOCK)[: len(self.rows)])

    def crowd(self, colours: np.ndarray) -> Crowd:
        return Crowd(np.stack([self.x, self.y], axis=1), colours[self.rows])

    def with_those(self, other: Group) -> Group:
        rows = np.concatenate([self.rows, other.rows])
        return Group.of(
            rows, np.stack([np.concatenate([self.x, other.x]), np.concatenate([self.y, other.y])], 1)
        )
