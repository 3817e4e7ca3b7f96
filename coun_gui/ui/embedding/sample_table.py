"""The samples of a map as rows: only what is in view is ever made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QIcon, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from coun_gui.experiments.maps import SampleMap
from coun_gui.ui.embedding.found import headings
from coun_gui.ui.theme import present

THUMBNAIL = 20
LINE = THUMBNAIL + 2
_PAD = 5  # left and right of what stands in a cell
_NARROW = {"Index": 52, "Image": 54, "Set": 72, "conf. %": 62}
_CLASS = (72, 104)  # the least and the most that a column of class names needs
_LEAST = 4  # lines that are always in view
_FIXED = ("Index", "Image", "True class", "Set")
_RANGES = 400  # beyond so many separate stretches Qt's own selection grows slow; rows are marked all the same

Index = QModelIndex


class SampleModel(QAbstractTableModel):
    """Index, image, class, set, then prediction and confidence of each run on show; sorted by index."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._widget = parent
        self._samples: SampleMap | None = None
        self._runs: list[tuple[str, str]] = []
        self._names: list[str] = []
        self._image: Callable[[int, int], QPixmap] = lambda index, side: QPixmap()
        self._selected = np.empty(0, dtype=bool)
        self._rows = np.empty(0, dtype=np.int64)
        self._selected_only = False

    def show(self, samples: SampleMap | None, runs: list[tuple[str, str]], names: list[str]) -> None:
        """`runs`: (run id, title). All samples, none selected."""
        self.beginResetModel()
        self._samples, self._runs, self._names = samples, runs, names
        count = 0 if samples is None else len(samples.index)
        if len(self._selected) != count:
            self._selected = np.zeros(count, dtype=bool)
        self._rows = self._listed()
        self.endResetModel()

    def set_images(self, image: Callable[[int, int], QPixmap]) -> None:
        self._image = image
        self._repaint()

    def mark(self, selected: np.ndarray, selected_only: bool) -> None:
        """selected: bool [N]. `selected_only`: list those alone, where there are any."""
        self._selected = selected
        if selected_only or self._selected_only:
            self.beginResetModel()
            self._selected_only = selected_only
            self._rows = self._listed()
            self.endResetModel()
        else:
            self._repaint()

    def _listed(self) -> np.ndarray:
        if self._selected_only and self._selected.any():
            return np.flatnonzero(self._selected)
        return np.arange(len(self._selected))

    def _repaint(self) -> None:
        if len(self._rows):
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, self.columnCount() - 1))

    def sample(self, row: int) -> int:
        """The row of the map behind a row of the table."""
        return int(self._rows[row])

    def rows_of(self, samples: np.ndarray) -> np.ndarray:
        """Where rows of the map are listed here; those that aren't are left out."""
        places = np.searchsorted(self._rows, samples)
        listed = places < len(self._rows)
        found: np.ndarray = places[listed][self._rows[places[listed]] == samples[listed]]
        return found

    def training_indices(self, rows: np.ndarray) -> np.ndarray:
        assert self._samples is not None
        return self._samples.index[self._rows[rows]]

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return len(_FIXED) + 2 * len(self._runs)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(self._alignment(section))
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        if section < len(_FIXED):
            return _FIXED[section]
        run, part = divmod(section - len(_FIXED), 2)
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                f"{self._runs[run][1]}: "
                + ("predicted class", "softmax probability of the predicted class, %")[part]
            )
        return headings([title for _, title in self._runs])[run] if part == 0 else "conf. %"

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._samples is None:
            return None
        sample, column = self.sample(index.row()), index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(sample, column)
            case Qt.ItemDataRole.DecorationRole if column == 1:
                return _untinted(self._image(int(self._samples.index[sample]), THUMBNAIL))
            case Qt.ItemDataRole.TextAlignmentRole:
                return int(self._alignment(column))
            case Qt.ItemDataRole.BackgroundRole if self._selected[sample]:
                return QColor(present()["selected"])
        return None

    def _text(self, sample: int, column: int) -> str:
        samples = self._samples
        assert samples is not None
        if column >= len(_FIXED):
            run, part = divmod(column - len(_FIXED), 2)
            return self._verdict(sample, self._runs[run][0], part)
        if column == 0:
            return f"{samples.index[sample]}"
        if column == 2:
            return self._name(int(samples.labels[sample]))
        return ("◆ forget" if samples.forget[sample] else "retain") if column == 3 else ""

    def _verdict(self, sample: int, run: str, part: int) -> str:
        assert self._samples is not None
        if part == 1:
            return f"{100 * self._samples.confidence[run][sample]:.1f}"
        predicted = int(self._samples.predicted[run][sample])
        mark = "" if predicted == self._samples.labels[sample] else "  ✗"
        return self._name(predicted) + mark

    def _name(self, label: int) -> str:
        return self._names[label] if 0 <= label < len(self._names) else str(label)

    def widest_name(self, metrics: QFontMetrics) -> int:
        """Pixels that the longest name of a class takes, with some room around it."""
        return max((metrics.horizontalAdvance(name) for name in self._names), default=0) + 16

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        number = column == 0 or (column >= len(_FIXED) and (column - len(_FIXED)) % 2 == 1)
        side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


