"""What stands in the place of the maps while there are none, or above them when they are out of date."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from coun_gui.ui.theme import set_role
from coun_gui.ui.widgets.empty_state import EmptyState
from coun_gui.ui.widgets.icons import IconLabel

NO_EXPERIMENT = "No experiment in view. Start one, or open one from the list, and its maps appear here."
NO_RUNS = "No map yet. It is drawn by itself once Original, Retrain and the methods are done."
NO_MAP = "No map yet. Original and Retrain can be drawn side by side with every finished method."


class NothingYet(EmptyState):
    """Empty or failed, with the one thing to do about it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("map", NO_EXPERIMENT, "Draw map", parent)
        self.setObjectName("map_empty")
        self.button.setObjectName("draw_map")

    def tell(self, sentence: str, button: str = "", why_not: str = "") -> None:
        """`why_not`: the button can't be pressed, and its tooltip says why."""
        self.sentence.setText(sentence)
        self.button.setVisible(bool(button))
        self.button.setText(button)
        self.button.setEnabled(not why_not)
        self.button.setToolTip(why_not)


class Computing(QWidget):
    """Stage and share of the map that is being drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("map_computing")
        self.stage = QLabel("Waiting for an engine")
        self.stage.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(280, 4)
        self.bar.setRange(0, 1000)
        column = QVBoxLayout(self)
        column.addStretch()
        column.addWidget(self.stage)
        column.addWidget(self.bar, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()

    def show_progress(self, stage: str, share: float) -> None:
        self.stage.setText(f"Drawing the map: {stage}" if stage else "Drawing the map")
        self.bar.setValue(round(share * 1000))


class StaleBar(QWidget):
    """Says above the maps that there is more to show, or that a newer map is on its way."""

    asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("map_stale")
        self.sentence = QLabel()
        set_role(self.sentence, role="muted")
        self.button = QPushButton("Draw again")
        self.button.setObjectName("draw_map_again")
        self.button.clicked.connect(self.asked)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(IconLabel("info", "muted"))
        row.addWidget(self.sentence)
        row.addWidget(self.button)
        row.addStretch()
        self.hide()

    def tell(self, sentence: str, button: bool) -> None:
        self.sentence.setText(sentence)
        self.button.setVisible(button)
        self.setVisible(bool(sentence))
