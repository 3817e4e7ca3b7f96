"""One panel of the row of maps: which run, how far its map can be trusted, and the map itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from coun_gui.ui.embedding.frame import Frame
from coun_gui.ui.embedding.map_view import MapView
from coun_gui.ui.theme import set_role
from coun_gui.ui.widgets.elided_label import ElidedLabel
from coun_gui.ui.widgets.icons import IconButton

_TIP = (
    "Trustworthiness: 1 where no samples lie together that are far apart in the model's features.\n"
    "k-NN: the share of a sample's 15 nearest neighbours there that are so on the map.\n"
    "Both on 2,000 samples at most."
)
_DROPPED = "The model's features of these samples are not numbers."


@dataclass(frozen=True)
class Choice:
    """A run that can be put into a column."""

    run: str
    title: str
    colour: str


class MapColumn(QWidget):
    """A chooser above a map."""

    run_changed = Signal()
    closed = Signal()

    def __init__(self, frame: Frame, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"map_column_{number}")
        self._choices: dict[str, Choice] = {}
        self.chooser = _Chooser()
        self.chooser.setObjectName(f"map_run_{number}")
        self.chooser.setAccessibleName(f"Run in map {number + 1}")
        self.chooser.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.chooser.setMinimumContentsLength(3)
        self.chooser.setMinimumWidth(52)  # in a small window
        self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.close_button = IconButton("close", "Take this map out")
        self.close_button.setObjectName(f"close_map_{number}")
        self.close_button.clicked.connect(self.closed)
        self.facts = FittingLabel()
        set_role(self.facts, role="muted")
        self.dropped = FittingLabel()
        set_role(self.dropped, role="warning")
        self.dropped.hide()
        self.view = MapView(frame)
        self.view.setObjectName(f"map_view_{number}")
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.chooser, 1)
        head.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.facts)
        column.addWidget(self.dropped)
        column.addWidget(self.view, 1)
        self.chooser.currentIndexChanged.connect(self._picked)

    @property
    def run(self) -> str:
        """The id of the run on show, "" for none."""
        return self.chooser.currentData() or ""

    @property
    def choice(self) -> Choice:
        """The run on show."""
        return self._choices[self.run]

    def _picked(self) -> None:
        self._name_chooser()
        self.run_changed.emit()

    def _name_chooser(self) -> None:
        """The whole title, which may be too long for the column."""
        self.chooser.setToolTip(f"{self.chooser.currentText()}: pick which model this map shows")

    def set_choices(self, choices: list[Choice], run: str) -> None:
        """What can be picked; `run` is picked. Emits nothing."""
        self._choices = {choice.run: choice for choice in choices}
        self.chooser.blockSignals(True)
        self.chooser.clear()
        for choice in choices:
            self.chooser.addItem(choice.title, choice.run)
            self.chooser.setItemData(self.chooser.count() - 1, choice.title, Qt.ItemDataRole.ToolTipRole)
        self.chooser.setCurrentIndex(max(0, self.chooser.findData(run)))
        self.chooser.blockSignals(False)
        self._name_chooser()
        self.view.setAccessibleName(f"Map of {self.chooser.currentText()}")

    def set_quality(self, quality: dict[str, float]) -> None:
        """How faithful the map is to the features, in small type, as short as the width asks for."""
        self.facts.set_forms(_forms(quality), _TIP)

    def set_dropped(self, count: int, room: bool) -> None:
        """Tells of samples that have no place. `room` is kept for it, or else the maps wouldn't stand level."""
        policy = self.dropped.sizePolicy()
        policy.setRetainSizeWhenHidden(room)
        self.dropped.setSizePolicy(policy)
        samples = "1 sample" if count == 1 else f"{count:,} samples"
        whole = f"{samples} without a place (NaN) left out"
        self.dropped.set_forms([whole, f"{samples} without a place", f"{count:,} without a place"], _DROPPED)
        self.dropped.setVisible(count > 0)


class FittingLabel(ElidedLabel):
    """The longest of several forms of a text that fits; the whole one is in the tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._forms: Sequence[str] = ("",)
        self._tip = ""
        super().__init__("", parent)

    def set_forms(self, forms: Sequence[str], tip: str) -> None:
        """The whole text first, then ever shorter ones. `tip`: what they mean."""
        self._forms, self._tip = forms, tip
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        metrics = self.fontMetrics()
        fitting = (form for form in self._forms if metrics.horizontalAdvance(form) <= self.width())
        self.set_text(next(fitting, self._forms[-1]))
        self.setToolTip("\n".join(part for part in (self._forms[0], self._tip) if part))


class _Chooser(QComboBox):
    """Shortens a title that is too long, where Qt cuts through a letter."""

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self).width()
        option.currentText = fitting_title(option.currentText, self.fontMetrics(), room - 2)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


def fitting_title(title: str, metrics: QFontMetrics, room: int) -> str:
    """“CoUn · seed 0” or “CoUn · 0”, then with the name cut: the seed may be all that tells two runs apart."""
    name, told, seed = title.rpartition(" · seed ")
    end = f" · {seed}" if told else ""
    for form in (title, name + end):
        if told and metrics.horizontalAdvance(form) <= room:
            return form
    left = room - metrics.horizontalAdvance(end)
    return metrics.elidedText(name if told else title, Qt.TextElideMode.ElideRight, left) + end


def _forms(quality: dict[str, float]) -> list[str]:
    """“trustworthiness 0.95 · k-NN 41 %” and shorter ones; a dash where there are too few samples to measure."""
    trust, overlap = (quality.get(name) for name in ("trustworthiness", "knn_overlap"))
    if trust is None and overlap is None:
        return [""]
    trusted = "–" if trust is None or math.isnan(trust) else f"{trust:.2f}"
    kept = "–" if overlap is None or math.isnan(overlap) else f"{100 * overlap:.0f} %"
    words = (("trustworthiness", "k-NN"), ("trust.", "k-NN"), ("T", "k-NN"), ("T", "k"))
    named = [f"{first} {trusted} · {second} {kept}" for first, second in words]
    return [*named, f"{trusted} · {kept}"]
