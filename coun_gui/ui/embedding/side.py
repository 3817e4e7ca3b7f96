"""What stands beside the maps: the legend above the card of one sample."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from coun_gui.ui.embedding.card import SampleCard
from coun_gui.ui.embedding.legend import Legend

_WIDE, _SLIM = (200, 248), 184  # the least and the most; in a narrow panel
_GAP = 8


class Side(QWidget):
    """As wide as the longest name needs, within bounds.

    Where it is too low for both, every line of the legend is seen before the card gets more than it must have.
    """

    def __init__(self, legend: Legend, card: SampleCard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._legend, self._card = legend, card
        for widget in (legend, card):
            widget.setParent(self)
        self._slim = False
        self._widen()

    def set_slim(self, slim: bool) -> None:
        """Leaves more of a narrow panel to the maps."""
        self._slim = slim
        self._widen()

    def _widen(self) -> None:
        least, most = _WIDE
        self.setFixedWidth(_SLIM if self._slim else min(max(least, self._legend.wanted()), most))

    def minimumSizeHint(self) -> QSize:
        least = self._legend.least(_SLIM) + _GAP + self._card.minimumSizeHint().height()
        return QSize(_SLIM, least)

    def sizeHint(self) -> QSize:
        width = self.maximumWidth()
        return QSize(width, self._legend.needed(width) + _GAP + self._card.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def event(self, event: QEvent) -> bool:
        """The legend or the card asks for another size."""
        if event.type() is QEvent.Type.LayoutRequest:
            self._widen()
            self._share()
            self.updateGeometry()
        return super().event(event)

    def _share(self) -> None:
        room = self.height() - _GAP
        modest, least = self._card.sizeHint().height(), self._card.minimumSizeHint().height()
        above = max(room - modest, min(self._legend.needed(self.width()), room - least))
        self._legend.setGeometry(0, 0, self.width(), above)
        self._card.setGeometry(0, above + _GAP, self.width(), room - above)
