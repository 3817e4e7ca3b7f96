"""How the drawing of a map stands, out of the queue's jobs."""

from __future__ import annotations

from coun_gui.jobs.schedule import Job
from coun_gui.ui.session import Session

UNDER_WAY = ("waiting", "paused", "running")


def map_job(session: Session) -> Job | None:
    """The last map that was ordered for the experiment in view."""
    if session.experiment is None:
        return None
    experiment = session.experiment.id
    jobs = [
        job
        for job in session.queue.jobs()
        if job.request.get("do") == "map" and experiment in job.experiments
    ]
    return jobs[-1] if jobs else None


def stage(job: Job) -> str:
    """What it does now, in words; why it doesn't yet."""
    if job.state == "paused":
        return "paused"
    if job.state == "waiting":
        return "waits for the runs that it shows" if job.needs else "waits for an engine"
    return job.stage
