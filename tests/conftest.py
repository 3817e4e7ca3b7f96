"""Isolation and leak guards for all tests.

A test sees no display, no settings and no caches but its own. One that leaves a thread, timer, window or
process behind fails, with a message saying what it left and where it was started: a leak shows up much later,
as a crash in some other test or as a program that doesn't end.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from traceback import StackSummary, walk_stack
from typing import Any

import pytest

# Before Qt is loaded, and before anything asks where the user's files lie.
_HOME = Path(tempfile.mkdtemp(prefix="coun-tests-"))
os.environ["QT_QPA_PLATFORM"] = "offscreen"
for _kind in ("CONFIG", "CACHE", "DATA", "STATE"):
    os.environ[f"XDG_{_kind}_HOME"] = str(_HOME / _kind.lower())

_ROOT = str(Path(__file__).resolve().parent.parent)
_started: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()  # thread, timer, process -> where
_held: list[Any] = []  # started QThreads: destroying one that runs would abort the whole test run


@pytest.fixture(scope="session", autouse=True)
def _isolated_settings() -> Iterator[None]:
    """Settings go to files of this session on every system; the folder goes with it."""
    if "PySide6.QtCore" in sys.modules:
        from PySide6.QtCore import QSettings

        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        for file_format in (QSettings.Format.IniFormat, QSettings.Format.NativeFormat):
            QSettings.setPath(file_format, QSettings.Scope.UserScope, os.environ["XDG_CONFIG_HOME"])
    yield
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _starts_are_noted() -> Iterator[None]:
    """Remembers where each thread, timer and process is started."""
    with pytest.MonkeyPatch.context() as patch:
        _note_starts(patch, BaseProcess)
        if "PySide6.QtCore" in sys.modules:
            from PySide6.QtCore import QThread, QTimer

            _note_starts(patch, QThread)
            _note_starts(patch, QTimer)
        yield


def _note_starts(patch: pytest.MonkeyPatch, kind: type) -> None:
    original: Callable[..., Any] = kind.start  # type: ignore[attr-defined]

    def start(self: Any, *args: Any) -> Any:
        _started[self] = _here()
        if hasattr(self, "isRunning"):
            _held.append(self)
        return original(self, *args)

    patch.setattr(kind, "start", start)


def _here() -> str:
    """The innermost frames of this repository, newest last."""
    frames = StackSummary.extract(walk_stack(sys._getframe(2)), limit=12, lookup_lines=False)
    ours = [f for f in reversed(frames) if f.filename.startswith(_ROOT) and "site-packages" not in f.filename]
    return "".join(f"\n      {os.path.relpath(f.filename, _ROOT)}:{f.lineno} in {f.name}" for f in ours[-4:])


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """Fails a test that leaves a running QThread or QTimer, a top-level widget or a child process behind."""
    before = {id(left) for find, _, _ in _GUARDS for left in find()}
    known = list(_widgets())  # held, so that no new widget gets the id of one of these
    yield
    if not any(id(left) not in before for find, _, _ in _GUARDS for left in find()):
        _held.clear()
        return
    _collect()  # what only waits for the garbage collector or a deferred deletion is no leak
    complaints = [
        f"  {name} {left!r}{_where(left)}\n    Mend: {remedy}"
        for find, name, remedy in _GUARDS
        for left in find()
        if id(left) not in before
    ]
    _end_processes(before)
    del known
    if complaints:
        pytest.fail("This test left something behind:\n" + "\n".join(complaints), pytrace=False)


def _where(left: Any) -> str:
    return f"\n    started at{_started[left]}" if left in _started else ""


def _threads() -> list[Any]:
    return [one for one in _noted("QThread") if one.isRunning()]


def _timers() -> list[Any]:
    return [one for one in _noted("QTimer") if one.isActive()]


def _noted(kind: str) -> Iterator[Any]:
    """The objects of a class of QtCore that were started and still exist."""
    core = sys.modules.get("PySide6.QtCore")
    if core is None:
        return
    from shiboken6 import isValid

    for one in list(_started):
        if isinstance(one, getattr(core, kind)) and isValid(one):
            with suppress(RuntimeError):  # deleted by a thread in this moment
                yield one


def _widgets() -> list[Any]:
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return []
    own = ("QTipLabel", "QComboBoxPrivateContainer")  # Qt makes and keeps these for itself
    every = widgets.QApplication.topLevelWidgets()
    return [one for one in every if one.parent() is None and one.metaObject().className() not in own]


def _processes() -> list[BaseProcess]:
    return multiprocessing.active_children()


def _collect() -> None:
    gc.collect()
    core = sys.modules.get("PySide6.QtCore")
    if core is not None and core.QCoreApplication.instance() is not None:
        core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)
        core.QCoreApplication.processEvents()


def _end_processes(before: set[int]) -> None:
    """Spares the next test."""
    for process in _processes():
        if id(process) not in before:
            process.kill()
            process.join(5)


_GUARDS = (
    (_threads, "a running QThread", "end and wait for it in the test; JobQueue and Desk do so in close()."),
    (_timers, "an active QTimer", "stop it, or give it a parent that the test closes (qtbot.addWidget)."),
    (_widgets, "a top-level widget", "register it with qtbot.addWidget, or close and deleteLater it."),
    (_processes, "a child process", "end and join it; JobQueue, Desk and EngineClient do so in close()."),
)
