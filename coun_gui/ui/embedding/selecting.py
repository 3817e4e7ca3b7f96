"""The selection: by mouse, class, query, neighbours or name; kept, exported, or to be forgotten next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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
from coun_gui.ui.embedding.whole import whole
from coun_gui.ui.quantities import counted
from coun_gui.ui.session import Session

_WHOLE = "To take all of the dataset, select by class, by forget set or by their words in a query."
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
        self._whole: Subject | None = None  # all samples of the dataset, where more than the map's are known
        self._complete = np.empty(
            0, dtype=np.int64
        )  # the last selection that left out nothing of the dataset
        session.selection_changed.connect(self.mark)
        session.experiment_changed.connect(self._fill_menus)
        maps.chosen.connect(self._chosen)
        table.picked.connect(session.select)
        strip.only_selected.toggled.connect(lambda _: self.mark())
        strip.query.asked.connect(self.ask)
        strip.forget_set_asked.connect(lambda: self._select_all(lambda about: about.samples.forget))
        strip.class_asked.connect(lambda label: self._select_all(lambda about: about.samples.labels == label))
        strip.neighbours_asked.connect(self.add_neighbours)
        strip.keep_asked.connect(self.keep)
        strip.kept_asked.connect(self.select_kept)
        strip.export_asked.connect(self._export)
        strip.next_asked.connect(self.forget_next)
        strip.clear_asked.connect(lambda: session.select(()))
        strip.menu_opening.connect(self._fill_menus)

    def show(self, subject: Subject | None) -> None:
        """What can be selected from now on; None for nothing."""
        self._subject, self._whole = subject, None
        if subject is not None:
            known = whole(subject.samples, self._session.dataset.get("images"), self._session.workspace)
            self._whole = None if known is None else replace(subject, samples=known)
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
        chosen, here = len(self._session.selection), int(selected.sum())
        self._strip.show_selected(chosen, chosen - here)
        self._strip.show_part(chosen, here, len(selected), self._total())

    def _total(self) -> int:
        """How many training samples there are; those of the map while it isn't known."""
        assert self._subject is not None
        told = (self._whole or self._subject).samples.index
        return max(len(told), int(self._session.dataset.get("train", 0)))

    # Choosing

    def _chosen(self, rows: np.ndarray, how: Combine) -> None:
        if self._subject is not None:
            picked = self._subject.samples.index[rows]
            self._session.select(combined(self._session.selection, picked, how))

    def _select_where(self, holds: Callable[[Subject], np.ndarray]) -> None:
        """The samples of the map of which something holds."""
        if self._subject is not None:
            self._session.select(self._subject.samples.index[holds(self._subject)])

    def _select_all(self, holds: Callable[[Subject], np.ndarray]) -> None:
        """All samples of the dataset of which something holds that needs no model; else those of the map."""
        if self._whole is None:
            self._select_where(holds)
        else:
            self._complete = self._whole.samples.index[holds(self._whole)]
            self._session.select(self._complete)

    def ask(self, line: str) -> None:
        """Selects what a query describes; an empty one selects nothing."""
        self._strip.show_error("")
        if not line:
            self._session.select(())
            return
        try:
            alternatives = query.parse(line)
            select = self._select_all if query.without_models(alternatives) else self._select_where
            select(lambda about: query.matching(alternatives, about))
        except CounError as error:
            self._strip.show_error(str(error))
            return
        if not len(self._session.selection):
            self._strip.show_error("No sample is so.")

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
        if limit := self._limit():
            self._session.told.emit(f"{counted(len(chosen), 'sample')} to be forgotten next. {limit}", _WHOLE)

    def _limit(self) -> str:
        """Says so where the map may have left out samples that were meant."""
        chosen, subject = self._session.selection, self._subject
        if subject is None or np.array_equal(chosen, self._complete):
            return ""
        shown, total = subject.samples.index, self._total()
        if len(shown) == total or not np.isin(chosen, shown).all():
            return ""
        return f"They are on the map, which holds {len(shown):,} of the {total:,} samples."

    def _export(self) -> None:
        name = QFileDialog.getSaveFileName(
            self._window, "Export the selection", "selection.txt", "Index list (*.txt)"
        )[0]
        if name:
            path = Path(name) if Path(name).suffix else Path(f"{name}.txt")
            self._telling(lambda: self.export(path))

    def export(self, path: Path) -> None:
        """Writes the selection as an index list, and says how far it reaches."""
        selections.write(self._session.selection, path)
        limit = self._limit()
        saved = f"Saved {counted(len(self._session.selection), 'index', 'indices')} in {path}."
        self._session.told.emit(f"{saved} {limit}".strip(), _WHOLE if limit else "")

    def _telling(self, do: Callable[[], object]) -> None:
        try:
            do()
        except CounError as error:
            self._tell(error)

    def _tell(self, error: CounError) -> None:
        self._session.told.emit(error.sentence, error.remedy)
