"""The one window: header, Experiment at the left, Jobs below, and the pages in the centre."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMessageBox, QVBoxLayout, QWidget

from coun_gui.ui import actions
from coun_gui.ui.command_palette import CommandPalette, Entry, entry_of
from coun_gui.ui.commands import Commands
from coun_gui.ui.jobs.panel import JobsPanel
from coun_gui.ui.session import Session
from coun_gui.ui.setup.footer import device_title
from coun_gui.ui.setup.form import experiment_title
from coun_gui.ui.setup.panel import SetupPanel
from coun_gui.ui.theme import Theme
from coun_gui.ui.widgets.dock_title import DockTitle
from coun_gui.ui.widgets.following import follow
from coun_gui.ui.widgets.header import Header
from coun_gui.ui.widgets.icons import TextIconButton
from coun_gui.ui.widgets.notice_bar import NoticeBar
from coun_gui.ui.widgets.pages import Pages

STATE_VERSION = 1
PAGES = {"metrics": "Metrics", "embedding": "Embedding", "results": "Results"}
PageMakers = dict[str, Callable[[Session], QWidget]]


def page_makers() -> PageMakers:
    """The pages, imported only when they are made: plots take a third of a second to load."""
    from coun_gui.ui.embedding.panel import EmbeddingPanel
    from coun_gui.ui.metrics.panel import MetricsPanel
    from coun_gui.ui.results.panel import ResultsPanel

    return {"metrics": MetricsPanel, "embedding": EmbeddingPanel, "results": ResultsPanel}


def recent_workspaces(settings: QSettings) -> list[Path]:
    """Newest first, those that still exist."""
    stored = settings.value("recent", [])
    paths = [stored] if isinstance(stored, str) else list(stored or [])  # one entry is stored as a text
    return [Path(path) for path in paths if Path(path).is_dir()]


class MainWindow(QMainWindow):
    """Puts the panels together. What is done is in `actions.py`; what is asked is in the panels."""

    painted = Signal()  # the window is on the screen, for the first time
    pages_ready = Signal()  # the plots are there, a moment after the window is

    def __init__(
        self,
        session: Session,
        theme: Theme,
        settings: QSettings,
        makers: Callable[[], PageMakers] = page_makers,
    ) -> None:
        super().__init__()
        self.session, self.theme, self.settings = session, theme, settings
        self._makers = makers
        self._filled = False
        self._may_close = False
        self.setObjectName("main_window")
        self.setMinimumSize(880, 560)
        self.commands = Commands(self)
        self.notices = NoticeBar()
        self.pages = Pages()
        for name, title in PAGES.items():
            self.pages.add(name, title)
        self.setup = SetupPanel(session, self.commands.action("start"))
        self.jobs = JobsPanel(session)
        self.header = Header(self.commands.workspace_menu())
        self.palette_list = CommandPalette(self)
        self._lay_out()
        self._connect()
        self._restore()

    # Layout

    def _lay_out(self) -> None:
        top = QWidget()
        column = QVBoxLayout(top)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.notices)
        self.setMenuWidget(top)
        self.setCentralWidget(self.pages)
        presets = TextIconButton("folder", "Presets")
        presets.setObjectName("presets_button")
        presets.setProperty("link", True)
        presets.setProperty("menu", True)
        presets.setMenu(self.commands.presets_menu())
        left = self._dock(
            "experiment", "Experiment", self.setup, Qt.DockWidgetArea.LeftDockWidgetArea, presets
        )
        below = self._dock("jobs", "Jobs", self.jobs, Qt.DockWidgetArea.BottomDockWidgetArea, self.jobs.bar)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)  # the form is long
        self.setup.setMinimumWidth(296)
        self.jobs.setMinimumHeight(96)
        self.resizeDocks([left], [336], Qt.Orientation.Horizontal)
        self.resizeDocks([below], [168], Qt.Orientation.Vertical)
        self.commands.add_toggles(left, below)

    def _dock(
        self, name: str, title: str, panel: QWidget, area: Qt.DockWidgetArea, *right: QWidget
    ) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(f"dock_{name}")
        dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        dock.setTitleBarWidget(DockTitle(title, *right, stretched=panel is self.jobs))
        dock.setWidget(panel)
        self.addDockWidget(area, dock)
        return dock

    def _connect(self) -> None:
        session = self.session
        session.told.connect(self.notices.tell)
        session.workspace_changed.connect(self._workspace_changed)
        session.desk.ready.connect(self._engine_ready)
        session.desk.lost.connect(self._engine_lost)
        self.header.search.clicked.connect(self.open_palette)
        self.header.theme.clicked.connect(self.theme.toggle)
        self.theme.changed.connect(self._themed)
        self.jobs.start_wanted.connect(self.setup.start)
        follow(self.jobs.empty.button, self.commands.action("start"))
        self._workspace_changed()
        self._themed(self.theme.dark)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._filled:
            self.pages.setFocus()  # no control is ringed before a key is pressed

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._filled:
            self._filled = True
            QTimer.singleShot(0, self.painted.emit)
            QTimer.singleShot(0, self._fill_pages)

    def _fill_pages(self) -> None:
        """After the first paint: the window stands before the plots are loaded."""
        for name, make in self._makers().items():
            page = make(self.session)
            page.set_dark(self.theme.dark)
            self.pages.fill(name, page)
        self.pages_ready.emit()

    # What is kept

    def _restore(self) -> None:
        self.resize(1280, 800)
        for name, restore in (
            ("geometry", self.restoreGeometry),
            ("state", lambda state: self.restoreState(state, STATE_VERSION)),
            ("pages", lambda state: self.pages.restoreState(state, STATE_VERSION)),
        ):
            stored = self.settings.value(f"window/{name}")
            if isinstance(stored, QByteArray):
                restore(stored)
        page = str(self.settings.value("window/page", "metrics"))
        self.pages.show_page(page if page in PAGES else "metrics")

    def _keep(self) -> None:
        for name, value in (
            ("geometry", self.saveGeometry()),
            ("state", self.saveState(STATE_VERSION)),
            ("pages", self.pages.saveState(STATE_VERSION)),
            ("page", self.pages.current()),
        ):
            self.settings.setValue(f"window/{name}", value)

    def recent_workspaces(self) -> list[Path]:
        return recent_workspaces(self.settings)

    # What happens

    def open_palette(self) -> None:
        """Every command, the presets, and the experiments of this workspace."""
        commands = [entry_of(action) for action in self.commands.all()]
        presets = [Entry(f"Preset: {title}", do) for title, do in self.commands.presets()]
        experiments = [
            Entry(
                f"Show: {experiment_title(experiment.spec)}",
                lambda shown=experiment: self.session.show(shown),
            )
            for experiment in reversed(self.session.workspace.experiments())
        ]
        self.palette_list.open([*commands, *presets, *experiments])

    def page(self, name: str) -> QWidget:
        """The content of a page."""
        return self.pages.content(name)

    def _themed(self, dark: bool) -> None:
        self.header.set_dark(dark)
        for name in PAGES:
            page: Any = self.page(name)
            if hasattr(page, "set_dark"):  # not before the pages are filled
                page.set_dark(dark)

    def _workspace_changed(self) -> None:
        path = self.session.workspace.path
        self.header.set_workspace(path.name, str(path))
        self.setWindowTitle(f"{path.name} – CoUn")
        recent = [str(path), *(str(other) for other in self.recent_workspaces() if other != path)]
        self.settings.setValue("recent", recent[:8])

    def _engine_ready(self, capabilities: dict[str, Any]) -> None:
        devices = capabilities.get("devices", [])
        best = next((device for device in devices if device["id"] != "cpu"), devices[0] if devices else None)
        versions = ", ".join(
            f"{name} {version}" for name, version in capabilities.get("versions", {}).items()
        )
        self.header.set_device(device_title(best) if best else "Engine ready", "done", versions)

    def _engine_lost(self, sentence: str, remedy: str) -> None:
        self.header.set_device("No engine", "failed", f"{sentence} {remedy}".strip())
        self.session.told.emit(sentence, remedy)

    # Closing

    def closeEvent(self, event: QCloseEvent) -> None:
        running = actions.active_jobs(self.session)
        if running and not self._may_close:
            event.ignore()
            self._ask_to_close(len(running))
            return
        self._keep()
        super().closeEvent(event)

    def _ask_to_close(self, count: int) -> None:
        box = QMessageBox(self)
        box.setObjectName("close_question")
        box.setWindowTitle("Close CoUn")
        jobs = "1 job is" if count == 1 else f"{count} jobs are"
        box.setText(f"{jobs} not finished.")
        box.setInformativeText("They stop at their next checkpoint and can be resumed from there.")
        stop = box.addButton("Stop and close", QMessageBox.ButtonRole.AcceptRole)
        stop.setObjectName("stop_and_close")
        box.addButton("Keep computing", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stop)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.accepted.connect(self._close_now)
        box.open()

    def _close_now(self) -> None:
        self._may_close = True
        self.close()
