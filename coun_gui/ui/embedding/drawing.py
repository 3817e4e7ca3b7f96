"""A figure drawn and written beside the window."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject, QThread, Signal

from coun_gui.errors import CounError

_log = logging.getLogger(__name__)


class Drawing(QThread):
    """One piece of work at a time. Whoever `owner` is, it is not gone before the work is done."""

    told = Signal(str, str)  # how it ended: a sentence and a remedy

    def __init__(self, owner: QObject) -> None:
        super().__init__()
        self._work: Callable[[], tuple[str, str]] | None = None
        # A running thread that is dropped aborts the process; these hold it, too.
        owner.destroyed.connect(lambda: self.wait())
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.wait)

    def begin(self, work: Callable[[], tuple[str, str]]) -> None:
        """`work` says what was done, and what is to be known of it. `CounError` while another goes on."""
        if self.isRunning():
            raise CounError("A figure is being written.", "Try again in a moment.")
        self._work = work
        self.start()

    def run(self) -> None:
        assert self._work is not None
        try:
            self.told.emit(*self._work())
        except CounError as error:
            self.told.emit(error.sentence, error.remedy)
        except Exception as error:  # of a thread nobody would hear of it
            _log.exception("A figure can't be drawn")
            self.told.emit(f"The figure can't be drawn: {error}.", "The log tells more.")
        finally:
            self._work = None
