"""A legend whose lines are switches."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QGridLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from coun_gui.ui.embedding.colouring import Entry
from coun_gui.ui.theme import present, set_role

DISC, DIAMOND, LINE = "disc", "diamond", "line"
_SIDE, _PAD = 12, 8  # of the mark; around it and the words
_RIM, _APART = 2, 6  # around all lines; between the kinds and what the colours stand for
_MODEST = 6


class SwatchButton(QAbstractButton):
    """A switch that shows a mark in its colour, a name and a small note; hollow and pale where it is off."""

    soloed = Signal()  # double-clicked: show this one alone

    def __init__(
        self, title: str, colour: str, note: str = "", shape: str = DISC, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setText(title)
        self.setCheckable(True)
        self.setChecked(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)
        self.colour, self.shape = colour, shape
        self.noted = True  # the note is shown; it is in the tooltip, too
        self.emphasised = False
        self.set_note(note)

    def set_note(self, note: str) -> None:
        self.note = note
        told = f"{self.text()}, {note}" if note else self.text()
        self.setToolTip(f"{told}: click to hide or show, double-click to show it alone")
        self.update()

    def set_noted(self, noted: bool) -> None:
        if noted != self.noted:
            self.noted = noted
            self.update()

    def needed(self, noted: bool) -> int:
        """Logical pixels for the whole name, and the note."""
        metrics = self.fontMetrics()
        note = metrics.horizontalAdvance(self.note) + _PAD if noted and self.note else 0
        return metrics.horizontalAdvance(self.text()) + note + _SIDE + 3 * _PAD

    def set_colour(self, colour: str) -> None:
        self.colour = colour
        self.update()

    def set_emphasised(self, emphasised: bool) -> None:
        if emphasised != self.emphasised:
            self.emphasised = emphasised
            self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(self.text()) + metrics.horizontalAdvance(self.note)
        return QSize(width + 48, max(18, metrics.height() + 1))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.soloed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = present()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.emphasised:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme["hover"]))
            painter.drawRoundedRect(self.rect(), 4, 4)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme["focus"]), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        self._draw_mark(painter, theme)
        self._draw_text(painter, theme)
        painter.end()

    def _draw_mark(self, painter: QPainter, theme: dict) -> None:
        middle = QPointF(_PAD + _SIDE / 2, self.height() / 2)
        colour = QColor(self.colour if self.isChecked() else theme["disabled"])
        painter.setPen(QPen(colour, 1.5))
        painter.setBrush(colour if self.isChecked() else Qt.BrushStyle.NoBrush)
        if self.shape == LINE:
            painter.setPen(QPen(colour, 3 if self.isChecked() else 1.5))
            painter.drawLine(middle - QPointF(_SIDE / 2, 0), middle + QPointF(_SIDE / 2, 0))
        elif self.shape == DIAMOND:
            painter.setPen(QPen(QColor(theme["text"] if self.isChecked() else theme["disabled"]), 1.5))
            corners = ((0, -5.5), (5.5, 0), (0, 5.5), (-5.5, 0))
            painter.drawPolygon(QPolygonF([middle + QPointF(x, y) for x, y in corners]))
        else:
            painter.drawEllipse(middle, 4.0, 4.0)

    def _draw_text(self, painter: QPainter, theme: dict) -> None:
        metrics = self.fontMetrics()
        note = self.note if self.noted else ""
        left = 2 * _PAD + _SIDE
        room = self.width() - left - _PAD - (metrics.horizontalAdvance(note) + _PAD if note else 0)
        font = self.font()
        font.setWeight(font.Weight.DemiBold if self.emphasised else font.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(theme["text" if self.isChecked() else "disabled"]))
        name = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(left, 0, room + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, name)
        painter.setFont(self.font())
        painter.setPen(QColor(theme["muted" if self.isChecked() else "disabled"]))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(QRectF(0, 0, self.width() - _PAD, self.height()), right, note)


class Legend(QScrollArea):
    """Retain and forget by their shapes, then what the colours stand for: in several columns where it is low."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("map_legend")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.retain = SwatchButton("Retain", "#808080")
        self.forget = SwatchButton("Forget", "#808080", shape=DIAMOND)
        self.rows: list[SwatchButton] = []
        self._codes: list[int] = []
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(_RIM, _RIM, _RIM, _RIM)
        column.setSpacing(0)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetMinimumSize)
        for row in (self.retain, self.forget):
            row.toggled.connect(self.changed)
            column.addWidget(row)
        self.retain.soloed.connect(lambda: self._solo([self.retain, self.forget], self.retain))
        self.forget.soloed.connect(lambda: self._solo([self.retain, self.forget], self.forget))
        self.caption = QLabel()
        self.caption.setWordWrap(True)
        self.caption.setContentsMargins(8, 2, 4, 2)
        set_role(self.caption, role="muted")
        column.addSpacing(_APART)
        self._grid = QGridLayout()
        self._grid.setSpacing(0)
        column.addLayout(self._grid)
        column.addWidget(self.caption)
        column.addStretch()
        self.setWidget(content)

    def set_entries(self, entries: list[Entry], counts: list[int]) -> None:
        """New lines, all switched on."""
        for row in self.rows:
            self._grid.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [
            SwatchButton(entry.title, entry.colour, f"{count:,}", DIAMOND if entry.forget else DISC)
            for entry, count in zip(entries, counts, strict=True)
        ]
        self._codes = [entry.code for entry in entries]
        for row in self.rows:
            row.setMinimumWidth(1)  # in a column it may be narrower than by itself
            row.toggled.connect(self.changed)
            row.soloed.connect(lambda row=row: self._solo(self.rows, row))
        self._arrange()
        self.updateGeometry()

    def renew(self, entries: list[Entry], counts: list[int]) -> None:
        """The same lines, with other colours, names or counts; what is switched off stays so."""
        for row, entry, count in zip(self.rows, entries, counts, strict=True):
            row.setText(entry.title)
            row.setAccessibleName(entry.title)
            row.set_colour(entry.colour)
            row.set_note(f"{count:,}")
        self._arrange()
        self.updateGeometry()

    def set_caption(self, text: str) -> None:
        """What the colours mean, and in which map they are counted."""
        self.caption.setText(text)
        self.caption.setVisible(bool(text))
        self._arrange()
        self.updateGeometry()

    def set_kinds(self, retain: int, forget: int, colour: str) -> None:
        """How many samples there are of either kind, and the neutral colour to show their shapes in."""
        self.retain.set_note(f"{retain:,}")
        self.forget.set_note(f"{forget:,}")
        self.retain.set_colour(colour)
        self.forget.set_colour(colour)

    def hidden(self) -> set[int]:
        """The codes that are switched off."""
        return {code for code, row in zip(self._codes, self.rows, strict=True) if not row.isChecked()}

    def wanted(self) -> int:
        """Logical pixels of width for every name and its note in one column, be it scrolled or not."""
        longest = max((row.needed(noted=True) for row in self.rows), default=0)
        return longest + 2 * (self.frameWidth() + _RIM) + self.verticalScrollBar().sizeHint().width()

    def needed(self, width: int) -> int:
        """Logical pixels of height for every line in one column."""
        lines = sum(row.sizeHint().height() for row in self.rows)
        return self._around(width) + lines

    def least(self, width: int) -> int:
        """Logical pixels for every line in as many columns as there can be; no more than those of `_MODEST` lines."""
        if not self.rows:
            return self._around(width)
        needed = max(row.needed(noted=True) for row in self.rows)
        columns = max(1, (width - 2 * (self.frameWidth() + _RIM)) // needed)
        lines = min(_MODEST, -(-len(self.rows) // columns))
        return self._around(width) + lines * self.rows[0].sizeHint().height()

    def _around(self, width: int) -> int:
        """What all but the lines of the colours takes up in height."""
        kinds = self.retain.sizeHint().height() + self.forget.sizeHint().height()
        room = width - 2 * (self.frameWidth() + _RIM)
        caption = self.caption.heightForWidth(room) if self.caption.text() else 0
        return kinds + caption + _APART + 2 * (self.frameWidth() + _RIM)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """In as few columns as let all lines be seen."""
        if not self.rows:
            return
        whole, bare = (max(row.needed(noted) for row in self.rows) for noted in (True, False))
        height = (self.height() - self._around(self.width())) // self.rows[0].sizeHint().height()
        room = self.width() - 2 * (self.frameWidth() + _RIM)
        scrolled = room - self.verticalScrollBar().sizeHint().width()
        columns, noted = columns_for(len(self.rows), height, (room, scrolled), whole, bare)
        lines = -(-len(self.rows) // columns)
        for place, row in enumerate(self.rows):
            self._grid.addWidget(row, place % lines, place // lines)
            row.set_noted(noted)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, int(column < columns))

    def _solo(self, rows: list[SwatchButton], alone: SwatchButton) -> None:
        """Shows one line alone; once more brings all back."""
        others = [row for row in rows if row is not alone]
        on = alone.isChecked() and not any(row.isChecked() for row in others)
        for row in rows:
            row.blockSignals(True)
            row.setChecked(on or row is alone)
            row.blockSignals(False)
            row.update()
        self.changed.emit()


def columns_for(count: int, height: int, width: tuple[int, int], whole: int, bare: int) -> tuple[int, bool]:
    """How many columns `count` lines stand in, and whether with their notes, in a height of so many lines.

    width: of all columns, without and beside a scroll bar; whole, bare: what the longest line needs of it, with and
    without its note. No name is cut to make room for another column; where not all lines can be seen, as many as go
    with their notes, and the rest is scrolled to.
    """
    for needed, noted in ((whole, True), (bare, False)):
        for columns in range(1, width[0] // needed + 1):
            if count <= columns * height:
                return columns, noted
    return max(1, width[1] // whole), True
