"""What stands in the place of the maps while there are none, or above them when they are out of date."""

from __future__ import annotations

from collections.abc import Sequence

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

from coun_gui.experiments.maps import MapSpec, SampleMap
from coun_gui.jobs.schedule import Job
from coun_gui.reports.names import LAYOUTS
from coun_gui.ui.embedding import found, progress
from coun_gui.ui.quantities import duration
from coun_gui.ui.session import Session
from coun_gui.ui.theme import set_role
from coun_gui.ui.widgets.empty_state import EmptyState
from coun_gui.ui.widgets.icons import IconLabel

NO_EXPERIMENT = "No experiment in view. Start one, or open one from the list, and its maps appear here."
NO_RUNS = "No map yet. It is drawn by itself once Original, Retrain and the methods are done."
NO_MAP = "No map yet. Original and Retrain can be drawn side by side with every finished method."
READING = "Reading the map …"

_MEASURE = 440  # logical pixels: a line of text that is read with ease


class NothingYet(EmptyState):
    """Empty or failed, with the one thing to do about it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("map", NO_EXPERIMENT, "Draw map", parent)
        self.setObjectName("map_empty")
        self.button.setObjectName("draw_map")
        self.failure, self.remedy = QLabel(), QLabel()
        set_role(self.failure, role="heading")
        set_role(self.remedy, role="muted")
        self.other = QPushButton("Another map …")
        self.other.setObjectName("another_map")
        self.other.setToolTip("Another layout, or fewer samples")
        self.other.setProperty("link", True)
        self._set_in_measure((self.failure, self.sentence, self.remedy))
        self.tell(NO_EXPERIMENT)

    def _set_in_measure(self, labels: Sequence[QLabel]) -> None:
        """In the sentence's place, between stretches: aligned labels would get the height that the whole width asks."""
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        words, row = QVBoxLayout(), QHBoxLayout()
        for label in labels:
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            label.setFixedWidth(_MEASURE)
            words.addWidget(label)
        row.addStretch()
        row.addLayout(words)
        row.addStretch()
        column.insertLayout(column.indexOf(self.button), row)
        column.insertWidget(column.indexOf(self.button) + 1, self.other, 0, Qt.AlignmentFlag.AlignHCenter)

    def tell(self, sentence: str, button: str = "", why_not: str = "") -> None:
        """`why_not`: the button can't be pressed, and its tooltip says why."""
        self._say("", sentence, "", button, why_not)

    def tell_failure(self, cause: str, remedy: str) -> None:
        """The last map could not be drawn: why, and apart from that what may help."""
        self._say("The map could not be drawn.", cause, remedy, "Draw again")

    def _say(self, failure: str, sentence: str, remedy: str, button: str, why_not: str = "") -> None:
        for label, text in ((self.failure, failure), (self.sentence, sentence), (self.remedy, remedy)):
            label.setText(text)
            label.setVisible(bool(text))
        self.other.setVisible(bool(failure))
        self.button.setVisible(bool(button))
        self.button.setText(button)
        self.button.setEnabled(not why_not)
        self.button.setToolTip(why_not)


def how_far(job: Job) -> str:
    """The share that is done and the time that is left, as far as they are known."""
    share = f"{100 * job.share:.0f} %" if job.state == "running" else ""
    left = f"about {duration(job.eta)} left" if job.state == "running" and job.eta is not None else ""
    return ", ".join(part for part in (share, left) if part)


def stop_button(name: str) -> QPushButton:
    button = QPushButton("Stop")
    button.setObjectName(name)
    return button


def _allow_stop(button: QPushButton, stopping: bool) -> None:
    button.setEnabled(not stopping)
    button.setToolTip("It stops at its next checkpoint." if stopping else "Stop drawing this map")


