"""One thread a running job: watches over an engine and turns every end into exactly one terminal event."""

from __future__ import annotations

import json
import threading
import time
import traceback

from PySide6.QtCore import QObject, QThread

from coun_gui.experiments.events import TERMINAL, Cancelled, Event, Failed, Message, Step, from_json
from coun_gui.jobs import leftovers, protocol
from coun_gui.jobs.engine_client import EngineClient, EngineDied

# s between a cancel and the end of an engine that doesn't follow it. A batch of a large model on a slow CPU can take
# longer; whoever presses Stop shall not wait for it, and what was kept at the last checkpoint stands.
GRACE = 1.5


class Mailbox:
    """Events on their way from the thread to the window. Of the steps only the newest is kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[Event] = []

    def put(self, event: Event) -> None:
        with self._lock:
            if isinstance(event, Step):
                self._events = [other for other in self._events if not isinstance(other, Step)]
            self._events.append(event)

    def drain(self) -> list[Event]:
        """Everything since the last time, oldest first."""
        with self._lock:
            events, self._events = self._events, []
        return events


class JobThread(QThread):
    """Runs one order on `engine`. The terminal event is the last thing it puts into `mailbox`.

    After a failure the engine is closed: CUDA may have left it unusable, and a fresh one costs seconds.
    """

    def __init__(
        self,
        job_id: str,
        request: protocol.Message,
        engine: EngineClient,
        grace: float = GRACE,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.job_id = job_id
        self.engine = engine
        self.mailbox = Mailbox()
        self._request = request
        self._grace = grace
        self._keep: bool | None = None  # set: to be cancelled, with or without a checkpoint

    def cancel(self, keep: bool) -> None:
        """Asks for the end; returns at once."""
        self._keep = keep
        self.engine.wake()

    def run(self) -> None:
        """In the thread. No exception is kept: its traceback would hold on to what the frames refer to."""
        try:
            end = self._supervise()
        except EngineDied as error:
            leftovers.mark(self._request, self.job_id, "failed", error.as_json())
            end = Failed(self.job_id, error.sentence, error.remedy, error.log)
        except Exception:
            end = Failed(self.job_id, "The job couldn't be followed.", "Try again.", traceback.format_exc())
        if isinstance(end, Failed):
            self.engine.close()
        self.mailbox.put(end)

    def _supervise(self) -> Event:
        while not self.engine.ready:
            if self._keep is not None:
                return Cancelled(self.job_id)
            self.engine.receive()
        self.engine.send({**self._request, "id": self.job_id})
        return self._listen()

    def _listen(self) -> Event:
        told: bool | None = None
        deadline: float | None = None
        while True:
            if self._keep is not told:
                told = self._keep
                self.engine.send({"cancel": self.job_id, "keep": told})
                deadline = deadline or time.monotonic() + self._grace
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return self._killed(keep=bool(told))
            message = self.engine.receive(left)
            if message is None or message.get("id") != self.job_id or "event" not in message:
                continue
            event = from_json(json.dumps(message["event"]))
            if isinstance(event, TERMINAL):
                return event
            self.mailbox.put(event)

    def _killed(self, keep: bool) -> Event:
        self.engine.kill()
        if keep:
            leftovers.mark(self._request, self.job_id, "interrupted")
        else:
            leftovers.discard(self._request, self.job_id)
        text = f"The engine didn't stop within {self._grace:g} s and was ended."
        self.mailbox.put(Message(self.job_id, text, "warning"))
        return Cancelled(self.job_id, resumable=keep)
