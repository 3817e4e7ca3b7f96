"""Which map is to be shown: the newest kept one, what is ordered here, and what engines draw in the background."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from coun_gui.errors import WorkspaceError
from coun_gui.experiments.events import Artifact, Event
from coun_gui.experiments.maps import MapSpec, SampleMap, newest_map, read_map, read_spec
from coun_gui.experiments.spec import EmbeddingSpec
from coun_gui.ui.actions import draw_map
from coun_gui.ui.embedding.drawing import Drawing
from coun_gui.ui.embedding.ready import Ready, ready_map
from coun_gui.ui.session import Session


@dataclass(frozen=True)
class _Wanted:
    """What is to be read: a file, or the newest map of some runs."""

    path: Path | None = None
    runs: frozenset[str] = frozenset()

    def read(self, folder: Path) -> SampleMap | None:
        """folder: the workspace's."""
        return newest_map(folder, self.runs) if self.path is None else read_map(self.path)


class Orders(QObject):
    """What is ordered here goes before what is drawn meanwhile, which then waits to be asked for.

    Maps are read and made ready in a thread: a large one takes some 300 ms, for which the window doesn't wait.
    """

    came = Signal(object, object)  # SampleMap and Ready, to be shown; None and None for no map
    changed = Signal()  # what waits

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.damage = ""  # why the map that there is can't be shown
        self._on_show: MapSpec | None = None
        self._waiting: tuple[MapSpec, Path] | None = None
        self._chosen = ""  # id of the map that was last ordered here
        self.outlined = False  # maps come with the outlines of their classes
        self._wanted: _Wanted | None = None  # what is to be shown
        self._under_way: _Wanted | None = None  # that which is being read
        self._read: tuple[SampleMap, Ready] | None = None
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

    @property
    def busy(self) -> bool:
        """A map is being read, be it still wanted or not."""
        return self._under_way is not None

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
            self._begin(_Wanted(path))

    def open_newest(self) -> None:
        """Nothing of another experiment, then the newest kept map of the one in view."""
        experiment = self._session.experiment
        self.damage, self._chosen, self._waiting, self._wanted = "", "", None, None
        if experiment is not None and _has_maps(self._session.workspace.path):
            self._begin(_Wanted(runs=frozenset(experiment.runs)))
        self.came.emit(None, None)

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
            self._begin(_Wanted(path))
        elif asked != self._on_show:
            self._waiting = asked, path
            self.changed.emit()

    def _begin(self, wanted: _Wanted) -> None:
        """The last one asked for comes."""
        self._wanted = wanted
        if self._under_way is None:
            self._under_way = wanted
            folder, outlined = self._session.workspace.path, self.outlined
            self._reading.begin(lambda: self._keep(wanted, folder, outlined))

    def _keep(self, wanted: _Wanted, folder: Path, outlined: bool) -> tuple[str, str]:
        """In a thread."""
        self._read = None
        found = wanted.read(folder)
        self._read = None if found is None else (found, ready_map(found, outlined))
        return "", ""

    def _ended(self, sentence: str, remedy: str) -> None:
        wanted, self._under_way = self._under_way, None
        read, self._read = self._read, None
        if wanted != self._wanted:
            if self._wanted is not None:
                self._begin(self._wanted)
            return
        self._wanted = None
        if read is not None:
            self.came.emit(*read)
        elif wanted is not None and wanted.path is None:  # there is none, or those that there are are damaged
            self.damage = sentence
            self.came.emit(None, None)
        else:
            self._session.told.emit(sentence, remedy)
            self.changed.emit()


def _has_maps(folder: Path) -> bool:
    """Whether a workspace keeps any map."""
    return any(folder.glob("maps/*.safetensors"))
