"""What stands above each map: the model, how far the map can be trusted, and who is not on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from map_data import rich_map
from panel_data import World
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from coun_gui.experiments.maps import MapSpec
from coun_gui.experiments.spec import EmbeddingSpec
from coun_gui.ui.embedding.frame import Frame
from coun_gui.ui.embedding.map_column import Choice, MapColumn
from coun_gui.ui.embedding.map_form import MapForm
from coun_gui.ui.embedding.panel import EmbeddingPanel
from coun_gui.ui.embedding.points import sizes
from coun_gui.ui.embedding.toolbar import Toolbar

FOUR_AT_1280 = 169  # pixels of a map where a window of 1280 holds four beside the form and the legend


def column(qtbot: QtBot, width: int, **quality: float) -> MapColumn:
    found = MapColumn(Frame(), 0)
    qtbot.addWidget(found)
    found.set_choices([Choice("a", "Original, seed 0, of the longest name", "#808080")], "a")
    found.set_quality(quality)
    found.resize(width, 300)
    found.show()
    return found


@pytest.mark.parametrize("width", [128, FOUR_AT_1280, 260, 400])
def test_both_measures_are_whole_at_any_width(qtbot: QtBot, width: int) -> None:
    shown = column(qtbot, width, trustworthiness=0.987, knn_overlap=0.714)
    facts = shown.facts
    assert "0.99" in facts.text()
    assert "71 %" in facts.text()
    assert facts.fontMetrics().horizontalAdvance(facts.text()) <= facts.width()


def test_there_is_more_to_read_where_there_is_room_and_all_of_it_in_the_tooltip(qtbot: QtBot) -> None:
    shown = [column(qtbot, width, trustworthiness=0.987, knn_overlap=0.714) for width in (400, 120)]
    wide, narrow = (each.facts for each in shown)
    whole = "trustworthiness 0.99 · k-NN 71 %"
    assert wide.text() == whole
    assert len(narrow.text()) < len(whole)
    assert all(facts.toolTip().startswith(whole) for facts in (wide, narrow))


def test_what_could_not_be_measured_is_a_dash(qtbot: QtBot) -> None:
    shown = column(qtbot, 400, trustworthiness=float("nan"), knn_overlap=float("nan"))
    assert shown.facts.text() == "trustworthiness – · k-NN –"


def test_a_map_without_measures_says_nothing(qtbot: QtBot) -> None:
    shown = column(qtbot, 400)
    assert shown.facts.text() == ""


def test_a_long_title_is_whole_in_the_tooltip(qtbot: QtBot) -> None:
    shown = column(qtbot, 120)
    assert "of the longest name" in shown.chooser.toolTip()


def test_the_panel_tells_who_has_no_place_in_which_map_and_names_the_layout(
    world: World, qtbot: QtBot
) -> None:
    runs = tuple(world.run(name) for name in ("retrain", "original", "coun"))
    samples = rich_map(runs)
    spoilt = samples.xy[runs[2]].copy()
    spoilt[[3, 8]] = np.nan
    spec = samples.spec.model_copy(update={"embedding": EmbeddingSpec(method="tsne")})
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    panel.show_map(replace(samples, spec=spec, xy={**samples.xy, runs[2]: spoilt}))

    told = {each.run: (each.dropped.isHidden(), each.dropped.toolTip()) for each in panel.maps.open_columns}
    hidden, note = told[runs[2]]
    assert not hidden
    assert note.startswith("2 samples without a place (NaN) left out")
    assert told[runs[0]][0]
    assert panel.toolbar.map_button.text() == "t-SNE"


def test_large_numbers_of_the_map_form_are_told_in_thousands(qtbot: QtBot) -> None:
    form = MapForm()
    qtbot.addWidget(form)
    form.show_spec(MapSpec(runs=("r",), forget_hash="f", points=20_000))
    field = form.points.editor("points")
    assert field.text() == "20,000"
    qtbot.keyClick(field, Qt.Key.Key_Up)
    assert field.text() == "20,001"
    field.selectAll()
    qtbot.keyClicks(field, "60000")
    assert field.text() == "60000"  # not while it is typed
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "60,000"
    with qtbot.waitSignal(form.asked) as asked:
        form.redraw.click()
    assert asked.args[1] == 60_000


def test_the_toolbar_takes_two_rows_where_one_would_be_cut_off(qtbot: QtBot) -> None:
    toolbar = Toolbar()
    qtbot.addWidget(toolbar)
    toolbar.show()
    heights = []
    for width in (900, 440):
        toolbar.resize(width, toolbar.sizeHint().height())
        QApplication.processEvents()
        toolbar.resize(width, toolbar.sizeHint().height())
        heights.append(toolbar.sizeHint().height())
        for button in (toolbar.mode, toolbar.preset, toolbar.map_button, toolbar.add, toolbar.export):
            right = button.mapTo(toolbar, button.rect().topRight()).x()
            assert right < width
    assert toolbar.minimumSizeHint().width() <= 440
    assert heights[1] > heights[0]


def test_retain_and_forget_samples_have_sizes_of_their_own(qtbot: QtBot) -> None:
    room = (600, 400)
    radius, forget, _ = sizes(1000, 100, room, 1.0, 1.0, 1.0, 1.0)
    larger, same, _ = sizes(1000, 100, room, 1.0, 2.0, 1.0, 1.0)
    unmoved, grown, _ = sizes(1000, 100, room, 1.0, 1.0, 2.0, 1.0)
    assert larger > radius == unmoved
    assert grown > forget == same


def test_the_look_tells_both_sizes_and_the_opacity_of_retain_samples(world: World, qtbot: QtBot) -> None:
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    look = panel.toolbar.look
    look.size_slider.setValue(50)
    look.forget_slider.setValue(200)
    look.opacity_slider.setValue(30)
    view = panel.maps.columns[0].view
    assert (view.size_factor, view.forget_factor, view.opacity) == (0.5, 2.0, 0.3)
