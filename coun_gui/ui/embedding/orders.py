"""Which map is to be shown: the newest kept one, what is ordered here, and what engines draw in the background."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from coun_gui.errors import WorkspaceError
from coun_gui.experiments.events import Artifact, Event
from coun_gui.experiments.maps import MapSpec, SampleMap, newest_map, read_map, read_spec
from coun_gui.experiments.spec import EmbeddingSpec
from coun_gui.ui.actions import draw_map
from coun_gui.ui.embedding.drawing import Drawing
from coun_gui.ui.session import Session


class Orders(QObject):
    """What is ordered here goes before what is drawn meanwhile, which then waits to be asked for."""

    came = Signal(object)  # SampleMap or None, to be shown
    changed = Signal()  # what waits

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.damage = ""  # why the map that there is can't be shown
        self._on_show: MapSpec | None = None
        self._waiting: tuple[MapSpec, Path] | None = None
        self._chosen = ""  # id of the map that was last ordered here
        self._wanted: Path | None = None  # the file that is to be shown
        self._under_way: Path | None = None  # that which is being read
        self._read: SampleMap | None = None
        self._reading = Drawing(self, "The map can't be read")
        self._reading.told.connect(self._ended)
        session.live.connect(self._live)

    @property
    def waiting(self) -> MapSpec | None:
        """A map that has been drawn since another one was ordered here."""
        return self._waiting[0] if self._waiting else None

    @property
    def reading(self) -> bool:
        """A map is about to come."""
        return self._wanted is not None

    def order(
        self, embedding: EmbeddingSpec | None = None, points: int | None = None, frames: bool = False
    ) -> None:
        """A map of what is done; without figures, as the experiment has it. A kept one comes at once."""
        self._chosen = ""
        asked = draw_map(self._session, embedding, points, frames)
        self._chosen = asked.id if asked else ""

    def order_again(self) -> None:
        """As the map on show was drawn, with what has ended since."""
        if self._on_show is None:
            self.order()
        else:
            self.order(self._on_show.embedding, self._on_show.points, self._on_show.frames)

    def show_waiting(self) -> None:
        """The map that waits is wanted after all."""
        if self._waiting is not None:
            asked, path = self._waiting
            self._chosen = asked.id
            self._begin(path)

    def open_newest(self) -> None:
        """The newest kept map of the experiment in view, and nothing of another one."""
        experiment = self._session.experiment
        self.damage, self._chosen, self._waiting, self._wanted = "", "", None, None
        newest = None
        try:
            newest = newest_map(self._session.workspace.path, experiment.runs) if experiment else None
        except WorkspaceError as error:
            self.damage = error.sentence
        self.came.emit(newest)

    def set_shown(self, samples: SampleMap | None) -> None:
        """What the panel shows; it no longer waits."""
        self._on_show = samples.spec if samples else None
        if self._waiting is not None and self._on_show == self._waiting[0]:
            self._waiting = None

    def _live(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Artifact) and event.kind == "map":
                self._drawn(Path(event.path))

    def _drawn(self, path: Path) -> None:
        """Shows a map of the experiment in view, or has it wait where another one was ordered since."""
        experiment = self._session.experiment
        try:
            asked = read_spec(path)
        except WorkspaceError as error:
            self._session.told.emit(error.sentence, error.remedy)
            return
        if experiment is None or not set(asked.runs) <= set(experiment.runs):
            return
        if self._on_show is None or self._chosen in ("", asked.id):
            self._begin(path)
        elif asked != self._on_show:
            self._waiting = asked, path
            self.changed.emit()

    def _begin(self, path: Path) -> None:
        """A large map takes some 40 ms to read, for which the window doesn't wait. The last one asked for comes."""
        self._wanted = path
        if self._under_way is None:
            self._under_way = path
            self._reading.begin(lambda: self._keep(path))

    def _keep(self, path: Path) -> tuple[str, str]:
        """In a thread."""
        self._read = None
        self._read = read_map(path)
        return "", ""

    def _ended(self, sentence: str, remedy: str) -> None:
        path, self._under_way = self._under_way, None
        samples, self._read = self._read, None
        if path != self._wanted:
            if self._wanted is not None:
                self._begin(self._wanted)
            return
        self._wanted = None
        if samples is not None:
            self.came.emit(samples)
        else:
            self._session.told.emit(sentence, remedy)
            self.changed.emit()
