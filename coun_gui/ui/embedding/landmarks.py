"""Outlines and names of the classes, drawn over a map so that it can be read without the legend."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPainter, QPainterPath, QPen, QPixmap, QTransform

from coun_gui.reports.colours import class_colour
from coun_gui.ui.embedding.clusters import OUTLINED, Cluster
from coun_gui.ui.embedding.frame import Projection
from coun_gui.ui.theme import present

_WIDTHS = (1.0, 1.6)  # of the wide and of the narrow outline
_PAD = 3.0
_APART = 20.0  # pixels between the names of many classes: the map is to be seen between them


class Landmarks:
    """What is drawn of a map's clusters; nothing until they are given."""

    def __init__(self) -> None:
        self.names: Sequence[str] = ()
        self.hidden: Collection[int] = ()
        self.outlined, self.named = False, True
        self._clusters: list[Cluster] = []
        self._lines: list[list[list[QLineF]]] | None = None  # not before they are drawn

    @property
    def clusters(self) -> list[Cluster]:
        return self._clusters

    def set_clusters(self, clusters: list[Cluster]) -> None:
        """Of another map."""
        if clusters is not self._clusters:
            self._clusters, self._lines = clusters, None

    def draw(self, painter: QPainter, projection: Projection, room: QRectF) -> None:
        """Outlines, then names where there is room: of the largest classes first."""
        if self.outlined:
            self._draw_outlines(painter, projection)
        if self.named:
            self._draw_names(painter, projection, room)

    def _draw_outlines(self, painter: QPainter, projection: Projection) -> None:
        if self._lines is None:
            self._lines = [[_lines(outline) for outline in cluster.outlines] for cluster in self._clusters]
        painter.save()
        painter.setTransform(_transform(projection), combine=True)
        for cluster, outlines in zip(self._clusters, self._lines, strict=True):
            if cluster.label in self.hidden:
                continue
            colour = QColor(class_colour(cluster.label, len(self.names)))
            for width, lines in zip(_WIDTHS, outlines, strict=False):
                pen = QPen(colour, width)
                pen.setCosmetic(True)
                painter.setPen(pen)
                painter.drawLines(lines)
        painter.restore()

    def _draw_names(self, painter: QPainter, projection: Projection, room: QRectF) -> None:
        theme, ratio = present(), painter.device().devicePixelRatioF()
        apart = 0.0 if len(self._clusters) <= OUTLINED else _APART
        taken: list[QRectF] = []
        for cluster in self._clusters:
            if cluster.label in self.hidden:
                continue
            words = _words(self._name(cluster.label), theme["text"], theme["field"], theme["body"], ratio)
            box = QRectF(QPointF(0, 0), words.deviceIndependentSize())
            box.moveCenter(projection.position(cluster.centre))
            if room.contains(box) and not any(box.intersects(other) for other in taken):
                taken.append(box.adjusted(-apart, -apart, apart, apart))
                painter.drawPixmap(box.topLeft(), words)

    def _name(self, label: int) -> str:
        return self.names[label] if label < len(self.names) else str(label)


@lru_cache(maxsize=512)
def _words(text: str, ink: str, ground: str, size: int, ratio: float) -> QPixmap:
    """With a rim in the ground's colour, so that they stand out from any samples. Stroking text is slow."""
    font = QFont(QGuiApplication.font())
    font.setPixelSize(size)
    outline = QPainterPath()
    outline.addText(QPointF(0, 0), font, text)
    outline.translate(QPointF(_PAD, _PAD) - outline.boundingRect().topLeft())
    room = (outline.boundingRect().size() + QSizeF(2 * _PAD, 2 * _PAD)) * ratio
    drawn = QPixmap(room.toSize().expandedTo(QSize(1, 1)))
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    rim = QPen(QColor(ground), 3.5)
    rim.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.strokePath(outline, rim)
    painter.fillPath(outline, QColor(ink))
    painter.end()
    return drawn


def _lines(outline: np.ndarray) -> list[QLineF]:
    return [QLineF(*piece) for piece in outline.reshape(-1, 4).tolist()]


def _transform(projection: Projection) -> QTransform:
    """From the plane to pixels, upwards on the screen."""
    scale, (x, y), (across, down) = projection.scale, projection.centre, projection.middle
    return QTransform(scale, 0, 0, -scale, across - scale * x, down + scale * y)
