"""What a line of the job tree says, worked out from a job, or from a run's record where no job is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean

from coun_gui.experiments.record import RunRecord
from coun_gui.jobs.queue import Job
from coun_gui.reports.colours import method_title

STATES = {
    "waiting": "waiting", "paused": "paused", "running": "running", "done": "done", "failed": "failed",
    "cancelled": "stopped", "blocked": "blocked", "interrupted": "interrupted", "missing": "not computed",
}  # fmt: skip
METRICS = ("RA", "UA", "TA", "MIA")


@dataclass(frozen=True)
class Line:
    """One line, ready to be shown. `share` 0…1; `eta` in seconds, None where unknown."""

    title: str
    state: str
    share: float = 0.0
    epoch: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    speed: float = 0.0
    eta: float | None = None
    note: str = ""


def job_line(job: Job) -> Line:
    """How a job stands now."""
    running = job.state == "running"
    epoch = f"{job.epoch} / {job.epochs}" if job.epochs else (job.stage if running else "")
    return Line(
        title=job.title,
        state=job.state,
        share=job.share,
        epoch=epoch,
        metrics=job.metrics,
        speed=job.samples_per_second if running else 0.0,
        eta=job.eta if running else None,
        note=" ".join(part for part in (job.message, job.remedy) if part),
    )


def record_line(record: RunRecord, forget_hash: str) -> Line:
    """How a run stands that was computed, or begun, before the program was opened."""
    spec = record.spec
    epochs = spec.epochs
    metrics = record.metrics.get(forget_hash) or record.metrics.get(spec.forget_hash) or {}
    done = record.status == "done"
    return Line(
        title=f"{method_title(spec.method, spec.contrastive is not None)}, seed {spec.seed}",
        state=record.status,
        share=1.0 if done else min(record.epoch / epochs, 1.0) if epochs else 0.0,
        epoch=f"{record.epoch} / {epochs}" if record.epoch else "",
        metrics=dict(metrics),
        note=" ".join(part for part in (record.error.get("sentence"), record.error.get("remedy")) if part),
    )


def missing_line(run: str) -> Line:
    """A run that was asked for and never begun."""
    return Line(title=f"Run {run}", state="missing")


def experiment_line(title: str, lines: Sequence[Line], paused: bool, jobs: Sequence[Job]) -> Line:
    """The sum of an experiment's runs."""
    done = sum(line.state == "done" for line in lines)
    return Line(
        title=title,
        state=summary(lines, paused),
        share=fmean(line.share for line in lines) if lines else 0.0,
        epoch=f"{done} of {len(lines)} done",
        speed=sum(line.speed for line in lines),
        eta=time_left(jobs),
    )


def summary(lines: Sequence[Line], paused: bool) -> str:
    """The state that matters most to someone who looks at the experiment."""
    states = {line.state for line in lines}
    if "running" in states:
        return "running"
    if paused and states & {"paused", "waiting"}:
        return "paused"
    order = ("waiting", "failed", "interrupted", "cancelled", "blocked", "missing", "done")
    return next((state for state in order if state in states), "missing")


def time_left(jobs: Sequence[Job]) -> float | None:
    """Seconds: what the running jobs say, and for each waiting one the mean of those that ended."""
    running = [job.eta for job in jobs if job.state == "running"]
    waiting = sum(job.state in ("waiting", "paused") for job in jobs)
    if not running and not waiting:
        return None
    took = [job.ended - job.started for job in jobs if job.ended is not None and job.started is not None]
    if any(eta is None for eta in running) or (waiting and not took):
        return None
    return sum(eta for eta in running if eta is not None) + (waiting * fmean(took) if waiting else 0.0)
