"""A button whose panel opens below it and closes with Esc or a click elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from coun_gui.assets import asset
from coun_gui.ui.theme import set_role

_MARK = 10  # pixels, as in the style sheet


class Popover(QFrame):
    """Holds a form. Keeps to the window that it belongs to."""

    opened = Signal()

    def __init__(self, title: str, content: QWidget, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        set_role(self, role="popup")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.content = content
        heading = QLabel(title)
        set_role(heading, role="heading")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(8)
        column.addWidget(heading)
        column.addWidget(content)

    def open_below(self, button: QWidget) -> None:
        """At the button's left edge, moved to the left where the window ends."""
        self.opened.emit()
        self.adjustSize()
        place = button.mapToGlobal(button.rect().bottomLeft()) + QPoint(0, 4)
        window = button.window().frameGeometry()
        place.setX(max(window.left() + 8, min(place.x(), window.right() - self.width() - 8)))
        if place.y() + self.height() > window.bottom() - 8:
            above = button.mapToGlobal(button.rect().topLeft()).y() - self.height() - 4
            place.setY(max(window.top() + 8, above))
        self.move(place)
        self.show()
        self.content.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)


class PopoverButton(QPushButton):
    """Opens its panel below itself."""

    def __init__(self, text: str, tip: str, title: str, content: QWidget, name: str) -> None:
        super().__init__(text)
        self.setProperty("menu", True)
        self.setObjectName(name)
        self.setToolTip(tip)
        self.setAccessibleName(title)
        self.popover = Popover(title, content, self)
        self.popover.setObjectName(f"{name}_popover")
        self.clicked.connect(lambda: self.popover.open_below(self))

    def sizeHint(self) -> QSize:
        """With as much room for the mark as a menu's has."""
        return super().sizeHint() + QSize(_MARK, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """With the mark that buttons with a menu have."""
        super().paintEvent(event)
        painter = QPainter(self)
        box = QRect(self.width() - _MARK - 4, (self.height() - _MARK) // 2, _MARK, _MARK)
        QIcon(str(asset("icons", "mark-down.svg"))).paint(painter, box)
        painter.end()
