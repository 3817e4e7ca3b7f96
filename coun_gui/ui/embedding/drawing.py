"""Work beside the window: a figure that is drawn and written, a map that is read."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject, QThread, Signal
from shiboken6 import isValid

from coun_gui.errors import CounError

_log = logging.getLogger(__name__)


class Drawing(QThread):
    """One piece of work at a time. Whoever `owner` is, it is not gone before the work is done."""

    told = Signal(str, str)  # how it ended: a sentence and a remedy

    def __init__(self, owner: QObject, failure: str = "The figure can't be drawn") -> None:
        """`failure`: what is told of an error that nobody has foreseen, before its own words."""
        super().__init__()
        self._failure = failure
        self._work: Callable[[], tuple[str, str]] | None = None
        # A running thread that is dropped aborts the process; these hold it, too.
        owner.destroyed.connect(lambda: self.wait() if isValid(self) else None)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.wait)

    @property
    def busy(self) -> bool:
        """Whether the work goes on."""
        return self._work is not None

    def begin(self, work: Callable[[], tuple[str, str]]) -> None:
        """`work` says what was done, and what is to be known of it. `CounError` while another goes on."""
        if self.busy:
            raise CounError("A figure is being written.", "Try again in a moment.")
        self.wait()  # the last one is done; its thread may still be about to end
        self._work = work
        self.start()

    def run(self) -> None:
        assert self._work is not None
        sentence, remedy = _ended(self._work, self._failure)
        self._work = None
        self.told.emit(sentence, remedy)


def _ended(work: Callable[[], tuple[str, str]], failure: str) -> tuple[str, str]:
    """What there is to tell of the work, however it ends: of a thread's failure nobody would hear."""
    try:
        return work()
    except CounError as error:
        return error.sentence, error.remedy
    except Exception as error:
        _log.exception(failure)
        return f"{failure}: {error}.", "The log tells more."
