"""The figure of the maps on show looks as they do on the screen, on white."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from map_data import rich_map
from matplotlib.figure import Figure
from panel_data import World, opened, write_map
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from coun_gui.reports.colours import class_colour
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
