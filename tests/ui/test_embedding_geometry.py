"""Drawing points into pixels, and finding the points inside an outline."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.path import Path as Outline

from coun_gui.ui.embedding.points import Points
from coun_gui.ui.embedding.scatter import OPAQUE, Canvas, Layer, Look, faded, packed
from coun_gui.ui.embedding.selection import Combine, combined, in_polygon, in_rectangle

LOOK = Look(radius=1.0, forget_radius=3.0, opacity=1.0, base=0xFFFFFF, ring=0x000000)
RED, BLUE = packed(["#ff0000", "#0000ff"])


def layer(places: list[tuple[float, float]], colour: np.uint32) -> Layer:
    x, y = np.array(places, dtype=np.float32).reshape(-1, 2).T
    return Layer(x, y, np.full(len(x), colour, dtype=np.uint32))


NOTHING = layer([], RED)


def drawn(retain: Layer, forget: Layer, look: Look = LOOK, size: tuple[int, int] = (20, 20)) -> np.ndarray:
    canvas = Canvas(*size)
    canvas.draw(retain, forget, look)
    return canvas.inner.copy()


def test_a_point_colours_the_pixel_it_lies_in() -> None:
    picture = drawn(layer([(5.4, 7.9)], RED), NOTHING)
    assert picture[7, 5] == RED
    assert picture[15, 15] == OPAQUE | 0xFFFFFF


def test_forget_samples_lie_on_top_with_a_ring() -> None:
    picture = drawn(layer([(10, 10)], RED), layer([(10, 10)], BLUE))
    assert picture[10, 10] == BLUE
    assert picture[10, 14] == OPAQUE  # the tip of the ring, one pixel beyond the radius
    assert picture[10, 13] == BLUE


def test_a_diamond_is_no_disc() -> None:
    picture = drawn(NOTHING, layer([(10, 10)], BLUE))
    assert picture[12, 12] == OPAQUE  # |dx| + |dy| = 4: ring
    assert picture[13, 13] == OPAQUE | 0xFFFFFF  # a disc of that radius would reach it


def test_two_samples_on_a_pixel_are_as_dense_as_two_layers() -> None:
    half = Look(radius=1.0, forget_radius=3.0, opacity=0.5, base=0xFFFFFF, ring=0)
    once = drawn(layer([(5, 5)], RED), NOTHING, half)[5, 5] & 0xFF
    twice = drawn(layer([(5, 5), (5, 5)], RED), NOTHING, half)[5, 5] & 0xFF
    assert int(once) == pytest.approx(255 * 0.5, abs=2)
    assert int(twice) == pytest.approx(255 * 0.25, abs=2)


@pytest.mark.parametrize("place", [(-3, -3), (25, 5), (5, -1e6), (1e6, 1e6), (0, 0), (19.9, 19.9)])
def test_points_at_and_beyond_the_edges_do_no_harm(place: tuple[float, float]) -> None:
    picture = drawn(layer([place], RED), layer([place], BLUE))
    inside = 0 <= place[0] < 20 and 0 <= place[1] < 20
    assert bool((picture == BLUE).any()) == inside


def test_no_points_leave_the_ground() -> None:
    assert (drawn(NOTHING, NOTHING) == (OPAQUE | 0xFFFFFF)).all()


def test_fading_draws_a_colour_towards_the_ground() -> None:
    assert faded(packed(["#ff0000"]), 0xFFFFFF, 1.0)[0] == RED
    assert faded(packed(["#000000"]), 0xFFFFFF, 0.5)[0] & 0xFF == pytest.approx(127, abs=1)


def test_samples_without_a_place_are_never_found() -> None:
    xy = np.array([[np.nan, 0], [0, np.inf], [1, 1]], dtype=np.float32)
    points = Points(xy, np.zeros(3, dtype=bool))
    assert points.dropped == 2
    assert points.nearest((1.0, 1.0), 0.5) == 2
    assert points.nearest((0.0, 0.0), 0.5) is None


def test_a_forget_sample_wins_where_two_lie_together() -> None:
    points = Points(np.array([[0, 0], [0, 0.001]], dtype=np.float32), np.array([False, True]))
    assert points.nearest((0.0, 0.0), 1.0) == 1


def test_hidden_samples_are_not_found() -> None:
    points = Points(np.array([[0, 0], [3, 0]], dtype=np.float32), np.zeros(2, dtype=bool))
    points.show(np.array([False, True]))
    assert points.nearest((0.0, 0.0), 1.0) is None


SQUARE_WITH_A_HOLE = (
    np.array(  # one outline that crosses itself: the inner square is outside by the even-odd rule
        [(0, 0), (6, 0), (6, 6), (0, 6), (0, 0), (2, 2), (4, 2), (4, 4), (2, 4), (2, 2)], dtype=float
    )
)


@pytest.mark.parametrize(
    ("point", "inside"), [((1, 3), True), ((3, 3), False), ((5, 5), True), ((7, 3), False), ((3, 1), True)]
)
def test_a_lasso_goes_by_the_even_odd_rule(point: tuple[float, float], inside: bool) -> None:
    assert in_polygon(np.array([point], dtype=float), SQUARE_WITH_A_HOLE).tolist() == [inside]


@given(
    st.lists(st.tuples(st.floats(-10, 10), st.floats(-10, 10)), min_size=3, max_size=3, unique=True),
    st.integers(0, 1000),
)
def test_a_lasso_agrees_with_matplotlib(corners: list[tuple[float, float]], seed: int) -> None:
    points = np.random.default_rng(seed).uniform(-10, 10, size=(200, 2))
    outline = np.array(corners)
    ours, theirs = in_polygon(points, outline), Outline([*corners, corners[0]]).contains_points(points)
    near = np.min(
        [_off_line(points, *pair) for pair in zip(outline, np.roll(outline, -1, 0), strict=True)], 0
    )
    clear = near > 1e-6  # on the edge itself either answer is right
    assert (ours == theirs)[clear].all()


def _off_line(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    way = end - start
    length = np.hypot(*way) + 1e-12
    return np.abs(way[0] * (points[:, 1] - start[1]) - way[1] * (points[:, 0] - start[0])) / length


@pytest.mark.parametrize("corners", [[], [(0, 0)], [(0, 0), (1, 1)]])
def test_a_lasso_of_fewer_than_three_corners_holds_nothing(corners: list[tuple[float, float]]) -> None:
    assert not in_polygon(np.zeros((3, 2)), np.array(corners, dtype=float).reshape(-1, 2)).any()


def test_a_lasso_never_holds_points_without_a_place() -> None:
    points = np.array([[np.nan, 1], [1, np.nan], [1, 1]])
    assert in_polygon(points, np.array([(0, 0), (3, 0), (3, 3), (0, 3)], float)).tolist() == [
        False,
        False,
        True,
    ]


def test_a_rectangle_may_be_drawn_from_any_corner() -> None:
    points = np.array([[1, 1], [3, 3]])
    assert in_rectangle(points, (2, 2), (0, 0)).tolist() == [True, False]
    assert in_rectangle(points, (0, 2), (2, 0)).tolist() == [True, False]


@pytest.mark.parametrize(
    ("how", "expected"),
    [(Combine.REPLACE, [3, 4]), (Combine.ADD, [1, 2, 3, 4]), (Combine.REMOVE, [1, 2])],
)
def test_a_choice_replaces_adds_or_removes(how: Combine, expected: list[int]) -> None:
    assert combined(np.array([1, 2, 3]), np.array([4, 3]), how).tolist() == expected
