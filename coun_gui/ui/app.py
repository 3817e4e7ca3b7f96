"""Starting the program: the application, the session and its window."""

from __future__ import annotations

import json
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import platformdirs
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from coun_gui.assets import asset
from coun_gui.errors import WorkspaceError
from coun_gui.experiments.workspace import Workspace
from coun_gui.jobs.desk import Desk
from coun_gui.jobs.queue import JobQueue
from coun_gui.ui import actions
from coun_gui.ui.main_window import MainWindow, recent_workspaces
from coun_gui.ui.session import Session
from coun_gui.ui.theme import Theme

INTERRUPTED = 130
BAD_INPUT = 2


def run_window(workspace: Path | None = None) -> int:
    """The window on a workspace, the one used last by default, until it is closed. Returns the exit code.

    Raises `WorkspaceError` where the given workspace can't be opened; of itself it asks for another.
    """
    application = make_application()
    opened = Workspace(workspace, writable=True) if workspace else _opened(last_workspace(QSettings()))
    if opened is None:
        return BAD_INPUT
    session = Session(opened, JobQueue(), Desk())
    window = build_window(session)
    interrupted = _quit_on_interrupt(application)
    sys.excepthook = _telling(session)
    window.painted.connect(lambda: start_engines(session))
    window.show()
    code = application.exec()
    session.close()
    return INTERRUPTED if interrupted else code


def make_application() -> QApplication:
    """The application with its name and mark; the present one where there is one."""
    QGuiApplication.setDesktopFileName("org.coun_gui.CoUn")
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("CoUn")
    application.setOrganizationName("CoUn")
    application.setWindowIcon(QIcon(str(asset("icons", "coun.svg"))))
    return application


def build_window(session: Session, settings: QSettings | None = None) -> MainWindow:
    """The window on a session, not shown yet. Starts no engine: see `start_engines`."""
    application = make_application()
    settings = settings or QSettings()
    window = MainWindow(session, Theme(application, settings), settings)

    def fill_the_form() -> None:
        if not session.capabilities:
            session.set_capabilities(built_in_capabilities())

    window.painted.connect(fill_the_form)  # its many rows are built once the window stands
    actions.show_latest(session)
    return window


def start_engines(session: Session) -> None:
    """The one that answers questions first; once it is up, one for the first job."""
    session.desk.ready.connect(lambda _capabilities: session.queue.warm())
    session.desk.start()


def last_workspace(settings: QSettings) -> Path:
    """The one that was open last, if it still exists; else the user's own."""
    recent = recent_workspaces(settings)
    own = Path(platformdirs.user_data_dir("coun", appauthor=False)) / "workspace"
    return recent[0] if recent else own


def built_in_capabilities() -> dict[str, Any]:
    """What comes with the program, so that the form is complete before an engine is up."""
    path = asset("capabilities.json")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return content


def _opened(path: Path) -> Workspace | None:
    """The workspace; where it can't be opened, another one that the user chooses, or None."""
    while True:
        try:
            return Workspace(path, writable=True)
        except WorkspaceError as error:
            chosen = _another(error)
            if chosen is None:
                return None
            path = chosen


def _another(error: WorkspaceError) -> Path | None:
    print(error, file=sys.stderr)
    if QGuiApplication.platformName() == "offscreen":
        return None  # nobody is there to answer
    box = QMessageBox(QMessageBox.Icon.Warning, "CoUn", error.sentence)
    box.setInformativeText(error.remedy)
    choose = box.addButton("Choose another folder…", QMessageBox.ButtonRole.AcceptRole)
    box.addButton("Quit", QMessageBox.ButtonRole.RejectRole)
    box.exec()
    if box.clickedButton() is not choose:
        return None
    folder = QFileDialog.getExistingDirectory(None, "Workspace")
    return Path(folder) if folder else None


def _quit_on_interrupt(application: QApplication) -> list[int]:
    """Ctrl+C in the terminal ends the program as closing does. The list holds the signal once it came."""
    came: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        application.exit(INTERRUPTED)

    signal.signal(signal.SIGINT, interrupt)
    alarm = QTimer(application)
    alarm.timeout.connect(lambda: None)  # Qt's loop runs no Python by itself, and so no signal handler
    alarm.start(200)
    return came


def _telling(session: Session) -> Any:
    """An error nobody expected: the traceback goes to the terminal, a sentence into the window."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        traceback.print_exception(kind, error, trace)
        session.told.emit(f"Something went wrong in the window: {error}.", "Running jobs are not affected.")

    return hook
