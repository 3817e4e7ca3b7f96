"""Buttons that stand for an action beside its place in menu and palette."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton


def follow(button: QPushButton, action: QAction) -> None:
    """The button can be pressed when the action can be done, and says why not."""

    def update() -> None:
        button.setEnabled(action.isEnabled())
        button.setToolTip(action.toolTip())
        button.setAccessibleDescription(action.toolTip())

    action.changed.connect(update)
    update()
