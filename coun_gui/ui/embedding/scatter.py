"""Points into pixels with numpy alone: fast enough to be done again at every repaint.

A picture is a uint32 [H, W] array of 0xffRRGGBB. Retain samples are discs, blended; forget samples are
diamonds with a ring, opaque and on top. Points that fall on the same pixel are drawn once, with the opacity
that all of them together would have had: no work is lost on what can't be told apart, and each blend touches
a pixel once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

OPAQUE = np.uint32(0xFF000000)
_RED_BLUE = np.uint32(0x00FF00FF)
_GREEN = np.uint32(0x0000FF00)
BORDER = 24  # pixels around the picture, so that a sprite cut by the edge needs no clipping
_ROOM = BORDER // 2  # how far out a sprite's middle may lie


@dataclass(frozen=True, slots=True)
class Layer:
    """Samples of one kind. x, y: float32 [N] in pixels from the top left; colours: uint32 [N]."""

    x: np.ndarray
    y: np.ndarray
    colours: np.ndarray


@dataclass(frozen=True, slots=True)
class Look:
    """Sizes in device pixels; `opacity` 0…1 is a single retain sample's; `ring` and `base` are colours.

    ring_strength: 1 draws rings in `ring`, less mixes the sample's colour in: a crowd keeps its hue.
    """

    radius: float
    forget_radius: float
    opacity: float
    base: int
    ring: int
    ring_strength: float = 1.0


class Canvas:
    """A picture of one size, kept between repaints."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = max(1, width), max(1, height)
        self.pixels = np.empty((self.height + 2 * BORDER, self.width + 2 * BORDER), dtype=np.uint32)
        self._owner = np.empty(self.pixels.size, dtype=np.int64)

    @property
    def inner(self) -> np.ndarray:
        """uint32 [H, W], a view without the border."""
        return self.pixels[BORDER:-BORDER, BORDER:-BORDER]

    def draw(self, retain: Layer, forget: Layer, look: Look) -> None:
        """Draws both layers afresh, forget samples last."""
        self.pixels.fill(np.uint32(look.base) | OPAQUE)
        self.add(retain, forget, look)

    def add(self, retain: Layer, forget: Layer, look: Look) -> None:
        """Draws both layers over what is there."""
        self.discs(retain, look.radius, look.opacity)
        self.diamonds(forget, look.forget_radius, look.ring, look.ring_strength)

    def discs(self, layer: Layer, radius: float, opacity: float) -> None:
        """Blends a disc with a soft edge for each sample."""
        cells, order, counts = self._placed(layer.x, layer.y)
        if not len(cells):
            return
        colours = layer.colours[order]
        flat, stride = self.pixels.reshape(-1), self.pixels.shape[1]
        for cover, offsets in disc(_half(radius)):
            ink = _ink(colours, counts, cover * opacity)
            for dy, dx in offsets:
                ink.blend(flat, cells + (dy * stride + dx))

    def diamonds(self, layer: Layer, radius: float, ring: int, strength: float = 1.0) -> None:
        """Paints a ringed diamond for each sample, later samples over earlier ones."""
        cells, order, _ = self._placed(layer.x, layer.y)
        if not len(cells):
            return
        offsets, rings = diamond(round(radius))
        targets = cells[:, None] + (offsets[:, 0] * self.pixels.shape[1] + offsets[:, 1])
        bodies = layer.colours[order]
        values = np.empty(targets.shape, dtype=np.uint32)
        values[:, :rings] = faded(bodies, ring, 1 - strength)[:, None]
        values[:, rings:] = bodies[:, None]
        self.pixels.reshape(-1)[targets.reshape(-1)] = values.reshape(-1)

    def _placed(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The occupied pixels as flat cells [M], the last sample on each [M], and how many [M]."""
        column, row = _whole(x), _whole(y)
        # Read as unsigned, what lies left of the room or above it is too large as well.
        seen = column.view(np.uint32) < self.width + 2 * _ROOM
        seen &= row.view(np.uint32) < self.height + 2 * _ROOM
        order = np.flatnonzero(seen)
        if len(order) < len(column):
            column, row = column[order], row[order]
        row *= self.pixels.shape[1]
        row += column
        cells = row.astype(np.intp)  # numpy's own index type: any other is converted at each use
        cells += (BORDER - _ROOM) * (self.pixels.shape[1] + 1)
        self._owner[cells] = order
        last = np.flatnonzero(self._owner[cells] == order)  # as numbers: a mask takes four times as long
        if len(last) == len(cells):
            return cells, order, np.ones(len(cells), dtype=np.intp)
        kept = cells[last]
        return kept, order[last], np.bincount(cells)[kept]


def _whole(place: np.ndarray) -> np.ndarray:
    """int32 pixels from the edge of the room."""
    shifted = place + np.float32(_ROOM)
    np.floor(shifted, out=shifted)
    whole: np.ndarray = shifted.astype(np.int32)
    return whole


def _half(value: float) -> float:
    """Rounded to half pixels, so that few sprites are ever made and sizes don't shimmer."""
    return round(value * 2) / 2


class _Ink:
    """Colours with their opacity worked in: a blend is little more than a product a channel pair."""

    def __init__(self, colours: np.ndarray, alpha: np.ndarray) -> None:
        self._rest = np.uint32(256) - alpha
        self._red_blue = (colours & _RED_BLUE) * alpha
        self._green = (colours & _GREEN) * alpha

    def blend(self, flat: np.ndarray, cells: np.ndarray) -> None:
        """Mixes into the pixels at `cells`, each of which occurs once."""
        green = flat[cells]
        red_blue = green & _RED_BLUE
        green &= _GREEN
        for part, ink, mask in ((red_blue, self._red_blue, _RED_BLUE), (green, self._green, _GREEN)):
            part *= self._rest
            part += ink
            part >>= np.uint32(8)
            part &= mask
        red_blue |= green
        red_blue |= OPAQUE
        flat[cells] = red_blue


class _Paint:
    """Colours that cover what lies below."""

    def __init__(self, colours: np.ndarray) -> None:
        self._colours = colours

    def blend(self, flat: np.ndarray, cells: np.ndarray) -> None:
        flat[cells] = self._colours


def _ink(colours: np.ndarray, counts: np.ndarray, alpha: float) -> _Ink | _Paint:
    """For `counts` samples of opacity `alpha` on one another."""
    if alpha >= 0.996:
        return _Paint(colours)
    table = (256 * (1 - (1 - alpha) ** np.arange(33))).round().astype(np.uint32)
    return _Ink(colours, table[np.minimum(counts, 32)])


@lru_cache(maxsize=64)
def disc(radius: float) -> tuple[tuple[float, tuple[tuple[int, int], ...]], ...]:
    """(share of a pixel that is covered, [(dy, dx)] of the pixels with that share); the rim first."""
    reach = int(np.ceil(radius))
    fine = (np.arange(8) + 0.5) / 8 - 0.5
    sprite: dict[float, list[tuple[int, int]]] = {}
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            inside = np.hypot(dx + fine[:, None], dy + fine) <= radius + 0.25
            cover = float(inside.mean())
            if cover > 0.08:
                sprite.setdefault(round(cover, 2), []).append((dy, dx))
    return tuple((cover, tuple(sprite[cover])) for cover in sorted(sprite))


@lru_cache(maxsize=32)
def diamond(radius: int) -> tuple[np.ndarray, int]:
    """Offsets intp [P, 2] as (dy, dx) of a diamond with a ring around it, and how many at first are the ring."""
    radius = min(max(radius, 1), _ROOM - 2)
    grid = np.mgrid[-radius - 1 : radius + 2, -radius - 1 : radius + 2].reshape(2, -1).T.astype(np.intp)
    reach = np.abs(grid).sum(axis=1)
    ring, body = grid[reach == radius + 1], grid[reach <= radius]
    return np.concatenate([ring, body]), len(ring)


def packed(colours: list[str]) -> np.ndarray:
    """uint32 [K] of "#rrggbb" colours."""
    return np.array([int(colour.lstrip("#"), 16) for colour in colours], dtype=np.uint32) | OPAQUE


def faded(colours: np.ndarray, base: int, keep: float) -> np.ndarray:
    """Colours drawn towards `base`; `keep` 1 leaves them."""
    weight = np.uint32(round(keep * 256))
    rest = np.uint32(256) - weight
    under = np.uint32(base)
    red_blue = ((colours & _RED_BLUE) * weight + (under & _RED_BLUE) * rest) >> np.uint32(8)
    green = ((colours & _GREEN) * weight + (under & _GREEN) * rest) >> np.uint32(8)
    return OPAQUE | (red_blue & _RED_BLUE) | (green & _GREEN)
