"""What can be taken out of the maps: asking for a file, and having it written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog, QWidget

from coun_gui.errors import CounError
from coun_gui.experiments.maps import Frames, SampleMap
from coun_gui.ui.embedding import colouring, film
from coun_gui.ui.embedding.export import FILTERS, TABLES, save_landing, save_maps, save_paper, with_suffix
from coun_gui.ui.embedding.film import Scene
from coun_gui.ui.embedding.landing import LandingPane
from coun_gui.ui.embedding.map_row import MapRow
from coun_gui.ui.embedding.toolbar import Toolbar
from coun_gui.ui.session import Session

_FILMS = "Animated GIF (*.gif);;Numbered PNG pictures (*.png)"
NO_LANDING = "Look at Landing first: it is counted then."
NO_WAY = "This map has no epochs in between. Map ▾, Show the way there, draws them."


class Exporting(QObject):
    """Writes at once what takes a moment, and a film picture by picture, so that the window goes on."""

    def __init__(
        self, session: Session, toolbar: Toolbar, maps: MapRow, landing: LandingPane, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._session, self._toolbar, self._maps, self._landing = session, toolbar, maps, landing
        self._window = parent
        self._samples: SampleMap | None = None
        self._names: list[str] = []
        self._work: Iterator[float] | None = None
        self._path = Path()
        self._next = QTimer(self)
        self._next.setInterval(0)
        self._next.timeout.connect(self._film_on)
        toolbar.export_asked.connect(self.ask)
        toolbar.exports.aboutToShow.connect(self._allow)

    def show(self, samples: SampleMap, names: list[str]) -> None:
        """What is exported from now on."""
        self._samples, self._names = samples, names

    def _allow(self) -> None:
        self._toolbar.allow_export("landing", "" if self._landing.table else NO_LANDING)
        filming = "A film is being written." if self._work else ""
        has_way = self._samples is not None and bool(self._ways())
        self._toolbar.allow_export("way", filming if has_way else NO_WAY)

    def ask(self, kind: str) -> None:
        """Asks for a file, and writes one of `toolbar.EXPORTS` into it."""
        ways: dict[str, tuple[str, str, Callable[[Path], None]]] = {
            "maps": ("embedding.png", FILTERS, self.write_maps),
            "paper": ("feature-space.pdf", FILTERS, self.write_paper),
            "landing": ("landing.csv", TABLES, self.write_landing),
            "way": ("unlearning.gif", _FILMS, self.film),
        }
        name, filters, write = ways[kind]
        chosen, picked = QFileDialog.getSaveFileName(self._window, "Export", name, filters)
        if chosen:
            self._writing(write, with_suffix(Path(chosen), picked))

    def _writing(self, write: Callable[[Path], None], path: Path) -> None:
        """A failure is told, not raised."""
        try:
            write(path)
        except (CounError, OSError) as error:
            self._failed(error)
            return
        if write != self.film:
            self._session.told.emit(f"Saved {path}.", "")

    def _failed(self, error: Exception) -> None:
        if isinstance(error, CounError):
            self._session.told.emit(error.sentence, error.remedy)
        else:
            self._session.told.emit(f"The file can't be written: {error}.", "Choose another folder.")

    def write_maps(self, path: Path) -> None:
        """The maps on show."""
        assert self._samples is not None
        save_maps(self._samples, self._titles(), self._names, path)

    def write_paper(self, path: Path) -> None:
        """A column a forget setting of this workspace, a row a model."""
        assert self._samples is not None
        save_paper(self._session.workspace, self._samples, self._names, path)

    def write_landing(self, path: Path) -> None:
        """The table that was counted last; as a figure, what is on show of it."""
        if self._landing.table is None:
            raise CounError("Nothing has been counted yet.", NO_LANDING)
        save_landing(self._landing.table, self._landing.bar.view, path)

    def film(self, path: Path) -> None:
        """Begins to write the way there; `told` says when it is done."""
        assert self._samples is not None
        if not self._ways():
            raise CounError("This map has no epochs in between.", NO_WAY.partition(". ")[2])
        self._work, self._path = film.record(self._scene(), path), path
        self._next.start()

    def _titles(self) -> dict[str, str]:
        return {column.run: column.choice.title for column in self._maps.open_columns}

    def _scene(self) -> Scene:
        """As it is coloured on the screen, but in the colours for white."""
        assert self._samples is not None
        mode, reference = self._toolbar.mode.currentData(), self._samples.spec.runs[0]
        legend = colouring.entries(mode, self._names, dark=False)
        colours, shown = {}, {}
        for column in self._maps.open_columns:
            code = colouring.codes(self._samples, column.run, mode, reference)
            colours[column.run] = colouring.colours(code, legend)
            shown[column.run] = column.view.points.shown
        return Scene(self._samples, self._titles(), colours, shown, self._ways())

    def _ways(self) -> dict[str, Frames]:
        assert self._samples is not None
        return film.ways(self._samples, self._session.records())

    def _film_on(self) -> None:
        assert self._work is not None
        try:
            next(self._work)
        except StopIteration:
            self._session.told.emit(f"Saved {self._path}.", "")
        except (CounError, OSError) as error:
            self._failed(error)
        else:
            return
        self._next.stop()
        self._work = None
