"""A film that is written beside the window, and can be stopped."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from threading import Event

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QMenu

from coun_gui.ui.embedding import film
from coun_gui.ui.embedding.drawing import Drawing
from coun_gui.ui.embedding.film import Scene
from coun_gui.ui.session import Session

STOPPED = "The film was stopped: nothing was written."


class Filming(QObject):
    """One film at a time; while it is written, the menu has an entry that stops it."""

    def __init__(self, session: Session, menu: QMenu, parent: QObject) -> None:
        super().__init__(parent)
        self._stopped = Event()
        self._share = 0.0
        application = QCoreApplication.instance()
        if application is not None:  # before the thread is waited for
            application.aboutToQuit.connect(self.stop)
        self.destroyed.connect(self._stopped.set)
        self._drawing = Drawing(self)
        self._drawing.told.connect(session.told)
        self._stop = menu.addAction("", self.stop)
        self._stop.setVisible(False)
        menu.aboutToShow.connect(self._show_share)

    @property
    def busy(self) -> bool:
        return self._drawing.busy

    def begin(self, scene: Scene, path: Path) -> None:
        """Begins to write; the session tells when it is done. `CounError` while another is written."""

        def work() -> tuple[str, str]:
            with closing(film.record(scene, path)) as shares:
                for self._share in shares:
                    if self._stopped.is_set():
                        return STOPPED, ""
            written = film.files(path)
            several = f" … {written[-1].name}" if len(written) > 1 else ""
            return f"Saved {written[0]}{several}.", ""

        if not self.busy:
            self._stopped.clear()
            self._share = 0.0
        self._drawing.begin(work)

    def stop(self) -> None:
        """Soon, and without a trace: what was there before stays as it was."""
        self._stopped.set()

    def _show_share(self) -> None:
        self._stop.setVisible(self.busy)
        self._stop.setText(f"Stop writing the film ({self._share:.0%})")