class Computing(QWidget):
    """Stage, share and time left of the map that is being drawn, and the button that stops it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("map_computing")
        self.stage, self.left = QLabel("Waiting for an engine"), QLabel()
        set_role(self.left, role="muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(280, 4)
        self.bar.setRange(0, 1000)
        self.stop = stop_button("stop_map")
        column = QVBoxLayout(self)
        column.addStretch()
        for widget in (self.stage, self.bar, self.left, self.stop):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()

    def show_job(self, job: Job) -> None:
        stage, running = progress.stage(job), job.state == "running"
        drawing = f"Drawing the map: {stage}" if stage else "Drawing the map"
        waiting = "The map is paused" if job.state == "paused" else f"The map {stage}"
        self.stage.setText(drawing if running else waiting)
        for widget in (self.bar, self.left):
            widget.setVisible(running)
        self.left.setText("stopping" if job.stopping else how_far(job))
        self.bar.setValue(round(job.share * 1000))
        _allow_stop(self.stop, bool(job.stopping))


class StaleBar(QWidget):
    """Says above the maps that there is more to show, or that a newer map is on its way."""

    asked = Signal()
    show_asked = Signal()  # the map that waits

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("map_stale")
        self.sentence = QLabel()
        set_role(self.sentence, role="muted")
        self.button = QPushButton("Draw again")
        self.button.setObjectName("draw_map_again")
        self.button.clicked.connect(self.asked)
        self.show_it = QPushButton("Show it")
        self.show_it.setObjectName("show_newer_map")
        self.show_it.clicked.connect(self.show_asked)
        self.stop = stop_button("stop_newer_map")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(IconLabel("info", "muted"))
        for widget in (self.sentence, self.button, self.show_it, self.stop):
            row.addWidget(widget)
        row.addStretch()
        self.tell("")

    def tell(self, sentence: str, button: bool = False) -> None:
        """Empty takes it away. `button`: the map can be drawn again."""
        self.sentence.setText(sentence)
        self.button.setVisible(button)
        self.show_it.hide()
        self.stop.hide()
        self.setVisible(bool(sentence))

    def show_job(self, job: Job) -> None:
        """How a newer map stands, with the button that stops it."""
        stands = "stopping" if job.stopping else how_far(job)
        words = ", ".join(part for part in (progress.stage(job), stands) if part)
        self.tell(f"A newer map: {words}" if words else "A newer map is being drawn")
        self.stop.show()
        _allow_stop(self.stop, bool(job.stopping))

    def show_waiting(self, layout: str) -> None:
        """A map has been drawn since another one was ordered."""
        self.tell(f"A newer map is ready: {layout}.")
        self.show_it.show()


class Pages(QStackedWidget):
    """Nothing yet, computing, or the maps with what there is to say about their age."""

    def __init__(self, session: Session, content: QWidget, stale: StaleBar) -> None:
        super().__init__()
        self._session = session
        self.nothing, self.computing, self.content, self.stale = NothingYet(), Computing(), content, stale
        for page in (self.nothing, self.computing, self.content):
            self.addWidget(page)
        for button in (self.computing.stop, self.stale.stop):
            button.clicked.connect(self._stop)

    def _under_way(self) -> Job | None:
        job = progress.map_job(self._session)
        return job if job is not None and job.state in progress.UNDER_WAY else None

    def _stop(self) -> None:
        """Ends the drawing; what waits or runs beside it goes on."""
        job = self._under_way()
        if job is not None and not job.stopping:
            self._session.queue.cancel(job.id)

    def show_state(self, samples: SampleMap | None, damage: str = "", waiting: MapSpec | None = None) -> None:
        """Picks the page.

        damage: why the map that there is can't be shown; waiting: one that can be shown instead.
        """
        job = progress.map_job(self._session)
        under_way = self._under_way()
        if samples is not None:
            self._tell_stale(samples, under_way, waiting)
            self.setCurrentWidget(self.content)
        elif under_way is not None:
            self.computing.show_job(under_way)
            self.setCurrentWidget(self.computing)
        else:
            self._tell_nothing(job, damage)
            self.setCurrentWidget(self.nothing)

    def show_reading(self) -> None:
        """A kept map is about to come."""
        self.nothing.tell(READING)
        self.setCurrentWidget(self.nothing)

    def _tell_nothing(self, job: Job | None, damage: str) -> None:
        done = any(record.status == "done" for record in self._session.records())
        if self._session.experiment is None:
            self.nothing.tell(NO_EXPERIMENT)
        elif job is not None and job.state == "failed":
            self.nothing.tell_failure(job.message, job.remedy)
        elif not done:
            self.nothing.tell(NO_RUNS, "Draw map", "A map needs at least one finished run.")
        else:
            self.nothing.tell(damage or NO_MAP, "Draw again" if damage else "Draw map")

    def _tell_stale(self, samples: SampleMap, newer: Job | None, waiting: MapSpec | None) -> None:
        missing = found.left_out(samples, self._session.records())
        if newer is not None:
            self.stale.show_job(newer)
        elif waiting is not None:
            self.stale.show_waiting(LAYOUTS[waiting.embedding.method])
        elif missing:
            runs = "run has" if missing == 1 else "runs have"
            self.stale.tell(f"{missing} {runs} ended since this map was drawn.", button=True)
        else:
            self.stale.tell("")
