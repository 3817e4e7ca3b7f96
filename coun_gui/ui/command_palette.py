"""The command palette: everything that can be done, found by typing a few of its letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from coun_gui.ui.theme import set_role
from coun_gui.ui.widgets.note_delegate import NoteDelegate, NoteRole

_WIDTH = 560
_ROWS = 11


@dataclass(frozen=True)
class Entry:
    """One line: a title, what stands at its right, and what happens. `reason`: why it can't be done now."""

    title: str
    do: Callable[[], object]
    note: str = ""
    reason: str = ""


def entry_of(action: QAction) -> Entry:
    """An action as a line of the palette."""
    shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    reason = "" if action.isEnabled() else action.toolTip()
    return Entry(action.text().replace("&", ""), action.trigger, shortcut, reason)


def score(wanted: str, title: str) -> int | None:
    """How well a title fits what was typed: less is better, None is not at all.

    All letters must occur in their order; those that follow each other or begin a word count more.
    """
    text, place, total = title.lower(), -1, 0
    for letter in wanted.lower().replace(" ", ""):
        found = text.find(letter, place + 1)
        if found < 0:
            return None
        begins = found == 0 or text[found - 1] in " -·/(" or found == place + 1
        total += 0 if begins else 4 + found - place
        place = found
    return total * 100 + len(title)


def matching(entries: Sequence[Entry], wanted: str) -> list[Entry]:
    """The entries that fit, best first; all of them in their own order where nothing was typed."""
    if not wanted.strip():
        return list(entries)
    scored = [(score(wanted, entry.title), number) for number, entry in enumerate(entries)]
    return [entries[number] for _, number in sorted((s, n) for s, n in scored if s is not None)]


class CommandPalette(QWidget):
    """A list over the window. Return does, Escape closes, arrows move."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("command_palette")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        set_role(self, role="popup")
        self._entries: list[Entry] = []
        self._shown: list[Entry] = []
        self._return_to: QWidget | None = None
        self.line = QLineEdit()
        self.line.setPlaceholderText("Type a command")
        self.line.setAccessibleName("Command")
        self.line.textChanged.connect(self._filter)
        self.line.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Commands")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setItemDelegate(NoteDelegate(28, self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self.list.itemClicked.connect(lambda _item: self.accept())
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(4)
        column.addWidget(self.line)
        column.addWidget(self.list)
        self.hide()

    def open(self, entries: Sequence[Entry]) -> None:
        """Shows these entries over the middle of the window."""
        self._entries = list(entries)
        self._return_to = self.window().focusWidget()
        self.line.clear()
        self._filter("")
        parent = self.parentWidget()
        assert parent is not None
        width = min(_WIDTH, parent.width() - 32)
        self.resize(width, min(_ROWS * 28 + self.line.sizeHint().height() + 22, parent.height() - 80))
        self.move(QPoint((parent.width() - width) // 2, 48))
        self.show()
        self.raise_()
        self.line.setFocus()

    def accept(self) -> None:
        """Does the selected entry, if it can be done."""
        row = self.list.currentRow()
        if row < 0 or self._shown[row].reason:
            return
        self.dismiss()
        self._shown[row].do()

    def dismiss(self) -> None:
        """Closes and gives the focus back."""
        self.hide()
        if self._return_to is not None:
            self._return_to.setFocus()
        self._return_to = None

    def titles(self) -> list[str]:
        """What is listed now."""
        return [entry.title for entry in self._shown]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.line and event.type() == QEvent.Type.FocusOut and self.isVisible():
            self._return_to = None  # the focus went where the user wanted it
            self.hide()
        if watched is self.line and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(event)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
        if event.key() in steps:
            row = self.list.currentRow() + steps[Qt.Key(event.key())]
            self.list.setCurrentRow(min(max(row, 0), self.list.count() - 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            return False
        return True

    def _filter(self, wanted: str) -> None:
        self._shown = matching(self._entries, wanted)
        self.list.clear()
        for entry in self._shown:
            item = QListWidgetItem(entry.title)
            item.setData(NoteRole, entry.note)
            if entry.reason:
                item.setToolTip(entry.reason)
                item.setFlags(Qt.ItemFlag.ItemIsSelectable)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
