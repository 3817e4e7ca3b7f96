"""A science without torch for engines under test: what is asked for says how it behaves."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from coun_gui.errors import CounError
from coun_gui.experiments.events import Epoch, Event, Failed, Finished, Message, Started, Step

FOREVER = 10**9


def load() -> None:
    """Nothing heavy."""


def answer(question: dict[str, Any]) -> dict[str, Any]:
    match question["ask"]:
        case "capabilities":
            return {"methods": [], "pid": os.getpid()}
        case "echo":
            return {"echo": question["text"], "pid": os.getpid()}
        case "process":
            return {
                "nice": os.nice(0),
                "wait_policy": os.environ["OMP_WAIT_POLICY"],
                "spin_count": os.environ["GOMP_SPINCOUNT"],
                "threads": os.environ["OMP_NUM_THREADS"],
            }
        case "wait":
            time.sleep(question["seconds"])
            return {}
        case "refuse":
            raise CounError("No such dataset.", "Pick another.", "dataset.name")
        case "raise":
            raise ZeroDivisionError("division by zero")
        case "die":
            os._exit(3)
    raise CounError("Unknown question.")


def work(order: dict[str, Any]) -> Generator[Event, None, None]:
    """Does what `order["do"]` names; `order["trace"]` names a folder in which it says what happened to it."""
    run = str(order["id"])
    trace = Trace(order)
    trace.mark("started")
    try:
        yield Started(run, "fake", epochs=4, epoch=2 if trace.has("kept") else 0)
        yield from BEHAVIOURS[order["do"]](run, order)
    except GeneratorExit:
        trace.mark("kept")
        raise
    trace.mark("ended")


def discard(order: dict[str, Any]) -> None:
    Trace(order).mark("discarded")


class Trace:
    """Files that a test can see from its own process."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._folder = Path(order["trace"]) if "trace" in order else None
        self._run = str(order["id"])

    def mark(self, what: str) -> None:
        if self._folder is not None:
            with (self._folder / "order.txt").open("a") as file:
                file.write(f"{what} {self._run}\n")

    def has(self, what: str) -> bool:
        path = self._folder / "order.txt" if self._folder else None
        return path is not None and path.exists() and f"{what} {self._run}\n" in path.read_text()


def finish(run: str, order: dict[str, Any]) -> Generator[Event, None, None]:
    for epoch in range(1, 5):
        yield Step(run, "train", epoch / 4, epoch, {"CE": 1.0 / epoch}, 100.0)
        yield Epoch(run, epoch, 4, {"UA": 10.0 * epoch}, {"CE": 1.0 / epoch}, 0.1, 1.0 * epoch, 5.0 * epoch)
    yield Message(run, f"pid {os.getpid()}")
    yield Finished(run, {"UA": 40.0})


def flood(run: str, order: dict[str, Any]) -> Generator[Event, None, None]:
    for step in range(100_000):
        yield Step(run, "train", step / 100_000)
    yield Finished(run, {})


def endless(run: str, order: dict[str, Any]) -> Generator[Event, None, None]:
    for step in range(FOREVER):
        time.sleep(0.005)  # a batch
        yield Step(run, "train", step / FOREVER, losses={"CE": 1.0})


def finish_when_resumed(run: str, order: dict[str, Any]) -> Generator[Event, None, None]:
    yield from finish(run, order) if Trace(order).has("kept") else endless(run, order)


def fail_once(run: str, order: dict[str, Any]) -> Generator[Event, None, None]:
    if Trace(order).has("ended"):
        yield from finish(run, order)
    else:
        Trace(order).mark("ended")
        yield Failed(run, "The loss became infinite.", "Lower the learning rate.", "Traceback: …")


def fail(run: str, order: dict[str, Any]) -> Generator[Event, None, None]:
    yield Failed(run, "The loss became infinite.", "Lower the learning rate.", "Traceback: …")
    yield Finished(run, {})  # an engine must not pass this on


def throw(run: str, order: dict[str, Any]) -> Generator[Event, None, None]:
    yield Step(run, "train", 0.1)
    raise ValueError("shapes differ")


def say_nothing(run: str, order: dict[str, Any]) -> Generator[Event, None, None]:
    yield Step(run, "train", 0.1)


def leave(run: str, order: dict[str, Any]) -> Generator[Event, None, None]:
    yield Step(run, "train", 0.1)
    os.write(2, b"something terrible\n")
    os._exit(3)


def be_killed(run: str, order: dict[str, Any]) -> Generator[Event, None, None]:
    yield Step(run, "train", 0.1)
    os.kill(os.getpid(), signal.SIGKILL)


def be_deaf(run: str, order: dict[str, Any]) -> Generator[Event, None, None]:
    yield Step(run, "train", 0.1)
    threading.Event().wait()


def fail_to_stop(run: str, order: dict[str, Any]) -> Generator[Event, None, None]:
    try:
        yield from endless(run, order)
    finally:
        raise OSError("no space left on device")


BEHAVIOURS = {
    function.__name__: function
    for function in (
        finish, flood, endless, finish_when_resumed, fail_once, fail, throw, say_nothing, leave, be_killed,
        be_deaf, fail_to_stop,
    )
}  # fmt: skip
