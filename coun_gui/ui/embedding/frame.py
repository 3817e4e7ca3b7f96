"""The one frame that all maps share: what part of the plane is in view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QPointF, QSizeF, Signal

MARGIN = 0.05
_ZOOM = (0.2, 400.0)


@dataclass(frozen=True, slots=True)
class Projection:
    """From the plane to a view's pixels: pixel = middle + scale · (point − centre), upwards on the screen."""

    centre: tuple[float, float]
    scale: float
    middle: tuple[float, float]

    def pixels(self, x: np.ndarray, y: np.ndarray, ratio: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """Device pixels, `ratio` of them a logical one, of float32 [N] places."""
        scale = self.scale * ratio
        across = x * np.float32(scale)
        across += np.float32(self.middle[0] * ratio - self.centre[0] * scale)
        down = y * np.float32(-scale)
        down += np.float32(self.middle[1] * ratio + self.centre[1] * scale)
        return across, down

    def point(self, position: QPointF) -> tuple[float, float]:
        """The place in the plane under a logical pixel."""
        x = self.centre[0] + (position.x() - self.middle[0]) / self.scale
        y = self.centre[1] - (position.y() - self.middle[1]) / self.scale
        return x, y

    def part(self, width: float, height: float, beyond: float) -> tuple[float, float, float, float]:
        """Left, top, right and bottom in the plane of a view of so many logical pixels, and some around it."""
        left, top = self.point(QPointF(-beyond, -beyond))
        right, bottom = self.point(QPointF(width + beyond, height + beyond))
        return left, top, right, bottom

    def position(self, point: np.ndarray) -> QPointF:
        """The logical pixel of a place in the plane."""
        x = self.middle[0] + (float(point[0]) - self.centre[0]) * self.scale
        y = self.middle[1] - (float(point[1]) - self.centre[1]) * self.scale
        return QPointF(x, y)


class Frame(QObject):
    """Centre and zoom, shared by all views. Zoom 1 shows everything, in a view of any size."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._low, self._high = np.zeros(2), np.ones(2)
        self.centre = (0.5, 0.5)
        self.zoom = 1.0

    def set_limits(self, parts: list[np.ndarray]) -> None:
        """Takes in all finite points of all maps, and shows them."""
        filled = [part for part in parts if len(part)]
        if filled:
            # Column by column: ten times as fast as along the first axis, which is the long one.
            self._low = np.min([[x.min() for x in part.T] for part in filled], axis=0).astype(np.float64)
            self._high = np.max([[x.max() for x in part.T] for part in filled], axis=0).astype(np.float64)
        self.fit()

    def fit(self) -> None:
        """Shows everything."""
        self._place((self._low + self._high) / 2, 1.0)

    def projection(self, size: QSizeF) -> Projection:
        """How a view of this size shows the frame."""
        return Projection(self.centre, self._whole(size) * self.zoom, (size.width() / 2, size.height() / 2))

    def pan(self, size: QSizeF, dx: float, dy: float) -> None:
        """Moves what is shown by so many logical pixels."""
        scale = self._whole(size) * self.zoom
        self._place((self.centre[0] - dx / scale, self.centre[1] + dy / scale), self.zoom)

    def zoom_at(self, size: QSizeF, position: QPointF, factor: float) -> None:
        """Zooms and keeps the point under `position` where it is."""
        held = self.projection(size).point(position)
        zoom = min(max(self.zoom * factor, _ZOOM[0]), _ZOOM[1])
        scale = self._whole(size) * zoom
        x = held[0] - (position.x() - size.width() / 2) / scale
        y = held[1] + (position.y() - size.height() / 2) / scale
        self._place((x, y), zoom)

    def _whole(self, size: QSizeF) -> float:
        """Logical pixels a unit when everything is shown. A single point has no extent of its own."""
        extent = np.maximum(self._high - self._low, 1e-9)
        if max(extent) <= 1e-9:
            extent = np.ones(2)
        room = 1 - 2 * MARGIN
        return max(1e-9, min(size.width() * room / extent[0], size.height() * room / extent[1]))

    def _place(self, centre: tuple[float, float] | np.ndarray, zoom: float) -> None:
        self.centre = (float(centre[0]), float(centre[1]))
        self.zoom = zoom
        self.changed.emit()
