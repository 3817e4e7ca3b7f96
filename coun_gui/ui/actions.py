"""What can be done, apart from asking for it: plain functions on a session, for buttons and tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from coun_gui.errors import CounError, WorkspaceError
from coun_gui.experiments.events import Artifact
from coun_gui.experiments.maps import MapSpec, map_spec, read_spec
from coun_gui.experiments.record import RunRecord
from coun_gui.experiments.spec import EmbeddingSpec, ExperimentSpec, ForgetSpec, RunSpec
from coun_gui.experiments.workspace import Experiment
from coun_gui.jobs.queue import Job
from coun_gui.reports.names import LAYOUTS
from coun_gui.ui.session import Session

ACTIVE = ("waiting", "paused", "running")
Failure = Callable[[CounError], None]


def start_experiment(
    session: Session,
    spec: ExperimentSpec,
    device: str = "auto",
    started: Callable[[Experiment], None] = lambda _experiment: None,
    failed: Failure | None = None,
    at_once: int = 1,
) -> int:
    """Has the experiment planned, then remembers it, queues its runs and brings it into view.

    at_once: runs that share a GPU at most. Returns the id of the question. An experiment whose runs are done already
    is only brought into view.
    """

    def planned(answer: dict[str, Any]) -> None:
        try:
            started(submit_plan(session, spec, answer, device))
        except CounError as error:
            (failed or _tell(session))(error)

    return session.desk.ask(plan_question(session, spec, device, at_once), planned, failed or _tell(session))


def plan_question(
    session: Session, spec: ExperimentSpec, device: str = "auto", at_once: int = 1
) -> dict[str, Any]:
    """What to ask the desk for the runs and the cost of an experiment."""
    return {
        "ask": "plan",
        "spec": spec.model_dump(mode="json"),
        "workspace": str(session.workspace.path),
        "device": device,
        "at_once": at_once,
    }


def submit_plan(
    session: Session, spec: ExperimentSpec, plan: dict[str, Any], device: str = "auto"
) -> Experiment:
    """Queues a planned experiment: its runs, then the map that needs them."""
    runs = plan["runs"]
    experiment = session.workspace.save_experiment(spec, tuple(run["id"] for run in runs))
    jobs = [_run_job(session, run, experiment.id, device) for run in runs]
    asked = map_spec({run["id"]: RunSpec.model_validate(run["spec"]) for run in runs}, spec.embedding)
    if asked is not None:
        jobs.append(_map_job(session, asked, experiment.id, asked.runs))
    session.queue.submit(jobs)
    session.show(experiment)
    return experiment


def resume_experiment(session: Session, experiment: Experiment, device: str = "auto") -> int:
    """Computes what is missing of an earlier experiment; what is done is taken from the workspace."""
    return start_experiment(session, experiment.spec, device)


def add_seed(session: Session, experiment: Experiment, device: str = "auto") -> int:
    """The same experiment with one seed more; what is done for the others is taken from the workspace."""
    spec = experiment.spec
    more = next(seed for seed in itertools.count() if seed not in spec.seeds)
    return start_experiment(session, spec.model_copy(update={"seeds": (*spec.seeds, more)}), device)


def draw_map(
    session: Session, embedding: EmbeddingSpec | None = None, points: int | None = None, frames: bool = False
) -> MapSpec | None:
    """Shows the 2-D map of the experiment in view, from those runs of its first seed that are done.

    It is queued where it isn't kept yet, or is damaged. None where no run is done yet.
    points: samples at most; frames: with the epochs in between.
    """
    if session.experiment is None:
        return None
    done: dict[str, RunSpec] = {record.id: record.spec for record in session.records() if _is_done(record)}
    asked = map_spec(done, embedding or session.experiment.spec.embedding)
    if asked is not None:
        more = {"frames": frames, **({"points": points} if points else {})}
        asked = asked.model_copy(update=more)
        _show_or_queue(session, asked, session.experiment.id)
    return asked


def _show_or_queue(session: Session, asked: MapSpec, experiment: str) -> None:
    path = session.workspace.map_path(asked.id)
    if _is_kept(path):
        # As if an engine had just written it: the panels know one way in which a map comes.
        session.live.emit([Artifact(asked.id, "map", str(path))])
    else:
        session.queue.submit([_map_job(session, asked, experiment, renew=True)])


def _is_kept(path: Path) -> bool:
    try:
        read_spec(path)
    except WorkspaceError:
        return False
    return True


def next_forget(spec: ExperimentSpec, path: Path) -> ExperimentSpec:
    """The same experiment with another forget set: the training indices in a text file."""
    return spec.model_copy(update={"name": "", "forget": ForgetSpec(kind="indices", file=str(path))})


def open_workspace(session: Session, path: Path) -> bool:
    """Changes to another workspace, which is made where there is none. What is wrong is told, not raised."""
    try:
        session.open_workspace(path)
    except CounError as error:
        session.told.emit(error.sentence, error.remedy)
        return False
    return True


def show_latest(session: Session) -> None:
    """Brings the newest experiment of the workspace into view, so that a start goes on where one stopped."""
    experiments = session.workspace.experiments()
    session.show(experiments[-1] if experiments else None)


def jobs_of(session: Session, experiment: str) -> list[Job]:
    """The jobs of one experiment, in the order of submission."""
    return [job for job in session.queue.jobs() if experiment in job.experiments]


def active_jobs(session: Session) -> list[Job]:
    """Jobs that run or will run."""
    return [job for job in session.queue.jobs() if job.state in ACTIVE]


def cancel_experiment(session: Session, experiment: str, keep: bool = True) -> None:
    """Stops all jobs of an experiment; `keep` leaves checkpoints to resume from."""
    session.queue.cancel_experiment(experiment, keep)


def pause_or_resume(session: Session, experiment: str) -> None:
    """Waiting jobs are held back; held jobs go on."""
    if session.queue.paused(experiment):
        session.queue.resume(experiment)
    else:
        session.queue.pause(experiment)


def _run_job(session: Session, run: dict[str, Any], experiment: str, device: str) -> Job:
    request = {"do": "run", "spec": run["spec"], "workspace": str(session.workspace.path), "device": device}
    return Job(
        id=run["id"],
        title=run["title"],
        request=request,
        needs=tuple(run["needs"]),
        experiment=experiment,
        load=run.get("load", 1.0),
    )


def _map_job(
    session: Session, asked: MapSpec, experiment: str, needs: tuple[str, ...] = (), renew: bool = False
) -> Job:
    request = {"do": "map", "spec": asked.model_dump(mode="json"), "workspace": str(session.workspace.path)}
    title = f"Map ({LAYOUTS[asked.embedding.method]})"
    return Job(id=asked.id, title=title, request=request, needs=needs, experiment=experiment, renew=renew)


def _is_done(record: RunRecord) -> bool:
    return record.status == "done"


def _tell(session: Session) -> Failure:
    return lambda error: session.told.emit(error.sentence, error.remedy)
