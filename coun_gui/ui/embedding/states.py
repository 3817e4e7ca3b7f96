"""What stands in the place of the maps while there are none, or above them when they are out of date."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from coun_gui.experiments.maps import SampleMap
from coun_gui.jobs.schedule import Job
from coun_gui.ui.embedding import found, progress
from coun_gui.ui.session import Session
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


class Pages(QStackedWidget):
    """Nothing yet, computing, or the maps with what there is to say about their age."""

    def __init__(self, session: Session, content: QWidget, stale: StaleBar) -> None:
        super().__init__()
        self._session = session
        self.nothing, self.computing, self.content, self.stale = NothingYet(), Computing(), content, stale
        for page in (self.nothing, self.computing, self.content):
            self.addWidget(page)

    def show_state(self, samples: SampleMap | None, damage: str) -> None:
        """Picks the page. `damage`: why the map that there is can't be shown."""
        job = progress.map_job(self._session)
        under_way = job if job is not None and job.state in progress.UNDER_WAY else None
        if samples is not None:
            self._tell_stale(samples, under_way)
            self.setCurrentWidget(self.content)
        elif under_way is not None:
            self.computing.show_progress(progress.stage(under_way), under_way.share)
            self.setCurrentWidget(self.computing)
        else:
            self._tell_nothing(job, damage)
            self.setCurrentWidget(self.nothing)

    def _tell_nothing(self, job: Job | None, damage: str) -> None:
        done = any(record.status == "done" for record in self._session.records())
        if self._session.experiment is None:
            self.nothing.tell(NO_EXPERIMENT)
        elif job is not None and job.state == "failed":
            self.nothing.tell(f"The map could not be drawn. {job.message} {job.remedy}".strip(), "Draw again")
        elif not done:
            self.nothing.tell(NO_RUNS, "Draw map", "A map needs at least one finished run.")
        else:
            self.nothing.tell(damage or NO_MAP, "Draw again" if damage else "Draw map")

    def _tell_stale(self, samples: SampleMap, newer: Job | None) -> None:
        missing = found.left_out(samples, self._session.records())
        if newer is not None:
            self.stale.tell(f"A newer map: {progress.stage(newer)}, {newer.share:.0%}", button=False)
        elif missing:
            runs = "run has" if missing == 1 else "runs have"
            self.stale.tell(f"{missing} {runs} ended since this map was drawn.", button=True)
        else:
            self.stale.tell("", button=False)
