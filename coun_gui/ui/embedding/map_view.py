"""One map: draws its samples at every repaint, and turns the mouse and the keyboard into gestures."""

from __future__ import annotations

from enum import Enum

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from coun_gui.ui.embedding.frame import Frame, Projection
from coun_gui.ui.embedding.points import Points, sizes
from coun_gui.ui.embedding.scatter import BORDER, Canvas, Look
from coun_gui.ui.embedding.selection import Combine, in_polygon, in_rectangle
from coun_gui.ui.theme import present

REACH = 12  # logical pixels within which a point is "under" the pointer
_STEP = 40  # logical pixels an arrow key pans


class Tool(Enum):
    """What dragging with the left button does."""

    PAN = "pan"
    LASSO = "lasso"
    RECTANGLE = "rectangle"


class MapView(QWidget):
    """The canvas of one map. Knows rows of the map, not training indices."""

    hovered = Signal(int)  # row under the pointer, -1 for none
    clicked = Signal(int)  # row, -1 beside all points
    chosen = Signal(object, object)  # rows int64 [n], Combine
    escaped = Signal()

    def __init__(self, frame: Frame, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frame = frame
        self.tool = Tool.PAN
        self.size_factor, self.opacity = 1.0, 0.65
        self.emphasised = False
        self.highlight: int | None = None
        self.pinned: int | None = None
        self._points = Points(np.empty((0, 2), np.float32), np.empty(0, bool))
        self._canvas: Canvas | None = None
        self._image = QImage()
        self._fresh = False
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._moved = False
        self._outline: list[QPointF] = []
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 120)
        frame.changed.connect(self.redraw)

    def sizeHint(self) -> QSize:
        return QSize(320, 320)

    @property
    def points(self) -> Points:
        return self._points

    def set_points(self, points: Points) -> None:
        self._points = points
        self.highlight = self.pinned = None
        self.redraw()

    def set_tool(self, tool: Tool) -> None:
        self.tool = tool
        self._outline = []
        self.setCursor(Qt.CursorShape.ArrowCursor if tool is Tool.PAN else Qt.CursorShape.CrossCursor)

    def redraw(self) -> None:
        """The points have to be drawn again."""
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

    def cancel(self) -> None:
        """Drops what is being drawn with the mouse."""
        self._outline = []
        self._pressed = None
        self.update()

    def set_pinned(self, row: int | None) -> None:
        self.pinned = row
        self.update()

    def projection(self) -> Projection:
        return self.frame.projection(QSizeF(self.size()))

    def position(self, row: int) -> QPointF | None:
        """Where a row is on the widget; None for one that isn't drawn or lies outside."""
        if not (self._points.finite[row] and self._points.shown[row]):
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
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        if self._canvas is None or (self._canvas.width, self._canvas.height) != (
            max(1, width),
            max(1, height),
        ):
            self._canvas = Canvas(width, height)
        self._points.draw(self._canvas, self.projection(), self.look(), ratio)
        pixels = self._canvas.pixels
        self._image = QImage(
            pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0], QImage.Format.Format_RGB32
        )
        self._image.setDevicePixelRatio(ratio)

    def look(self) -> Look:
        """Sizes that suit the number of points, the room and the zoom; colours of the theme."""
        theme, ratio = present(), self.devicePixelRatioF()
        radius, forget_radius, strength = sizes(
            len(self._points.xy),
            int(self._points.forget.sum()),
            (self.width(), self.height()),
            self.frame.zoom,
            self.size_factor * ratio,
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
        if len(self._outline) < 2:
            return
        accent = QColor(present()["accent_text"])
        painter.setPen(QPen(accent, 1.5, Qt.PenStyle.DashLine))
        accent.setAlpha(28)
        painter.setBrush(accent)
        if self.tool is Tool.RECTANGLE:
            painter.drawRect(QRectF(self._outline[0], self._outline[-1]).normalized())
        else:
            painter.drawPolygon(QPolygonF(self._outline))

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

    # Gestures

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = self._last = event.position()
        self._moved = False
        self._outline = [event.position()] if self._draws(event) else []

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._pressed is None:
            self._hover(position)
            return
        if not self._moved and (position - self._pressed).manhattanLength() < 4:
            return
        self._moved = True
        if self._outline:
            self._outline.append(position)
            self.update()
        else:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            step = position - self._last
            self.frame.pan(QSizeF(self.size()), step.x(), step.y())
        self._last = position

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        outline, self._outline = self._outline, []
        self.set_tool(self.tool)
        self.update()
        if pressed is None:
            return
        if not self._moved:
            if event.button() is Qt.MouseButton.LeftButton:
                row = self.row_at(event.position())
                self.clicked.emit(-1 if row is None else row)
        elif outline:
            self._choose(outline, _combine(event.modifiers()))

    def _draws(self, event: QMouseEvent) -> bool:
        return event.button() is Qt.MouseButton.LeftButton and self.tool is not Tool.PAN

    def _hover(self, position: QPointF) -> None:
        row = self.row_at(position)
        if row != self.highlight:
            self.hovered.emit(-1 if row is None else row)

    def _choose(self, outline: list[QPointF], how: Combine) -> None:
        projection = self.projection()
        corners = np.array([projection.point(position) for position in outline])
        points = self._points
        if self.tool is Tool.RECTANGLE:
            inside = in_rectangle(points.xy, tuple(corners[0]), tuple(corners[-1]))
        else:
            inside = in_polygon(points.xy, corners)
        self.chosen.emit(np.flatnonzero(inside & points.shown & points.finite), how)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.frame.fit()

    def leaveEvent(self, event: QEvent) -> None:
        if self.highlight is not None:
            self.hovered.emit(-1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta().y() or event.pixelDelta().y()
        self.frame.zoom_at(QSizeF(self.size()), event.position(), 1.0015**turn)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, size, middle = event.key(), QSizeF(self.size()), QPointF(self.rect().center())
        pans = {
            Qt.Key.Key_Left: (_STEP, 0), Qt.Key.Key_Right: (-_STEP, 0),
            Qt.Key.Key_Up: (0, _STEP), Qt.Key.Key_Down: (0, -_STEP),
        }  # fmt: skip
        if key in pans:
            self.frame.pan(size, *pans[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.frame.zoom_at(size, middle, 1.25)
        elif key == Qt.Key.Key_Minus:
            self.frame.zoom_at(size, middle, 0.8)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_0):
            self.frame.fit()
        elif key == Qt.Key.Key_Escape:
            self.cancel()
            self.escaped.emit()
        else:
            super().keyPressEvent(event)


def _combine(modifiers: Qt.KeyboardModifier) -> Combine:
    if modifiers & Qt.KeyboardModifier.ShiftModifier:
        return Combine.ADD
    return Combine.REMOVE if modifiers & Qt.KeyboardModifier.AltModifier else Combine.REPLACE


def _packed(colour: str) -> int:
    return int(colour.lstrip("#"), 16)
