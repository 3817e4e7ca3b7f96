"""How the Embedding panel shares its room: everything is seen in a small window, and stands level."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from panel_data import World, opened, sample_map, write_map
from PySide6.QtCore import QPoint, QPointF, QSizeF, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QComboBox, QStyle, QStyleOptionComboBox, QWidget
from pytestqt.qtbot import QtBot

from coun_gui.jobs.schedule import Job
from coun_gui.ui.app import make_application
from coun_gui.ui.embedding.legend import columns_for
from coun_gui.ui.embedding.map_column import fitting_title
from coun_gui.ui.embedding.map_grid import per_row
from coun_gui.ui.embedding.panel import EmbeddingPanel
from coun_gui.ui.embedding.strip import Strip
from coun_gui.ui.embedding.toolbar import Toolbar
from coun_gui.ui.theme import Theme

SMALL = 652  # what a window of 1000 pixels leaves the panel beside its scroll bar


@pytest.fixture
def panel(world: World, qtbot: QtBot) -> EmbeddingPanel:
    """With a map of four models, three of them on show."""
    runs = tuple(world.run(name) for name in ("retrain", "original", "ft", "coun"))
    write_map(world.workspace, sample_map(runs))
    return opened(world, qtbot)


def make_small(panel: EmbeddingPanel, qtbot: QtBot, width: int = SMALL, height: int = 400) -> None:
    """As in a page that scrolls: never lower than it must be."""
    panel.resize(width, max(height, panel.minimumSizeHint().height()))
    QApplication.processEvents()
    panel.resize(width, max(height, panel.minimumSizeHint().height()))
    QApplication.processEvents()


def order(world: World) -> None:
    """A newer map is being drawn, which is told above the maps."""
    job = Job("m1", "Map", {"do": "map"}, experiment=world.experiment.id)
    job.state, job.stage, job.share = "running", "neighbours", 0.4
    world.session.queue.submit([job])
    world.session.queue.changed.emit("m1")


def seen_whole(widget: QWidget) -> bool:
    return widget.visibleRegion().boundingRect() == widget.rect()


@pytest.mark.parametrize(
    ("lines", "width", "expected"),
    [
        (10, 200, (1, True)),  # all fit as they are
        (5, 200, (2, True)),  # the names and the notes need 80 each
        (4, 200, (3, False)),  # two columns with notes would hold 8
        (2, 200, (2, True)),  # no way: as many as go with their notes
        (2, 170, (1, True)),  # beside the scroll bar there is no room for two
        (5, 60, (1, True)),  # not even one is whole
    ],
)
def test_a_low_legend_takes_as_few_columns_as_show_all_of_it(
    lines: int, width: int, expected: tuple[int, bool]
) -> None:
    assert columns_for(10, lines, (width, width - 14), whole=80, bare=60) == expected


@pytest.mark.parametrize("maps", [3, 4])
@pytest.mark.parametrize(("width", "height"), [(SMALL, 400), (932, 560), (1100, 640)])
def test_every_class_is_in_the_legend_without_scrolling(
    panel: EmbeddingPanel, world: World, qtbot: QtBot, maps: int, width: int, height: int
) -> None:
    if maps == 4:
        panel.toolbar.add.click()
    order(world)
    make_small(panel, qtbot, width, height)
    assert panel.stale.isVisible()
    assert len(panel.legend.rows) == 10
    assert all(seen_whole(row) for row in (panel.legend.retain, panel.legend.forget, *panel.legend.rows))


@pytest.mark.parametrize("themed", [False, True])
def test_the_legend_grows_with_its_longest_name(
    panel: EmbeddingPanel, world: World, qtbot: QtBot, themed: bool
) -> None:
    theme = Theme(make_application()) if themed else None  # the fonts that the window has
    world.session.dataset = {"classes": ["automobile", "an aquarium of fish", *"cdefghij"]}
    world.session.experiment_changed.emit()
    make_small(panel, qtbot, 932, 400)
    legend = panel.legend
    assert all(row.width() >= row.needed(row.noted) for row in legend.rows)
    assert "automobile, " in legend.rows[0].toolTip()
    if theme is not None:
        theme.deleteLater()


def test_no_name_takes_the_room_of_the_maps(panel: EmbeddingPanel, world: World, qtbot: QtBot) -> None:
    world.session.dataset = {"classes": ["an aquarium of fish " * 5, *"bcdefghij"]}
    world.session.experiment_changed.emit()
    make_small(panel, qtbot, 932, 400)
    assert panel.side.width() == 248
    make_small(panel, qtbot)
    assert panel.side.width() == 184


def test_a_legend_with_room_is_one_column_with_counts(panel: EmbeddingPanel, qtbot: QtBot) -> None:
    make_small(panel, qtbot, 932, 400)
    panel.resize(1100, 900)
    QApplication.processEvents()
    tops = [row.y() for row in panel.legend.rows]
    assert tops == sorted(set(tops))
    assert all(row.noted for row in panel.legend.rows)


@pytest.mark.parametrize(
    ("count", "width", "height", "expected"),
    [
        (4, 870, 400, 4),
        (4, 452, 400, 2),  # 107 each would be too narrow
        (3, 452, 200, 3),  # 145 each
        (3, 400, 200, 2),
        (4, 700, 900, 2),  # in one row 169 wide, in two 346
        (3, 452, 470, 3),  # in two rows 175 high, which isn't worth it
        (2, 250, 300, 1),
        (1, 100, 100, 1),
    ],
)
def test_maps_stand_in_two_rows_where_one_makes_them_too_narrow_or_much_smaller(
    count: int, width: int, height: int, expected: int
) -> None:
    assert per_row(count, width, height, head=56) == expected


def test_four_maps_fit_a_small_window_and_are_alike(panel: EmbeddingPanel, qtbot: QtBot) -> None:
    panel.toolbar.add.click()
    make_small(panel, qtbot)
    assert panel.minimumSizeHint().width() <= SMALL
    views = panel.maps.views
    places = [view.mapTo(panel.maps, QPoint()) for view in views]
    assert places[0].y() == places[1].y() < places[2].y() == places[3].y()
    assert places[0].x() == places[2].x() < places[1].x() == places[3].x()
    assert all(view.width() >= 216 and view.height() >= 120 for view in views)
    assert len({(view.width(), view.height()) for view in views}) == 1
    assert all("trust" in column.facts.text() for column in panel.maps.open_columns)
    assert panel.rect().contains(panel.side.geometry().translated(panel.content.pos()))


def test_taking_a_map_out_brings_the_others_back_into_one_row(panel: EmbeddingPanel, qtbot: QtBot) -> None:
    panel.toolbar.add.click()
    make_small(panel, qtbot)
    panel.maps.columns[3].close_button.click()
    make_small(panel, qtbot)
    assert len({view.mapTo(panel.maps, QPoint()).y() for view in panel.maps.views}) == 1
    make_small(panel, qtbot, 1100, 700)
    panel.toolbar.add.click()
    make_small(panel, qtbot, 1100, 700)
    assert len({view.mapTo(panel.maps, QPoint()).y() for view in panel.maps.views}) == 1


def test_two_rows_pan_zoom_point_and_pin_together(panel: EmbeddingPanel, qtbot: QtBot) -> None:
    panel.toolbar.add.click()
    make_small(panel, qtbot)
    last, row = panel.maps.views[3], 7
    place = last.position(row)
    assert place is not None
    last.hovered.emit(row)
    qtbot.mouseClick(last, Qt.MouseButton.LeftButton, pos=place.toPoint())
    pinned = last.row_at(QPointF(place.toPoint()))
    assert [view.highlight for view in panel.maps.views] == [row] * 4
    assert [view.pinned for view in panel.maps.views] == [pinned] * 4
    panel.maps.frame.zoom_at(QSizeF(last.size()), place, 2.0)
    panel.maps.frame.pan(QSizeF(last.size()), 9, 4)
    assert len({view.projection() for view in panel.maps.views}) == 1


def test_lines_run_between_neighbours_and_end_at_the_sample(panel: EmbeddingPanel, qtbot: QtBot) -> None:
    panel.toolbar.add.click()
    make_small(panel, qtbot)
    first, second, third, fourth = panel.maps.views
    way = [first, second, fourth, third]  # along the first row and back along the second
    expected = [view.mapTo(panel.maps, view.position(5).toPoint()) for view in way]
    assert [place.toPoint() for place in panel.maps.links._places(5)] == expected
    assert panel.maps.links.geometry() == panel.maps.rect()


@pytest.mark.parametrize("width", [SMALL, 1100])
def test_a_note_above_one_map_leaves_all_of_them_level(
    panel: EmbeddingPanel, qtbot: QtBot, width: int
) -> None:
    samples, run = panel.samples, panel.maps.runs[1]
    spoilt = samples.xy[run].copy()
    spoilt[:3] = np.nan
    panel.show_map(replace(samples, xy=samples.xy | {run: spoilt}))
    make_small(panel, qtbot, width, 700)
    noted, others = panel.maps.columns[1], (panel.maps.columns[0], panel.maps.columns[2])
    assert noted.dropped.isVisible()
    assert noted.dropped.text().startswith("3 ")
    assert noted.dropped.toolTip().startswith("3 samples without a place (NaN) left out")
    for other in others:
        assert not other.dropped.isVisible()
        assert other.view.geometry().top() == noted.view.geometry().top()
        assert other.view.height() == noted.view.height()
    before = noted.view.height()
    panel.show_map(samples)
    make_small(panel, qtbot, width, 700)
    assert noted.view.height() > before  # without a note there is no room for one


def test_the_titles_of_the_tables_fixed_columns_are_whole(panel: EmbeddingPanel, qtbot: QtBot) -> None:
    font = panel.table.horizontalHeader().font()
    font.setPixelSize(16)  # letters that are wider than columns have been made for
    panel.table.horizontalHeader().setFont(font)
    make_small(panel, qtbot)
    header, model = panel.table.horizontalHeader(), panel.table.samples
    titles = [model.headerData(column, Qt.Orientation.Horizontal) for column in range(6)]
    assert (titles[:4], titles[5]) == (["Index", "Image", "True class", "Set"], "conf. %")
    for column in (0, 1, 2, 3, 5):
        assert header.sectionSize(column) >= header.fontMetrics().horizontalAdvance(titles[column]) + 10


def test_a_figure_stands_nearer_to_its_own_class_than_to_the_next_models(
    panel: EmbeddingPanel, qtbot: QtBot
) -> None:
    make_small(panel, qtbot, 1600, 700)
    header = panel.table.horizontalHeader()
    assert header.length() < panel.table.viewport().width()  # what is left over stays at the right
    assert header.sectionSize(4) <= 104


def room_for_text(combo: QComboBox) -> int:
    option = QStyleOptionComboBox()
    combo.initStyleOption(option)
    field = QStyle.SubControl.SC_ComboBoxEditField
    return combo.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, combo).width()


@pytest.mark.parametrize("width", [440, 560, 620, 760, 900, 1200])
def test_no_entry_of_the_toolbar_is_cut(qtbot: QtBot, width: int) -> None:
    toolbar = Toolbar()
    qtbot.addWidget(toolbar)
    toolbar.show()
    toolbar.resize(width, toolbar.minimumSizeHint().height())
    QApplication.processEvents()
    toolbar.resize(width, toolbar.minimumSizeHint().height())
    for combo in (toolbar.mode, toolbar.preset):
        entries = [combo.itemText(row) for row in range(combo.count())]
        assert room_for_text(combo) >= max(map(combo.fontMetrics().horizontalAdvance, entries))
    for part in (toolbar.export, toolbar.add, toolbar.preset):
        assert seen_whole(part)


@pytest.mark.parametrize(("width", "rows"), [(440, 3), (620, 2), (1200, 1)])
def test_the_toolbar_takes_as_many_rows_as_hold_it(qtbot: QtBot, width: int, rows: int) -> None:
    toolbar = Toolbar()
    qtbot.addWidget(toolbar)
    toolbar.show()
    toolbar.resize(width, 20)
    QApplication.processEvents()
    toolbar.resize(width, toolbar.sizeHint().height())
    QApplication.processEvents()
    parts = (toolbar.mode, toolbar.preset, toolbar.look_button)
    middles = [part.mapTo(toolbar, part.rect().center()).y() for part in parts]
    assert len({round(middle / 10) for middle in middles}) == rows
    assert middles == sorted(middles)
    if rows == 3:
        assert toolbar.mode.x() == toolbar.preset.x()


@pytest.mark.parametrize("selected", [0, 12_345])
@pytest.mark.parametrize("width", [452, 640, 900])
def test_the_strip_cuts_nothing_off(qtbot: QtBot, selected: int, width: int) -> None:
    strip = Strip(QWidget())
    qtbot.addWidget(strip)
    strip.show()
    strip.resize(width, 80)
    strip.show_selected(selected, 0)
    QApplication.processEvents()
    shown = [*strip.pages.values(), strip.query, strip.help_button, strip.menu_button]
    for part in [*shown, strip.next] if selected else shown:
        assert seen_whole(part)
        assert part.width() >= (part.minimumWidth() or part.minimumSizeHint().width())


def test_a_narrow_chooser_keeps_the_seed(qapp: QApplication) -> None:
    metrics = QFontMetrics(qapp.font())

    def fitted(title: str, words: str) -> str:
        return fitting_title(title, metrics, metrics.horizontalAdvance(words))

    assert fitted("CoUn · seed 12", "CoUn · seed 12") == "CoUn · seed 12"
    assert fitted("CoUn · seed 12", "CoUn · seed") == "CoUn · 12"
    cut = fitted("Original · seed 12", "Origi… · 12")
    assert cut.startswith("Orig")
    assert cut.endswith("… · 12")
    assert metrics.horizontalAdvance(cut) <= metrics.horizontalAdvance("Origi… · 12")
    assert fitted("The mean of all", "The mean… ").endswith("…")
