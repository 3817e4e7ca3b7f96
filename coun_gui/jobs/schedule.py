"""Jobs and the rules of their order. No threads, no Qt: what may run next follows from the states alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from coun_gui.experiments.events import Cancelled, Epoch, Event, Failed, Finished, Message, Started, Step

State = Literal["waiting", "paused", "running", "done", "failed", "cancelled", "blocked"]
NOT_STARTED: tuple[State, ...] = ("waiting", "paused", "blocked")
WITHOUT_RESULT: tuple[State, ...] = ("failed", "cancelled", "blocked")
LOG_LINES = 2_000


@dataclass
class Job:
    """One order for an engine, and how it stands.

    request: the `do` message of `protocol.py` without its id. needs: ids of jobs that must be done before.
    load: the share of the machine that it takes, 0…1; small models leave room for others beside them.
    renew: what it makes is known to be gone, so that it runs again even if it was done.
    Times are monotonic seconds, `eta` the seconds left, None where unknown; `share` is 0…1.
    """

    id: str
    title: str
    request: dict[str, Any]
    needs: tuple[str, ...] = ()
    experiment: str = ""
    load: float = 1.0
    renew: bool = False
    state: State = field(default="waiting", init=False)
    share: float = field(default=0.0, init=False)
    stage: str = field(default="", init=False)
    epoch: int = field(default=0, init=False)
    epochs: int = field(default=0, init=False)
    metrics: dict[str, float] = field(default_factory=dict, init=False)
    losses: dict[str, float] = field(default_factory=dict, init=False)
    device: str = field(default="", init=False)
    samples_per_second: float = field(default=0.0, init=False)
    started: float | None = field(default=None, init=False)
    ended: float | None = field(default=None, init=False)
    eta: float | None = field(default=None, init=False)
    message: str = field(default="", init=False)
    remedy: str = field(default="", init=False)
    log: list[str] = field(default_factory=list, init=False)
    resumable: bool = field(default=False, init=False)
    stopping: Literal["", "pause", "cancel", "discard"] = field(default="", init=False)
    experiments: list[str] = field(default_factory=list, init=False)
    further: list[dict[str, Any]] = field(default_factory=list, init=False)  # requests that come after this
    _origin: tuple[float, float] | None = field(default=None, init=False, repr=False)  # first time and share

    def __post_init__(self) -> None:
        self.experiments = [self.experiment]

    def begin(self, now: float) -> None:
        """It was given to an engine."""
        self.state = "running"
        self.started, self.ended, self.eta = now, None, None
        self.message, self.remedy, self.stopping, self.stage = "Starting…", "", "", ""
        self._origin = None

    def again(self) -> None:
        """Back into the line, as if never run. The log is kept."""
        self.state = "waiting"
        self.share, self.epoch, self.stage = 0.0, 0, ""
        self.started = self.ended = self.eta = None
        self.message = self.remedy = self.stopping = ""

    def apply(self, event: Event, now: float) -> None:
        """Takes over what an event says."""
        match event:
            case Started():
                self.epoch, self.epochs, self.device = event.epoch, event.epochs, event.device
                self.share = event.epoch / event.epochs if event.epochs else 0.0
                self.message = "" if not self.stopping else self.message
            case Step():
                self.stage, self.epoch = event.stage, max(self.epoch, event.epoch)
                self.losses = event.losses or self.losses
                self.samples_per_second = event.samples_per_second or self.samples_per_second
                self._advance(event.share, now)
            case Epoch():
                self.epoch, self.epochs = event.epoch, event.epochs
                self.metrics, self.losses = event.metrics, event.losses
            case Message():
                self.message = event.text
                self._note(event.text)
            case Finished() | Failed() | Cancelled():
                self._end(event, now)

    def _advance(self, share: float, now: float) -> None:
        self.share = min(1.0, max(0.0, share))
        if self._origin is None:
            self._origin = now, self.share  # a resumed run starts above zero
        since, start = self._origin
        gained = self.share - start
        self.eta = (1 - self.share) * (now - since) / gained if gained > 0 else None

    def _end(self, event: Finished | Failed | Cancelled, now: float) -> None:
        self.ended, self.eta, self.samples_per_second = now, None, 0.0
        if isinstance(event, Finished):
            self.state, self.share, self.message = "done", 1.0, ""
            self.metrics = event.metrics or self.metrics
        elif isinstance(event, Failed):
            self.state, self.message, self.remedy = "failed", event.sentence, event.remedy
            self._note(f"{event.sentence} {event.remedy}".strip())
            self._note(event.log)
        else:
            self.resumable = event.resumable
            self.message = ""
            self.state = "waiting" if self.stopping == "pause" else "cancelled"
        self.stopping = ""

    def _note(self, text: str) -> None:
        self.log.extend(text.splitlines())
        del self.log[:-LOG_LINES]


class Schedule:
    """All jobs in the order in which they were submitted.

    “waiting”, “paused” and “blocked” follow from the others' states: `refresh` derives them anew.
    """

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.paused: set[str] = set()  # experiments

    def submit(self, job: Job) -> bool:
        """Takes a job in; True if its id is new. A known one is merged; without a result, it runs again."""
        known = self.jobs.setdefault(job.id, job)
        if known is job:
            return True
        if job.experiment not in known.experiments:
            known.experiments.append(job.experiment)
        stale = known.state == "done" and (job.renew or not _covers(known, job))
        if known.state in ("failed", "cancelled") or stale:
            known.request, known.needs = job.request, job.needs
            known.again()
        elif not _covers(known, job):
            known.further.append(job.request)
        return False

    def of(self, experiment: str) -> list[Job]:
        return [job for job in self.jobs.values() if experiment in job.experiments]

    def ready(self) -> Job | None:
        """The first job that may start now."""
        return next((job for job in self.jobs.values() if job.state == "waiting" and self._served(job)), None)

    def held(self, job: Job) -> bool:
        """A job pauses when all experiments that want it do."""
        return bool(job.experiments) and self.paused.issuperset(job.experiments)

    def leave(self, experiment: str) -> list[Job]:
        """Takes the experiment out; returns the jobs that no other experiment wants."""
        orphans = [job for job in self.of(experiment) if job.experiments == [experiment]]
        for job in self.of(experiment):
            if job not in orphans:
                job.experiments.remove(experiment)
        return orphans

    def retry(self, job_id: str) -> None:
        """A failed or cancelled job waits again; for a blocked one, that which blocks it does."""
        job = self.jobs[job_id]
        if job.state in ("failed", "cancelled"):
            job.again()
        elif job.state == "blocked":
            for need in self._missing(job):
                self.retry(need.id)

    def refresh(self) -> list[str]:
        """Derives who waits, pauses or is blocked; returns the ids whose state changed.

        Needs come before what needs them, as a plan lists them; else a second pass is made.
        """
        changed: list[str] = []
        while newly := list(self._derive()):
            changed += newly
        return list(dict.fromkeys(changed))

    def _derive(self) -> Iterator[str]:
        for job in self.jobs.values():
            if job.state not in NOT_STARTED:
                continue
            missing = self._missing(job)
            state: State = "blocked" if missing else "paused" if self.held(job) else "waiting"
            if state != job.state:
                job.state = state
                job.message = _why_blocked(missing) if missing else ""
                yield job.id

    def _missing(self, job: Job) -> list[Job]:
        return [need for need in self._needs(job) if need.state in WITHOUT_RESULT]

    def _served(self, job: Job) -> bool:
        return all(need.state == "done" for need in self._needs(job))

    def _needs(self, job: Job) -> Iterable[Job]:
        """What isn't known here lies in the workspace already."""
        return (self.jobs[need] for need in job.needs if need in self.jobs)


def _covers(known: Job, job: Job) -> bool:
    """Whether doing what `known` asks for does what `job` asks for too.

    The Original has one id for all forget sets but is evaluated on each; another workspace has its own runs.
    """
    asked = [{**request, "device": None} for request in (known.request, *known.further)]
    return {**job.request, "device": None} in asked


def _why_blocked(missing: list[Job]) -> str:
    ends = {"failed": "failed", "cancelled": "was cancelled", "blocked": "can't start either"}
    reasons = " and ".join(f"“{need.title}” {ends[need.state]}" for need in missing)
    return f"Can't start because {reasons}."
