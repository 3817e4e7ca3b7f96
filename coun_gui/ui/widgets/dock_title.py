"""The title line of a docked panel."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from coun_gui.ui.theme import set_role

_HEIGHT = 36


class DockTitle(QWidget):
    """A title, and what stands at its right."""

    def __init__(self, title: str, *right: QWidget, stretched: bool = False) -> None:
        """`stretched`: what stands at the right takes all the room there is."""
        super().__init__()
        set_role(self, role="header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(_HEIGHT)
        label = QLabel(title)
        set_role(label, role="heading")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(4)
        row.addWidget(label)
        row.addStretch(0 if stretched else 1)
        for widget in right:
            row.addWidget(widget, 1 if stretched else 0)

    def sizeHint(self) -> QSize:
        """A dock asks this alone, whatever the fixed height is."""
        return QSize(super().sizeHint().width(), _HEIGHT)
