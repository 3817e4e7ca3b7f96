"""The desk: where the window asks small questions, of an engine of its own: no answer waits for a run."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QThread, Signal

from coun_gui.errors import CounError
from coun_gui.jobs.engine import SCIENCE
from coun_gui.jobs.engine_client import EngineClient, EngineDied
from coun_gui.jobs.protocol import Message

ATTEMPTS = 3  # engines in a row that may die before one tells what it can do

Answered = Callable[[dict[str, Any]], None]
Refused = Callable[[CounError], None]


@dataclass(frozen=True)
class Ask:
    """A question on its way."""

    id: int
    question: Message
    answered: Answered
    failed: Refused


class DeskThread(QThread):
    """Watches over the desk's engine: sends what lies in the outbox, passes on what comes back."""

    received = Signal(object)  # Message
    ended = Signal(object)  # EngineDied, or None after `stop`

    def __init__(self, engine: EngineClient) -> None:
        super().__init__()
        self._engine = engine
        self._outbox: deque[Message] = deque()
        self._stopping = False

    def post(self, message: Message) -> None:
        self._outbox.append(message)
        self._engine.wake()

    def stop(self) -> None:
        self._stopping = True
        self._engine.wake()

    def run(self) -> None:
        death: EngineDied | None = None
        try:
            self._talk()
        except EngineDied as error:
            death = EngineDied(error.sentence, error.remedy, error.log)  # without the traceback
        except Exception as error:
            death = EngineDied(f"The engine can't be understood ({error}).", "Restart the program.")
        self._engine.close()
        self.ended.emit(death)

    def _talk(self) -> None:
        while not self._stopping:
            while self._outbox:
                self._engine.send(self._outbox.popleft())
            message = self._engine.receive()
            if message is not None:
                self.received.emit(message)


class Desk(QObject):
    """Asks one question after the other. All callbacks run in the thread that the desk lives in.

    A callback whose receiver is gone – Qt has deleted the object behind it – is passed over in silence.
    An engine that dies fails the question it was at; the others wait for the next engine. After `ATTEMPTS`
    engines in a row that never came up, everything fails until `start` is called again.
    """

    ready = Signal(dict)  # the capabilities, whenever an engine has come up
    lost = Signal(str, str)  # sentence and remedy: no engine can be had

    def __init__(self, parent: QObject | None = None, science: str = SCIENCE) -> None:
        super().__init__(parent)
        self._science = science
        self._thread: DeskThread | None = None
        self._numbers = itertools.count(1)
        self._waiting: deque[Ask] = deque()
        self._current: Ask | None = None
        self._up = False
        self._deaths = 0
        self._death: EngineDied | None = None  # why there is no engine any more
        self._closed = False
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.close)

    def start(self) -> None:
        """Starts the engine in the background; does nothing while there is one."""
        if self._thread is None and not self._closed:
            self._deaths, self._death = 0, None
            self._launch()

    def ask(self, question: Message, answered: Answered, failed: Refused) -> int:
        """Asks an `ask` message of `protocol.py`, without id. One of the callbacks is called, later."""
        ask = Ask(next(self._numbers), question, answered, failed)
        self._waiting.append(ask)
        self._next()
        return ask.id

    def drop(self, ask_id: int) -> None:
        """The answer no longer matters: neither callback is called, and what wasn't sent yet never is."""
        self._waiting = deque(ask for ask in self._waiting if ask.id != ask_id)
        if self._current is not None and self._current.id == ask_id:
            self._current = Ask(ask_id, self._current.question, _ignore, _ignore)

    def close(self) -> None:
        """Ends the engine; no callback comes after. Takes 3 s at most; closing twice is harmless."""
        if self._closed:
            return
        self._closed = True
        self._waiting.clear()
        self._current = None
        if self._thread is not None:
            self._thread.stop()
            self._thread.wait()
            self._thread.deleteLater()
            self._thread = None

    def _launch(self) -> None:
        self._up = False
        self._thread = DeskThread(EngineClient(self._science))
        self._thread.received.connect(self._received)
        self._thread.ended.connect(self._ended)
        self._thread.start()

    def _received(self, message: Message) -> None:
        if self._closed:
            return
        if message.get("ready"):
            self._up = True
            self._waiting.appendleft(Ask(0, {"ask": "capabilities"}, self._introduced, self._mute))
            self._next()
        elif self._current is not None and message.get("id") == self._current.id:
            ask, self._current = self._current, None
            self._next()  # first: a callback may raise
            if "answer" in message:
                _call(ask.answered, message["answer"])
            else:
                _call(ask.failed, CounError(**message["error"]))

    def _next(self) -> None:
        """Sends the next question if the engine is free: what waits here can still be dropped."""
        if self._closed or self._current is not None or not self._waiting:
            return
        if self._death is not None:
            self._refuse_all(self._death)
        elif self._up and self._thread is not None:
            self._current = self._waiting.popleft()
            self._thread.post({**self._current.question, "id": self._current.id})

    def _introduced(self, capabilities: dict[str, Any]) -> None:
        self._deaths = 0
        self.ready.emit(capabilities)

    def _mute(self, error: CounError) -> None:
        """It can't even say what it can do."""
        self.lost.emit(error.sentence, error.remedy)

    def _ended(self, death: EngineDied | None) -> None:
        if self._closed or death is None or self._thread is None:
            return
        self._thread.wait()
        self._thread.deleteLater()
        self._thread, self._up = None, False
        self._deaths += 1
        asked, self._current = self._current, None
        if self._deaths < ATTEMPTS:
            self._launch()
        else:
            self._death = death
            self.lost.emit(death.sentence, death.remedy)
        self._next()
        if asked is not None and asked.id:
            _call(asked.failed, death)

    def _refuse_all(self, death: EngineDied) -> None:
        refused, self._waiting = self._waiting, deque()
        for ask in refused:
            _call(ask.failed, death)


def _ignore(_: Any) -> None:
    """Nobody listens any more."""


def _call(callback: Callable[[Any], None], argument: Any) -> None:
    try:
        callback(argument)
    except RuntimeError as error:
        if "already deleted" not in str(error):  # what PySide says of a widget that Qt has deleted
            raise
