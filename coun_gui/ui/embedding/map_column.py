"""One panel of the row of maps: which run, how far its map can be trusted, and the map itself."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from coun_gui.ui.embedding.frame import Frame
from coun_gui.ui.embedding.map_view import MapView
from coun_gui.ui.theme import set_role
from coun_gui.ui.widgets.elided_label import ElidedLabel
from coun_gui.ui.widgets.icons import IconButton


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
        self.chooser = QComboBox()
        self.chooser.setObjectName(f"map_run_{number}")
        self.chooser.setAccessibleName(f"Run in map {number + 1}")
        self.chooser.setToolTip("Which model this map shows")
        self.chooser.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.chooser.setMinimumContentsLength(8)
        self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.close_button = IconButton("close", "Take this map out")
        self.close_button.setObjectName(f"close_map_{number}")
        self.close_button.clicked.connect(self.closed)
        self.facts = ElidedLabel()
        set_role(self.facts, role="muted")
        self.dropped = QLabel()
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
        self.chooser.currentIndexChanged.connect(lambda _: self.run_changed.emit())

    @property
    def run(self) -> str:
        """The id of the run on show, "" for none."""
        return self.chooser.currentData() or ""

    @property
    def choice(self) -> Choice:
        """The run on show."""
        return self._choices[self.run]

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
        self.view.setAccessibleName(f"Map of {self.chooser.currentText()}")

    def set_quality(self, quality: dict[str, float], accuracy: str = "") -> None:
        """How faithful the map is to the features, in small type."""
        parts = [accuracy] if accuracy else []
        if "trustworthiness" in quality:
            parts.append(f"trustworthiness {quality['trustworthiness']:.2f}")
        if "knn_overlap" in quality:
            parts.append(f"k-NN {100 * quality['knn_overlap']:.0f} %")
        self.facts.set_text(" · ".join(parts))
        self.facts.setToolTip(
            "Trustworthiness: 1 where no samples lie together that are far apart in feature space.\n"
            "k-NN: the share of a sample's nearest neighbours that are so on the map."
        )

    def set_dropped(self, count: int) -> None:
        """Tells of samples that have no place."""
        self.dropped.setVisible(count > 0)
        self.dropped.setText(f"{count:,} sample{'s' if count > 1 else ''} without a place (NaN) left out")
