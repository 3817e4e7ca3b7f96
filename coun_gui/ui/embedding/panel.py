"""The maps: Original, Retrain and methods side by side, linked with each other and with the selection."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from coun_gui.errors import WorkspaceError
from coun_gui.experiments.events import Artifact, Event
from coun_gui.experiments.maps import SampleMap, read_map
from coun_gui.ui.actions import draw_map
from coun_gui.ui.embedding import colouring, found, progress
from coun_gui.ui.embedding.card import IMAGE, Sample, SampleCard
from coun_gui.ui.embedding.export import ask_and_save
from coun_gui.ui.embedding.images import SampleImages
from coun_gui.ui.embedding.legend import Legend
from coun_gui.ui.embedding.map_row import MapRow
from coun_gui.ui.embedding.map_view import MapView
from coun_gui.ui.embedding.sample_table import SampleTable
from coun_gui.ui.embedding.selection import Combine, combined
from coun_gui.ui.embedding.states import Pages, StaleBar
from coun_gui.ui.embedding.toolbar import KEYS, Toolbar
from coun_gui.ui.session import Session
from coun_gui.ui.theme import tokens

SIDE = 200
MAPS, TABLE = 7, 3  # shares of the height
THUMBNAIL = 64


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
        self._damage = ""  # why the map that there is can't be shown
        self._legend_key: tuple[object, ...] = ()
        self._pinned = -1
        self.stale = StaleBar()
        self.toolbar, self.maps, self.legend = Toolbar(), MapRow(), Legend()
        self.card, self.table = SampleCard(), SampleTable()
        self._arrange()
        self._connect()
        self._experiment_changed()

    def _arrange(self) -> None:
        side = QVBoxLayout()
        side.setSpacing(8)
        side.addWidget(self.legend, 1)
        side.addWidget(self.card)
        self.card.setFixedWidth(SIDE)
        self.legend.setFixedWidth(SIDE)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setObjectName("map_splitter")
        for place, (widget, share) in enumerate(((self.maps, MAPS), (self.table, TABLE))):
            self.splitter.addWidget(widget)
            self.splitter.setStretchFactor(place, share)
        self.splitter.setSizes([MAPS * 1000, TABLE * 1000])
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.splitter, 1)
        row.addLayout(side)
        self.content = QWidget()
        column = QVBoxLayout(self.content)
        column.setContentsMargins(16, 8, 16, 8)
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
        session.selection_changed.connect(self._mark_selection)
        session.live.connect(self._live)
        session.run_hovered.connect(maps.emphasise)
        session.queue.changed.connect(self._job_changed)
        self.nothing.clicked.connect(self.draw)
        self.stale.asked.connect(self.draw)
        toolbar.mode_changed.connect(lambda _: self._recolour())
        toolbar.tool_changed.connect(maps.set_tool)
        toolbar.look_changed.connect(maps.set_look)
        toolbar.fit_asked.connect(maps.frame.fit)
        toolbar.add_asked.connect(maps.add)
        toolbar.export_asked.connect(self._export)
        toolbar.only_selected.toggled.connect(lambda _: self._mark_selection())
        self.legend.changed.connect(self._recolour)
        maps.runs_changed.connect(self._runs_changed)
        maps.pointed.connect(self._pointed)
        maps.pinned.connect(self.pin)
        maps.chosen.connect(self._chosen)
        maps.escaped.connect(self._let_go)
        maps.entered.connect(session.run_hovered)
        self.table.picked.connect(session.select)
        self.table.pointed.connect(maps.point_at)
        for tool, key in KEYS.items():
            shortcut = QShortcut(QKeySequence(key), self.content)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda tool=tool: toolbar.set_tool(tool))

    # Which map

    @property
    def samples(self) -> SampleMap | None:
        """The map on show."""
        return self._map

    def draw(self) -> None:
        """Orders a map of what is done."""
        draw_map(self._session)
        self._show_state()

    def show_map(self, samples: SampleMap | None) -> None:
        """Shows a map, or none."""
        self._map = samples
        self._pinned = -1
        self._legend_key = ()
        if samples is not None:
            choices = found.choices(samples, self._session.records(), self._dark)
            self.maps.show_map(samples, choices, found.first_shown(choices, self._kept_runs()))
            self.card.show_sample(None)
        self._show_state()

    def _kept_runs(self) -> list[str]:
        return self.maps.runs if self.maps.open_columns else []

    def _experiment_changed(self) -> None:
        experiment, folder = self._session.experiment, self._session.dataset.get("images")
        self._images = SampleImages(folder)
        self.table.samples.set_images(self._images.pixmap)
        shown = experiment.id if experiment else ""
        if shown != self._experiment or self._map is None:
            self._experiment = shown
            self._load_newest()
        else:  # the names of the classes have come
            self._legend_key = ()
            self._runs_changed()

    def _load_newest(self) -> None:
        experiment = self._session.experiment
        self._damage = ""
        newest = None
        try:
            newest = found.newest_map(self._session.workspace, experiment) if experiment else None
        except WorkspaceError as error:
            self._damage = error.sentence
        self.show_map(newest)

    def _live(self, events: list[Event]) -> None:
        mine = set(self._session.experiment.runs) if self._session.experiment else set()
        for event in events:
            if isinstance(event, Artifact) and event.kind == "map":
                self._load_if_mine(Path(event.path), mine)

    def _load_if_mine(self, path: Path, mine: set[str]) -> None:
        try:
            samples = read_map(path)
        except WorkspaceError as error:
            self._session.told.emit(error.sentence, error.remedy)
            return
        if mine.issuperset(samples.spec.runs):
            self.show_map(samples)

    def _job_changed(self, job_id: str) -> None:
        job = progress.map_job(self._session)
        if job is not None and job.id == job_id:
            self._show_state()

    def _show_state(self) -> None:
        """Which page is up, and what it says."""
        self.pages.show_state(self._map, self._damage)

    # What it looks like

    def set_dark(self, dark: bool) -> None:
        """Colours for a dark or a light ground."""
        self._dark = dark
        self._legend_key = ()
        if self._map is not None:
            self.maps.recolour_choices(found.choices(self._map, self._session.records(), dark))
            self.card.show_sample(self._sample(self._pinned))
        self._recolour()

    def _names(self) -> list[str]:
        assert self._map is not None
        return found.class_names(self._map, self._session.dataset.get("classes"))

    def _runs_changed(self) -> None:
        if self._map is None:
            return
        self.toolbar.add.setEnabled(self.maps.can_add())
        self.card.set_models(len(self.maps.runs))
        titles = [(column.run, column.chooser.currentText()) for column in self.maps.open_columns]
        self.table.show_map(self._map, list(dict.fromkeys(titles)), self._names())
        self._recolour()
        self._mark_selection()

    def _recolour(self) -> None:
        if self._map is None or not self.maps.open_columns:
            return
        mode = self.toolbar.mode.currentData()
        entries = colouring.entries(mode, self._names(), self._dark)
        codes = {run: colouring.codes(self._map, run, mode) for run in self.maps.runs}
        self._fill_legend(mode, entries, codes[self.maps.runs[0]])
        hidden = self.legend.hidden()
        kinds = np.array([self.legend.retain.isChecked(), self.legend.forget.isChecked()])[
            self._map.forget.astype(int)
        ]
        shown = {
            run: kinds & ~np.isin(code, list(hidden)) if hidden else kinds for run, code in codes.items()
        }
        self.maps.paint({run: colouring.colours(code, entries) for run, code in codes.items()}, shown)

    def _fill_legend(self, mode: str, entries: list[colouring.Entry], code: np.ndarray) -> None:
        assert self._map is not None
        key = (mode, self.maps.runs[0], self._dark, len(entries))
        if key == self._legend_key:
            return
        same_lines = self._legend_key[:1] == key[:1] and len(self.legend.rows) == len(entries)
        self._legend_key = key
        counts = np.bincount(code, minlength=len(entries))[: len(entries)].tolist()
        if same_lines:
            self.legend.renew(entries, counts)
        else:
            self.legend.set_entries(entries, counts)
        forgotten = int(self._map.forget.sum())
        self.legend.set_kinds(len(self._map.forget) - forgotten, forgotten, tokens(self._dark)["muted"])

    # One sample

    def _pointed(self, row: int, view: MapView | None) -> None:
        self.card.show_sample(self._sample(row if row >= 0 else self._pinned))
        if view is None or row < 0 or self._map is None:
            self.maps.links.show_image(None)
        else:
            image = self._images.pixmap(int(self._map.index[row]), THUMBNAIL)
            self.maps.links.show_image(view, row, image, self._names()[self._map.labels[row]])

    def pin(self, row: int) -> None:
        """Keeps a row of the map in the card and ringed in all maps; -1 lets it go."""
        self._pinned = -1 if row == self._pinned else row
        self.maps.pin(self._pinned)
        self.card.show_sample(self._sample(self._pinned))

    def _sample(self, row: int) -> Sample | None:
        if self._map is None or row < 0:
            return None
        choices = [column.choice for column in self.maps.open_columns]
        image = self._images.pixmap(int(self._map.index[row]), IMAGE)
        return found.sample(self._map, row, choices, self._names(), image, pinned=row == self._pinned)

    # Several samples

    def _chosen(self, rows: np.ndarray, how: Combine) -> None:
        if self._map is not None:
            self._session.select(combined(self._session.selection, self._map.index[rows], how))

    def _let_go(self) -> None:
        """Esc: the selection and the pinned sample."""
        self._session.select(())
        self.pin(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc from wherever the focus is in here."""
        if event.key() == Qt.Key.Key_Escape:
            self.maps.cancel()
            self._let_go()
        else:
            super().keyPressEvent(event)

    def _mark_selection(self) -> None:
        if self._map is None:
            return
        selected = np.isin(self._map.index, self._session.selection)
        self.maps.select(selected)
        self.table.mark(selected, self.toolbar.only_selected.isChecked())
        self.toolbar.show_selected(int(selected.sum()))

    def _export(self) -> None:
        if self._map is not None:
            titles = {column.run: column.choice.title for column in self.maps.open_columns}
            ask_and_save(self, self._session, self._map, titles)
