"""The selection: by mouse, class, query, neighbours or name; kept, exported, or to be forgotten next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from coun_gui.errors import CounError
from coun_gui.ui.embedding import query, selections
from coun_gui.ui.embedding.image_grid import ImageGrid
from coun_gui.ui.embedding.map_row import MapRow
from coun_gui.ui.embedding.query import Subject
from coun_gui.ui.embedding.sample_table import SampleTable
from coun_gui.ui.embedding.selection import Combine, combined
from coun_gui.ui.embedding.strip import Strip
from coun_gui.ui.session import Session

_ANY = 10**9  # training samples, while it isn't known how many there are


class Selecting(QObject):
    """Turns what the strip and the maps ask for into the session's selection, and shows that everywhere."""

    def __init__(
        self,
        session: Session,
        maps: MapRow,
        table: SampleTable,
        grid: ImageGrid,
        strip: Strip,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._session, self._maps, self._table, self._strip = session, maps, table, strip
        self._grid = grid
        self._window = parent
        self._subject: Subject | None = None
        session.selection_changed.connect(self.mark)
        session.experiment_changed.connect(self._fill_menus)
        maps.chosen.connect(self._chosen)
        table.picked.connect(session.select)
        strip.only_selected.toggled.connect(lambda _: self.mark())
        strip.query.asked.connect(self.ask)
        strip.forget_set_asked.connect(lambda: self._select_where(lambda about: about.samples.forget))
        strip.class_asked.connect(
            lambda label: self._select_where(lambda about: about.samples.labels == label)
        )
        strip.neighbours_asked.connect(self.add_neighbours)
        strip.keep_asked.connect(self.keep)
        strip.kept_asked.connect(self.select_kept)
        strip.export_asked.connect(self._export)
        strip.next_asked.connect(self.forget_next)
        strip.clear_asked.connect(lambda: session.select(()))
        strip.menu_opening.connect(self._fill_menus)

    def show(self, subject: Subject | None) -> None:
        """What can be selected from now on; None for nothing."""
        self._subject = subject
        if subject is not None:
            meant = next((name for name, run in subject.models.items() if run == subject.run), "")
            self._strip.query.set_models(list(subject.models))
            self._strip.help.set_models(meant, list(subject.models))
        self._fill_menus()
        self.mark()

    def _fill_menus(self) -> None:
        names = list(self._subject.names) if self._subject else []
        self._strip.fill_menus(names, selections.kept(self._session.workspace))

    def mark(self) -> None:
        """Shows the selection in the maps, the table, the images and the strip."""
        if self._subject is None:
            return
        selected = np.isin(self._subject.samples.index, self._session.selection)
        self._maps.select(selected)
        self._table.mark(selected, self._strip.only_selected.isChecked())
        self._grid.mark(selected)
        chosen = len(self._session.selection)
        self._strip.show_selected(chosen, chosen - int(selected.sum()))

    # Choosing

    def _chosen(self, rows: np.ndarray, how: Combine) -> None:
        if self._subject is not None:
            picked = self._subject.samples.index[rows]
            self._session.select(combined(self._session.selection, picked, how))

    def _select_where(self, holds: Callable[[Subject], np.ndarray]) -> None:
        if self._subject is not None:
            self._session.select(self._subject.samples.index[holds(self._subject)])

    def ask(self, line: str) -> None:
        """Selects what a query describes; an empty one selects nothing."""
        self._strip.show_error("")
        if not line:
            self._session.select(())
            return
        try:
            alternatives = query.parse(line)
            self._select_where(lambda about: query.matching(alternatives, about))
        except CounError as error:
            self._strip.show_error(str(error))
            return
        if not len(self._session.selection):
            self._strip.show_error("No sample of this map is so.")

    def add_neighbours(self, count: int) -> None:
        """The samples nearest to the selection in the feature space of the last map's model."""
        if self._subject is None or not len(self._session.selection):
            return
        question = {
            "ask": "neighbours",
            "workspace": str(self._session.workspace.path),
            "run": self._subject.run,
            "indices": self._session.selection.tolist(),
            "count": count,
        }
        asked = self._session.selection

        def answered(answer: dict[str, Any]) -> None:
            if np.array_equal(asked, self._session.selection):  # else something else is selected by now
                self._session.select(np.union1d(asked, np.array(answer["indices"], dtype=np.int64)))

        self._session.desk.ask(question, answered, self._tell)

    def select_kept(self, name: str) -> None:
        """Selects what was kept under a name."""
        total = int(self._session.dataset.get("train", _ANY))
        self._telling(lambda: self._session.select(selections.read(self._session.workspace, name, total)))

    # Taking away

    def keep(self, name: str) -> None:
        """Writes the selection into the workspace."""
        self._telling(lambda: self._keep(name))
        self._fill_menus()

    def _keep(self, name: str) -> None:
        selections.keep(self._session.workspace, name, self._session.selection)
        self._strip.keeping.close()
        self._strip.name.clear()

    def forget_next(self) -> None:
        """Keeps the selection and has the form filled to forget it."""
        self._telling(self._forget_next)
        self._fill_menus()

    def _forget_next(self) -> None:
        chosen = self._session.selection
        path = selections.keep(self._session.workspace, selections.own_name(chosen), chosen)
        self._session.forget_wanted.emit(str(path))

    def _export(self) -> None:
        name = QFileDialog.getSaveFileName(
            self._window, "Export the selection", "selection.txt", "Index list (*.txt)"
        )[0]
        if name:
            path = Path(name) if Path(name).suffix else Path(f"{name}.txt")
            self._telling(lambda: selections.write(self._session.selection, path))

    def _telling(self, do: Callable[[], object]) -> None:
        try:
            do()
        except CounError as error:
            self._tell(error)

    def _tell(self, error: CounError) -> None:
        self._session.told.emit(error.sentence, error.remedy)
