"""The samples of one map as they are drawn: sorted for speed, split by kind, and found again by place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from coun_gui.ui.embedding.density import TOO_MANY, TOO_MANY_CHOSEN, TOO_MANY_FORGET, Crowd, Density
from coun_gui.ui.embedding.frame import Projection
from coun_gui.ui.embedding.groups import Group
from coun_gui.ui.embedding.scatter import Canvas, Look, faded

FORGET_SHARE = 0.03  # of a map that forget samples may cover: retain samples must be seen between them
FADED = 0.22  # what is left of the colour of samples outside a selection


@dataclass
class Points:
    """Place, kind and state of N samples in one map. Samples without a finite place are never drawn or found.

    xy: float32 [N, 2]; forget, shown, selected: bool [N]; colours: uint32 [N]; corners: lowest and highest place.
    """

    xy: np.ndarray
    forget: np.ndarray
    colours: np.ndarray = field(init=False)
    shown: np.ndarray = field(init=False)
    selected: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self._home = self.xy
        self.finite = np.isfinite(self.xy).all(axis=1)
        placed = self.xy[self.finite]
        self.corners = _corners(placed)
        self.order = np.flatnonzero(self.finite)[_z_order(placed, self.corners)]
        self.colours = np.zeros(len(self.xy), dtype=np.uint32)
        self.shown = np.ones(len(self.xy), dtype=bool)
        self.selected = np.zeros(len(self.xy), dtype=bool)
        self._followed: np.ndarray | None = None
        self._forget_what_follows()

    def _forget_what_follows(self) -> None:
        self._tree = None
        self._groups: list[tuple[Group, Group]] | None = None
        self._everything: tuple[Group, Group] | None = None
        self._density: Density | None = None

    @property
    def dropped(self) -> int:
        """How many samples have no finite place."""
        return int(len(self.xy) - self.finite.sum())

    @property
    def moved(self) -> bool:
        """Away from where the map has them."""
        return self._followed is not None

    @property
    def visible(self) -> np.ndarray:
        """bool [N]: what is drawn and can be found."""
        seen = self.shown & self.finite
        return seen if self._followed is None else seen & self._followed

    def show(self, shown: np.ndarray) -> None:
        self.shown = shown
        self._forget_what_follows()

    def select(self, selected: np.ndarray) -> None:
        if not np.array_equal(selected, self.selected):
            self.selected = selected
            self._groups = self._everything = self._density = None

    def paint(self, colours: np.ndarray) -> None:
        self.colours = colours
        self._density = None

    def move(self, rows: np.ndarray, xy: np.ndarray) -> None:
        """Shows these rows alone, at other places: float32 [S, 2]."""
        self.xy = self._home.copy()
        self.xy[rows] = xy
        self._followed = np.zeros(len(self.xy), dtype=bool)
        self._followed[rows] = np.isfinite(xy).all(axis=1)
        self._forget_what_follows()

    def come_home(self) -> None:
        """Shows all samples where the map has them."""
        if self._followed is not None:
            self.xy, self._followed = self._home, None
            self._forget_what_follows()

    def draw(self, canvas: Canvas, projection: Projection, look: Look, ratio: float) -> None:
        """Retain, then forget; while there is a selection the others step back and it is drawn over them."""
        rest, chosen = self._sorted()
        emphasised = _count(chosen) > 0
        colours = faded(self.colours, look.base, FADED) if emphasised else self.colours
        under = look if not emphasised else stepped_back(look)
        crowded = (
            _count(chosen) > TOO_MANY_CHOSEN
        )  # then the selection is a part of the crowd, in its full colours
        groups = self._merged() if crowded else rest
        mixed = np.where(self.selected, self.colours, colours) if crowded else colours
        drawn = self._draw_crowd(canvas, projection, groups, mixed, under, ratio)
        if not drawn:
            canvas.draw(*(group.layer(projection, colours, ratio, canvas) for group in rest), under)
        if emphasised and not (drawn and crowded):
            layers = (group.layer(projection, self.colours, ratio, canvas) for group in chosen)
            canvas.add(*layers, stepped_up(look))

    @property
    def crowded(self) -> bool:
        """There are so many that a part of the map may be drawn in another way than the whole."""
        return sum(_count(groups) for groups in self._sorted()) > TOO_MANY

    def prepare(self) -> None:
        """Does at once what else is done when samples are first drawn and pointed at."""
        self._sorted()
        self._searchable()

    def _sorted(self) -> list[tuple[Group, Group]]:
        """By kind: those that aren't selected, and those that are."""
        if self._groups is None:
            self._groups = self._split()
        return self._groups

    def _draw_crowd(
        self,
        canvas: Canvas,
        projection: Projection,
        groups: tuple[Group, Group],
        colours: np.ndarray,
        look: Look,
        ratio: float,
    ) -> bool:
        """Draws densities instead of samples where there are too many in view; whether it did."""
        if _count(groups) <= TOO_MANY:
            return False
        retain, forget = groups
        few = len(forget.rows) <= TOO_MANY_FORGET
        if self._density is None or self._density.base != look.base:
            over = forget.crowd(colours) if not few else Crowd(np.empty((0, 2)), np.empty(0, np.uint32))
            self._density = Density(retain.crowd(colours), over, look.base)
        beside = len(forget.rows) if few else 0
        if self._density.in_view(projection, canvas.width, canvas.height, ratio) + beside <= TOO_MANY:
            return False
        self._density.draw(canvas, projection, ratio)
        if few:
            canvas.diamonds(
                forget.layer(projection, colours, ratio, canvas),
                look.forget_radius,
                look.ring,
                look.ring_strength,
            )
        return True

    def nearest(self, point: tuple[float, float], reach: float) -> int | None:
        """The row of the shown sample nearest to a place, at most `reach` away; forget samples win a tie."""
        tree, rows = self._searchable()
        if tree is None:
            return None
        distance, found = tree.query(point, k=min(4, len(rows)), distance_upper_bound=reach)
        distance, found = np.atleast_1d(distance), np.atleast_1d(found)
        hits = rows[found[np.isfinite(distance)]]
        if not len(hits):
            return None
        distance = distance[: len(hits)]
        near = hits[distance <= distance[0] + reach * 0.1]
        on_top = near[self.forget[near]]
        return int(on_top[0] if len(on_top) else hits[0])

    def _searchable(self) -> tuple[object | None, np.ndarray]:
        if self._tree is None:
            # A tenth of a second to import, and first needed with a map.
            from scipy.spatial import cKDTree

            rows = np.flatnonzero(self.visible)
            self._tree = (cKDTree(self.xy[rows], balanced_tree=False) if len(rows) else None, rows)
        return self._tree

    def _merged(self) -> tuple[Group, Group]:
        """(retain, forget) of what isn't selected and of what is together."""
        if self._everything is None:
            assert self._groups is not None
            rest, chosen = self._groups
            self._everything = rest[0].with_those(chosen[0]), rest[1].with_those(chosen[1])
        return self._everything

    def _split(self) -> list[tuple[Group, Group]]:
        """(retain, forget) of what isn't selected and of what is."""
        order = self.order[self.visible[self.order]]
        selected, forget = self.selected[order], self.forget[order]

        def group(chosen: bool, forgotten: bool) -> Group:
            rows = order[(selected == chosen) & (forget == forgotten)]
            return Group.of(rows, self.xy[rows])

        return [(group(chosen, False), group(chosen, True)) for chosen in (False, True)]


