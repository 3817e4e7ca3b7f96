"""What a run tells while it happens. The window, the command line and a cluster read the same stream.

A run's stream is `Started`, any number of the others, and exactly one terminal event: `Finished`, `Failed` or
`Cancelled`. Events are plain values and travel as one line of JSON.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """`run` is the id of the run (or of the map) that speaks."""

    run: str


@dataclass(frozen=True, slots=True)
class Started(Event):
    """Work begins; `epoch` > 0 where it goes on from a checkpoint."""

    title: str
    epochs: int
    epoch: int = 0
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class Step(Event):
    """Progress inside an epoch or a stage. `done` of `total` over the whole run, in 0…1 as `share`."""

    stage: str
    share: float
    epoch: int = 0
    losses: dict[str, float] = field(default_factory=dict)
    samples_per_second: float = 0.0


@dataclass(frozen=True, slots=True)
class Epoch(Event):
    """An evaluated epoch. `metrics` in %: RA, UA, TA, MIA; `losses`: mean of each part over the epoch.

    `seconds` and `flops` are the training's own, since the start, without evaluation. Epoch 0 is the state before
    the first update.
    """

    epoch: int
    epochs: int
    metrics: dict[str, float]
    losses: dict[str, float]
    lr: float
    seconds: float
    flops: float


@dataclass(frozen=True, slots=True)
class Message(Event):
    """A line for the log. `level`: info, warning or error."""

    text: str
    level: str = "info"


@dataclass(frozen=True, slots=True)
class Artifact(Event):
    """A file was written, `path` absolute. `kind`: outputs, model, map."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Finished(Event):
    """Done. `cached`: nothing had to be computed, the run was in the workspace already."""

    metrics: dict[str, float]
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """Went wrong: one sentence and a remedy for the user; `log` holds the traceback."""

    sentence: str
    remedy: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class Cancelled(Event):
    """Stopped on request. `resumable`: a checkpoint lies in the run folder."""

    resumable: bool = False


TERMINAL = (Finished, Failed, Cancelled)
_KINDS: dict[str, type[Event]] = {
    kind.__name__: kind for kind in (Started, Step, Epoch, Message, Artifact, Finished, Failed, Cancelled)
}


def to_json(event: Event) -> str:
    """One line; the key `event` names the kind."""
    return json.dumps({"event": type(event).__name__, **asdict(event)}, ensure_ascii=False)


def from_json(line: str | bytes) -> Event:
    """The event that `to_json` wrote. Raises `ValueError` for anything else."""
    try:
        content: dict[str, Any] = json.loads(line)
        return _KINDS[content.pop("event")](**content)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not an event: {error}") from None
