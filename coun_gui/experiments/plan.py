"""From an experiment to its runs: everything resolved and checked, shared runs once, in an order that works."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from coun_gui.errors import InvalidSpec
from coun_gui.experiments import images
from coun_gui.experiments.images import Images, checked_params
from coun_gui.experiments.spec import (
    ORIGINAL,
    RETRAIN,
    TRAINING_KEYS,
    ExperimentSpec,
    ForgetSpec,
    MethodSpec,
    ModelSpec,
    RunSpec,
    invalid_spec,
)
from coun_gui.experiments.workspace import Workspace
from coun_gui.unlearning import forgetting
from coun_gui.unlearning.augment import ImageStore
from coun_gui.unlearning.images import ImageData, Progress
from coun_gui.unlearning.methods import Method, Pass, methods
from coun_gui.unlearning.methods.ft import FineTuning
from coun_gui.unlearning.models import architectures, build
from coun_gui.unlearning.parameters import TrainingSpec, UnlearningSpec
from coun_gui.unlearning.training import forward_flops


@dataclass(frozen=True)
class Plan:
    """The runs of an experiment, each after the runs it needs."""

    spec: ExperimentSpec
    images: Images
    forget: np.ndarray  # int64, sorted training indices
    runs: tuple[RunSpec, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(run.id for run in self.runs)


def plan(spec: ExperimentSpec) -> Generator[Progress, None, Plan]:
    """Raises `CounError` with the field at fault; tells the progress of loading the data."""
    model = _resolved_model(spec.model)
    resolved = [_resolved_method(method, number, spec) for number, method in enumerate(spec.methods)]
    loaded = yield from images.load(spec.dataset)
    forget = resolve_forget(loaded.data, spec.forget)
    common: dict[str, Any] = {
        "dataset": spec.dataset,
        "dataset_fingerprint": loaded.fingerprint,
        "model": model,
        "forget": spec.forget,
        "forget_hash": forgetting.forget_hash(loaded.fingerprint, forget),
        "evaluation": spec.evaluation,
    }
    runs: dict[str, RunSpec] = {}
    for seed in spec.seeds:
        original = RunSpec(method=ORIGINAL, training=spec.training, seed=seed, **common)
        wanted = [original]
        if spec.reference:
            wanted.append(RunSpec(method=RETRAIN, training=spec.training, seed=seed, **common))
        wanted += [RunSpec(seed=seed, **_start(method, original), **common) for method in resolved]
        runs |= {run.id: run for run in wanted if run.id not in runs}
    return Plan(spec, loaded, forget, tuple(runs.values()))


def _start(method: dict[str, Any], original: RunSpec) -> dict[str, Any]:
    """What tells where a method starts: from this Original, or from scratch by the Original's recipe."""
    if methods.get(method["method"]).starts_from_original:
        return {**method, "original": original.id}
    return {**method, "training": original.training}


def planned(spec: ExperimentSpec) -> Plan:
    """The plan without telling progress."""
    return images.drained(plan(spec))


def _resolved_model(spec: ModelSpec) -> ModelSpec:
    kind = architectures.get(spec.name, "model.name")
    params = checked_params(kind.Params, spec.params, "model", ("name",))
    return ModelSpec(name=spec.name, **params.model_dump(mode="json"))


def _resolved_method(given: MethodSpec, number: int, spec: ExperimentSpec) -> dict[str, Any]:
    """The method's part of a `RunSpec`, with every default filled in."""
    path = f"methods.{number}"
    kind = methods.get(given.name, f"{path}.name")
    if given.contrastive and not kind.contrastive:
        raise InvalidSpec(
            f"{kind.title} can't be combined with the contrastive switch.",
            _why_no_switch(kind),
            f"{path}.contrastive",
        )
    if given.overrides and not kind.starts_from_original:
        key = next(iter(given.overrides))
        raise InvalidSpec(
            f"{kind.title} takes no {key} of its own.",
            "It is trained as the Original is: set it in [training].",
            f"{path}.{key}",
        )
    params = checked_params(kind.Params, given.params, path, ("name", "contrastive", *TRAINING_KEYS))
    try:
        recipe = UnlearningSpec.model_validate({**spec.unlearning.model_dump(), **given.overrides})
    except ValidationError as error:
        raise invalid_spec(error, UnlearningSpec, path) from None
    return {
        "method": given.name,
        "params": params.model_dump(mode="json"),
        "contrastive": given.contrastive,
        "training": TrainingSpec(**{**recipe.model_dump(), **({} if kind.trains else {"epochs": 1})}),
    }


