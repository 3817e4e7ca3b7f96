"""Progress in the terminal: one line a run that is rewritten, or one line of JSON an event."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Protocol

from coun_gui.experiments.events import (
    Cancelled,
    Epoch,
    Event,
    Failed,
    Finished,
    Message,
    Step,
    to_json,
)

EVERY = 0.2  # seconds between two rewritings of the line


class Printer(Protocol):
    def begin(self, position: str, title: str) -> None: ...

    def __call__(self, event: Event) -> None: ...


def printer(kind: str) -> Printer:
    """`jsonl`: every event as a line of JSON; `plain`: for people."""
    return JsonPrinter() if kind == "jsonl" else PlainPrinter()


class JsonPrinter:
    def begin(self, position: str, title: str) -> None:
        """The events say all there is to say."""

    def __call__(self, event: Event) -> None:
        print(to_json(event), flush=True)


class PlainPrinter:
    """Rewrites its line in a terminal; prints an ended run alone elsewhere."""

    def __init__(self) -> None:
        self._position = ""
        self._title = ""
        self._last = 0.0
        self._figures = ""
        self._live = sys.stdout.isatty()

    def begin(self, position: str, title: str) -> None:
        if title != self._title:
            self._figures = ""
        self._position, self._title = position, title

    def __call__(self, event: Event) -> None:
        match event:
            case Epoch(metrics=metrics):
                self._figures = figures(metrics)
            case Step(stage=stage, share=share) if self._live and time.monotonic() - self._last > EVERY:
                self._last = time.monotonic()
                self._line(f"{stage} {share:4.0%}  {self._figures}", end="")
            case Message(text=text, level=level) if level != "info":
                self._line(text)
            case Finished(metrics=metrics, cached=cached):
                self._line(("already done  " if cached else "done  ") + figures(metrics))
            case Failed(sentence=sentence, remedy=remedy):
                self._line(f"FAILED: {sentence} {remedy}")
            case Cancelled():
                self._line("stopped")

    def _line(self, text: str, end: str = "\n") -> None:
        start = "\r\033[K" if self._live else ""
        print(f"{start}{self._position} {self._title}  {text}", end=end, flush=True)


def figures(metrics: Mapping[str, float]) -> str:
    """“RA 99.8  UA 2.1 …”"""
    return "  ".join(f"{name} {value:.2f}" for name, value in metrics.items())
