"""What the maps can be coloured by, what became of each forget sample, outlines, and crowds of samples."""

from __future__ import annotations

from dataclasses import replace

import contourpy
import numpy as np
import pytest
from map_data import rich_map
from PySide6.QtCore import QSizeF
from scipy.ndimage import gaussian_filter

from coun_gui.experiments.maps import MapSpec, SampleMap
from coun_gui.ui.embedding import colouring, fates
from coun_gui.ui.embedding.clusters import _density, clusters, isolines
from coun_gui.ui.embedding.density import TOO_MANY, Crowd, Density
from coun_gui.ui.embedding.frame import Frame
from coun_gui.ui.embedding.points import Points
from coun_gui.ui.embedding.scatter import OPAQUE, Canvas, Look, packed

WHITE = 0xFFFFFF
RED, BLUE = packed(["#ff0000", "#0000ff"])
LOOK = Look(radius=1.0, forget_radius=3.0, opacity=1.0, base=WHITE, ring=0)


def small_map(own: list[int], target: list[int], labels: list[int], forget: list[bool]) -> SampleMap:
    count = len(own)
    predicted = {"r": np.array(target), "m": np.array(own)}
    return SampleMap(
        MapSpec(runs=("r", "m"), forget_hash="f"), np.arange(count), np.array(labels), np.array(forget),
        {}, predicted, {}, {},
    )  # fmt: skip


def test_every_forget_sample_has_one_fate_beside_retrain() -> None:
    samples = small_map(
        own=[0, 1, 0, 1, 2, 5],
        target=[0, 1, 1, 0, 1, 0],
        labels=[0, 0, 0, 0, 0, 0],
        forget=[True, True, True, True, True, False],
    )
    expected = [fates.SAME, fates.SAME, fates.KEPT, fates.OVER, fates.ELSEWHERE, fates.RETAINED]
    assert fates.fates(samples, "m", "r").tolist() == expected


def test_a_preset_shows_retain_samples_and_those_of_its_fate() -> None:
    samples = small_map([0, 1, 0, 1], [0, 1, 1, 0], [0, 0, 0, 0], [True, True, True, False])
    shown = fates.in_preset(samples, ["r", "m"], "r", fates.KEPT)
    assert shown["m"].tolist() == [False, False, True, True]
    assert shown["r"].tolist() == shown["m"].tolist()  # where Retrain has them


def test_scores_are_coloured_by_which_side_of_zero_they_lie_on() -> None:
    samples = replace(
        small_map([0] * 5, [0] * 5, [0] * 5, [True] * 5),
        membership={"m": np.array([-2.0, -0.1, 0.0, 0.1, np.nan], dtype=np.float32)},
    )
    code = colouring.codes(samples, "m", "membership")
    titles = [entry.title for entry in colouring.entries("membership", [], dark=False)]
    assert [titles[each] for each in code[:4]] == ["below −1", "−0.5 … 0", "−0.5 … 0", "0 … 0.5"]
    assert code[4] == colouring.NONE


def test_retrain_has_no_agreement_with_itself_and_is_grey() -> None:
    samples = rich_map(("retrain", "original", "coun"), 50)
    legend = colouring.entries("agreement", [], dark=False)
    own = colouring.codes(samples, "retrain", "agreement", "retrain")
    assert set(colouring.colours(own, legend).tolist()) == {int(packed(["#808080"])[0])}
    assert colouring.counted(own, len(legend)) == [0] * len(legend)


def test_a_colouring_without_figures_says_why() -> None:
    samples = small_map([0], [0], [0], [True])
    assert "Draw it again" in colouring.why_not(samples, "membership", "r")
    assert "Retrain" in colouring.why_not(samples, "agreement", "r")
    assert "Retrain" in colouring.why_not(samples, "fate", None)
    assert not colouring.why_not(samples, "class", None)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("mode", colouring.MODES)
def test_every_line_of_a_legend_has_its_own_colour(mode: str, dark: bool) -> None:
    legend = colouring.entries(mode, [str(label) for label in range(10)], dark)
    assert len({entry.colour for entry in legend}) == len(legend)
    assert [entry.code for entry in legend] == list(range(len(legend)))


def test_isolines_are_those_of_another_library() -> None:
    random = np.random.default_rng(0)
    field = random.normal(size=(12, 9)).cumsum(axis=0)
    ours = np.linalg.norm(np.diff(isolines(field, 0.3), axis=1), axis=2).sum()
    lines = contourpy.contour_generator(z=field.T, corner_mask=False).lines(0.3)
    theirs = sum(np.linalg.norm(np.diff(line, axis=0), axis=1).sum() for line in lines)
    assert ours == pytest.approx(theirs, rel=0.03)  # they may join a saddle's corners the other way


def test_isolines_of_a_cone_are_a_circle() -> None:
    grid = np.mgrid[0:21, 0:21] - 10.0
    pieces = isolines(-np.hypot(*grid), -6.0) - 10.0
    assert np.hypot(pieces[..., 0], pieces[..., 1]) == pytest.approx(6.0, abs=0.02)


