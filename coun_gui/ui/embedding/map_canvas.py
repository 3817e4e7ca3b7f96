"""The picture of one map: its samples drawn anew at every change, and what is marked on them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from coun_gui.ui.embedding.frame import Frame, Projection
from coun_gui.ui.embedding.landmarks import Landmarks
from coun_gui.ui.embedding.picture import Picture
from coun_gui.ui.embedding.points import Points, sizes
from coun_gui.ui.embedding.scatter import BORDER, Look
from coun_gui.ui.theme import present

REACH = 12  # logical pixels within which a point is "under" the pointer


class MapCanvas(QWidget):
    """Draws one map. Knows rows of the map, not training indices."""

    def __init__(self, frame: Frame, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frame = frame
        self.size_factor, self.forget_factor, self.opacity = 1.0, 1.0, 0.65
        self.emphasised = False
        self.highlight: int | None = None
        self.pinned: int | None = None
        self._points = Points(np.empty((0, 2), np.float32), np.empty(0, bool))
        self._picture = Picture()
        self._image = QImage()
        self._fresh = False
        self._outline: QPolygonF | None = None  # of the lasso or rectangle that is being drawn
        self.landmarks = Landmarks()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(88, 88)
        frame.changed.connect(self._follow)

    def sizeHint(self) -> QSize:
        return QSize(320, 320)

    @property
    def points(self) -> Points:
        return self._points

    def set_points(self, points: Points) -> None:
        """Of another map, whose rows may be others: nothing is ringed."""
        self._points = points
        self.highlight = self.pinned = None
        self.redraw()

    def redraw(self) -> None:
        """The points have to be drawn again."""
        self._picture.forget()
        self._follow()

    def _follow(self) -> None:
        """Another part of the map is in view."""
        self._fresh = False
        self.update()

    def set_highlight(self, row: int | None) -> None:
        if row != self.highlight:
            self.highlight = row
            self.update()

    def set_emphasised(self, emphasised: bool) -> None:
        if emphasised != self.emphasised:
            self.emphasised = emphasised
            self.update()

    def set_pinned(self, row: int | None) -> None:
        if row != self.pinned:
            self.pinned = row
            self.update()

    def projection(self) -> Projection:
        return self.frame.projection(QSizeF(self.size()))

    def position(self, row: int) -> QPointF | None:
        """Where a row is on the widget; None for one that isn't drawn or lies outside."""
        if not self._points.visible[row]:
            return None
        place = self.projection().position(self._points.xy[row])
        return place if QRectF(self.rect()).contains(place) else None

    def row_at(self, position: QPointF) -> int | None:
        projection = self.projection()
        return self._points.nearest(projection.point(position), REACH / projection.scale)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._fresh:
            self._splat()
            self._fresh = True
        ratio = self.devicePixelRatioF()
        painter = QPainter(self)
        painter.drawImage(QPointF(-BORDER / ratio, -BORDER / ratio), self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_marks(painter)
        self._draw_outline(painter)
        self._draw_border(painter)
        painter.end()

    def _splat(self) -> None:
        ratio = self.devicePixelRatioF()
        size = max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))
        pixels = self._picture.draw(self._points, self.projection(), self.look(), ratio, size).pixels
        drawn = QImage(
            pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0], QImage.Format.Format_RGB32
        )
        self._image = drawn.copy()  # names and outlines are drawn over it, and the picture is used again
        self._image.setDevicePixelRatio(ratio)
        if not self._points.moved:  # names and outlines are those of the places on the map
            self._draw_landmarks(ratio)

    def _draw_landmarks(self, ratio: float) -> None:
        painter = QPainter(self._image)
        painter.setFont(self.font())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(BORDER / ratio, BORDER / ratio)
        self.landmarks.draw(painter, self.projection(), QRectF(self.rect()))
        painter.end()

    def look(self) -> Look:
        """Sizes that suit the number of points, the room and the zoom; colours of the theme."""
        theme, ratio = present(), self.devicePixelRatioF()
        radius, forget_radius, strength = sizes(
            len(self._points.xy),
            int(self._points.forget.sum()),
            (self.width(), self.height()),
            self.frame.zoom,
            self.size_factor * ratio,
            self.forget_factor * ratio,
            ratio,
        )
        base, ring = _packed(theme["field"]), _packed(theme["text"])
        return Look(radius, forget_radius, self.opacity, base, ring, strength)

    def _draw_marks(self, painter: QPainter) -> None:
        theme = present()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for row, size in ((self.pinned, 10.0), (self.highlight, 8.0)):
            place = None if row is None else self.position(row)
            if place is None:
                continue
            for colour, width in ((theme["field"], 4.5), (theme["accent_text"], 2.0)):
                painter.setPen(QPen(QColor(colour), width))
                painter.drawEllipse(place, size, size)

    def _draw_outline(self, painter: QPainter) -> None:
        if self._outline is None:
            return
        accent = QColor(present()["accent_text"])
        painter.setPen(QPen(accent, 1.5, Qt.PenStyle.DashLine))
        accent.setAlpha(28)
        painter.setBrush(accent)
        painter.drawPolygon(self._outline)

    def _draw_border(self, painter: QPainter) -> None:
        theme = present()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        strong = self.hasFocus() or self.emphasised
        painter.setPen(QPen(QColor(theme["focus" if strong else "line"]), 2 if strong else 1))
        painter.drawRect(self.rect().adjusted(int(strong), int(strong), -1, -1))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self.redraw()

    def resizeEvent(self, event: QEvent) -> None:
        self.redraw()


def _packed(colour: str) -> int:
    return int(colour.lstrip("#"), 16)
