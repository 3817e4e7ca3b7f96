"""The title line of a docked panel."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from coun_gui.ui.theme import set_role


class DockTitle(QWidget):
    """A title, and what stands at its right."""

    def __init__(self, title: str, *right: QWidget) -> None:
        super().__init__()
        set_role(self, role="header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(36)
        label = QLabel(title)
        set_role(label, role="heading")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(4)
        row.addWidget(label)
        row.addStretch()
        for widget in right:
            row.addWidget(widget)
