"""A section that folds away under its title."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from coun_gui.ui.widgets.icons import TextIconButton


class Fold(QWidget):
    """A title to press, and a body below it that is shown or not."""

    toggled = Signal(bool)

    def __init__(
        self, title: str, body: QWidget, heading: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.body = body
        self.title = TextIconButton("chevron-right", title, role="muted")
        self.title.setProperty("fold", True)
        self.title.setProperty("heading", heading)
        self.title.setCheckable(True)
        self.title.toggled.connect(self._toggled)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.title)
        column.addWidget(body)
        body.hide()

    def unfold(self) -> None:
        self.title.setChecked(True)

    def _toggled(self, unfolded: bool) -> None:
        self.title.set_icon("chevron-down" if unfolded else "chevron-right")
        self.body.setVisible(unfolded)
        self.toggled.emit(unfolded)
