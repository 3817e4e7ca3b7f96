"""The digits demo: the real window on a real experiment, and everything it can export."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QEventLoop, QObject, QSettings, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget

from coun_gui.assets import asset
from coun_gui.errors import CounError
from coun_gui.experiments.events import TERMINAL, Event
from coun_gui.experiments.record import replacing, writing
from coun_gui.experiments.spec import ExperimentSpec, read_toml
from coun_gui.experiments.workspace import Workspace
from coun_gui.jobs.desk import Desk
from coun_gui.jobs.queue import JobQueue
from coun_gui.progress import PlainPrinter
from coun_gui.reports.bundle import write_bundle, write_manifest
from coun_gui.ui import actions
from coun_gui.ui.app import build_window, make_application, start_engines
from coun_gui.ui.embedding.panel import EmbeddingPanel
from coun_gui.ui.main_window import MainWindow
from coun_gui.ui.session import Session

SIZE = (1440, 900)


def run_demo(out: Path) -> int:
    """Fills `out` and returns 0, or 1 where a run failed. With a display the window stays until it is closed.

    Started again, it finds its runs done. Raises `CounError` where `out` can't be used.
    """
    began = time.monotonic()
    offscreen = not has_display()
    if offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    spec = read_toml(asset("presets", "digits.toml"))
    with writing("The demo's folder"):
        out.mkdir(parents=True, exist_ok=True)
    workspace = Workspace(out / "workspace", writable=True)
    make_application()
    session = Session(workspace, JobQueue(), Desk())
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "window.ini"), QSettings.Format.IniFormat)
        try:
            window = build_window(session, settings)
            return _shown(session, window, spec, out, began, offscreen)
        finally:
            session.close()


def has_display() -> bool:
    """Whether a window can be seen here."""
    if os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal"):
        return False
    return sys.platform in ("darwin", "win32") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


def _shown(
    session: Session, window: MainWindow, spec: ExperimentSpec, out: Path, began: float, offscreen: bool
) -> int:
    window.resize(*SIZE)
    window.show()
    work = Experimenting(session, spec)
    failed = work.wait()
    print(f"{len(session.records())} runs and their map are there; writing tables and figures …", flush=True)
    window.commands.action("page_embedding").trigger()
    until_read(window)
    export(session, window, out, time.monotonic() - began)
    print(f"The demo lies in {out.resolve()}.")
    if not offscreen:
        print("Close the window to end.")
        _until_closed(window)
    window.close()
    return 1 if failed else 0


class Experimenting(QObject):
    """Starts an experiment in the window and waits until nothing is left to compute."""

    ended = Signal()

    def __init__(self, session: Session, spec: ExperimentSpec) -> None:
        super().__init__()
        self._session = session
        self._spec = spec
        self._printer = PlainPrinter()
        self._count = 0
        self._error: CounError | None = None
        session.live.connect(self._tell)
        session.desk.lost.connect(lambda sentence, remedy: self._give_up(CounError(sentence, remedy)))

    def wait(self) -> bool:
        """Whether something failed. Raises `CounError` where the experiment could not even start."""
        loop = QEventLoop()
        self.ended.connect(loop.quit)
        QTimer.singleShot(0, self._start)
        loop.exec()
        if self._error is not None:
            raise self._error
        return any(job.state != "done" for job in self._session.queue.jobs())

    def _start(self) -> None:
        print("Starting the engine …", flush=True)
        start_engines(self._session)
        actions.start_experiment(self._session, self._spec, failed=self._give_up)
        self._session.queue.idle.connect(self.ended)

    def _give_up(self, error: CounError) -> None:
        self._error = error
        self.ended.emit()

    def _tell(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, TERMINAL):
                self._count += 1
            position = f"[{self._count}/{len(self._session.queue.jobs())}]"
            self._printer.begin(position, self._session.queue.job(event.run).title)
            self._printer(event)


def export(session: Session, window: MainWindow, out: Path, seconds: float) -> None:
    """Tables, figures, a picture of the window, and a manifest that says what all of it is."""
    assert session.experiment is not None
    names = write_bundle(session.workspace, session.experiment, out)
    with replacing(out / "window.png") as temporary:
        window.grab().save(str(temporary), "PNG")
    names.append("window.png")
    write_manifest(session.workspace, session.experiment, out, names, seconds=round(seconds, 1))


def until_read(window: QWidget) -> None:
    """Returns when the map is in the window: it is read in a thread."""
    QApplication.processEvents()
    panel = window.findChild(EmbeddingPanel)
    loop = QEventLoop()
    panel.orders.came.connect(loop.quit)
    panel.orders.changed.connect(loop.quit)  # it can't be read
    while panel.orders.reading:
        loop.exec()
    QApplication.processEvents()


def _until_closed(window: MainWindow) -> None:
    loop = QEventLoop()
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    QApplication.instance().lastWindowClosed.connect(loop.quit)  # type: ignore[union-attr]
    loop.exec()