def test_a_cluster_is_where_its_retain_samples_are_dense() -> None:
    random = np.random.default_rng(1)
    labels = np.repeat([0, 1], 400)
    middles = np.array([[0.0, 0.0], [10.0, 4.0]])
    xy = (middles[labels] + random.normal(size=(800, 2)) * 0.5).astype(np.float32)
    xy[0] = np.nan
    retain = np.ones(800, dtype=bool)
    retain[1:200] = False
    first, second = clusters(xy, labels, retain)
    assert (first.label, first.count, second.label, second.count) == (1, 400, 0, 200)
    assert first.centre == pytest.approx([10, 4], abs=0.5)
    wide, narrow = (np.abs(outline - first.centre).max() for outline in first.outlines)
    assert narrow < wide < 2.5


def test_the_density_is_that_of_another_library() -> None:
    cells = np.random.default_rng(0).integers(20, 80, (500, 2))
    counts = np.zeros((108, 108))
    np.add.at(counts, (cells[:, 0], cells[:, 1]), 1.0)
    assert _density(cells) == pytest.approx(gaussian_filter(counts, 1.8))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_samples_have_clusters_too(count: int) -> None:
    found = clusters(np.zeros((count, 2), np.float32), np.zeros(count, int), np.ones(count, bool))
    assert [cluster.count for cluster in found] == ([count] if count else [])


def crowd(count: int) -> Points:
    """Two squares: red at the left, blue at the right."""
    random = np.random.default_rng(0)
    xy = random.random((count, 2)).astype(np.float32)
    right = np.arange(count) % 2 == 1
    xy[right, 0] += 2
    points = Points(xy, np.zeros(count, dtype=bool))
    points.paint(np.where(right, BLUE, RED))
    return points


def picture(points: Points, frame: Frame) -> np.ndarray:
    canvas = Canvas(90, 60)
    points.draw(canvas, frame.projection(QSizeF(90, 60)), LOOK, 1.0)
    return canvas.inner.copy()


def test_a_crowd_is_a_picture_of_its_density_in_its_colours() -> None:
    points, frame = crowd(TOO_MANY + 2), Frame()
    frame.set_limits([points.xy])
    drawn = picture(points, frame)
    red, blue = drawn[30, 15], drawn[30, 75]
    assert int(red) >> 16 & 0xFF == 0xFF
    assert int(red) & 0xFF < 0x60
    assert int(blue) & 0xFF == 0xFF
    assert drawn[30, 45] == OPAQUE | WHITE


def test_a_crowd_turns_into_samples_on_zooming_in(monkeypatch: pytest.MonkeyPatch) -> None:
    points, frame = crowd(TOO_MANY + 2), Frame()
    frame.set_limits([points.xy])
    dense: list[int] = []
    monkeypatch.setattr(Density, "draw", lambda *_: dense.append(1))
    picture(points, frame)
    assert dense == [1]
    frame.zoom_at(QSizeF(90, 60), frame.projection(QSizeF(90, 60)).position(np.array([0.5, 0.5])), 4.0)
    picture(points, frame)
    assert dense == [1]


@pytest.mark.parametrize("forgotten", [0.0, 0.5, 0.95, 1.0])
def test_samples_of_both_kinds_make_a_crowd(forgotten: float, monkeypatch: pytest.MonkeyPatch) -> None:
    points, frame = crowd(TOO_MANY + 2), Frame()
    frame.set_limits([points.xy])
    points.forget[: round(forgotten * len(points.forget))] = True
    dense: list[int] = []
    monkeypatch.setattr(Density, "draw", lambda *_: dense.append(1))
    picture(points, frame)
    assert dense == [1]


def test_a_selected_crowd_keeps_its_colours_and_the_rest_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    points, frame = crowd(TOO_MANY + 2), Frame()
    frame.set_limits([points.xy])
    points.select(points.colours == RED)
    monkeypatch.setattr(Canvas, "add", lambda *_: pytest.fail("half of a crowd was drawn one by one"))
    drawn = picture(points, frame)
    red, blue = drawn[30, 15], drawn[30, 75]
    assert int(red) & 0xFF < 0x60
    assert int(blue) >> 16 & 0xFF > 0x90  # faded towards the white ground


def test_the_number_in_view_is_that_of_the_samples_there() -> None:
    random = np.random.default_rng(2)
    xy = random.random((20_000, 2)).astype(np.float32)
    density = Density(Crowd(xy, np.full(20_000, RED)), Crowd(xy[:0], np.empty(0, np.uint32)), WHITE)
    frame = Frame()
    frame.set_limits([xy])
    frame.zoom_at(QSizeF(100, 100), frame.projection(QSizeF(100, 100)).position(np.array([0, 0])), 2.0)
    projection = frame.projection(QSizeF(100, 100))
    x, y = projection.pixels(*xy.T)
    inside = ((x >= 0) & (x < 100) & (y >= 0) & (y < 100)).sum()
    assert density.in_view(projection, 100, 100, 1.0) == pytest.approx(int(inside), rel=0.02)
