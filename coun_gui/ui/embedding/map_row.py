"""Up to four maps in one frame, with everything that they share."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QObject, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from coun_gui.experiments.maps import SampleMap
from coun_gui.ui.embedding.clusters import Cluster
from coun_gui.ui.embedding.frame import Frame
from coun_gui.ui.embedding.links import Links
from coun_gui.ui.embedding.map_column import Choice, MapColumn
from coun_gui.ui.embedding.map_grid import GAP, MapGrid, per_row
from coun_gui.ui.embedding.map_view import MapView, Tool
from coun_gui.ui.embedding.points import Points
from coun_gui.ui.embedding.ready import Ready, ready_map

AT_MOST = 4
_LEAST = {1: 88, 2: 120}  # logical pixels of a map's height, by the rows that there are


class MapRow(QWidget):
    """Highlights, pins, selection and visibility are those of all maps."""

    runs_changed = Signal()
    pointed = Signal(int, object)  # row under the pointer, -1 for none; the view it is over, or None
    pinned = Signal(int)  # the row that is ringed until it is let go, -1 for none
    chosen = Signal(object, object)  # rows, Combine
    escaped = Signal()
    entered = Signal(str)  # run whose map the pointer is over, "" for none

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frame = Frame(self)
        self.columns = [MapColumn(self.frame, number) for number in range(AT_MOST)]
        self._samples: SampleMap | None = None
        self._choices: list[Choice] = []
        self._open = 0
        self._highlight = self._pinned = self._pinned_before = -1  # rows
        self._points: dict[str, Points] = {}
        self._clusters: dict[str, list[Cluster]] = {}
        self.grid = MapGrid(self)
        for column in self.columns:
            column.setParent(self)
            column.hide()
            self._connect(column)
        self.links = Links(self)
        self.frame.changed.connect(self.links.follow)

    def _connect(self, column: MapColumn) -> None:
        column.run_changed.connect(self._refill)
        column.closed.connect(lambda: self._close(column))
        view = column.view
        view.hovered.connect(lambda row: self.point_at(row, view))
        view.clicked.connect(self.pin)
        view.click_taken_back.connect(lambda: self._set_pinned(self._pinned_before))
        view.chosen.connect(self.chosen)
        view.escaped.connect(self.escaped)
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Enter:
            self.entered.emit(next(column.run for column in self.columns if column.view is watched))
        elif event.type() == QEvent.Type.Leave:
            self.entered.emit("")
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.links.setGeometry(self.rect())
        self.links.raise_()
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """As wide as two rows must be, whether there is need for them or not; as high as it stands now."""
        columns = (self._open + 1) // 2
        widest = max((column.minimumSizeHint().width() for column in self.open_columns), default=0)
        return QSize(columns * (widest + GAP) - GAP, self.grid.totalMinimumSize().height())

    def _arrange(self) -> None:
        """In one row or two, by the room there is."""
        if not self._open:
            return
        head = self.columns[0].sizeHint().height() - self.columns[0].view.sizeHint().height()
        if self.grid.place(self.open_columns, per_row(self._open, self.width(), self.height(), head)):
            for column in self.open_columns:
                column.view.setMinimumHeight(_LEAST[self.grid.rows])
            self.links.set_views([self.columns[place].view for place in self.grid.in_line])
            self.updateGeometry()

    # What is on show

    @property
    def open_columns(self) -> list[MapColumn]:
        return self.columns[: self._open]

    @property
    def views(self) -> list[MapView]:
        return [column.view for column in self.open_columns]

    @property
    def runs(self) -> list[str]:
        return [column.run for column in self.open_columns]

    def show_map(
        self, samples: SampleMap, choices: list[Choice], runs: list[str], ready: Ready | None = None
    ) -> None:
        """Another map: places all points anew and shows them whole. The pinned sample stays so if it is on it.

        ready: what was worked out of it before.
        """
        self._pinned = self._pinned_before = self._row_of_pinned(samples)
        self._highlight = -1
        self.links.show_image(None)
        self._samples, self._choices = samples, choices
        ready = ready or ready_map(samples)
        self._points, self._clusters = dict(ready.points), dict(ready.clusters)
        self._open = min(len(runs), AT_MOST)
        self._fill_choosers(runs)
        self.frame.set_limits([points.corners for points in self._points.values()])
        self._refill()

    def _row_of_pinned(self, samples: SampleMap) -> int:
        if self._samples is None or self._pinned < 0:
            return -1
        found = np.flatnonzero(samples.index == self._samples.index[self._pinned])
        return int(found[0]) if len(found) else -1

    def add(self) -> None:
        """One more map: the first run that isn't on show."""
        if self._open < min(AT_MOST, len(self._choices)):
            shown = self.runs
            more = next(
                (choice.run for choice in self._choices if choice.run not in shown), self._choices[0].run
            )
            self._open += 1
            self._fill_choosers([*shown, more])
            self._refill()

    def can_add(self) -> bool:
        return self._open < min(AT_MOST, len(self._choices))

    def _close(self, column: MapColumn) -> None:
        if self._open > 1:
            left = [other.run for other in self.open_columns if other is not column]
            self._open -= 1
            self._fill_choosers(left)
            self._refill()

    def _fill_choosers(self, runs: list[str]) -> None:
        for column, run in zip(self.columns, runs, strict=False):
            column.set_choices(self._choices, run)

    def _refill(self) -> None:
        """Puts the points of the chosen runs into the views."""
        assert self._samples is not None
        lacking = any(self._points[run].dropped for run in self.runs)
        for number, column in enumerate(self.columns):
            column.setVisible(number < self._open)
            column.close_button.setVisible(self._open > 1)
            if number < self._open:
                points = self._points[column.run]
                if column.view.points is not points:
                    column.view.set_points(points)
                column.set_quality(self._samples.quality.get(column.run, {}))
                column.set_dropped(points.dropped, lacking)
        self._arrange()
        self.links.update()
        self._mark()
        self.runs_changed.emit()

    # What is shared

    def paint(self, colours: dict[str, np.ndarray], shown: dict[str, np.ndarray]) -> None:
        """Colours uint32 [N] and visibility bool [N] by run."""
        for run, painted in colours.items():
            points = self._points[run]
            points.paint(painted)
            if not np.array_equal(points.shown, shown[run]):
                points.show(shown[run])
        self._redraw()

    def select(self, selected: np.ndarray) -> None:
        """Marks the rows with True in all maps."""
        for points in self._points.values():
            points.select(selected)
        self._redraw()

    def set_landmarks(self, outlined: bool, named: bool, names: list[str], hidden: set[int]) -> None:
        """Outlines and names of the classes but the hidden ones."""
        for column in self.open_columns:
            marks = column.view.landmarks
            marks.outlined, marks.named, marks.names, marks.hidden = outlined, named, names, hidden
            marks.set_clusters(self._clusters.get(column.run, []))
        self._redraw()

    def move(self, run: str, rows: np.ndarray | None, xy: np.ndarray | None) -> None:
        """Shows these rows of a run alone, at other places; None brings all home."""
        points = self._points[run]
        if rows is None or xy is None:
            points.come_home()
        else:
            points.move(rows, xy)
        for column in self.open_columns:
            if column.run == run:
                column.view.redraw()
        self.links.update()

    def set_look(self, size_factor: float, forget_factor: float, opacity: float) -> None:
        """Sizes of retain and of forget samples, 1 as they are by themselves; opacity of retain samples."""
        for column in self.columns:
            view = column.view
            view.size_factor, view.forget_factor, view.opacity = size_factor, forget_factor, opacity
        self._redraw()

    def set_tool(self, tool: Tool) -> None:
        for column in self.columns:
            column.view.set_tool(tool)

    def point_at(self, row: int, source: MapView | None = None) -> None:
        """Rings a row in all maps and joins its places; -1 lets go."""
        self._highlight = row
        self._mark()
        self.pointed.emit(row, source)

    def emphasise(self, run: str) -> None:
        """Frames the map of a run that is under the pointer in another panel."""
        for column in self.columns:
            column.view.set_emphasised(bool(run) and column.run == run)

    def recolour_choices(self, choices: list[Choice]) -> None:
        """The same runs in the colours of another theme."""
        self._choices = choices
        self._fill_choosers(self.runs)

    def cancel(self) -> None:
        """Drops a lasso or rectangle that is being drawn."""
        for column in self.columns:
            column.view.cancel()

    @property
    def pinned_row(self) -> int:
        """-1 for none."""
        return self._pinned

    def pin(self, row: int) -> None:
        """Rings a row in all maps and joins its places until it is let go, by -1 or by the same row again."""
        self._pinned_before = self._pinned
        self._set_pinned(-1 if row == self._pinned else row)

    def _set_pinned(self, row: int) -> None:
        self._pinned = row
        self._mark()
        self.pinned.emit(row)

    def _mark(self) -> None:
        """Rings and lines, also in a map that has just come."""
        pinned, highlight = (row if row >= 0 else None for row in (self._pinned, self._highlight))
        for view in self.views:
            view.set_pinned(pinned)
            view.set_highlight(highlight)
        self.links.join([row for row in dict.fromkeys((self._pinned, self._highlight)) if row >= 0])

    def _redraw(self) -> None:
        for view in self.views:
            view.redraw()
