"""What lies above all maps: the line that joins the same sample, and the image beside the pointer."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from coun_gui.ui.embedding.map_view import MapView
from coun_gui.ui.theme import present

_GAP = 16


class Links(QWidget):
    """Transparent to the mouse; as large as the row of maps."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._views: list[MapView] = []
        self._rows: list[int] = []
        self._thumbnail: tuple[MapView, int, QPixmap, str] | None = None

    @property
    def rows(self) -> list[int]:
        """Those that are joined."""
        return self._rows

    def set_views(self, views: list[MapView]) -> None:
        self._views = views
        self.update()

    def join(self, rows: list[int]) -> None:
        """Joins each of these rows through all maps."""
        if rows != self._rows:
            self._rows = rows
            self.update()

    def show_image(
        self, view: MapView | None, row: int = -1, image: QPixmap | None = None, text: str = ""
    ) -> None:
        """An image beside a row in one map; None takes it away."""
        self._thumbnail = None if view is None or image is None else (view, row, image, text)
        self.update()

    def follow(self) -> None:
        """The maps were moved. Where nothing is drawn, what lies below need not be painted again."""
        if not self._empty():
            self.update()

    def _empty(self) -> bool:
        return not self._rows and self._thumbnail is None

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._empty():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row in self._rows:
            self._draw_line(painter, row)
        if self._thumbnail is not None:
            self._draw_image(painter, *self._thumbnail)
        painter.end()

    def _places(self, row: int) -> list[QPointF]:
        found = []
        for view in self._views:
            place = view.position(row) if row < len(view.points.xy) else None
            if place is not None:
                found.append(QPointF(view.mapTo(self.parentWidget(), place.toPoint())))
        return found

    def _draw_line(self, painter: QPainter, row: int) -> None:
        colour = QColor(present()["accent_text"])
        colour.setAlpha(150)
        painter.setPen(QPen(colour, 1.2, Qt.PenStyle.DashLine))
        places = self._places(row)
        for start, end in pairwise(places):
            step = end - start
            length = max(1.0, (step.x() ** 2 + step.y() ** 2) ** 0.5)
            if length > 24:  # from ring to ring
                painter.drawLine(start + step * (10 / length), end - step * (10 / length))

    def _draw_image(self, painter: QPainter, view: MapView, row: int, image: QPixmap, text: str) -> None:
        place = view.position(row)
        if place is None:
            return
        theme = present()
        origin = QPointF(view.mapTo(self.parentWidget(), place.toPoint()))
        line = self.fontMetrics().height() + 4
        width = max(image.width() + 8, min(self.fontMetrics().horizontalAdvance(text) + 12, 160))
        box = QRectF(0, 0, width, image.height() + 8 + line)
        left = origin.x() + _GAP if origin.x() + _GAP + width <= self.width() else origin.x() - _GAP - width
        top = min(max(4.0, origin.y() - box.height() / 2), self.height() - box.height() - 4)
        box.moveTo(left, top)
        painter.setPen(QPen(QColor(theme["control"]), 1))
        painter.setBrush(QColor(theme["panel"]))
        painter.drawRoundedRect(box, 4, 4)
        painter.drawPixmap(QPointF(box.center().x() - image.width() / 2, box.top() + 4), image)
        painter.setPen(QColor(theme["text"]))
        words = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(width) - 8)
        painter.drawText(box.adjusted(4, image.height() + 6, -4, -2), Qt.AlignmentFlag.AlignCenter, words)
