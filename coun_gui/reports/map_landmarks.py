"""What lies over the samples of a panel, as lines and words: outlines and names of classes, and a ring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import Stroke
from matplotlib.textpath import TextPath

from coun_gui.reports.figure_style import INK
from coun_gui.reports.map_view import NAMED_CLASSES, Landmark, Limits, Ring

_NAME, _PAD = 6.5, 1.5  # points: of the letters, and around a name
_APART = 10.0  # points between the names of many classes: the map is to be seen between them
_LINE, _RIM = 0.55, 2.0  # points: of an outline that is 1 wide, and of the white around letters


def draw_landmarks(axes: Axes, landmarks: Sequence[Landmark], limits: Limits, side: float) -> None:
    """Outlines, then names where there is room: of the first ones first. side: inches of the panel."""
    for landmark in landmarks:
        for pieces, width in landmark.outlines:
            line: dict[str, Any] = {"edgecolor": landmark.colour, "linewidth": width * _LINE, "zorder": 3}
            axes.add_patch(PathPatch(_one_path(pieces), fill=False, joinstyle="round", **line))
    scale = 72 * side / (limits[1] - limits[0])
    apart = _APART if len(landmarks) > NAMED_CLASSES else 0.0
    taken: list[np.ndarray] = []
    for landmark in landmarks:
        if landmark.centre is None:
            continue
        box = _box(landmark, limits, scale)
        room = np.array([0, 0, 72 * side, (limits[3] - limits[2]) * scale])
        inside = (box[:2] >= room[:2]).all() and (box[2:] <= room[2:]).all()
        if inside and not any(_meet(box, other, apart) for other in taken):
            taken.append(box)
            _draw_name(axes, landmark.name, landmark.centre)


def _one_path(pieces: np.ndarray) -> Path:
    """The pieces float [S, 2, 2] end to end, as far as they meet: as separate lines they take ten times the room."""
    lines = _joined(pieces)
    codes = [[Path.MOVETO, *[Path.LINETO] * (len(line) - 1)] for line in lines]
    if not lines:
        return Path(np.empty((0, 2)))
    return Path(np.concatenate(lines), np.concatenate(codes).astype(np.uint8))


def _joined(pieces: np.ndarray) -> list[np.ndarray]:
    """Lines float [P, 2] that go through every piece once."""
    ends = [(tuple(start), tuple(end)) for start, end in pieces.tolist()]
    at: dict[tuple[float, ...], set[int]] = {}
    for number, pair in enumerate(ends):
        for end in pair:
            at.setdefault(end, set()).add(number)
    left, lines = dict.fromkeys(range(len(ends))), []
    while left:
        first = next(iter(left))
        line = [*ends[first]]
        del left[first]
        for _ in range(2):  # on from its end, then from its start
            while following := [number for number in at[line[-1]] if number in left]:
                one, other = ends[following[0]]
                line.append(other if one == line[-1] else one)
                del left[following[0]]
            line.reverse()
        lines.append(np.array(line))
    return lines


def _box(landmark: Landmark, limits: Limits, scale: float) -> np.ndarray:
    """Left, bottom, right and top of a name, in points from the panel's lower left."""
    assert landmark.centre is not None
    middle = (landmark.centre - np.array([limits[0], limits[2]])) * scale
    words = TextPath((0, 0), landmark.name or " ", size=_NAME).get_extents()
    half = np.array([words.width, max(words.height, _NAME * 0.7)]) / 2 + _PAD
    return np.concatenate([middle - half, middle + half])


def _meet(one: np.ndarray, other: np.ndarray, apart: float) -> bool:
    return bool((one[:2] < other[2:] + apart).all() and (other[:2] < one[2:] + apart).all())


def _draw_name(axes: Axes, name: str, centre: np.ndarray) -> None:
    """The rim is drawn by itself: with it, the name would become a shape, in PDF and SVG as well."""
    words: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": _NAME, "parse_math": False}
    rim = [Stroke(linewidth=_RIM, foreground="white")]
    x, y = centre.tolist()
    axes.text(x, y, name, color="white", path_effects=rim, zorder=3.4, **words)
    axes.text(x, y, name, color=INK, zorder=3.5, **words)


def draw_ring(axes: Axes, place: np.ndarray, ring: Ring, scale: float) -> None:
    """Around a sample, with white beside it that parts it from the others. scale: points a unit of the plane."""
    size = ring.diameter * scale
    for colour, width in (("white", 2.4), (ring.colour, 1.1)):
        axes.plot(
            *place, marker="o", markersize=size, markerfacecolor="none", markeredgecolor=colour,
            markeredgewidth=width, linestyle="", zorder=3.8, scalex=False, scaley=False,
        )  # fmt: skip
