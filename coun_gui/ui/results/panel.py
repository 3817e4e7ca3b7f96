"""The paper's table, live: what each method reached, how far that is from Retrain, and what it cost."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from coun_gui.reports import paper
from coun_gui.reports.columns import cautions
from coun_gui.reports.rows import ResultRow, result_rows
from coun_gui.ui.results.export import TITLES, ask_and_save, ask_and_save_figure
from coun_gui.ui.results.model import ROW, SETTING, WORDS, ResultsModel
from coun_gui.ui.results.table import ResultsTable
from coun_gui.ui.session import Session
from coun_gui.ui.theme import set_role
from coun_gui.ui.widgets.elided_label import ElidedLabel
from coun_gui.ui.widgets.empty_state import EmptyState
from coun_gui.ui.widgets.icons import TextIconButton

NO_EXPERIMENT = "No experiment in view. Start one, or open one from the list, and its results stand here."
NO_RESULTS = "No finished runs yet. Each method gets its row here as soon as it is done."
NO_RUNS = "This workspace holds no finished runs."


class ResultsPanel(QWidget):
    """Listens to the session; one row a method, over its seeds."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("results_panel")
        self._session = session
        self.model = ResultsModel()
        self.table = ResultsTable(self.model)
        self.empty = EmptyState("table", NO_EXPERIMENT)
        self.empty.setObjectName("results_empty")
        self.title = ElidedLabel()
        self.title.setObjectName("results_title")
        set_role(self.title, role="heading")
        self.notes = QLabel()
        self.notes.setObjectName("results_notes")
        self.notes.setWordWrap(True)
        set_role(self.notes, role="muted")
        self.scope = QComboBox()
        self.scope.setObjectName("results_scope")
        self.scope.setAccessibleName("Which results")
        self.scope.addItems(["This experiment", "Whole workspace"])
        self.columns = QPushButton("Show")
        self.columns.setObjectName("results_columns")
        self.columns.setProperty("menu", True)
        self.columns.setToolTip("What stands in the table besides the figures")
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        self.columns.setMenu(menu)
        self.gaps = _toggle(menu, "gaps", "Distances to Retrain", "The distance of each figure to Retrain’s")
        self.gaps.setChecked(True)
        self.paper = _toggle(menu, "paper", "The paper’s figures", "The paper’s figures below ours")
        self.more = _toggle(menu, "more", "More columns", "Time, and the cost as the paper counts it")
        self.export = TextIconButton("export", "Export")
        self.export.setObjectName("results_export")
        self.export.setMenu(self._export_menu())
        self._arrange()
        self._connect()
        self.refresh()

    def _arrange(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.title, 1)
        for widget in (self.columns, self.scope, self.export):
            bar.addWidget(widget)
        self.page = QWidget()
        page = QVBoxLayout(self.page)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(8)
        page.addWidget(self.table, 1)
        page.addWidget(self.notes)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 8, 16, 8)
        whole.setSpacing(8)
        whole.addLayout(bar)
        whole.addWidget(self.pages, 1)

    def _connect(self) -> None:
        session = self._session
        for changed in (session.records_changed, session.experiment_changed, session.workspace_changed):
            changed.connect(self.refresh)
        session.run_hovered.connect(self._mark_run)
        self.scope.currentIndexChanged.connect(lambda _: self.refresh())
        self.gaps.toggled.connect(self._show_gaps)
        self.paper.toggled.connect(lambda _: self._show(self.rows))
        self.more.toggled.connect(lambda _: self._show_columns())
        self.table.entered.connect(self._entered)
        self.table.viewport().installEventFilter(self)

    def _export_menu(self) -> QMenu:
        menu = QMenu(self)
        copy = menu.addAction("Copy the table")
        copy.setObjectName("results_copy")
        copy.triggered.connect(lambda: self.table.copy())
        menu.addSeparator()
        for format, title in TITLES.items():
            action = menu.addAction(f"{title} …")
            action.setObjectName(f"results_export_{format}")
            action.triggered.connect(
                lambda _=False, format=format: ask_and_save(
                    self, self._session, self.rows, format, self.model.compared
                )
            )
        menu.addSeparator()
        figure = menu.addAction("Gap and cost as a figure …")
        figure.triggered.connect(lambda: ask_and_save_figure(self, self._session, self.rows))
        return menu

    @property
    def rows(self) -> list[ResultRow]:
        """What the table holds, in the order of the experiment."""
        return self.model.rows

    def refresh(self) -> None:
        """Reads the finished runs again; leaves the table alone where nothing changed."""
        whole, experiment = self.scope.currentIndex() == 1, self._session.experiment
        shown = whole or experiment is not None
        rows = result_rows(self._session.workspace, None if whole else experiment) if shown else []
        if rows != self.rows:
            self._show(rows)
        self.empty.sentence.setText(NO_RUNS if whole else NO_RESULTS if experiment else NO_EXPERIMENT)
        self.pages.setCurrentWidget(self.page if rows else self.empty)
        for widget in (self.columns, self.export):
            _allow(widget, "" if rows else "There are no results yet.")
        _allow(self.paper, "" if self.model.comparable else "The paper’s tables have none of these settings.")

    def set_dark(self, dark: bool) -> None:
        """Chips for a dark or a light ground."""
        self.table.figures.dark = dark
        self.table.titles.viewport().update()
        self.table.viewport().update()

    def _show_title(self) -> None:
        settings = {self.model.text(place, SETTING) for place in range(len(self.rows))}
        one = next(iter(settings)) if len(settings) == 1 else ""
        self.title.set_text(one or (f"{len(settings)} settings" if settings else ""))

    def _show_columns(self) -> None:
        several = len({row.setting for row in self.rows}) > 1
        self.table.setColumnHidden(SETTING, not several)
        for place, column in enumerate(self.model.columns):
            self.table.setColumnHidden(len(WORDS) + place, not (column.printed or self.more.isChecked()))
        self.table.fit()

    def _show_gaps(self, shown: bool) -> None:
        self.model.show_gaps(shown)
        self.table.titles.viewport().update()
        self.table.fit()

    def _show(self, rows: list[ResultRow]) -> None:
        self.model.show(rows, self.paper.isChecked())
        self._show_columns()
        self._show_title()
        self._show_notes()

    def _show_notes(self) -> None:
        told: dict[str, list[str]] = {}
        for row in self.rows:
            if row.note:
                told.setdefault(row.note, []).append(row.label)
        lines = [f"* {', '.join(dict.fromkeys(labels))}: {note}" for note, labels in told.items()]
        if self.model.best_rows():
            lines.append(
                "★ smallest average gap to Retrain. ± is the sample standard deviation over the seeds."
            )
        lines += cautions(self.rows)
        lines += paper.remarks(self.rows) if self.model.compared else []
        self.notes.setText("\n".join(lines))
        self.notes.setVisible(bool(lines))

    # The row under the pointer

    def _entered(self, index: QModelIndex) -> None:
        self._session.run_hovered.emit(index.data(ROW).run_ids[0])

    def _mark_run(self, run: str) -> None:
        if run != self.table.figures.hovered:
            self.table.figures.hovered = run
            self.table.viewport().update()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._session.run_hovered.emit("")
        return False

    def resizeEvent(self, event: QEvent) -> None:
        self.table.fit()


def _toggle(menu: QMenu, name: str, title: str, help: str) -> QAction:
    made = menu.addAction(title)
    made.setObjectName(f"results_{name}")
    made.setCheckable(True)
    made.setToolTip(help)
    return made


def _allow(widget: QWidget | QAction, obstacle: str) -> None:
    """What can't be pressed says why in its tooltip, and else what it does."""
    if widget.isEnabled():
        widget.setProperty("help", widget.toolTip())
    widget.setEnabled(not obstacle)
    widget.setToolTip(obstacle or widget.property("help"))
