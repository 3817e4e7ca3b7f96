"""The list of keyboard shortcuts."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QWidget

from coun_gui.ui.theme import set_role


class ShortcutList(QDialog):
    """Stays open beside the work; Escape closes it."""

    def __init__(self, actions: Iterable[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("shortcut_list")
        self.setWindowTitle("Keyboard shortcuts")
        grid = QGridLayout(self)
        grid.setContentsMargins(24, 16, 24, 16)
        grid.setHorizontalSpacing(32)
        grid.setVerticalSpacing(6)
        with_keys = (action for action in actions if not action.shortcut().isEmpty())
        for row, action in enumerate(with_keys):
            keys = QLabel(action.shortcut().toString(QKeySequence.SequenceFormat.NativeText))
            set_role(keys, role="heading")
            grid.addWidget(QLabel(action.text().replace("&", "")), row, 0)
            grid.addWidget(keys, row, 1, Qt.AlignmentFlag.AlignRight)
