"""The values at the pointer, in a small box that keeps out of its way."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from coun_gui.ui.theme import present

_MARGIN, _CHIP, _GAP = 8, 8, 14
AT_MOST = 14


@dataclass(frozen=True)
class Value:
    """A line of the box."""

    title: str
    colour: str
    text: str
    emphasised: bool = False


class Readout(QWidget):
    """Transparent to the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("metrics_readout")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.heading = ""
        self.values: list[Value] = []
        self.hide()

    def show_at(self, position: QPoint, heading: str, values: list[Value]) -> None:
        """Beside a place on the parent; right of it where there is room."""
        if not values:
            self.hide()
            return
        self.heading, self.values = heading, values[:AT_MOST]
        self.resize(self.sizeHint())
        room = self.parentWidget().rect()
        left = position.x() + _GAP
        if left + self.width() > room.right():
            left = position.x() - _GAP - self.width()
        top = min(max(0, position.y() - self.height() // 2), max(0, room.height() - self.height()))
        self.move(max(0, left), top)
        self.show()
        self.raise_()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        names = max((metrics.horizontalAdvance(value.title) for value in self.values), default=0)
        texts = max((metrics.horizontalAdvance(value.text) for value in self.values), default=0)
        width = max(names + texts + _CHIP + 6 + 16, metrics.horizontalAdvance(self.heading)) + 2 * _MARGIN
        return QSize(width + 4, (len(self.values) + 1) * (metrics.height() + 3) + 2 * _MARGIN)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = present()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme["control"]), 1))
        painter.setBrush(QColor(theme["panel"]))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        step = self.fontMetrics().height() + 3
        line = QRectF(_MARGIN, _MARGIN, self.width() - 2 * _MARGIN, step)
        painter.setPen(QColor(theme["muted"]))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, self.heading)
        font = painter.font()
        for value in self.values:
            line.translate(0, step)
            font.setWeight(font.Weight.DemiBold if value.emphasised else font.Weight.Normal)
            painter.setFont(font)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(value.colour))
            painter.drawRoundedRect(QRectF(line.left(), line.center().y() - 1.5, _CHIP, 3), 1, 1)
            painter.setPen(QColor(theme["text"]))
            painter.drawText(line.adjusted(_CHIP + 6, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, value.title)
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(line, right, value.text)
        painter.end()
