"""The Jobs panel: the tree of experiments and runs, the buttons that act on them, and the log."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QSplitter,
    QStackedLayout,
    QTreeView,
    QWidget,
)

from coun_gui.ui import actions
from coun_gui.ui.jobs.delegates import ProgressDelegate, StateDelegate
from coun_gui.ui.jobs.log import LogPane, log_of
from coun_gui.ui.jobs.model import COLUMNS, EPOCH, LEFT, NOTE, PROGRESS, SPEED, STATE, JobModel
from coun_gui.ui.session import Session
from coun_gui.ui.theme import set_role
from coun_gui.ui.widgets.elided_label import ElidedLabel
from coun_gui.ui.widgets.empty_state import EmptyState
from coun_gui.ui.widgets.icons import TextIconButton

# All of them, and a part of the note, are in view in a window of 1280 pixels while something runs.
_WIDTHS = {0: 192, STATE: 92, PROGRESS: 92, EPOCH: 110, SPEED: 75, LEFT: 74, NOTE: 46}
_FIGURE = 62


class JobsPanel(QWidget):
    """Selecting a line brings its experiment into view; the buttons act on that experiment."""

    start_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("jobs_panel")
        set_role(self, role="panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._session = session
        self.model = JobModel(session, self)
        self.tree = self._tree()
        self.log = LogPane()
        self.log.closed.connect(self.hide_log)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(self.tree)
        self.splitter.addWidget(self.log)
        self.splitter.setSizes([900, 420])
        self.splitter.setChildrenCollapsible(False)
        self.log.hide()
        self.empty = EmptyState(
            "flask",
            "No experiments in this workspace yet. Set one up on the left and start it.",
            "Start",
        )
        self.empty.clicked.connect(self.start_wanted)
        self.bar = self._bar()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.splitter)
        self._connect()
        self._laid_out()

    def _tree(self) -> QTreeView:
        tree = QTreeView()
        tree.setObjectName("job_tree")
        tree.setAccessibleName("Jobs")
        tree.setModel(self.model)
        tree.setUniformRowHeights(True)
        tree.setAllColumnsShowFocus(True)
        tree.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tree.setItemDelegateForColumn(STATE, StateDelegate(tree))
        tree.setItemDelegateForColumn(PROGRESS, ProgressDelegate(tree))
        tree.setMouseTracking(True)
        tree.setIndentation(16)
        header = tree.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setMinimumSectionSize(40)
        for column in range(len(COLUMNS)):
            tree.setColumnWidth(column, _WIDTHS.get(column, _FIGURE))
        return tree

    def _bar(self) -> QWidget:
        """What acts on the experiment in view; the window puts it into the title line of the dock."""
        bar = QWidget(self)
        self.title = ElidedLabel()
        set_role(self.title, role="muted")
        self.pause_button = TextIconButton("pause", "Pause")
        self.pause_button.setObjectName("pause_button")
        self.stop_button = TextIconButton("stop", "Stop")
        self.stop_button.setObjectName("stop_button")
        self.stop_button.setToolTip("Stop at the next checkpoint; Resume goes on from there")
        self.resume_button = TextIconButton("play", "Resume")
        self.resume_button.setObjectName("resume_button")
        self.resume_button.setToolTip("Compute what is missing; what is done isn't computed again")
        self.seed_button = TextIconButton("plus", "Seed")
        self.seed_button.setObjectName("seed_button")
        self.seed_button.setToolTip(
            "Add a seed: its Original, Retrain and methods are computed, what is done is kept"
        )
        self.log_button = TextIconButton("log", "Log")
        self.log_button.setObjectName("log_button")
        self.log_button.setCheckable(True)
        self.log_button.setToolTip("Messages and errors of the selected run")
        row = QHBoxLayout(bar)
        row.setContentsMargins(8, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.title, 1)
        for button in (
            self.pause_button,
            self.stop_button,
            self.resume_button,
            self.seed_button,
            self.log_button,
        ):
            row.addWidget(button)
        return bar

    def _connect(self) -> None:
        self.pause_button.clicked.connect(self.pause_or_resume)
        self.stop_button.clicked.connect(self.stop)
        self.resume_button.clicked.connect(self.resume)
        self.seed_button.clicked.connect(self.add_seed)
        self.log_button.toggled.connect(self._toggle_log)
        self.tree.selectionModel().currentChanged.connect(self._selected)
        self.tree.customContextMenuRequested.connect(self._menu)
        self.tree.entered.connect(lambda index: self._session.run_hovered.emit(self.model.run_at(index)))
        self.model.modelReset.connect(self._laid_out)
        self.model.rowsInserted.connect(self._laid_out)
        self.model.told.connect(self._changed)
        self._session.experiment_changed.connect(self._in_view)

    # The experiment in view

    def pause_or_resume(self) -> None:
        if self._session.experiment is not None:
            actions.pause_or_resume(self._session, self._session.experiment.id)
            self.model.forget_sums()
            self._update()

    def stop(self) -> None:
        """Stops the experiment in view at the next checkpoint."""
        if self._session.experiment is not None:
            actions.cancel_experiment(self._session, self._session.experiment.id)

    def resume(self) -> None:
        """Computes what is missing of the experiment in view."""
        if self._session.experiment is not None:
            actions.resume_experiment(self._session, self._session.experiment)

    def add_seed(self) -> None:
        """One seed more for the experiment in view, once it is done."""
        if self._session.experiment is not None and self._is_done():
            actions.add_seed(self._session, self._session.experiment)

    # The selected run

    def selected_run(self) -> str:
        return self.model.run_at(self.tree.currentIndex())

    def retry(self) -> None:
        """Runs the selected job again."""
        run = self.selected_run()
        if self.model.job(run) is not None:
            self._session.queue.retry(run)
        else:
            self.resume()

    def cancel(self) -> None:
        """Stops the selected job at its next checkpoint."""
        if self.model.job(self.selected_run()) is not None:
            self._session.queue.cancel(self.selected_run(), True)

    def show_log(self) -> None:
        self.log_button.setChecked(True)

    def hide_log(self) -> None:
        self.log_button.setChecked(False)

    # What happens

    def _toggle_log(self, shown: bool) -> None:
        self.log.setVisible(shown)
        self._fill_log()

    def _fill_log(self) -> None:
        if self.log.isHidden():
            return
        run = self.selected_run()
        title = self.model.line(self.tree.currentIndex()).title if run else ""
        self.log.show_log(title, log_of(self.model.job(run), self.model.record(run)) if run else "")

    def _selected(self, index: QModelIndex) -> None:
        experiment = self.model.experiment_at(index)
        shown = self._session.experiment
        if experiment is not None and (shown is None or shown.id != experiment.id):
            self._session.show(experiment)
        self._fill_log()
        self._update()

    def _in_view(self) -> None:
        """Opens the experiment in view and closes none: what was opened by hand stays open."""
        experiment = self._session.experiment
        for row in range(self.model.rowCount()):
            index = self.model.index(row, 0)
            found = self.model.experiment_at(index)
            if experiment is not None and found is not None and found.id == experiment.id:
                self.tree.expand(index)
                if self.model.experiment_at(self.tree.currentIndex()) is not found:
                    self.tree.setCurrentIndex(index)
        self._update()

    def _changed(self, *_what: object) -> None:
        self._fill_log()
        self._update()

    def _laid_out(self, *_what: object) -> None:
        self._stack.setCurrentIndex(1 if self.model.rowCount() else 0)
        self._update()

    def _update(self) -> None:
        """Which buttons there are for the experiment in view."""
        experiment = self._session.experiment
        jobs = actions.jobs_of(self._session, experiment.id) if experiment else []
        active = any(job.state in actions.ACTIVE for job in jobs)
        paused = experiment is not None and self._session.queue.paused(experiment.id)
        for column in (SPEED, LEFT):
            self.tree.setColumnHidden(column, not actions.active_jobs(self._session))
        self.pause_button.setVisible(active)
        self.stop_button.setVisible(active)
        self.pause_button.setText("Go on" if paused else "Pause")
        self.pause_button.set_icon("play" if paused else "pause")
        self.pause_button.setToolTip(
            "Go on with the waiting runs"
            if paused
            else "Stop at the next checkpoint and start no further run"
        )
        self.log_button.setVisible(self.model.rowCount() > 0)
        idle = experiment is not None and not active
        self.resume_button.setVisible(idle and not self._is_done())
        self.seed_button.setVisible(idle and self._is_done())
        self.title.set_text(self._title())

    def _line(self) -> QModelIndex:
        """The line of the experiment in view."""
        wanted = self._session.experiment
        for row in range(self.model.rowCount()):
            found = self.model.experiment_at(self.model.index(row, 0))
            if wanted is not None and found is not None and found.id == wanted.id:
                return self.model.index(row, 0)
        return QModelIndex()

    def _is_done(self) -> bool:
        index = self._line()
        return index.isValid() and self.model.line(index).state == "done"

    def _title(self) -> str:
        if not self.model.rowCount():
            return ""
        index = self._line()
        return (
            self.model.line(index).title if index.isValid() else "Select an experiment to bring it into view."
        )

    def _menu(self, place: QPoint) -> None:
        index = self.tree.indexAt(place)
        if index.isValid():
            self.tree.setCurrentIndex(index)
            self.context_menu(index).popup(self.tree.viewport().mapToGlobal(place))

    def context_menu(self, index: QModelIndex) -> QMenu:
        """What can be done with a line; what can't is shown greyed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        state = self.model.line(index).state
        active = state in actions.ACTIVE
        if self.model.run_at(index):
            menu.addAction("Stop this run", self.cancel).setEnabled(active)
            menu.addAction("Run again", self.retry).setEnabled(not active and state != "done")
            menu.addAction("Show the log", self.show_log)
        else:
            menu.addAction("Stop", self.stop).setEnabled(active)
            menu.addAction("Resume", self.resume).setEnabled(not active and state != "done")
            menu.addAction("Add a seed", self.add_seed).setEnabled(state == "done")
        return menu
