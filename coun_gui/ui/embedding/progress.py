"""How the drawing of a map stands, out of the queue's jobs."""

from __future__ import annotations

from coun_gui.jobs.schedule import Job
from coun_gui.ui.session import Session

UNDER_WAY = ("waiting", "paused", "running")


def map_job(session: Session) -> Job | None:
    """Of the maps of the experiment in view: the one that is being drawn, else that which is next, else the last."""
    return max(map_jobs(session), key=_standing, default=None)


def map_jobs(session: Session) -> list[Job]:
    """All orders of maps for the experiment in view, by when they were first submitted."""
    if session.experiment is None:
        return []
    experiment = session.experiment.id
    jobs = session.queue.jobs()
    return [job for job in jobs if job.request.get("do") == "map" and experiment in job.experiments]


def _standing(job: Job) -> tuple[int, float]:
    """The order of submission doesn't tell: an old one that is retried keeps its place in the queue."""
    rank = 2 if job.state == "running" else int(job.state in UNDER_WAY)
    return rank, 0.0 if rank or job.ended is None else job.ended


def stage(job: Job) -> str:
    """What it does now, in words; why it doesn't yet."""
    if job.state == "paused":
        return "paused"
    if job.state == "waiting":
        return "waits for the runs that it shows" if job.needs else "waits for an engine"
    return job.stage
