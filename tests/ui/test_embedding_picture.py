"""A map that is moved by whole pixels is drawn at its edges alone, and looks as if all of it had been."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from coun_gui.ui.embedding.frame import Projection
from coun_gui.ui.embedding.picture import Picture
from coun_gui.ui.embedding.points import Points
from coun_gui.ui.embedding.scatter import Canvas, Look

LOOK = Look(radius=2.0, forget_radius=4.0, opacity=0.6, base=0xFFFFFF, ring=0)
SIZE = 180, 120
SCALE = 17.0
HOME = Projection((0.25, -0.5), SCALE, (90.0, 60.0))
Drawn = list[tuple[int, int]]


def cloud(count: int = 5_000, selected: bool = False) -> Points:
    """Wider than the picture, a tenth of it to be forgotten."""
    random = np.random.default_rng(0)
    points = Points(random.normal(size=(count, 2)).astype(np.float32) * 5, random.random(count) < 0.1)
    points.paint(random.integers(0, 2**24, count).astype(np.uint32) | np.uint32(0xFF000000))
    if selected:
        points.select(random.random(count) < 0.3)
    return points


def moved(across: float, down: float, home: Projection = HOME) -> Projection:
    """As the map is after it was dragged by so many pixels."""
    x, y = home.centre
    return Projection((x - across / SCALE, y + down / SCALE), home.scale, home.middle)


def afresh(points: Points, projection: Projection) -> np.ndarray:
    return Picture().draw(points, projection, LOOK, 1.0, SIZE).inner


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """The sizes of the pictures that points were drawn in."""
    sizes: Drawn = []
    draw: Callable[..., None] = Points.draw

    def noted(points: Points, canvas: Canvas, *others: object) -> None:
        sizes.append((canvas.width, canvas.height))
        draw(points, canvas, *others)

    monkeypatch.setattr(Points, "draw", noted)
    return sizes


@pytest.mark.parametrize("selected", [False, True])
def test_moved_step_by_step_it_is_the_picture_of_all_of_it(selected: bool) -> None:
    points, picture, projection = cloud(selected=selected), Picture(), HOME
    picture.draw(points, projection, LOOK, 1.0, SIZE)
    for step in [(7, 0), (0, -5), (-12, 9), (30, 30), (-1, -1), (3, -40)]:
        projection = moved(*step, projection)
        found = picture.draw(points, projection, LOOK, 1.0, SIZE).inner
        np.testing.assert_array_equal(found, afresh(points, projection))


def test_a_move_draws_but_what_comes_into_view(drawn: Drawn) -> None:
    points, picture = cloud(), Picture()
    picture.draw(points, HOME, LOOK, 1.0, SIZE)
    picture.draw(points, moved(7, -4), LOOK, 1.0, SIZE)
    assert drawn == [SIZE, (7, 120), (180, 4)]


@pytest.mark.parametrize(
    ("projection", "look", "size"),
    [
        (moved(0.5, 0), LOOK, SIZE),  # no whole pixel
        (moved(100, 0), LOOK, SIZE),  # most of it is new
        (Projection(HOME.centre, 2 * SCALE, HOME.middle), LOOK, SIZE),
        (HOME, Look(3.0, 4.0, 0.6, 0xFFFFFF, 0), SIZE),
        (HOME, LOOK, (181, 120)),
    ],
)
def test_any_other_change_draws_all_of_it(
    projection: Projection, look: Look, size: tuple[int, int], drawn: Drawn
) -> None:
    points, picture = cloud(), Picture()
    picture.draw(points, HOME, LOOK, 1.0, SIZE)
    picture.draw(points, projection, look, 1.0, size)
    assert drawn == [SIZE, size]


def test_what_was_forgotten_is_drawn_anew() -> None:
    points, picture = cloud(), Picture()
    picture.draw(points, HOME, LOOK, 1.0, SIZE)
    points.paint(points.colours ^ np.uint32(0xFFFFFF))
    picture.forget()
    found = picture.draw(points, moved(5, 5), LOOK, 1.0, SIZE).inner
    np.testing.assert_array_equal(found, afresh(points, moved(5, 5)))


def test_on_a_dense_screen_logical_steps_count_as_their_device_pixels(drawn: Drawn) -> None:
    points, picture = cloud(), Picture()
    home = Projection(HOME.centre, SCALE / 2, (45.0, 30.0))
    picture.draw(points, home, LOOK, 2.0, SIZE)
    x, y = home.centre
    found = picture.draw(
        points, Projection((x - 3 / home.scale, y), home.scale, home.middle), LOOK, 2.0, SIZE
    )
    assert drawn == [SIZE, (6, 120)]
    del drawn[:]
    anew = Picture().draw(
        points, Projection((x - 3 / home.scale, y), home.scale, home.middle), LOOK, 2.0, SIZE
    )
    np.testing.assert_array_equal(found.inner, anew.inner)


@pytest.mark.parametrize("zoom", [1, 4, 30])
def test_nothing_in_view_is_left_out_with_what_is_not(zoom: int, monkeypatch: pytest.MonkeyPatch) -> None:
    projection = Projection(HOME.centre, zoom * SCALE, HOME.middle)
    found = afresh(cloud(), projection)
    monkeypatch.setattr("coun_gui.ui.embedding.groups._MOST", -1.0)  # nothing is sorted out
    np.testing.assert_array_equal(found, afresh(cloud(), projection))
    assert len(np.unique(found)) > 1
