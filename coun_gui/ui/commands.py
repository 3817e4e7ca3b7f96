"""The window's commands as actions: title, shortcut, and what they do; for menus, keys and the palette."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QRegularExpression
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QDockWidget, QFileDialog, QMenu, QPushButton, QWidget

from coun_gui.errors import CounError
from coun_gui.experiments.spec import read_toml
from coun_gui.experiments.written import save_toml
from coun_gui.ui import actions
from coun_gui.ui.jobs.panel import JobsPanel
from coun_gui.ui.session import Session
from coun_gui.ui.setup.panel import SetupPanel
from coun_gui.ui.setup.presets import built_in, grouped
from coun_gui.ui.theme import Theme
from coun_gui.ui.widgets.pages import Pages
from coun_gui.ui.widgets.shortcuts import ShortcutList

_FILES = "Experiments (*.toml)"
_EXPORT_BUTTON = QRegularExpression("_export$")


class Shell(Protocol):
    """What commands need of the window that holds them."""

    session: Session
    setup: SetupPanel
    jobs: JobsPanel
    pages: Pages
    theme: Theme

    def page(self, name: str) -> QWidget: ...

    def open_palette(self) -> None: ...

    def recent_workspaces(self) -> list[Path]: ...

    def addAction(self, action: QAction) -> None: ...

    def close(self) -> bool: ...


class Commands(QObject):
    """Asks where something must be asked, such as for a file, and has `actions.py` do the rest."""

    def __init__(self, window: Shell) -> None:
        super().__init__(window)
        self._window = window
        self._actions: dict[str, QAction] = {}
        add = self._add
        window.session.forget_wanted.connect(lambda path: self.forget_next(Path(path)))
        add("start", "Start the experiment", "Ctrl+Return", lambda: window.setup.start())
        add("palette", "Search commands", "Ctrl+K", lambda: window.open_palette())
        add("new_workspace", "New workspace…", "Ctrl+Shift+N", self.ask_new_workspace)
        add("open_workspace", "Open workspace…", "Ctrl+O", self.ask_workspace)
        add("open_experiment", "Open experiment file…", "Ctrl+Shift+O", self.ask_experiment)
        add("save_experiment", "Save experiment file…", "Ctrl+S", self.ask_save)
        add("export", "Export what this tab shows…", "Ctrl+E", self.export)
        add("draw_map", "Draw the 2-D map of the runs that are done", "Ctrl+M", self.draw_map)
        add(
            "pause",
            "Pause or go on with the experiment in view",
            "Ctrl+P",
            lambda: window.jobs.pause_or_resume(),
        )
        add("stop", "Stop the experiment in view", "Ctrl+.", lambda: window.jobs.stop())
        add("resume", "Resume the experiment in view", "Ctrl+R", lambda: window.jobs.resume())
        add("seed", "Add a seed to the experiment in view", "Ctrl+Shift+A", lambda: window.jobs.add_seed())
        add("log", "Show or hide the log", "Ctrl+L", lambda: window.jobs.log_button.toggle())
        for number, name in enumerate(("metrics", "embedding", "results"), start=1):
            title = f"Go to {name.capitalize()}"
            add(f"page_{name}", title, f"Ctrl+{number}", lambda name=name: window.pages.show_page(name))
        add("tear_off", "Tear off this tab, or dock it again", "Ctrl+T", self.tear_off)
        add("theme", "Light or dark theme", "Ctrl+Shift+L", lambda: window.theme.toggle())
        add("theme_system", "Theme as the system has it", "", lambda: window.theme.set_mode("system"))
        add("restart_engine", "Start the engine again", "", lambda: window.session.desk.start())
        add("shortcuts", "Keyboard shortcuts", "F1", self.show_shortcuts)
        add("quit", "Quit", "Ctrl+Q", window.close)

    def _add(self, name: str, title: str, keys: str, do: Callable[[], object]) -> None:
        action = QAction(title, self)
        action.setObjectName(f"action_{name}")
        action.setShortcut(QKeySequence(keys))
        action.setToolTip(title)
        action.triggered.connect(lambda: do())
        self._window.addAction(action)
        self._actions[name] = action

    def add_toggles(self, experiment: QDockWidget, jobs: QDockWidget) -> None:
        """Showing and hiding the side panels."""
        for name, dock, keys in (
            ("toggle_experiment", experiment, "Ctrl+B"),
            ("toggle_jobs", jobs, "Ctrl+J"),
        ):
            action = dock.toggleViewAction()
            action.setText(f"Show or hide {dock.windowTitle()}")
            action.setShortcut(QKeySequence(keys))
            self._window.addAction(action)
            self._actions[name] = action

    def action(self, name: str) -> QAction:
        return self._actions[name]

    def all(self) -> list[QAction]:
        """Every command but the palette itself, in the order of the list above."""
        return [action for name, action in self._actions.items() if name != "palette"]

    # Menus

    def workspace_menu(self) -> QMenu:
        """New, open, recent; experiment files; help and quit."""
        menu = QMenu(self._window)
        menu.addActions([self.action("new_workspace"), self.action("open_workspace")])
        recent = menu.addMenu("Recent workspaces")
        recent.aboutToShow.connect(lambda: self._fill_recent(recent))
        menu.addSeparator()
        menu.addActions([self.action(name) for name in ("open_experiment", "save_experiment", "export")])
        menu.addSeparator()
        menu.addActions([self.action(name) for name in ("theme_system", "shortcuts", "quit")])
        return menu

    def _fill_recent(self, menu: QMenu) -> None:
        menu.clear()
        for path in self._window.recent_workspaces():
            entry = menu.addAction(str(path))
            entry.triggered.connect(lambda _checked=False, path=path: self.open_workspace(path))
            entry.setEnabled(path != self._window.session.workspace.path)

    def presets_menu(self) -> QMenu:
        """The shipped experiments in their groups, then the user's own files; read when it is first opened."""
        menu = QMenu(self._window)
        menu.aboutToShow.connect(lambda: self._fill_presets(menu) if menu.isEmpty() else None)
        return menu

    def _fill_presets(self, menu: QMenu) -> None:
        groups = {"": menu}
        for name, do in self.presets():
            group, title = grouped(name)
            if group not in groups:
                groups[group] = menu.addMenu(group)
            groups[group].addAction(title).triggered.connect(do)
        menu.addSeparator()
        menu.addActions([self.action("open_experiment"), self.action("save_experiment")])

    def presets(self) -> list[tuple[str, Callable[[], None]]]:
        """Name and what it does, of each shipped experiment that can be read."""
        found: list[tuple[str, Callable[[], None]]] = []
        for path in built_in():
            try:
                name = read_toml(path).name or path.stem
            except CounError:
                continue  # the tests read all of them; a user's installation may be damaged
            found.append((name, lambda _checked=False, path=path: self.open_experiment(path)))
        return found

    # Asking

    def ask_new_workspace(self) -> None:
        chosen = QFileDialog.getSaveFileName(
            self._window,
            "New workspace: name the folder",
            str(self._near()),
            options=QFileDialog.Option.ShowDirsOnly,
        )[0]
        if chosen:
            self.open_workspace(Path(chosen))

    def ask_workspace(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self._window, "Open workspace", str(self._near()))
        if chosen:
            self.open_workspace(Path(chosen))

    def ask_experiment(self) -> None:
        chosen = QFileDialog.getOpenFileName(self._window, "Open experiment file", "", _FILES)[0]
        if chosen:
            self.open_experiment(Path(chosen))

    def ask_save(self) -> None:
        chosen = QFileDialog.getSaveFileName(self._window, "Save experiment file", "experiment.toml", _FILES)[
            0
        ]
        if chosen:
            self.save_experiment(Path(chosen))

    def _near(self) -> Path:
        return self._window.session.workspace.path.parent

    # Doing

    def open_workspace(self, path: Path) -> None:
        """Not while jobs run: they write into the workspace that is open."""
        session = self._window.session
        if actions.active_jobs(session):
            session.told.emit("Jobs are running in this workspace.", "Stop them before you open another one.")
        elif actions.open_workspace(session, path):
            actions.show_latest(session)

    def open_experiment(self, path: Path) -> None:
        """Fills the form from an experiment file."""
        self._telling(lambda: self._window.setup.set_spec(read_toml(path)))

    def save_experiment(self, path: Path) -> None:
        """Writes what the form asks for."""
        self._telling(lambda: save_toml(self._window.setup.spec(), path))

    def draw_map(self) -> None:
        session = self._window.session
        if actions.draw_map(session) is None:
            session.told.emit("No run of this experiment is done yet, so there is nothing to draw.", "")
        else:
            self._window.pages.show_page("embedding")

    def forget_next(self, path: Path) -> None:
        """Fills the form with the experiment in view, but to forget the training indices in a file."""
        session = self._window.session
        if session.experiment is not None:
            self._window.setup.set_spec(actions.next_forget(session.experiment.spec, path))
            session.told.emit(
                f"The form now forgets the samples in {path.name}.", "Press Start to compute it."
            )

    def export(self) -> None:
        """Presses the page's own export button: each page knows what it can export."""
        page = self._window.page(self._window.pages.current())
        button = next(iter(page.findChildren(QAbstractButton, _EXPORT_BUTTON)), None)
        if button is None or not button.isEnabled():
            self._window.session.told.emit(
                "This tab has nothing to export yet.", "It has once a run is done."
            )
        elif isinstance(button, QPushButton) and button.menu() is not None:
            button.menu().popup(button.mapToGlobal(button.rect().bottomLeft()))
        else:
            button.click()

    def tear_off(self) -> None:
        self._window.pages.tear_off(self._window.pages.current())

    def show_shortcuts(self) -> None:
        ShortcutList(self.all(), self._window).show()

    def _telling(self, do: Callable[[], object]) -> None:
        try:
            do()
        except CounError as error:
            self._window.session.told.emit(error.sentence, error.remedy)
