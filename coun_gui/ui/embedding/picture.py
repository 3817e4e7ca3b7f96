"""The samples of one map in pixels: drawn anew, or where the map was only moved, at its edges alone."""

from __future__ import annotations

from dataclasses import replace

from coun_gui.ui.embedding.frame import Projection
from coun_gui.ui.embedding.points import Points
from coun_gui.ui.embedding.scatter import Canvas, Look

_EXACT = 1e-3  # pixels a move may be off whole ones
_WORTH = 0.5  # share of the picture that comes into view; from there on all of it is drawn


class Picture:
    """Remembers what it shows. Whoever changes the points says so by `forget`."""

    def __init__(self) -> None:
        self._canvas = Canvas(1, 1)
        self._shown: tuple[Projection, Look, float] | None = None

    def forget(self) -> None:
        """Nothing of what was drawn can be used again."""
        self._shown = None

    def draw(
        self, points: Points, projection: Projection, look: Look, ratio: float, size: tuple[int, int]
    ) -> Canvas:
        """The points in a picture of `size` device pixels, `ratio` of them a logical one."""
        if size != (self._canvas.width, self._canvas.height):
            self._canvas = Canvas(*size)
            self.forget()
        step = self._step(projection, look, ratio)
        if step is None or points.crowded:
            points.draw(self._canvas, projection, look, ratio)
        else:
            self._move(points, projection, look, ratio, step)
        self._shown = projection, look, ratio
        return self._canvas

    def _step(self, projection: Projection, look: Look, ratio: float) -> tuple[int, int] | None:
        """By how many whole pixels the map was moved to the right and down; None where it was not just moved."""
        if self._shown is None:
            return None
        before, *same = self._shown
        if same != [look, ratio] or replace(before, centre=projection.centre) != projection:
            return None
        scale = projection.scale * ratio
        across = (before.centre[0] - projection.centre[0]) * scale
        down = (projection.centre[1] - before.centre[1]) * scale
        if max(abs(across - round(across)), abs(down - round(down))) > _EXACT:
            return None
        width, height = self._canvas.width, self._canvas.height
        if abs(across) / width + abs(down) / height > _WORTH:
            return None
        return round(across), round(down)

    def _move(
        self, points: Points, projection: Projection, look: Look, ratio: float, step: tuple[int, int]
    ) -> None:
        picture = self._canvas.inner
        (across, down), (height, width) = step, picture.shape
        there = tuple(slice(max(0, by), size + min(0, by)) for by, size in ((down, height), (across, width)))
        here = tuple(slice(max(0, -by), size - max(0, by)) for by, size in ((down, height), (across, width)))
        picture[there] = picture[here]
        for left, top, wide, high in (
            (0 if across > 0 else width + across, 0, abs(across), height),
            (0, 0 if down > 0 else height + down, width, abs(down)),
        ):
            if not wide or not high:
                continue
            middle = projection.middle[0] - left / ratio, projection.middle[1] - top / ratio
            edge = Canvas(wide, high)
            points.draw(edge, replace(projection, middle=middle), look, ratio)
            picture[top : top + high, left : left + wide] = edge.inner
