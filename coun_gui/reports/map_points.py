"""The samples of a map as one small picture: drawn by numpy for the resolution at hand, in few colours.

matplotlib draws a marker at a time, and blends so that nearly every pixel has a colour of its own. Here all
samples of a kind are drawn at once; a pixel has the hue of the sample on top and a strength in steps, so that a
panel has few colours and its picture is small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from PIL import Image

COLOURS = 256  # what a palette may hold
_STRENGTHS = 10  # steps from white to a sample's colour
_RINGS = 3  # steps from a sample's colour to its ring's


@dataclass(frozen=True)
class Marks:
    """Samples of one kind, the last on top. xy: float [N, 2]; colours: uint8 [N, 3]; diameter, ring: points.

    opacity: of a single sample; ring: 0 for none, else its width, and samples are opaque; ink: of the ring, drawn in
    it with `strength` 1, while less mixes the sample's colour in.
    """

    xy: np.ndarray
    colours: np.ndarray
    diameter: float
    opacity: float = 1.0
    diamond: bool = False
    ring: float = 0.0
    ink: tuple[int, int, int] = (0, 0, 0)
    strength: float = 1.0


class MapPoints(Artist):
    """Fills its axes with a picture of the marks, at the resolution that is drawn for."""

    def __init__(self, axes: Axes, marks: tuple[Marks, ...]) -> None:
        super().__init__()
        self.marks = marks
        self._kept: tuple[tuple[float, ...], np.ndarray] | None = None  # matplotlib draws twice to save once
        self.set(zorder=2, in_layout=False)
        axes.add_artist(self)

    def draw(self, renderer: RendererBase) -> None:
        axes = self.axes
        assert isinstance(axes, Axes)
        enlarged = float(renderer.get_image_magnification())
        box = axes.bbox
        width, height = (max(1, round(size * enlarged)) for size in (box.width, box.height))
        point = float(np.asarray(renderer.points_to_pixels(1.0), dtype=float)) * enlarged
        key = (width, height, point, *axes.get_xlim(), *axes.get_ylim())
        if self._kept is None or self._kept[0] != key:
            drawn = few_colours(self.picture(width, height, point), COLOURS).convert("RGBA")
            self._kept = key, np.asarray(drawn)[::-1]
        context = renderer.new_gc()
        renderer.draw_image(context, box.x0, box.y0, self._kept[1])
        context.restore()

    def picture(self, width: int, height: int, point: float) -> np.ndarray:
        """uint8 [height, width, 3] of what the axes' limits hold, the top row first. point: pixels a point."""
        axes = self.axes
        assert isinstance(axes, Axes)
        pixels = np.full((height, width, 3), 255, dtype=np.uint8)
        (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        for marks in self.marks:
            x = (marks.xy[:, 0] - left) / (right - left) * width
            y = (top - marks.xy[:, 1]) / (top - bottom) * height
            if marks.ring:
                _draw_ringed(pixels, x, y, marks, point)
            else:
                _draw_discs(pixels, x, y, marks, point)
        return pixels


def _draw_discs(pixels: np.ndarray, x: np.ndarray, y: np.ndarray, marks: Marks, point: float) -> None:
    """Towards white, the stronger the more samples lie on one another."""
    radius = marks.diameter * point / 2
    cells, who, distance = _covered(pixels.shape[:2], x, y, radius + 0.5, diamond=False)
    if not len(cells):
        return
    cover = np.clip(radius + 0.5 - distance, 0, 1)
    through = np.bincount(cells, np.log1p(-np.minimum(marks.opacity * cover, 0.999)))
    top = np.zeros(len(through), dtype=np.intp)
    top[cells] = who  # the last sample stays
    whole = cover >= 0.5
    top[cells[whole]] = who[whole]  # a rim hides nothing that is nearer
    seen = np.flatnonzero(through)
    strength = np.ceil((1 - np.exp(through[seen])) * _STRENGTHS - 0.25) / _STRENGTHS
    _mix(pixels, seen, marks.colours[top[seen]], strength)


def _draw_ringed(pixels: np.ndarray, x: np.ndarray, y: np.ndarray, marks: Marks, point: float) -> None:
    """Each sample covers what lies below it."""
    radius, ring = marks.diameter * point / 2, marks.ring * point
    cells, who, distance = _covered(pixels.shape[:2], x, y, radius + ring / 2, marks.diamond)
    if not len(cells):
        return
    last = np.full(pixels.shape[0] * pixels.shape[1], -1, dtype=np.intp)
    last[cells] = np.arange(len(cells))
    seen = np.flatnonzero(last >= 0)
    top = last[seen]
    inked = np.clip(distance[top] - (radius - ring / 2) + 0.5, 0, min(1.0, ring))
    flat = pixels.reshape(-1, 3)
    flat[seen] = marks.colours[who[top]]
    ink = np.broadcast_to(np.array(marks.ink, dtype=np.uint8), (len(seen), 3))
    _mix(pixels, seen, ink, np.round(inked * _RINGS) / _RINGS * marks.strength)


def _covered(
    shape: tuple[int, int], x: np.ndarray, y: np.ndarray, reach: float, diamond: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flat pixels, the samples that reach them and the distance to their middle; samples in their order."""
    height, width = shape
    extent = int(np.ceil(reach * (np.sqrt(2) if diamond else 1)))
    near = np.flatnonzero((x > -extent) & (x < width + extent) & (y > -extent) & (y < height + extent))
    column, row = np.floor(x[near]).astype(np.int32), np.floor(y[near]).astype(np.int32)
    down, across = _offsets(extent, reach, diamond)
    dx = (column - x[near] + 0.5).astype(np.float32)[:, None] + across.astype(np.float32)
    dy = (row - y[near] + 0.5).astype(np.float32)[:, None] + down.astype(np.float32)
    distance = _distance(dx, dy, diamond)
    sample, offset = np.nonzero(distance < reach)
    columns, rows = column[sample] + across[offset], row[sample] + down[offset]
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    sample, offset = sample[inside], offset[inside]
    cells = rows[inside].astype(np.intp) * width + columns[inside]
    return cells, near[sample], distance[sample, offset]


def _offsets(extent: int, reach: float, diamond: bool) -> tuple[np.ndarray, np.ndarray]:
    """int32 [P] rows and columns from a sample's pixel to all that it may reach, wherever in it the sample is."""
    steps = np.arange(-extent, extent + 1, dtype=np.int32)
    down, across = (each.ravel() for each in np.meshgrid(steps, steps, indexing="ij"))
    nearest = _distance(np.maximum(np.abs(across) - 0.5, 0), np.maximum(np.abs(down) - 0.5, 0), diamond)
    return down[nearest < reach], across[nearest < reach]


def _distance(dx: np.ndarray, dy: np.ndarray, diamond: bool) -> np.ndarray:
    """To the middle of a disc, or of a square on its corner, whose edges are the radius away."""
    distance: np.ndarray = (
        (np.abs(dx) + np.abs(dy)) * np.float32(np.sqrt(0.5)) if diamond else np.sqrt(dx * dx + dy * dy)
    )
    return distance


def _mix(pixels: np.ndarray, cells: np.ndarray, colours: np.ndarray, share: np.ndarray) -> None:
    """Blends colours uint8 [M, 3] into the flat pixels `cells`, each of which occurs once."""
    flat = pixels.reshape(-1, 3)
    under = flat[cells].astype(np.float32)
    flat[cells] = np.round(under + (colours - under) * share[:, None].astype(np.float32))


def few_colours(pixels: np.ndarray, most: int) -> Image.Image:
    """uint8 [H, W, 3] with a palette of at most so many colours; white stays white."""
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    known = picture.getcolors(most)
    if known is None:
        palette = picture.quantize(most, dither=Image.Dither.NONE)
        table = np.array(palette.getpalette(), dtype=np.uint8).reshape(-1, 3)
        table[(table > 250).all(axis=1)] = 255
        palette.putpalette(table.ravel().tolist())
        return palette
    colours = np.array([colour for _, colour in known], dtype=np.uint8)
    codes = _packed(colours)
    order = np.argsort(codes)
    places = np.searchsorted(codes[order], _packed(pixels)).astype(np.uint8)
    exact = Image.fromarray(places)
    exact.putpalette(colours[order].ravel().tolist())
    return exact


def _packed(colours: np.ndarray) -> np.ndarray:
    """uint32 of uint8 [..., 3]"""
    parts = colours.astype(np.uint32)
    packed: np.ndarray = (parts[..., 0] << 16) | (parts[..., 1] << 8) | parts[..., 2]
    return packed
