"""How the state and the progress of a job are painted: an icon with its word, and a thin bar."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from coun_gui.ui.jobs.model import ShareRole, StateRole
from coun_gui.ui.theme import icon, present

Index = QModelIndex | QPersistentModelIndex
_ROLES = {
    "interrupted": "warning",
    "blocked": "warning",
    "cancelled": "waiting",
    "paused": "waiting",
    "missing": "waiting",
}
_ICONS = {"missing": "state-waiting"}


def state_role(state: str) -> str:
    """The token that a state is coloured with."""
    return _ROLES.get(state, state)


class StateDelegate(QStyledItemDelegate):
    """The word is always there: colour and icon only help."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        state = str(index.data(StateRole))
        option.features |= QStyleOptionViewItem.ViewItemFeature.HasDecoration
        option.decorationSize = QSize(16, 16)
        name = _ICONS.get(state, f"state-{state}")
        option.icon = icon(name, present(), state_role(state))


class ProgressDelegate(QStyledItemDelegate):
    """A bar 6 pixels high with the percentage beside it."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        frame = QStyleOptionViewItem(option)
        self.initStyleOption(frame, index)
        text, frame.text = frame.text, ""
        style = option.widget.style() if option.widget else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, frame, painter, option.widget)
        theme = present()
        room = option.rect.adjusted(8, 0, -8, 0)
        figure = room.adjusted(room.width() - 44, 0, 0, 0)
        bar = QRectF(room.left(), room.center().y() - 2, max(room.width() - 52, 0), 6)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        self._bar(painter, bar, 1.0, theme["track"])
        self._bar(
            painter, bar, float(index.data(ShareRole) or 0), theme[state_role(str(index.data(StateRole)))]
        )
        painter.setPen(QColor(theme["text"]))
        painter.drawText(figure, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()

    @staticmethod
    def _bar(painter: QPainter, bar: QRectF, share: float, colour: str) -> None:
        if share > 0:
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(bar.left(), bar.top(), bar.width() * share, bar.height()), 3, 3)
