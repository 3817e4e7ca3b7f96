"""The figure of the maps on show looks as they do on the screen, on white."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from map_data import rich_map
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch
from panel_data import World, opened, write_map
from PySide6.QtCore import QSizeF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from coun_gui.reports.colours import class_colour
from coun_gui.reports.figure_file import save
from coun_gui.reports.map_figure import map_figure
from coun_gui.reports.map_points import MapPoints, Marks
from coun_gui.reports.map_view import channels
from coun_gui.ui.embedding.panel import EmbeddingPanel
from coun_gui.ui.embedding.scatter import diamond, disc
from coun_gui.ui.embedding.screen_figure import figure_view
from coun_gui.ui.theme import palette, tokens


@pytest.fixture
def panel(world: World, qtbot: QtBot) -> EmbeddingPanel:
    runs = (world.run("retrain"), world.run("original"), world.run("coun"))
    write_map(world.workspace, rich_map(runs))
    return opened(world, qtbot)


@pytest.fixture
def dark(qtbot: QtBot) -> Iterator[None]:
    before = QApplication.palette()
    QApplication.setPalette(palette(tokens(dark=True)))
    yield
    QApplication.setPalette(before)


def figure(panel: EmbeddingPanel) -> Figure:
    shown = panel.exporting._on_screen()
    return map_figure(shown.samples, shown.titles, (), view=figure_view(shown))


def marks(panel: EmbeddingPanel, place: int = 0) -> tuple[Marks, ...]:
    """Of one of the panels: retain, forget, and those of a selection."""
    drawn: MapPoints = figure(panel).axes[place].findobj(MapPoints)[0]
    return drawn.marks


def points_a_pixel(panel: EmbeddingPanel) -> float:
    """Of the figure and of the screen, where both show the same part of the plane."""
    left, right = (axes := figure(panel).axes[0]).get_xlim()
    points = 72 * axes.figure.get_figwidth() / 3 / (right - left)
    return float(points / panel.maps.views[0].projection().scale)


@pytest.mark.parametrize(("retain", "forget"), [(100, 100), (40, 250), (250, 60)])
def test_samples_are_as_large_beside_each_other_as_on_the_screen(
    panel: EmbeddingPanel, retain: int, forget: int
) -> None:
    look = panel.toolbar.look
    look.size_slider.setValue(retain)
    look.forget_slider.setValue(forget)
    small, large = marks(panel)
    drawn, pixel = panel.maps.views[0].look(), points_a_pixel(panel)
    disc_area = sum(cover * len(cells) for cover, cells in disc(round(drawn.radius * 2) / 2))
    diamond_area = len(diamond(round(drawn.forget_radius))[0])
    assert np.pi * (small.diameter / 2) ** 2 == pytest.approx(disc_area * pixel**2, rel=0.1)
    assert (large.diameter + large.ring) ** 2 == pytest.approx(diamond_area * pixel**2, rel=0.1)


def test_sizes_are_carried_one_by_one(panel: EmbeddingPanel) -> None:
    small, large = marks(panel)
    panel.toolbar.look.size_slider.setValue(50)
    smaller, same = marks(panel)
    panel.toolbar.look.forget_slider.setValue(200)
    assert smaller.diameter < small.diameter
    assert same.diameter == large.diameter
    assert marks(panel)[1].diameter > large.diameter
    assert marks(panel)[0].diameter == smaller.diameter


def test_opacity_is_that_of_the_screen(panel: EmbeddingPanel) -> None:
    panel.toolbar.look.opacity_slider.setValue(23)
    assert marks(panel)[0].opacity == pytest.approx(0.23)


def test_a_selection_lies_on_top_in_full_colour_and_the_others_are_pale(
    panel: EmbeddingPanel, world: World
) -> None:
    samples = panel.samples
    plain = marks(panel)
    chosen = samples.labels == 4
    world.session.select(samples.index[chosen])
    retain, forget, retain_above, forget_above = marks(panel, 2)
    own = channels(class_colour(4, 10))
    assert len(retain_above.xy) == int((chosen & ~samples.forget).sum())
    assert len(forget_above.xy) == int((chosen & samples.forget).sum())
    assert (retain_above.colours == own).all()
    assert (forget_above.colours == own).all()
    assert forget_above.diameter > forget.diameter
    assert len(retain.xy) + len(forget.xy) == len(samples.index) - chosen.sum()
    full = {tuple(colour) for each in plain for colour in each.colours.tolist()}
    pale = {tuple(colour) for each in (retain, forget) for colour in each.colours.tolist()}
    assert min(min(colour) for colour in pale) > 195  # a fifth of a colour on white
    assert not pale & full
    legend = [text.get_text() for text in figure(panel).legends[0].get_texts()]
    assert f"in full colour: {chosen.sum()} selected samples" in legend


def test_the_pinned_sample_is_ringed_in_all_maps_and_named(panel: EmbeddingPanel) -> None:
    panel.pin(7)
    drawn = figure(panel)
    for axes, run in zip(drawn.axes, panel.maps.runs, strict=True):
        halo, ring = axes.lines
        assert ring.get_xydata()[0] == pytest.approx(panel.samples.xy[run][7])
        assert ring.get_markeredgecolor() == tokens(dark=False)["accent_text"]
        assert halo.get_markeredgecolor() == "white"
    assert f"ringed: sample {panel.samples.index[7]}" in [
        text.get_text() for text in drawn.legends[0].get_texts()
    ]


def joined(drawn: Figure) -> list[tuple[Axes, list[float], Axes, list[float]]]:
    """Where each dashed line begins and ends."""
    lines = drawn.findobj(ConnectionPatch)
    assert all(line.get_linestyle() not in ("-", "solid") for line in lines)
    return [(line.axesA, list(line.xy1), line.axesB, list(line.xy2)) for line in lines]


def test_a_dashed_line_joins_the_pinned_sample_through_all_maps_in_their_order(
    panel: EmbeddingPanel,
) -> None:
    assert joined(figure(panel)) == []
    panel.pin(7)
    drawn = figure(panel)
    places = [panel.samples.xy[run][7].tolist() for run in panel.maps.runs]
    one, two, three = drawn.axes
    assert joined(drawn) == [(one, places[0], two, places[1]), (two, places[1], three, places[2])]


def test_the_line_leaves_out_maps_that_do_not_show_the_sample(panel: EmbeddingPanel) -> None:
    samples, runs = panel.samples, panel.maps.runs
    row = int(np.flatnonzero(~samples.forget)[3])
    nowhere = samples.xy[runs[1]].copy()
    nowhere[row] = np.nan
    panel.show_map(replace(samples, xy=samples.xy | {runs[1]: nowhere}))
    panel.pin(row)
    drawn = figure(panel)
    places = [samples.xy[run][row].tolist() for run in (runs[0], runs[2])]
    assert joined(drawn) == [(drawn.axes[0], places[0], drawn.axes[2], places[1])]
    panel.legend.retain.click()
    assert joined(figure(panel)) == []


def test_no_line_goes_to_where_the_sample_is_out_of_view(panel: EmbeddingPanel) -> None:
    panel.pin(7)
    view = panel.maps.views[0]
    panel.maps.frame.pan(QSizeF(view.size()), 10 * view.width(), 0)
    assert joined(figure(panel)) == []


def test_the_line_stays_a_line_from_ring_to_ring(panel: EmbeddingPanel, tmp_path: Path) -> None:
    panel.pin(7)
    drawn = figure(panel)
    save(drawn, tmp_path / "maps.svg")
    written = (tmp_path / "maps.svg").read_text("utf-8")
    accent = tokens(dark=False)["accent_text"]
    dashed = [path for path in re.findall(r"<path [^>]*>", written) if "stroke-dasharray" in path]
    assert sum(accent in path for path in dashed) == 2
    drawn.draw_without_rendering()  # at its own resolution again
    line = drawn.findobj(ConnectionPatch)[0]
    start, end = line.get_transform().transform(line.get_path().vertices)[[0, -1]]
    middle = line.axesA.transData.transform(line.xy1)
    radius = drawn.axes[0].lines[1].get_markersize() / 2 * drawn.dpi / 72
    assert np.hypot(*(start - middle)) == pytest.approx(radius, rel=0.05)
    assert np.hypot(*(end - middle)) > radius


def test_a_class_that_is_switched_off_has_neither_samples_nor_name_nor_outline(panel: EmbeddingPanel) -> None:
    panel.toolbar.look.outlines.setChecked(True)
    panel.legend.rows[3].click()
    drawn = figure(panel)
    gone = channels(class_colour(3, 10))
    for axes, each in zip(drawn.axes, (marks(panel, place) for place in range(3)), strict=True):
        assert not any((part.colours == gone).all(axis=1).any() for part in each)
        assert "3" not in {text.get_text() for text in axes.texts}
        colours = {
            tuple(np.round(255 * np.array(part.get_edgecolor()[:3])).astype(int)) for part in axes.patches
        }
        assert len(colours) == 9
        assert gone not in colours


def test_names_and_outlines_are_there_where_they_are_shown(panel: EmbeddingPanel) -> None:
    def there() -> tuple[bool, bool]:
        axes = figure(panel).axes[0]
        return bool({text.get_text() for text in axes.texts} & {"0", "5"}), bool(axes.patches)

    assert there() == (True, False)
    panel.toolbar.look.outlines.setChecked(True)
    panel.toolbar.look.names.setChecked(False)
    assert there() == (False, True)


def test_the_figure_is_the_same_from_a_dark_window(
    panel: EmbeddingPanel, world: World, qtbot: QtBot, request: pytest.FixtureRequest
) -> None:
    panel.toolbar.pick_mode("fate")
    world.session.select(panel.samples.index[:40])
    panel.pin(7)
    light = [marks(panel, place) for place in range(3)]
    request.getfixturevalue("dark")
    panel.set_dark(True)
    for before, after in zip(light, (marks(panel, place) for place in range(3)), strict=True):
        for one, other in zip(before, after, strict=True):
            assert np.array_equal(one.colours, other.colours)
            assert (one.ink, one.diameter, one.strength) == (other.ink, other.diameter, other.strength)
    assert figure(panel).axes[0].lines[1].get_markeredgecolor() == tokens(dark=False)["accent_text"]
