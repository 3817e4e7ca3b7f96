"""The landing table in the window: a line a model, with a bar of the classes it predicts or their shares."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from coun_gui.reports.colours import class_colour
from coun_gui.reports.landing_table import LandingTable
from coun_gui.ui.embedding.landing_model import BarRole, LandingModel, View

Index = QModelIndex | QPersistentModelIndex
LINE = 22
_CLASS = (44, 76)  # pixels that a column of one class has at least and at most
_BAR, _LEAST = 84, 4  # the least width of a bar, and the least number of lines in view


class _Bars(QStyledItemDelegate):
    """Paints shares as one bar in the classes' colours, named where there is room."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        shares = index.data(BarRole)
        if shares is None:
            super().paint(painter, option, index)
            return
        room = QRectF(option.rect).adjusted(5, 3, -5, -3)
        names = index.model().table.classes
        left = room.left()
        for label, share in enumerate(shares):
            width = room.width() * share / 100
            part = QRectF(left, room.top(), width, room.height())
            left += width
            if width >= 0.5:
                _paint_part(painter, part, QColor(class_colour(label, len(names))), names[label])


def _paint_part(painter: QPainter, part: QRectF, colour: QColor, name: str) -> None:
    painter.fillRect(part.adjusted(0, 0, -1 if part.width() > 3 else 0, 0), colour)
    metrics = painter.fontMetrics()
    if metrics.horizontalAdvance(name) + 8 > part.width():
        return
    light = 0.299 * colour.redF() + 0.587 * colour.greenF() + 0.114 * colour.blueF()
    painter.setPen(QColor("#000000" if light > 0.52 else "#ffffff"))
    painter.drawText(part, Qt.AlignmentFlag.AlignCenter, name)


class _Table(QTableView):
    """Some of the model's lines."""

    resized = Signal()

    def __init__(self, landing: LandingModel) -> None:
        super().__init__()
        self.setModel(landing)
        self.setItemDelegate(_Bars(self))
        self.setShowGrid(False)
        self.setStyleSheet("QTableView::item { padding: 0 5px; } QHeaderView::section { padding: 2px 5px; }")
        self.setWordWrap(False)
        self.setSelectionMode(QTableView.SelectionMode.NoSelection)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setMinimumSectionSize(LINE)
        self.verticalHeader().setDefaultSectionSize(LINE)
        self.horizontalHeader().setMinimumSectionSize(32)
        self.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


class LandingRows(QWidget):
    """The models' lines, which scroll, and below them the last one, which stays in view."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.landing = LandingModel(self)
        self.body, self.last = _Table(self.landing), _Table(self.landing)
        self.body.setObjectName("landing_rows")
        self.body.setAccessibleName("Where each model puts the samples")
        self.last.setObjectName("landing_band")
        self.last.setAccessibleName("What Retrains of other seeds differ by")
        self.last.horizontalHeader().hide()
        self.last.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.last.setFixedHeight(LINE + 1)
        for off in (self.last.setHorizontalScrollBarPolicy, self.last.setVerticalScrollBarPolicy):
            off(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.body, 1)
        column.addWidget(self.last)
        column.addStretch(0)
        self.body.horizontalScrollBar().valueChanged.connect(self.last.horizontalScrollBar().setValue)
        self.body.horizontalHeader().sectionResized.connect(
            lambda section, _, width: self.last.setColumnWidth(section, width)
        )
        self.body.resized.connect(self._fit)

    def least_height(self) -> int:
        """That of the heading, some lines and the last one."""
        return self._height(min(max(1, self.landing.rowCount() - 1), _LEAST)) + self.last.height()

    def _height(self, lines: int) -> int:
        """That of the heading and so many lines."""
        sliding = 12 if self.body.horizontalScrollBar().maximum() else 0
        heading = self.body.horizontalHeader().sizeHint().height()
        return heading + lines * LINE + sliding + 4

    def show_table(self, table: LandingTable | None, view: View) -> None:
        self.last.clearSpans()
        self.landing.show(table, view)
        bottom = self.landing.rowCount() - 1
        for row in range(bottom + 1):
            self.body.setRowHidden(row, row == bottom)
            self.last.setRowHidden(row, row != bottom)
        self.last.setVisible(view is not View.DISTANCES)
        if self.landing.last_span > 1:  # Qt warns of spans of one cell
            self.last.setSpan(bottom, 0, 1, self.landing.last_span)
        self._fit()

    def _fit(self) -> None:
        """Gives what the figures leave to the bars, or to the models' names; in height no more than there are lines."""
        columns = range(self.landing.columnCount())
        widths = {column: self._needed(column) for column in columns}
        growing = max(self.landing.bar_column, 0)
        room = self.body.viewport().width() - sum(widths.values()) + widths.get(growing, 0)
        for column, width in widths.items():
            self.body.setColumnWidth(column, max(width, room) if column == growing else width)
        self.body.setMaximumHeight(self._height(max(1, self.landing.rowCount() - 1)))

    def _needed(self, column: int) -> int:
        """Pixels that the words of a column take."""
        landing = self.landing
        if column == landing.bar_column:
            return _BAR
        lines = range(landing.rowCount() - int(column < landing.last_span))
        words = [str(landing.index(row, column).data()) for row in lines]
        strong = self.body.font()
        strong.setWeight(strong.Weight.DemiBold)  # the best ones are
        metrics = QFontMetrics(strong)
        widest = max((metrics.horizontalAdvance(text) for text in words), default=0) + 20
        if column in landing.class_columns:
            least, most = _CLASS
            return max(widest, min(max(self._titled(column), least), most))
        return max(widest, self._titled(column))

    def _titled(self, column: int) -> int:
        title = str(self.landing.headerData(column, Qt.Orientation.Horizontal))
        return self.body.horizontalHeader().fontMetrics().horizontalAdvance(title) + 16
