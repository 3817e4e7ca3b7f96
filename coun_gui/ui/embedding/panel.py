"""The maps: Original, Retrain and methods side by side, linked with each other and with the selection."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from coun_gui.experiments.maps import SampleMap, class_names
from coun_gui.experiments.spec import EmbeddingSpec
from coun_gui.ui.embedding import found, progress, query
from coun_gui.ui.embedding.card import IMAGE, Sample, SampleCard
from coun_gui.ui.embedding.exporting import Exporting
from coun_gui.ui.embedding.image_grid import ImageGrid
from coun_gui.ui.embedding.images import SampleImages
from coun_gui.ui.embedding.landing import LandingPane
from coun_gui.ui.embedding.legend import Legend
from coun_gui.ui.embedding.map_row import MapRow
from coun_gui.ui.embedding.map_view import MapView
from coun_gui.ui.embedding.orders import Orders
from coun_gui.ui.embedding.painting import Painting
from coun_gui.ui.embedding.playing import Player, Playing
from coun_gui.ui.embedding.ready import Ready
from coun_gui.ui.embedding.sample_table import SampleTable
from coun_gui.ui.embedding.selecting import Selecting
from coun_gui.ui.embedding.side import Side
from coun_gui.ui.embedding.states import Pages, StaleBar
from coun_gui.ui.embedding.strip import PAGES, Strip
from coun_gui.ui.embedding.toolbar import KEYS, Toolbar
from coun_gui.ui.session import Session

MAPS, BELOW = 7, 3  # shares of the height
THUMBNAIL = 64
NARROW = 760  # logical pixels: everything but the maps takes less


class EmbeddingPanel(QWidget):
    """Listens to the session; shows the newest map of the experiment in view."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("embedding_panel")
        self._session = session
        self._dark = False
        self._map: SampleMap | None = None
        self._images = SampleImages()
        self._experiment = ""
        self.orders = Orders(session, self)
        self.stale = StaleBar()
        self.toolbar, self.maps, self.legend = Toolbar(), MapRow(), Legend()
        self.card, self.table, self.landing = SampleCard(), SampleTable(), LandingPane(session)
        self.side = Side(self.legend, self.card)
        self.strip, self.grid = Strip(self.landing.bar), ImageGrid()
        self.painting = Painting(self.toolbar, self.maps, self.legend, self)
        self.selecting = Selecting(session, self.maps, self.table, self.grid, self.strip, self)
        self.player = Player()
        self.playing = Playing(session, self.maps, self.player, self)
        self.exporting = Exporting(session, self.toolbar, self.maps, self.landing, self)
        self._arrange()
        self._connect()
        self._experiment_changed()

    def _arrange(self) -> None:
        self.below = QStackedWidget()
        for page in (self.table, self.grid, self.landing):  # in the order of the strip's buttons
            self.below.addWidget(page)
        lower = _stacked(self.strip, self.below, growing=self.below)
        upper = _stacked(self.maps, self.player, growing=self.maps)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setObjectName("map_splitter")
        for place, (widget, share) in enumerate(((upper, MAPS), (lower, BELOW))):
            self.splitter.addWidget(widget)
            self.splitter.setStretchFactor(place, share)
        self.splitter.setSizes([MAPS * 1000, BELOW * 1000])
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.splitter, 1)
        row.addWidget(self.side)
        self.content = QWidget()
        column = QVBoxLayout(self.content)
        column.setSpacing(8)
        for widget in (self.toolbar, self.stale):
            column.addWidget(widget)
        column.addLayout(row, 1)
        self.pages = Pages(self._session, self.content, self.stale)
        self.nothing, self.computing = self.pages.nothing, self.pages.computing
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.pages)

    def _connect(self) -> None:
        session, maps, toolbar = self._session, self.maps, self.toolbar
        session.experiment_changed.connect(self._experiment_changed)
        session.records_changed.connect(self._show_state)
        self.orders.came.connect(self.show_map)
        self.orders.changed.connect(self._show_state)
        session.run_hovered.connect(maps.emphasise)
        session.queue.changed.connect(self._job_changed)
        self.nothing.clicked.connect(lambda: self.draw())
        self.nothing.other.clicked.connect(lambda: toolbar.map_button.popover.open_below(self.nothing.other))
        self.stale.asked.connect(self._draw_again)
        self.stale.show_asked.connect(self.orders.show_waiting)
        toolbar.form.asked.connect(self.draw)
        toolbar.look.outlines.toggled.connect(self._outlined)
        self.strip.page_changed.connect(lambda name: self.below.setCurrentIndex(list(PAGES).index(name)))
        toolbar.tool_changed.connect(maps.set_tool)
        toolbar.fit_asked.connect(maps.frame.fit)
        toolbar.add_asked.connect(maps.add)
        maps.runs_changed.connect(self._runs_changed)
        maps.pointed.connect(self._pointed)
        maps.pinned.connect(lambda _: self._show_pinned())
        maps.escaped.connect(self._let_go)
        maps.entered.connect(session.run_hovered)
        for linked in (self.table, self.grid):
            linked.pointed.connect(maps.point_at)
        self.grid.pinned.connect(self.pin)
        for tool, key in KEYS.items():
            shortcut = QShortcut(QKeySequence(key), self.content)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda tool=tool: toolbar.set_tool(tool))
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self.content)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self._find)

    # Which map

    @property
    def samples(self) -> SampleMap | None:
        """The map on show."""
        return self._map

    def draw(
        self, embedding: EmbeddingSpec | None = None, points: int | None = None, frames: bool = False
    ) -> None:
        """Orders a map of what is done; without figures, as the experiment has it."""
        self.orders.order(embedding, points, frames)
        self._show_state()

    def _outlined(self, outlined: bool) -> None:
        self.orders.outlined = outlined

    def _draw_again(self) -> None:
        self.orders.order_again()
        self._show_state()

    def show_map(self, samples: SampleMap | None, ready: Ready | None = None) -> None:
        """Shows a map, or none. ready: what was worked out of it before."""
        self._map = samples
        self.orders.set_shown(samples)
        if samples is not None:
            choices = found.choices(samples, self._session.records(), self._dark)
            self.toolbar.form.show_spec(samples.spec)
            runs = found.first_shown(choices, self._kept_runs())
            self.maps.show_map(samples, choices, runs, ready)
        self.playing.show(samples)
        self._show_state()

    def _kept_runs(self) -> list[str]:
        return self.maps.runs if self.maps.open_columns else []

    def _experiment_changed(self) -> None:
        experiment, folder = self._session.experiment, self._session.dataset.get("images")
        self._images = SampleImages(folder)
        for listing in (self.table.samples, self.grid.images):
            listing.set_images(self._images.pixmap)
        shown = experiment.id if experiment else ""
        if shown != self._experiment or self._map is None:
            self._experiment = shown
            self.pin(-1)
            self.orders.open_newest()
        else:  # the names of the classes have come
            self._runs_changed()

    def _job_changed(self, job_id: str) -> None:
        if any(job.id == job_id for job in progress.map_jobs(self._session)):
            self._show_state()

    def _show_state(self) -> None:
        """Which page is up, and what it says."""
        if self._map is None and self.orders.reading:
            self.pages.show_reading()
        else:
            self.pages.show_state(self._map, self.orders.damage, self.orders.waiting)

    # What it looks like

    def set_dark(self, dark: bool) -> None:
        """Colours for a dark or a light ground."""
        self._dark = dark
        if self._map is not None:
            self.maps.recolour_choices(found.choices(self._map, self._session.records(), dark))
            self._show_pinned()
            self._paint()

    def _names(self) -> list[str]:
        assert self._map is not None
        return class_names(self._map, self._session.dataset.get("classes") or ())

    def _reference(self) -> str | None:
        assert self._map is not None
        return found.reference(self._map, self._session.records())

    def _runs_changed(self) -> None:
        if self._map is None or not self.maps.open_columns:
            return
        self.toolbar.add.setEnabled(self.maps.can_add())
        self.card.set_models(len(self.maps.runs), found.likely(self._map))
        titles = {column.run: column.choice.title for column in self.maps.open_columns}
        self.table.show_map(self._map, list(titles.items()), self._names())
        self.grid.show_map(self._map, self._names())
        self._show_pinned()
        self._paint()
        choices = found.choices(self._map, self._session.records(), self._dark)
        every = titles | {choice.run: choice.title for choice in choices if choice.run not in titles}
        self.landing.show_map(self._map, {choice.run: choice.title for choice in choices})
        run = self.maps.runs[-1]
        self.selecting.show(query.subject(self._map, self._names(), every, run, self._reference()))

    def _paint(self) -> None:
        assert self._map is not None
        self.exporting.show(self._map, self._names())
        self.painting.show(self._map, self._names(), self._reference(), self._dark)

    # One sample

    def _pointed(self, row: int, view: MapView | None) -> None:
        self.card.show_sample(self._sample(row if row >= 0 else self.maps.pinned_row))
        self.grid.set_highlight(row)
        if view is None or row < 0 or self._map is None:
            self.maps.links.show_image(None)
        else:
            image = self._images.pixmap(int(self._map.index[row]), THUMBNAIL)
            self.maps.links.show_image(view, row, image, self._names()[self._map.labels[row]])

    def pin(self, row: int) -> None:
        """Keeps a row of the map in the card and ringed in all maps; -1, or the same again, lets it go."""
        self.maps.pin(row)

    def _show_pinned(self) -> None:
        self.grid.set_pinned(self.maps.pinned_row)
        self.card.show_sample(self._sample(self.maps.pinned_row))

    def _sample(self, row: int) -> Sample | None:
        if self._map is None or row < 0:
            return None
        choices = [column.choice for column in self.maps.open_columns]
        image = self._images.pixmap(int(self._map.index[row]), IMAGE)
        pinned, records = row == self.maps.pinned_row, self._session.records()
        return found.sample(self._map, row, choices, self._names(), image, pinned, records)

    def _find(self) -> None:
        self.strip.show_page("samples")
        self.strip.query.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _let_go(self) -> None:
        """Esc: the selection and the pinned sample."""
        self._session.select(())
        self.pin(-1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < NARROW
        self.side.set_slim(narrow)
        margin = 8 if narrow else 16
        self.content.layout().setContentsMargins(margin, 8, margin, 8)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc from wherever the focus is in here."""
        if event.key() == Qt.Key.Key_Escape:
            self.maps.cancel()
            self._let_go()
        else:
            super().keyPressEvent(event)


def _stacked(*widgets: QWidget, growing: QWidget) -> QWidget:
    """One below the other; one of them takes the room."""
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    for widget in widgets:
        column.addWidget(widget, int(widget is growing))
    return holder
