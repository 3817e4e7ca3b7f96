"""One map under the mouse and the keyboard: hovering, picking, selecting, panning and zooming."""

from __future__ import annotations

from enum import Enum

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QWidget

from coun_gui.ui.embedding.frame import Frame
from coun_gui.ui.embedding.map_canvas import MapCanvas
from coun_gui.ui.embedding.selection import Combine, in_polygon, in_rectangle

_STEP = 40  # logical pixels an arrow key pans


class Tool(Enum):
    """What dragging with the left button does."""

    PAN = "pan"
    LASSO = "lasso"
    RECTANGLE = "rectangle"


class MapView(MapCanvas):
    """Turns gestures into rows of the map."""

    hovered = Signal(int)  # row under the pointer, -1 for none
    clicked = Signal(int)  # row, -1 beside all points
    click_taken_back = Signal()  # the last click was the first half of a double click
    chosen = Signal(object, object)  # rows int64 [n], Combine
    escaped = Signal()

    def __init__(self, frame: Frame, parent: QWidget | None = None) -> None:
        super().__init__(frame, parent)
        self.tool = Tool.PAN
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._moved = False
        self._clicked = False  # by the last press
        self._way: list[QPointF] = []  # of the pointer, while a lasso or rectangle is drawn
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_tool(self, tool: Tool) -> None:
        self.tool = tool
        self._go([])
        self.setCursor(Qt.CursorShape.ArrowCursor if tool is Tool.PAN else Qt.CursorShape.CrossCursor)

    def cancel(self) -> None:
        """Drops what is being drawn with the mouse."""
        self._pressed = None
        self._go([])

    def _go(self, way: list[QPointF]) -> None:
        self._way = way
        drawn = way if self.tool is Tool.LASSO else _corners(way)
        self._outline = QPolygonF(drawn) if len(way) > 1 else None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = self._last = event.position()
        self._moved = self._clicked = False
        self._go([event.position()] if self._draws(event) else [])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._pressed is None:
            self._hover(position)
            return
        if not self._moved and (position - self._pressed).manhattanLength() < 4:
            return
        self._moved = True
        if self._way:
            self._go([*self._way, position])
        else:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            step = position - self._last
            self.frame.pan(QSizeF(self.size()), step.x(), step.y())
        self._last = position

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        way = self._way
        self.set_tool(self.tool)
        if pressed is None:
            return
        if not self._moved:
            if event.button() is Qt.MouseButton.LeftButton:
                self._clicked = True
                row = self.row_at(event.position())
                self.clicked.emit(-1 if row is None else row)
        elif way:
            self._choose(way, _combine(event.modifiers()))

    def _draws(self, event: QMouseEvent) -> bool:
        return event.button() is Qt.MouseButton.LeftButton and self.tool is not Tool.PAN

    def _hover(self, position: QPointF) -> None:
        row = self.row_at(position)
        if row != self.highlight:
            self.hovered.emit(-1 if row is None else row)

    def _choose(self, way: list[QPointF], how: Combine) -> None:
        projection = self.projection()
        corners = np.array([projection.point(position) for position in way])
        points = self.points
        if self.tool is Tool.RECTANGLE:
            inside = in_rectangle(points.xy, tuple(corners[0]), tuple(corners[-1]))
        else:
            inside = in_polygon(points.xy, corners)
        self.chosen.emit(np.flatnonzero(inside & points.visible), how)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fits all in. That its first half is also a click can't be known before, but it can be undone."""
        if self._clicked:
            self._clicked = False
            self.click_taken_back.emit()
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


def _corners(way: list[QPointF]) -> list[QPointF]:
    """Of the rectangle between the first and the last place."""
    if len(way) < 2:
        return []
    box = QRectF(way[0], way[-1]).normalized()
    return [box.topLeft(), box.topRight(), box.bottomRight(), box.bottomLeft()]
