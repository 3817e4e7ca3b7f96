"""A figure of maps with everything that a screen may show of them: small, and its words are words."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image
from test_paper_figure import CLASSES, a_map, crowded, words_of

from coun_gui.reports.figure_file import save
from coun_gui.reports.map_figure import map_figure
from coun_gui.reports.map_points import MapPoints
from coun_gui.reports.map_view import Chosen, Dots, Landmark, MapView, Ring, class_view

DOTS = Dots(0.3, 0.6, 0.05, 0.65, "#1d2126")
PALE = Dots(0.2, 0.4, 0.05, 0.3, "#a5a7a9", 0.6)


def everything(runs: tuple[str, ...], count: int, mixed: bool) -> tuple[MapView, dict[str, str]]:
    found = crowded(runs, count, mixed)
    unit = float(np.ptp(found.xy[runs[0]])) / 170  # about a pixel of the screen
    scaled = {name: replace(each, retain=2 * unit, forget=6 * unit, ring=unit) for name, each in
              {"dots": PALE, "chosen": DOTS}.items()}  # fmt: skip
    turn = np.linspace(0, 2 * np.pi, 301)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1) * 20 * unit
    pieces = np.stack([circle[:-1], circle[1:]], axis=1)
    marks = []
    for label, name in enumerate(CLASSES):
        centre = found.xy[runs[0]][found.labels == label].mean(axis=0)
        marks.append(Landmark(name, "#3464a7", centre + label * unit * 12, [(pieces + centre, 1.0)] * 2))
    plain = class_view(found, CLASSES)
    pale = {
        run: (255 - (255 - each.astype(int)) * 0.22).astype(np.uint8) for run, each in plain.colours.items()
    }
    chosen = found.labels < 5
    view = replace(
        plain,
        colours={run: np.where(chosen[:, None], plain.colours[run], pale[run]) for run in runs},
        dots=dict.fromkeys(runs, scaled["dots"]),
        chosen=Chosen(chosen, scaled["chosen"]),
        landmarks=dict.fromkeys(runs, marks),
        ring=Ring(3, "#2457c5", 20 * unit),
    )
    return view, {run: run for run in runs}


@pytest.mark.parametrize("mixed", [False, True], ids=["clusters", "everywhere"])
def test_with_60000_points_a_panel_and_everything_on_show_it_is_small(tmp_path: Path, mixed: bool) -> None:
    runs = ("Original", "Retrain", "FT", "CoUn")
    view, titles = everything(runs, 60_000, mixed)
    figure = map_figure(crowded(runs, 60_000, mixed), titles, CLASSES, view=view)
    for ending in ("png", "pdf", "svg"):
        save(figure, tmp_path / f"maps.{ending}")
        assert (tmp_path / f"maps.{ending}").stat().st_size < 2_000_000
    with Image.open(tmp_path / "maps.png") as picture:
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    svg = (tmp_path / "maps.svg").read_text(encoding="utf-8")
    for word in ("Retrain", "airplane"):
        assert f"{word}</text>" in svg
        assert word in words_of(tmp_path / "maps.pdf")
    assert svg.count("<image") == len(runs)  # the samples of a panel are one picture


def test_a_chosen_sample_covers_the_others_where_they_meet() -> None:
    found = a_map(("r",), "f", 2)
    found.xy["r"][:] = [[0, 0], [0, 0]]
    found = replace(found, forget=np.array([False, True]))
    colours, above = np.array([[10, 20, 30], [200, 0, 0]], np.uint8), np.array([True, False])
    view = MapView(
        {"r": colours},
        {"r": np.ones(2, bool)},
        [],
        limits=(-1, 1, -1, 1),
        dots={"r": PALE},
        chosen=Chosen(above, replace(DOTS, opacity=1.0)),
    )
    (points,) = map_figure(found, {"r": "R"}, (), view=view).findobj(MapPoints)
    pixels = points.picture(200, 200, 1.0)
    covered = np.abs(pixels[100, 100].astype(int) - [10, 20, 30]).max()
    assert covered <= 1  # a retain sample, though forget samples lie on top else


def test_an_outline_goes_through_every_piece_once_and_jumps_as_seldom_as_it_can() -> None:
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=float)
    square = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)
    square[2] = square[2][::-1]  # pieces have no direction
    alone = np.array([[[5.0, 5.0], [6.0, 6.0]]])
    pieces = np.concatenate([square, alone])[[3, 0, 4, 2, 1]]
    found = a_map(("r",), "f", 50)
    mark = Landmark("", "#000000", None, [(pieces, 1.0)])
    view = replace(class_view(found, CLASSES), landmarks={"r": [mark]})
    (outline,) = map_figure(found, {"r": "R"}, CLASSES, view=view).axes[0].patches
    drawn = [points.tolist() for points in outline.get_path().to_polygons(closed_only=False)]
    assert sorted(map(len, drawn)) == [2, 5]
    walked = {frozenset(map(tuple, pair)) for line in drawn for pair in itertools.pairwise(line)}
    assert walked == {frozenset(map(tuple, pair)) for pair in pieces.tolist()}


def test_names_keep_apart_and_inside_the_panel() -> None:
    found = a_map(("r",), "f", 50)
    places = ((0.0, 0.0), (0.1, 0.0), (0.0, 5.0), (-9.99, 0.0))
    marks = [Landmark(f"name {at}", "#000000", np.array(each)) for at, each in enumerate(places)]
    view = replace(class_view(found, CLASSES), limits=(-10.0, 10.0, -10.0, 10.0), landmarks={"r": marks})
    figure = map_figure(found, {"r": "R"}, CLASSES, view=view)
    named = {text.get_text() for text in figure.axes[0].texts if isinstance(text, Text)}
    assert named == {"name 0", "name 2"}
