"""What the real engine can do. Loaded by name, in an engine process only; torch comes in with `load`.

The imports stand inside the functions so that naming this module never costs a process torch.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from coun_gui.errors import CounError, unknown
from coun_gui.experiments.events import Event
from coun_gui.experiments.maps import MapSpec
from coun_gui.experiments.spec import DatasetSpec, ForgetSpec, RunSpec, invalid_spec, parse_experiment
from coun_gui.jobs.protocol import Message

QUESTIONS = ("capabilities", "describe", "estimate", "forget", "landing", "neighbours", "plan")
Model = TypeVar("Model", bound=BaseModel)


def load() -> None:
    """Imports torch and what is built on it."""
    from coun_gui.experiments import capabilities, plan, run  # noqa: F401


def answer(question: Message) -> Message:
    """The answer to one question of `protocol.py`; raises `CounError`."""
    from coun_gui.experiments import answers, capabilities, images

    kind = question["ask"]
    if kind == "capabilities":
        return capabilities.capabilities()
    if kind in ("plan", "estimate"):
        workspace = Path(question["workspace"]) if question.get("workspace") else None
        spec = parse_experiment(question["spec"])
        device = question.get("device", "auto")
        images.refuse_download(spec.dataset)
        if kind == "plan":
            return answers.plan_answer(spec, workspace, device, question.get("at_once", 1))
        return answers.estimate_answer(spec, workspace, device)
    if kind == "landing":
        return _landing(question)
    if kind == "neighbours":
        return _neighbours(question)
    dataset = _parsed(DatasetSpec, question.get("dataset", {}), "dataset")
    images.refuse_download(dataset)
    if kind == "describe":
        return capabilities.describe(dataset)
    if kind == "forget":
        forget = _parsed(ForgetSpec, question.get("forget", {}), "forget")
        return capabilities.describe_forget(dataset, forget)
    raise unknown("question", str(kind), QUESTIONS)


def _landing(question: Message) -> Message:
    from coun_gui.experiments import images
    from coun_gui.experiments.landing import LandingQuestion, finished_runs, landing
    from coun_gui.experiments.workspace import Workspace

    asked = _parsed(LandingQuestion, _content(question))
    with Workspace(asked.workspace) as opened:
        dataset = finished_runs(opened, asked.runs)[0].spec.dataset
        images.refuse_download(dataset)
        known = images.loaded(dataset)
        return landing(opened, asked, known.data, known.fingerprint)


def _neighbours(question: Message) -> Message:
    from coun_gui.experiments.nearest import NeighboursQuestion, nearest
    from coun_gui.experiments.workspace import Workspace

    asked = _parsed(NeighboursQuestion, _content(question))
    with Workspace(asked.workspace) as opened:
        return nearest(opened, asked)


def _content(question: Message) -> Message:
    return {key: value for key, value in question.items() if key not in ("id", "ask")}


def work(order: Message) -> Generator[Event, None, None]:
    """The events of a run, a map, or the loading of a dataset."""
    if order["do"] == "run":
        from coun_gui.experiments.run import run

        yield from run(_parsed(RunSpec, order["spec"]), Path(order["workspace"]), order.get("device", "auto"))
    elif order["do"] == "map":
        from coun_gui.experiments.draw import draw

        yield from draw(
            _parsed(MapSpec, order["spec"]), Path(order["workspace"]), order.get("device", "auto")
        )
    elif order["do"] == "load":
        from coun_gui.experiments.loading import load

        yield from load(_parsed(DatasetSpec, order["spec"]))
    else:
        raise CounError(f"An engine can't do “{order['do']}”.")


def discard(order: Message) -> None:
    """Removes what a cancelled run left; a map leaves nothing."""
    if order["do"] == "run":
        from coun_gui.experiments.run import discard as discard_run

        discard_run(_parsed(RunSpec, order["spec"]), Path(order["workspace"]))


def _parsed(model: type[Model], content: Message, prefix: str = "") -> Model:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise invalid_spec(error, model, prefix) from None
