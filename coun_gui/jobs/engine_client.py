"""The window's end of an engine: starts the process, talks to it, says in words how it ended. No Qt."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import wait
from pathlib import Path

from coun_gui.errors import CounError
from coun_gui.jobs.engine import SCIENCE, serve
from coun_gui.jobs.protocol import Message, decode, encode

POLITE = 1.0  # s that an idle engine has to follow a quit
TAIL = 8_000  # characters of its output that are kept for the log
# multiprocessing reaps its children when it starts one; where two threads reap one, its exit code may be lost
_reaping = threading.Lock()


class EngineDied(CounError):
    """The engine process ended without being asked to. `log`: the last it printed."""

    def __init__(self, sentence: str, remedy: str, log: str = "") -> None:
        super().__init__(sentence, remedy)
        self.log = log


class EngineClient:
    """One engine process, running from construction to `close`.

    One thread at a time sends and receives; `wake` may be called by any.
    """

    def __init__(self, science: str = SCIENCE) -> None:
        context = get_context("spawn")
        self.ready = False
        self._closed = False
        self._waking = threading.Lock()
        self._output = _empty_file()
        self._connection, theirs = context.Pipe()
        self._woken, self._waker = context.Pipe(duplex=False)
        # A daemon, so that an interpreter that ends without `close` takes its engines along.
        self._process = context.Process(
            target=serve, args=(theirs, science, str(self._output)), name="coun-engine", daemon=True
        )
        with _reaping:
            self._process.start()
        theirs.close()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return not self._closed and self._process.is_alive()

    def send(self, message: Message) -> None:
        """Raises `EngineDied`."""
        try:
            self._connection.send_bytes(encode(message))
        except OSError:
            raise self._died() from None

    def receive(self, timeout: float | None = None) -> Message | None:
        """The next message; None after `timeout` seconds or a `wake`. Raises `EngineDied`."""
        try:
            ready = wait([self._connection, self._woken], timeout)
            if self._woken in ready:
                self._woken.recv_bytes()
            if self._connection not in ready:
                return None
            message = decode(self._connection.recv_bytes())
        except (EOFError, OSError):
            raise self._died() from None
        if message.get("ready"):
            self.ready = True
        return message

    def wake(self) -> None:
        """Makes a `receive` that waits in another thread return."""
        with self._waking, suppress(OSError):
            self._waker.send_bytes(b"!")

    def quit(self) -> None:
        """Asks an idle engine to end, without waiting for it."""
        with suppress(OSError):
            self._connection.send_bytes(encode({"quit": True}))

    def close(self) -> None:
        """Ends the process, politely where it listens; takes 3 s at most. Closing twice is harmless."""
        if self._closed:
            return
        if self.ready:  # one that is still importing wouldn't hear it
            self.quit()
            self._joined()
        self._end()

    def kill(self) -> None:
        """Ends the process at once."""
        if not self._closed:
            self._process.kill()
            self._joined()
            self._end()

    def _end(self) -> None:
        for end_it in (self._process.terminate, self._process.kill):
            if not self._joined(0):
                end_it()
                self._joined()
        self._closed = True
        with self._waking:
            for end in (self._connection, self._woken, self._waker):
                end.close()
        with suppress(OSError):
            self._output.unlink(missing_ok=True)

    def _joined(self, timeout: float = POLITE) -> bool:
        """Whether it has ended within so many seconds."""
        if not wait([self._process.sentinel], timeout):
            return False
        with _reaping:
            self._process.join(POLITE)
        return True

    def _died(self) -> EngineDied:
        self._joined()  # the pipe closes a moment before the exit code is known
        sentence, remedy = death_in_words(self._process.exitcode)
        return EngineDied(sentence, remedy, self.printed())

    def printed(self) -> str:
        """The end of what the engine and its libraries printed."""
        try:
            return self._output.read_text(encoding="utf-8", errors="replace")[-TAIL:]
        except OSError:
            return ""


def death_in_words(exit_code: int | None) -> tuple[str, str]:
    """Sentence and remedy for the exit code of a process, which is −n after signal n."""
    again = "Try again: what was saved is intact. The log has the details."
    if exit_code is None:
        return "The engine no longer answers.", again
    if exit_code == -getattr(signal, "SIGKILL", 9):
        return (
            "The engine was killed by signal 9 (often: out of memory).",
            "Close other programs, or use a smaller batch size or model, and try again.",
        )
    if exit_code < 0:
        name = signal.strsignal(-exit_code) or "unknown"
        return f"The engine was ended by signal {-exit_code} ({name}).", again
    if exit_code == 0:
        return "The engine ended before its work was done.", again
    return f"The engine stopped with exit code {exit_code}.", again


class EnginePool:
    """Engines that wait for work, so that torch is imported once and not for every job."""

    def __init__(self, science: str = SCIENCE) -> None:
        self._science = science
        self._idle: list[EngineClient] = []

    def warm(self) -> None:
        """Starts an engine if none waits; it loads in the background."""
        self.give_back(self.take())

    def take(self) -> EngineClient:
        """An idle engine, or a new one."""
        while self._idle:
            engine = self._idle.pop()
            if engine.alive:
                return engine
            engine.close()
        return EngineClient(self._science)

    def give_back(self, engine: EngineClient) -> None:
        """Keeps it for the next job if it is fit for one."""
        if engine.alive:
            self._idle.append(engine)
        else:
            engine.close()

    def close(self) -> None:
        """Ends all idle engines, at the same time."""
        for engine in self._idle:
            engine.quit()
        while self._idle:
            self._idle.pop().close()


def _empty_file() -> Path:
    descriptor, name = tempfile.mkstemp(prefix="coun-engine-", suffix=".log")
    os.close(descriptor)
    return Path(name)
