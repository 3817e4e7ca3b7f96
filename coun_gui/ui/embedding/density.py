"""Very many samples as a picture of how many lie where, drawn in the time of a few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coun_gui.ui.embedding.frame import Projection
from coun_gui.ui.embedding.scatter import BORDER, OPAQUE, Canvas

TOO_MANY = 200_000  # samples in view beyond which they can't be told apart, nor drawn in time
TOO_MANY_FORGET = 20_000
TOO_MANY_CHOSEN = 50_000
CELLS = 400  # along the longer side; about the pixels of a map that shows everything
_BLUR = 0.8  # cells, against the grain of a grid that has about as many cells as samples
_FAINTEST, _FAINTEST_FORGET = 0.18, 0.55  # what a cell with a single sample is seen with


@dataclass(frozen=True, slots=True)
class Crowd:
    """Samples of one kind. xy: float32 [N, 2], finite; colours: uint32 [N]."""

    xy: np.ndarray
    colours: np.ndarray


class Density:
    """Cells with the mean colour of their samples, as strong as there are many; forget samples on top."""

    def __init__(self, retain: Crowd, forget: Crowd, base: int) -> None:
        filled = [crowd.xy for crowd in (retain, forget) if len(crowd.xy)]
        low = np.min([part.min(axis=0) for part in filled], axis=0)
        high = np.max([part.max(axis=0) for part in filled], axis=0)
        self._low = low.astype(np.float64)
        self._scale = (CELLS - 1) / max(float(max(high - low)), 1e-9)
        self._size = ((high - low) * self._scale).astype(int) + 1
        self.counts = np.zeros(tuple(self._size), dtype=np.int64)
        self.base = base
        picture = np.broadcast_to(_channels(np.array([base]))[0], (*self._size, 3)).astype(np.float32)
        for crowd, faintest in ((retain, _FAINTEST), (forget, _FAINTEST_FORGET)):
            picture = self._over(picture, crowd, faintest)
        whole = np.round(picture).astype(np.uint32)
        self._picture = OPAQUE | (whole[..., 0] << 16) | (whole[..., 1] << 8) | whole[..., 2]

    def _over(self, picture: np.ndarray, crowd: Crowd, faintest: float) -> np.ndarray:
        """`picture` float32 [W, H, 3] with a crowd drawn over it; counts it too."""
        if not len(crowd.xy):
            return picture
        column, row = ((crowd.xy - self._low) * self._scale).astype(np.int64).T
        cells, total = column * self._size[1] + row, int(np.prod(self._size))
        counts = np.bincount(cells, minlength=total)
        self.counts += counts.reshape(self.counts.shape)
        spread = self._blurred(counts)
        parts = [self._blurred(np.bincount(cells, channel, total)) for channel in _channels(crowd.colours).T]
        full = np.log1p(np.percentile(spread[counts > 0], 90))
        seen = spread > 0.05  # of a sample; further away its blur is no longer told from the ground
        alpha = np.clip(np.log1p(spread) / max(full, 1e-9), faintest, 1) * seen
        colour = np.stack(parts, axis=1) / np.maximum(spread, 1e-9)[:, None]
        mixed = picture.reshape(-1, 3) * (1 - alpha)[:, None] + colour * alpha[:, None]
        blended: np.ndarray = mixed.reshape(picture.shape).astype(np.float32)
        return blended

    def _blurred(self, values: np.ndarray) -> np.ndarray:
        """float32 [W · H] from [W · H]"""
        # A tenth of a second to import, and needed by crowds alone.
        from scipy.ndimage import gaussian_filter

        blurred: np.ndarray = gaussian_filter(values.reshape(self._size).astype(np.float32), _BLUR)
        return blurred.ravel()

    def in_view(self, projection: Projection, width: int, height: int, ratio: float) -> int:
        """How many samples lie on a picture of so many device pixels, to within a cell."""
        columns, rows = self._cells(projection, width, height, ratio, border=0)
        left, right = np.clip((columns[0], columns[-1] + 1), 0, self._size[0])
        bottom, top = np.clip((rows[-1], rows[0] + 1), 0, self._size[1])
        return int(self.counts[left:right, bottom:top].sum())

    def draw(self, canvas: Canvas, projection: Projection, ratio: float) -> None:
        """Fills the canvas."""
        columns, rows = self._cells(projection, canvas.width, canvas.height, ratio, BORDER)
        known_columns, known_rows = _within(columns, self._size[0]), _within(rows, self._size[1])
        canvas.pixels.fill(np.uint32(self.base) | OPAQUE)
        if known_columns.any() and known_rows.any():
            part = self._picture[columns[known_columns]][:, rows[known_rows]]
            canvas.pixels[np.ix_(known_rows, known_columns)] = part.T

    def _cells(
        self, projection: Projection, width: int, height: int, ratio: float, border: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Which cell each pixel column and row shows: int64 [W], [H]."""
        scale = projection.scale * ratio
        across = (np.arange(-border, width + border) + 0.5 - projection.middle[0] * ratio) / scale
        down = (np.arange(-border, height + border) + 0.5 - projection.middle[1] * ratio) / scale
        columns = (projection.centre[0] + across - self._low[0]) * self._scale
        rows = (projection.centre[1] - down - self._low[1]) * self._scale
        return np.floor(columns).astype(np.int64), np.floor(rows).astype(np.int64)


def _within(cells: np.ndarray, size: int) -> np.ndarray:
    inside: np.ndarray = (cells >= 0) & (cells < size)
    return inside


def _channels(colours: np.ndarray) -> np.ndarray:
    """float64 [N, 3]"""
    packed = colours.astype(np.uint32)
    return np.stack([(packed >> shift) & 0xFF for shift in (16, 8, 0)], axis=1).astype(np.float64)
