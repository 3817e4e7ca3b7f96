"""The way from Original to unlearned: a slider over the epochs, and a button that lets it run."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QStyle, QWidget

from coun_gui.experiments.maps import Frames, SampleMap
from coun_gui.ui.embedding.film import last_epoch, places, ways
from coun_gui.ui.embedding.map_row import MapRow
from coun_gui.ui.session import Session
from coun_gui.ui.theme import set_role
from coun_gui.ui.widgets.icons import IconButton

FINE = 1000  # steps of the slider, from the first to the last epoch
WHOLE = 4000  # ms that the whole way takes
_TICK, _SLOW_TICK = 33, 500
UNLEARNING = "Play the way from Original to unlearned"
TRAINING = "Play the training"
NO_SNAPSHOTS = "These runs kept no snapshots of their epochs. Runs that are computed from now on do."


class Player(QWidget):
    """Tells where on the way it stands, 0…1. Where the system asks for little motion it jumps, snapshot by
    snapshot."""

    moved = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("map_player")
        self._stops: list[float] = [0.0, 1.0]
        self._last = 0
        self.button = IconButton("play", UNLEARNING)
        self.button.setObjectName("map_play")
        self.button.clicked.connect(self.play_or_pause)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("map_epoch")
        self.slider.setAccessibleName("Epoch")
        self.slider.setRange(0, FINE)
        self.slider.setValue(FINE)
        self.slider.valueChanged.connect(self._slid)
        self.label = QLabel()
        self.note = QLabel()
        set_role(self.note, role="muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.button)
        row.addWidget(self.slider, 1)
        row.addWidget(self.label)
        row.addWidget(self.note)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._clock = QElapsedTimer()
        self.hide()

    def set_way(self, epochs: list[int], note: str, tip: str = UNLEARNING) -> None:
        """The epochs of all snapshots, and what to say about them; stands at the end."""
        self.button.setToolTip(tip)
        self.button.setAccessibleName(tip)
        self.stop()
        self._show_controls(True)
        self._last = epochs[-1]
        self._stops = [epoch / max(1, self._last) for epoch in epochs]
        self.label.setMinimumWidth(self.label.fontMetrics().horizontalAdvance(self._told(self._last)) + 4)
        self.note.setText(note)
        self.slider.setValue(FINE)
        self._slid(FINE)

    def set_nothing(self, note: str) -> None:
        """Why there is no way to be shown."""
        self.stop()
        self._show_controls(False)
        self.note.setText(note)

    def _show_controls(self, shown: bool) -> None:
        for widget in (self.button, self.slider, self.label):
            widget.setVisible(shown)

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    @property
    def calm(self) -> bool:
        """The system asks for little motion."""
        return self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) <= 0

    def play_or_pause(self) -> None:
        """From the start again where it stands at the end."""
        if self.playing:
            self.stop()
            return
        if self.slider.value() == FINE:
            self.slider.setValue(0)
        self._clock.start()
        self._timer.start(_SLOW_TICK if self.calm else _TICK)
        self.button.set_icon("pause")

    def stop(self) -> None:
        self._timer.stop()
        self.button.set_icon("play")

    def _tick(self) -> None:
        self.advance(self._clock.restart())

    def advance(self, milliseconds: float) -> None:
        """Goes on by what has passed, or to the next snapshot."""
        share = self.slider.value() / FINE
        if self.calm:
            following = next((stop for stop in self._stops if stop > share + 0.5 / FINE), 1.0)
        else:
            following = share + milliseconds / WHOLE
        self.slider.setValue(round(min(following, 1.0) * FINE))
        if following >= 1.0:
            self.stop()

    def _slid(self, value: int) -> None:
        self.label.setText(self._told(round(value / FINE * self._last)))
        self.moved.emit(value / FINE)

    def _told(self, epoch: int) -> str:
        return f"epoch {epoch} of {self._last}"

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.stop()


class Playing(QObject):
    """Moves the samples as the player stands, and tells the other panels of the epoch."""

    def __init__(self, session: Session, maps: MapRow, player: Player, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._maps, self._player = session, maps, player
        self._ways: dict[str, Frames] = {}
        self._epoch: int | None = None
        player.moved.connect(self._moved)

    def show(self, samples: SampleMap | None) -> None:
        """A map, with a way to be shown where it has frames; None where there is no map."""
        records = self._session.records()
        self._ways = ways(samples, records) if samples is not None else {}
        self._player.setVisible(bool(self._ways) or (samples is not None and samples.spec.frames))
        if samples is None or not self._ways:
            self._player.set_nothing(NO_SNAPSHOTS)
            self._tell(None)
            return
        epochs = sorted({int(epoch) for frames in self._ways.values() for epoch in frames.epochs})
        followed = max(len(frames.rows) for frames in self._ways.values())
        few = followed < len(samples.index)
        unlearned = any(record.id in self._ways and record.spec.original for record in records)
        note = f"{followed:,} samples followed" if few else ""
        self._player.set_way(epochs, note, UNLEARNING if unlearned else TRAINING)

    def _moved(self, share: float) -> None:
        epoch = share * last_epoch(self._ways)
        for run, frames in self._ways.items():
            if share >= 1 or epoch >= frames.epochs[-1]:
                self._maps.move(run, None, None)
            else:
                self._maps.move(run, frames.rows, places(frames, epoch))
        self._tell(None if share >= 1 else round(epoch))

    def _tell(self, epoch: int | None) -> None:
        """The other panels: the epoch that the maps stand at, None for the end."""
        if epoch != self._epoch:
            self._epoch = epoch
            self._session.epoch_shown.emit(epoch)
