"""A line under the header for what went wrong or needs to be known; it never blocks."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from coun_gui.ui.theme import set_role
from coun_gui.ui.widgets.icons import IconButton, IconLabel


class NoticeBar(QWidget):
    """Shows the latest notice with its remedy until it is dismissed; earlier ones wait behind it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._waiting: list[tuple[str, str]] = []
        self.setObjectName("notice_bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        set_role(self, role="notice")
        self.sentence = QLabel()
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setWordWrap(True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.dismiss_button = IconButton("close", "Dismiss this notice")
        self.dismiss_button.setObjectName("dismiss_notice")
        self.dismiss_button.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(IconLabel("warning", "warning"))
        row.addWidget(self.sentence, 1)
        row.addWidget(self.dismiss_button)
        self.hide()

    def tell(self, sentence: str, remedy: str = "") -> None:
        """Shows a notice; the same one isn't shown twice."""
        if (sentence, remedy) in self._waiting:
            return
        self._waiting.append((sentence, remedy))
        self._show_last()

    def dismiss(self) -> None:
        """Puts the shown notice away; an earlier one comes back into view."""
        if self._waiting:
            self._waiting.pop()
        self._show_last()

    def _show_last(self) -> None:
        if self._waiting:
            text = " ".join(part for part in self._waiting[-1] if part)
            self.sentence.setText(text)
            self.setAccessibleName(text)
        self.setVisible(bool(self._waiting))
