"""The line that a query is written in, with the words it understands offered while it is written."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QGridLayout, QLabel, QLineEdit, QWidget

from coun_gui.ui.embedding.query import FIGURES, WORDS
from coun_gui.ui.theme import set_role

_EXAMPLE = "true=8 pred=3 forget conf<0.5"


class QueryLine(QLineEdit):
    """Enter asks; Esc leaves the line."""

    asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("map_query")
        self.setAccessibleName("Select by a query")
        self.setPlaceholderText(f"Select: {_EXAMPLE}")
        self.setToolTip("Select by words and figures (Ctrl+F); Enter selects")
        self.setClearButtonEnabled(True)
        self.setMinimumWidth(104)
        self._offered = QStringListModel(self)
        self.completions = QCompleter(self._offered, self)
        self.completions.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.completions.setWidget(self)
        self.completions.activated.connect(self._complete)
        self.textEdited.connect(self._offer)
        self.returnPressed.connect(lambda: self.asked.emit(self.text().strip()))
        self.set_models([])

    def set_models(self, models: Sequence[str]) -> None:
        """The models that can be named."""
        words = [
            *WORDS,
            *(f"{key}=" for key in ("true", "pred")),
            "conf<",
            "score>",
            "agree>",
            "index=",
            "or",
        ]
        self._offered.setStringList([*words, *(f"{model}." for model in models)])

    def _offer(self) -> None:
        word = self.text()[: self.cursorPosition()].rpartition(" ")[2]
        self.completions.setCompletionPrefix(word)
        if word and self.completions.completionCount() and self.completions.currentCompletion() != word:
            self.completions.complete()
        else:
            self.completions.popup().hide()

    def _complete(self, word: str) -> None:
        before, rest = self.text()[: self.cursorPosition()], self.text()[self.cursorPosition() :]
        start = before[: len(before) - len(before.rpartition(" ")[2])]
        whole = word + (" " if word in WORDS or word == "or" else "")
        self.setText(start + whole + rest)
        self.setCursorPosition(len(start + whole))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class QueryHelp(QWidget):
    """Every word with its meaning."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.meant = QLabel()
        self.meant.setWordWrap(True)
        set_role(self.meant, role="muted")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(3)
        lines = {
            **WORDS,
            **{f"{key} = < >": meaning for key, meaning in FIGURES.items()},
            "true=3,5": "either of them; != for neither",
            "a b or c": "a and b, or c",
        }
        for row, (word, meaning) in enumerate(lines.items()):
            name, about = QLabel(word), QLabel(meaning)
            set_role(name, role="heading")
            set_role(about, role="muted")
            grid.addWidget(name, row, 0)
            grid.addWidget(about, row, 1)
        grid.addWidget(self.meant, grid.rowCount(), 0, 1, 2)

    def set_models(self, meant: str, models: Sequence[str]) -> None:
        """`meant`: the model that terms are about unless another is named."""
        other = next((model for model in models if model != meant), "")
        example = f" Name another as in {other}.wrong." if other else ""
        self.meant.setText(f"Terms are about {meant}, in the last map.{example}")
