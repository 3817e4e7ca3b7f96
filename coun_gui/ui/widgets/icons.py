"""Buttons and labels whose icon takes the colour of the theme, also when the theme changes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton, QWidget

from coun_gui.ui.theme import icon, pixmap, present

_REPAINT = (QEvent.Type.PaletteChange, QEvent.Type.StyleChange)


class IconButton(QToolButton):
    """A quiet button that shows an icon; its name is its tooltip and what a screen reader says."""

    def __init__(self, name: str, title: str, parent: QWidget | None = None, role: str = "text") -> None:
        super().__init__(parent)
        self._icon, self._role = name, role
        self.setIconSize(QSize(16, 16))
        self.setToolTip(title)
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._tint()

    def set_icon(self, name: str) -> None:
        self._icon = name
        self._tint()

    def follow(self, action: QAction) -> None:
        """Does what the action does, and is enabled and explained as it is."""
        self.clicked.connect(action.trigger)

        def update() -> None:
            self.setEnabled(action.isEnabled())
            self.setToolTip(action.toolTip())

        action.changed.connect(update)
        update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in _REPAINT:
            self._tint()

    def _tint(self) -> None:
        self.setIcon(icon(self._icon, present(), self._role))


class TextIconButton(QPushButton):
    """A push button with words and an icon."""

    def __init__(self, name: str, text: str, parent: QWidget | None = None, role: str = "text") -> None:
        super().__init__(text, parent)
        self._icon, self._role = name, role
        self.setIconSize(QSize(16, 16))
        self._tint()

    def set_icon(self, name: str) -> None:
        self._icon = name
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in _REPAINT:
            self._tint()

    def _tint(self) -> None:
        self.setIcon(icon(self._icon, present(), self._role))


class IconLabel(QLabel):
    """An icon that only shows."""

    def __init__(self, name: str, role: str = "text", size: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon, self._role, self._size = name, role, size
        self.setFixedSize(size, size)
        self._tint()

    def set_icon(self, name: str, role: str) -> None:
        self._icon, self._role = name, role
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in _REPAINT:
            self._tint()

    def _tint(self) -> None:
        colour = present()[self._role]
        self.setPixmap(pixmap(self._icon, colour, self._size, self.devicePixelRatioF()))