class SampleTable(QTableView):
    """Picking rows picks samples, and the other way round."""

    picked = Signal(object)  # training indices, int64 [n]
    pointed = Signal(int)  # row of the map under the pointer

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sample_table")
        self.setAccessibleName("Samples of the map")
        self.samples = SampleModel(self)
        self.setModel(self.samples)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setIconSize(QSize(THUMBNAIL, THUMBNAIL))
        self.setShowGrid(False)
        padding = (
            f"QTableView::item {{ padding: 0 {_PAD}px; }} QHeaderView::section {{ padding: 2px {_PAD}px; }}"
        )
        self.setStyleSheet(padding)
        self.setMouseTracking(True)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(LINE)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setDefaultSectionSize(112)
        self.horizontalHeader().setMinimumSectionSize(32)
        self.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        self.horizontalHeader().setStretchLastSection(False)
        self.setMinimumHeight(self.horizontalHeader().sizeHint().height() + _LEAST * LINE + 2)
        self.entered.connect(lambda index: self.pointed.emit(self.samples.sample(index.row())))
        self.selectionModel().selectionChanged.connect(self._selection_changed)

    def show_map(self, samples: SampleMap | None, runs: list[tuple[str, str]], names: list[str]) -> None:
        self.samples.show(samples, runs, names)
        self._share_room()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointed.emit(-1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        """Gives the models' columns what the others leave, so that all are in view where they can be."""
        columns = range(self.samples.columnCount())
        wide = [column for column in columns if not _is_narrow(column)]
        longest = self.samples.widest_name(self.fontMetrics())
        least, most = _CLASS
        widths = {
            column: max(
                self._titled(column), _NARROW.get(self._title(column), min(max(longest, least), most))
            )
            for column in columns
            if _is_narrow(column)
        }
        room = self.viewport().width() - sum(widths.values())
        # Wider, a figure would stand nearer to the next model's class than to its own.
        enough = max(longest, most)
        widths |= {column: min(max(least, room // max(1, len(wide))), enough) for column in wide}
        for column, width in widths.items():
            self.setColumnWidth(column, width)

    def _titled(self, column: int) -> int:
        """Pixels that a column's title takes with the padding around it."""
        metrics = self.horizontalHeader().fontMetrics()
        return metrics.horizontalAdvance(self._title(column)) + 2 * _PAD + 2

    def _title(self, column: int) -> str:
        return str(self.samples.headerData(column, Qt.Orientation.Horizontal))

    def mark(self, selected: np.ndarray, selected_only: bool) -> None:
        """Marks the rows of the map that are selected, without asking for a selection in return."""
        model = self.selectionModel()
        model.blockSignals(True)
        self.samples.mark(selected, selected_only)
        rows = self.samples.rows_of(np.flatnonzero(selected))
        if not np.array_equal(rows, self._picked_rows()):
            self._pick(rows)
        model.blockSignals(False)
        self.viewport().update()

    def _pick(self, rows: np.ndarray) -> None:
        ends = np.flatnonzero(np.diff(rows) != 1)
        first, last = np.concatenate(([0], ends + 1)), np.concatenate((ends, [len(rows) - 1]))
        chosen = QItemSelection()
        right = self.samples.columnCount() - 1
        if len(rows) and len(first) <= _RANGES:
            for top, bottom in zip(rows[first].tolist(), rows[last].tolist(), strict=True):
                chosen.append(
                    QItemSelectionRange(self.samples.index(top, 0), self.samples.index(bottom, right))
                )
        self.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if len(rows):
            self.scrollTo(self.samples.index(int(rows[0]), 0))

    def _picked_rows(self) -> np.ndarray:
        chosen = self.selectionModel().selection()  # its ranges live no longer than it does
        spans = [(chosen.at(place).top(), chosen.at(place).bottom()) for place in range(chosen.count())]
        parts = [np.arange(top, bottom + 1) for top, bottom in spans]
        return np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)

    def _selection_changed(self) -> None:
        self.picked.emit(self.samples.training_indices(self._picked_rows()))


def _untinted(image: QPixmap) -> QIcon:
    """Looks the same in a selected row."""
    made = QIcon(image)
    made.addPixmap(image, QIcon.Mode.Selected)
    return made


def _is_narrow(column: int) -> bool:
    """What stays as it is; the predictions of the runs share the rest."""
    return column < len(_FIXED) or (column >= len(_FIXED) and (column - len(_FIXED)) % 2 == 1)
