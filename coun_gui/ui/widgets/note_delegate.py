"""List lines with a quiet note at the right, such as a shortcut or a count."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem

from coun_gui.ui.theme import present

_FRAME = 24  # scroll bar, border and padding of a list
NoteRole = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


class NoteDelegate(QStyledItemDelegate):
    """Paints the text under `NoteRole` at the right edge; the line's own text makes room for it."""

    def __init__(self, height: int, parent: QListView, columns: int = 1) -> None:
        """`columns`: so many lines stand side by side."""
        super().__init__(parent)
        self._height, self._list, self._columns = height, parent, columns

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        # A single column is as wide as the list by itself, and never wider.
        width = (self._list.width() - _FRAME) // self._columns if self._columns > 1 else 1
        return QSize(width, self._height)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        note = index.data(NoteRole)
        if note and not option.features & QStyleOptionViewItem.ViewItemFeature.HasCheckIndicator:
            room = option.rect.width() - option.fontMetrics.horizontalAdvance(note) - _FRAME
            option.text = option.fontMetrics.elidedText(option.text, Qt.TextElideMode.ElideRight, room)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        painter.save()
        painter.setPen(QColor(present()["muted"]))
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(option.rect.adjusted(0, 0, -8, 0), flags, index.data(NoteRole) or "")
        painter.restore()
