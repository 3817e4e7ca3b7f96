"""How near the pointer is to a curve."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF


def reach(box: pg.ViewBox, position: QPointF, epochs: np.ndarray, values: np.ndarray) -> float:
    """From a place on the widget to the line through the values, in pixels."""
    points = [box.mapViewToScene(QPointF(x, y)) for x, y in _near(box, position, epochs, values)]
    ways = zip(points, points[1:] or points, strict=False)
    return min((_distance(position, start, end) for start, end in ways), default=float("inf"))


def _near(
    box: pg.ViewBox, position: QPointF, epochs: np.ndarray, values: np.ndarray
) -> list[tuple[float, float]]:
    """The points of a line around a place: the others needn't be measured."""
    centre = np.searchsorted(epochs, box.mapSceneToView(position).x())
    span = slice(max(0, centre - 2), centre + 2)
    return list(zip(epochs[span].tolist(), values[span].tolist(), strict=True))


def _distance(point: QPointF, start: QPointF, end: QPointF) -> float:
    """From a point to a stretch of line, in pixels."""
    way, off = end - start, point - start
    length = way.x() ** 2 + way.y() ** 2
    along = 0.0 if length == 0 else min(1.0, max(0.0, (off.x() * way.x() + off.y() * way.y()) / length))
    rest = off - way * along
    return float(np.hypot(rest.x(), rest.y()))
