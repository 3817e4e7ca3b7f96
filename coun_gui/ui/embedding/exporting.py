"""What can be taken out of the maps: asking for a file, and having it written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from coun_gui.errors import CounError
from coun_gui.experiments.maps import Frames, SampleMap
from coun_gui.ui.embedding import film, found
from coun_gui.ui.embedding.drawing import Drawing
from coun_gui.ui.embedding.export import (
    FILTERS,
    TABLES,
    TOGETHER,
    save_landing,
    save_paper,
    save_shown,
    together,
    with_suffix,
)
from coun_gui.ui.embedding.film import Scene
from coun_gui.ui.embedding.filming import Filming
from coun_gui.ui.embedding.landing import LandingPane
from coun_gui.ui.embedding.map_row import MapRow
from coun_gui.ui.embedding.on_screen import OnScreen, on_screen
from coun_gui.ui.embedding.replacing_files import ask_to_replace
from coun_gui.ui.embedding.toolbar import Toolbar
from coun_gui.ui.session import Session

_FILMS = "Animated GIF (*.gif);;Numbered PNG pictures (*.png)"
NO_LANDING = "Look at Landing first: it is counted then."
WRITING = "A figure is being written."
NO_WAY = "This map has no epochs in between. “Show the way there”, behind the layout's name, draws them."


class Exporting(QObject):
    """A table is written at once, figures and films in a thread: the window goes on."""

    def __init__(
        self, session: Session, toolbar: Toolbar, maps: MapRow, landing: LandingPane, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._session, self._toolbar, self._maps, self._landing = session, toolbar, maps, landing
        self._window = parent
        self._samples: SampleMap | None = None
        self._names: list[str] = []
        self._epoch: int | None = None
        self._drawing = Drawing(self)
        self._drawing.told.connect(session.told)
        session.epoch_shown.connect(self._stand_at)
        self.filming = Filming(session, toolbar.exports, self)
        toolbar.export_asked.connect(self.ask)
        toolbar.exports.aboutToShow.connect(self._allow)

    def show(self, samples: SampleMap, names: list[str]) -> None:
        """What is exported from now on."""
        self._samples, self._names = samples, names

    def _stand_at(self, epoch: int | None) -> None:
        self._epoch = epoch

    def _allow(self) -> None:
        for kind in ("maps", "paper"):
            self._toolbar.allow_export(kind, WRITING if self._drawing.busy else "")
        self._toolbar.allow_export("landing", "" if self._landing.table else NO_LANDING)
        filming = "A film is being written." if self.filming.busy else ""
        has_way = self._samples is not None and bool(self._ways())
        self._toolbar.allow_export("way", filming if has_way else NO_WAY)

    def ask(self, kind: str) -> None:
        """Asks for a file, and writes one of `toolbar.EXPORTS` into it."""
        ways: dict[str, tuple[str, str, Callable[[Path], None]]] = {
            "maps": ("embedding.png", FILTERS, self.write_maps),
            "paper": ("feature-space.pdf", f"{TOGETHER};;{FILTERS}", self.write_paper),
            "landing": ("landing.csv", TABLES, self.write_landing),
            "way": ("unlearning.gif", _FILMS, self.film),
        }
        name, filters, write = ways[kind]
        # Asked here instead: the dialog knows neither the ending that is added nor the files beside the chosen one.
        unasked = QFileDialog.Option.DontConfirmOverwrite
        chosen, picked = QFileDialog.getSaveFileName(self._window, "Export", name, filters, "", unasked)
        if not chosen:
            return
        path = with_suffix(Path(chosen), picked)
        files = [path]
        if picked == TOGETHER:
            write, files = self.write_paper_thrice, together(path)
        elif kind == "way":
            files = film.files(path)
        ask_to_replace(self._window, files, lambda: self._writing(write, path))

    def _writing(self, write: Callable[[Path], None], path: Path) -> None:
        """A failure is told, not raised."""
        try:
            write(path)
        except (CounError, OSError) as error:
            self._failed(error)
            return
        if write == self.write_landing:
            self._session.told.emit(f"Saved {path}.", "")

    def _failed(self, error: CounError | OSError) -> None:
        if isinstance(error, CounError):
            self._session.told.emit(error.sentence, error.remedy)
        else:
            self._session.told.emit(
                f"The file can't be written: {error.strerror or error}.", "Choose another folder."
            )

    def write_maps(self, path: Path) -> None:
        """Begins to write the maps as they are on show; `told` says when it is done."""
        shown = self._on_screen()

        def work() -> tuple[str, str]:
            save_shown(shown, path)
            return f"Saved {path}.", ""

        self._drawing.begin(work)

    def write_paper(self, path: Path) -> None:
        """Begins to write a column a forget setting, a row a model; `told` says when it is done."""
        self._write_paper([path])

    def write_paper_thrice(self, path: Path) -> None:
        """The same as PDF, PNG and SVG."""
        self._write_paper(together(path))

    def _write_paper(self, paths: list[Path]) -> None:
        assert self._samples is not None
        workspace, samples, names = self._session.workspace, self._samples, self._names
        folder, records = workspace.path, workspace.runs()  # asked here: its index belongs to this thread

        def work() -> tuple[str, str]:
            left_out = save_paper(folder, records, samples, names, paths)
            return f"Saved {', '.join(map(str, paths))}.", " ".join(left_out)

        self._drawing.begin(work)

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
        self.filming.begin(self._scene(), path)

    def _on_screen(self) -> OnScreen:
        assert self._samples is not None
        reference = found.reference(self._samples, self._session.records())
        return on_screen(self._samples, self._names, reference, self._toolbar, self._maps, self._epoch)

    def _scene(self) -> Scene:
        """As it looks on the screen, but in the colours for white."""
        assert self._samples is not None
        now = self._on_screen()
        shown = {column.run: column.view.points.shown for column in self._maps.open_columns}
        view = self._maps.views[0]
        return Scene(
            self._samples,
            now.titles,
            now.colours,
            shown,
            self._ways(),
            now.selected,
            view.size_factor,
            view.forget_factor,
            view.opacity,
        )

    def _ways(self) -> dict[str, Frames]:
        assert self._samples is not None
        return film.ways(self._samples, self._session.records())
