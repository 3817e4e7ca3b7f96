"""The images of the selected samples as a grid of thumbnails: only what is in view is ever drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import (
    QLabel,
    QListView,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from coun_gui.experiments.maps import SampleMap
from coun_gui.ui.theme import present, set_role

SIDE = 44  # of a thumbnail, in pixels
_CELL = SIDE + 6
_MARK = 5.0  # half a diamond's width
EMPTY = "Nothing is selected: draw around samples, or pick a class, and their images appear here."

Index = QModelIndex | QPersistentModelIndex
SampleRole = Qt.ItemDataRole.UserRole  # the row of the map
ForgetRole = Qt.ItemDataRole.UserRole + 1


class ImageModel(QAbstractListModel):
    """The selected samples of a map, by training index."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._samples: SampleMap | None = None
        self._names: list[str] = []
        self._image: Callable[[int, int], QPixmap] = lambda index, side: QPixmap()
        self.rows = np.empty(0, dtype=np.int64)  # of the map, ascending

    def show(self, samples: SampleMap | None, names: list[str]) -> None:
        """Another map, or other names; nothing is listed of another map before it is told."""
        self.beginResetModel()
        if samples is not self._samples:
            self.rows = np.empty(0, dtype=np.int64)
        self._samples, self._names = samples, names
        self.endResetModel()

    def set_images(self, image: Callable[[int, int], QPixmap]) -> None:
        self._image = image
        if len(self.rows):
            self.dataChanged.emit(self.index(0), self.index(len(self.rows) - 1))

    def list_rows(self, rows: np.ndarray) -> None:
        """rows: int64 [n], rows of the map, ascending."""
        if not np.array_equal(rows, self.rows):
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()

    def index_of(self, row: int) -> QModelIndex:
        """Where a row of the map is listed; an invalid index where it isn't."""
        place = int(np.searchsorted(self.rows, row))
        listed = place < len(self.rows) and self.rows[place] == row
        return self.index(place) if listed else QModelIndex()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._samples is None:
            return None
        row = int(self.rows[index.row()])
        if role == SampleRole:
            return row
        if role == ForgetRole:
            return bool(self._samples.forget[row])
        if role == Qt.ItemDataRole.DecorationRole:
            return self._image(int(self._samples.index[row]), SIDE)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._told(row)
        return None

    def _told(self, row: int) -> str:
        assert self._samples is not None
        label = int(self._samples.labels[row])
        name = self._names[label] if label < len(self._names) else str(label)
        kind = "◆ forget" if self._samples.forget[row] else "retain"
        return f"{name} · index {self._samples.index[row]:,} · {kind}"


class _Thumbnails(QStyledItemDelegate):
    """An image, a diamond on those that are to be forgotten, and a frame around the one that is meant."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.highlight = self.pinned = -1  # rows of the map

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(_CELL, _CELL)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, image = present(), index.data(Qt.ItemDataRole.DecorationRole)
        place = QRect(0, 0, SIDE, SIDE)
        place.moveCenter(option.rect.center())
        painter.save()
        if image is None or image.isNull():
            painter.fillRect(place, QColor(theme["track"]))
        else:
            shown = QRect(0, 0, image.width(), image.height())
            shown.moveCenter(place.center())
            painter.drawPixmap(shown.topLeft(), image)
        row = index.data(SampleRole)
        if row in (self.pinned, self.highlight):
            painter.setPen(QPen(QColor(theme["accent"]), 3 if row == self.pinned else 2))
            painter.drawRect(place.adjusted(-1, -1, 0, 0))
        if index.data(ForgetRole):
            _draw_diamond(painter, QPointF(place.right() - 5, place.top() + 6), theme)
        painter.restore()


def _draw_diamond(painter: QPainter, centre: QPointF, theme: dict[str, Any]) -> None:
    """As forget samples are drawn on the maps; ringed, so that it is seen on any image."""
    corners = ((0, -_MARK), (_MARK, 0), (0, _MARK), (-_MARK, 0))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme["panel"]), 1.4))
    painter.setBrush(QColor(theme["accent"]))
    painter.drawPolygon(QPolygonF([centre + QPointF(x, y) for x, y in corners]))


class _View(QListView):
    """Thumbnails in lines that fill the width."""

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("image_grid")
        self.setAccessibleName("Images of the selected samples")
        # Wrapped lines look like the icon mode, and lay out 20,000 items in a third of its time.
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setUniformItemSizes(True)  # or each of 20,000 items would be measured
        self.setGridSize(QSize(_CELL, _CELL))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter is a click on the thumbnail that the arrow keys went to."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.clicked.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)


class ImageGrid(QStackedWidget):
    """What is selected, as images; one sentence while nothing is."""

    pointed = Signal(int)  # row of the map under the pointer or the arrow keys, -1 for none
    pinned = Signal(int)  # row of the map that was clicked

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.empty = QLabel(EMPTY)
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_role(self.empty, role="muted")
        self.view = _View()
        self.images = ImageModel(self)
        self.view.setModel(self.images)
        self._thumbnails = _Thumbnails(self)
        self.view.setItemDelegate(self._thumbnails)
        for page in (self.empty, self.view):
            self.addWidget(page)
        self.view.entered.connect(self._point)
        self.view.viewportEntered.connect(lambda: self.pointed.emit(-1))
        self.view.left.connect(lambda: self.pointed.emit(-1))
        self.view.clicked.connect(lambda index: self.pinned.emit(index.data(SampleRole)))
        self.view.selectionModel().currentChanged.connect(lambda current, _: self._point(current))
        self.images.modelReset.connect(self._show)

    def _point(self, index: QModelIndex) -> None:
        self.pointed.emit(index.data(SampleRole) if index.isValid() else -1)

    def _show(self) -> None:
        self.setCurrentIndex(int(self.images.rowCount() > 0))

    def show_map(self, samples: SampleMap | None, names: list[str]) -> None:
        self.images.show(samples, names)

    def mark(self, selected: np.ndarray) -> None:
        """selected: bool [N], rows of the map."""
        self.images.list_rows(np.flatnonzero(selected))

    def set_highlight(self, row: int) -> None:
        """Frames the sample that is under the pointer anywhere; -1 for none."""
        self._frame("highlight", row)

    def set_pinned(self, row: int) -> None:
        """Frames the pinned sample and brings it into view; -1 for none."""
        self._frame("pinned", row)
        self.view.scrollTo(self.images.index_of(row))

    def _frame(self, kind: str, row: int) -> None:
        before = getattr(self._thumbnails, kind)
        setattr(self._thumbnails, kind, row)
        for changed in {before, row}:
            self.view.update(self.images.index_of(changed))
