"""From true classes to predicted ones, or to the nearest retain clusters, as bands; one drawing a model."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from coun_gui.reports.colours import class_colour
from coun_gui.reports.flows import Band, bands
from coun_gui.reports.landing_table import Flow, LandingRow, LandingTable
from coun_gui.ui.theme import present, small_font

_WIDTH, _HEIGHT = 124, 92  # the least that a drawing needs
_NAME = 72.0  # pixels that the name of a class takes at most
_TITLE, _BLOCK, _APART, _SPACE = 20.0, 6.0, 3.0, 12.0
_UNKNOWN = "The features are all alike."


class FlowView(QWidget):
    """All models of a landing table. Bands have the colour of where they go where all come from one class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("landing_flow")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._table: LandingTable | None = None
        self._bands: list[list[Band]] = []

    def show_table(self, table: LandingTable | None, clusters: bool = False) -> None:
        """`clusters`: where the nearest retain clusters are meant, not the predicted classes."""
        self._table = table
        rows = table.rows if table else ()
        flows = [(row.cluster_flow or ()) if clusters else row.flow for row in rows]
        self._bands = [bands(flow) for flow in flows]
        spoken = [
            f"{row.title}: {_spoken(flow, table.classes) or _UNKNOWN}"
            for row, flow in zip(rows, flows, strict=True)
            if table
        ]
        self.setAccessibleName(". ".join(spoken))
        self.setMinimumSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(len(self._bands) * (_WIDTH + int(_SPACE)), _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._table is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small_font(present()))
        painter.fillRect(self.rect(), QColor(present()["panel"]))
        each = self.width() / max(1, len(self._bands))
        for place, (row, made) in enumerate(zip(self._table.rows, self._bands, strict=True)):
            room = QRectF(place * each + _SPACE / 2, 4, each - _SPACE, self.height() - 8)
            self._draw(painter, room, row, made)
        painter.end()

    def _draw(self, painter: QPainter, room: QRectF, row: LandingRow, made: list[Band]) -> None:
        assert self._table is not None
        names = self._table.classes
        metrics = painter.fontMetrics()
        painter.setPen(QColor(present()["text"]))
        title = metrics.elidedText(row.title, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(
            QRectF(room.left(), room.top(), room.width(), _TITLE), Qt.AlignmentFlag.AlignLeft, title
        )
        if not made:
            painter.setPen(QColor(present()["muted"]))
            words = room.adjusted(0, _TITLE, 0, 0)
            painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, _UNKNOWN)
            return
        aside = [
            min(max((metrics.horizontalAdvance(names[label]) for label in labels), default=0) + 6.0, _NAME)
            for labels in ({band.true for band in made}, {band.predicted for band in made})
        ]
        body = room.adjusted(aside[0], _TITLE, -aside[1], 0)
        single = len({band.true for band in made}) == 1
        left, right = _Side(body, made, "left", "true"), _Side(body, made, "right", "predicted")
        for band in made:
            colour = QColor(class_colour(band.predicted if single else band.true, len(names)))
            colour.setAlpha(120)
            start, end = left.span(band), right.span(band)
            painter.fillPath(_ribbon(body, start, end), colour)
        for side, beside in zip((left, right), aside, strict=True):
            side.draw(painter, names, beside)


class _Side:
    """The blocks of one side, a little apart from each other."""

    def __init__(self, body: QRectF, made: list[Band], side: str, kind: str) -> None:
        self._body, self._side, self._kind = body, side, kind
        self._made = made
        labels = sorted({getattr(band, kind) for band in made})
        self._order = {label: place for place, label in enumerate(labels)}
        self._height = max(1.0, body.height() - _APART * (len(labels) - 1))

    def span(self, band: Band) -> tuple[float, float]:
        """Top and bottom of a band here, in pixels."""
        start, end = getattr(band, self._side)
        above = self._body.top() + _APART * self._order[getattr(band, self._kind)]
        return above + start * self._height, above + end * self._height

    def draw(self, painter: QPainter, names: Sequence[str], aside: float) -> None:
        """The blocks, and their names where they are high enough."""
        metrics = painter.fontMetrics()
        for label in self._order:
            spans = [self.span(band) for band in self._made if getattr(band, self._kind) == label]
            top, bottom = min(span[0] for span in spans), max(span[1] for span in spans)
            at_left = self._side == "left"
            x = self._body.left() if at_left else self._body.right() - _BLOCK
            painter.fillRect(
                QRectF(x, top, _BLOCK, max(1.0, bottom - top)), QColor(class_colour(label, len(names)))
            )
            if bottom - top + _APART < metrics.height() - 3:
                continue
            name = metrics.elidedText(names[label], Qt.TextElideMode.ElideRight, int(aside) - 4)
            text = QRectF(0, (top + bottom) / 2 - 10, aside - 4, 20)
            text.moveLeft(self._body.left() - aside if at_left else self._body.right() + 4)
            side = Qt.AlignmentFlag.AlignRight if at_left else Qt.AlignmentFlag.AlignLeft
            painter.setPen(QColor(present()["text"]))
            painter.drawText(text, side | Qt.AlignmentFlag.AlignVCenter, name)


def _ribbon(body: QRectF, start: tuple[float, float], end: tuple[float, float]) -> QPainterPath:
    left, right = body.left() + _BLOCK, body.right() - _BLOCK
    middle = (left + right) / 2
    path = QPainterPath(QPointF(left, start[0]))
    path.cubicTo(QPointF(middle, start[0]), QPointF(middle, end[0]), QPointF(right, end[0]))
    path.lineTo(right, end[1])
    path.cubicTo(QPointF(middle, end[1]), QPointF(middle, start[1]), QPointF(left, start[1]))
    path.closeSubpath()
    return path


def _spoken(flow: Flow, classes: Sequence[str]) -> str:
    largest = sorted(flow, key=lambda entry: -entry[2])[:5]
    return ", ".join(f"{classes[true]} to {classes[to]} {count}" for true, to, count in largest)