def _why_no_switch(kind: type[Method]) -> str:
    if not kind.starts_from_original:
        return "It is the reference, trained as the Original was."
    return "It has the contrastive module built in, or no retain batch to apply it to."


def resolve_forget(data: ImageData, spec: ForgetSpec) -> np.ndarray:
    """The sorted training indices that a description means."""
    if spec.kind == "class":
        return forgetting.forget_classes(data, spec.classes)
    if spec.kind == "random":
        assert spec.fraction is not None
        return forgetting.forget_random(data, spec.fraction, spec.seed, spec.classes)
    return forgetting.read_indices(Path(spec.file or "").expanduser(), len(data.train_labels))


def plan_answer(spec: ExperimentSpec, workspace: Path | None = None) -> dict[str, Any]:
    """The plan as the window asks for it; keeps the forget set in the workspace, where there is one."""
    work = planned(spec)
    keep_forget_set(work, workspace)
    return {
        "runs": [
            {
                "id": run.id,
                "spec": run.model_dump(mode="json"),
                "title": title(run),
                "needs": [run.original] if run.original else [],
                "done": workspace is not None and is_done(run, workspace),
            }
            for run in work.runs
        ],
        "flops": estimated_flops(work),
    }


def keep_forget_set(work: Plan, workspace: Path | None) -> None:
    """Saves the plan's forget set under its hash."""
    if workspace is not None:
        with Workspace(workspace) as opened:
            opened.save_forget(work.runs[0].forget_hash, work.forget)


def is_done(run: RunSpec, workspace: Path) -> bool:
    """Whether the workspace holds the finished run, evaluated on this forget set."""
    with Workspace(workspace) as opened:
        record = opened.run(run.id)
    return record is not None and record.status == "done" and run.forget_hash in record.metrics


def title(run: RunSpec) -> str:
    """What people call the run, such as “CoUn, seed 0”."""
    name = "Original" if run.method == ORIGINAL else methods.get(run.method).title
    return f"{name}{' + CL' if run.contrastive else ''}, seed {run.seed}"


def method_of(run: RunSpec) -> Method:
    """The method object of a run. The Original is trained as Retrain is, on all data."""
    if run.method == ORIGINAL:
        return FineTuning(FineTuning.Params())
    kind = methods.get(run.method)
    return kind(kind.Params.model_validate(run.params))


def estimated_flops(work: Plan) -> float:
    """FLOPs of the whole plan: three forward passes a trained sample, and three more for a second view."""
    spec, data = work.runs[0], work.images.data
    kind = architectures.get(spec.model.name)
    model = build(
        spec.model.name, kind.Params.model_validate(spec.model.params), data.shape, len(data.class_names), 0
    )
    one = slice(0, 1)
    store = ImageStore(
        data.train_images[one], data.train_labels[one], data.augmentation, next(model.parameters()).device
    )
    forward = forward_flops(model, store)
    return float(
        sum(3 * forward * _samples(run, len(data.train_labels), len(work.forget)) for run in work.runs)
    )


def _samples(run: RunSpec, total: int, forget: int) -> int:
    """Forward-and-backward passes of single images over the whole run."""
    method = method_of(run)
    if not method.trains:
        return total + forget
    retain = total if run.method == ORIGINAL else total - forget
    views = 2 if method.module(run.contrastive) else 1
    size = {Pass.RETAIN: retain * views, Pass.FORGET: forget, Pass.BOTH: retain * (views + 1)}
    return sum(size[kind] for epoch in range(run.training.epochs) for kind in method.passes(epoch))