def _count(groups: tuple[Group, Group]) -> int:
    return sum(len(group.rows) for group in groups)


def sizes(
    samples: int,
    forgotten: int,
    room: tuple[int, int],
    zoom: float,
    factor: float,
    forget_factor: float,
    ratio: float,
) -> tuple[float, float, float]:
    """Radius of a disc and of a diamond in device pixels, and the strength of rings in 0…1.

    room: logical pixels; factor, forget_factor: device pixels for what would be one, as the user likes retain and
    forget samples. Many samples are drawn smaller, and where forget samples crowd their rings are paler, or nothing
    but rings would be seen.
    """
    area = max(1, room[0] * room[1])
    apart = np.sqrt(area / max(1, samples))
    grown = min(max(0.36 * apart, 1.0), 3.2) * max(1.0, zoom) ** 0.3
    radius, beside = (min(max(0.5, min(grown, 5.0) * each), 9.0) for each in (factor, forget_factor))
    share = np.sqrt(FORGET_SHARE * area / 2 / max(1, forgotten)) * forget_factor * max(1.0, zoom) ** 0.5
    forget_radius = min(max(2.0, beside * 1.1, min(beside * 1.35 + ratio, share)), 10.0)
    crowding = forgotten * 2 * forget_radius**2 / (area * (ratio * max(1.0, zoom)) ** 2)
    return radius, forget_radius, min(max(1.1 - 24 * crowding, 0.3), 1.0)


def stepped_back(look: Look) -> Look:
    """Of the samples outside a selection."""
    ring = int(faded(np.array([look.ring], dtype=np.uint32), look.base, 0.4)[0])
    return replace(look, ring=ring)


def stepped_up(look: Look) -> Look:
    """Of a selection."""
    return replace(
        look, radius=look.radius + 0.5, forget_radius=look.forget_radius + 1, opacity=max(look.opacity, 0.9)
    )


def _corners(xy: np.ndarray) -> np.ndarray:
    """float32 [2, 2], or [0, 2] of no places. By column: ten times as fast as along the first, long axis."""
    if not len(xy):
        return xy
    return np.array([[x.min() for x in xy.T], [x.max() for x in xy.T]])


def _z_order(xy: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """An order in which neighbours in the plane are so in memory: drawing stays in the cache."""
    if not len(xy):
        return np.empty(0, dtype=np.int64)
    low, extent = corners[0], np.maximum(corners[1] - corners[0], 1e-9)
    cells = ((xy - low) / extent * 1023).astype(np.uint32)
    order: np.ndarray = np.argsort(
        _spread(cells[:, 0]) | (_spread(cells[:, 1]) << np.uint32(1)), kind="stable"
    )
    return order


def _spread(value: np.ndarray) -> np.ndarray:
    """A zero between all bits of a 16-bit number."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        value = (value | (value << np.uint32(shift))) & np.uint32(mask)
    return value
