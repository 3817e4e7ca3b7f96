"""What `coun run`, `resume`, `search` and `map` compute, in the command's own process."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from pydantic import ValidationError

from coun_gui.errors import CounError
from coun_gui.experiments.events import Event, Failed
from coun_gui.experiments.maps import MapSpec, map_spec, read_map
from coun_gui.experiments.spec import ORIGINAL, RETRAIN, ExperimentSpec, MethodSpec, invalid_spec
from coun_gui.experiments.workspace import Experiment, Workspace
from coun_gui.experiments.written import save_toml
from coun_gui.progress import printer
from coun_gui.reports.colours import method_title, run_title
from coun_gui.reports.reference import average_gap


def compute(specs: Sequence[ExperimentSpec], options: argparse.Namespace) -> bool:
    """Whether a run failed, which doesn't keep the others from running.

    Everything is checked before anything is written.
    """
    from coun_gui.experiments.machine import choose_device
    from coun_gui.experiments.plan import keep_forget_set, planned

    signal.signal(signal.SIGTERM, _interrupt)
    choose_device(options.device)
    plans = [planned(spec) for spec in specs]
    failed = False
    with Workspace(options.workspace, writable=True) as opened:
        for plan in plans:
            opened.save_experiment(plan.spec, plan.ids)
            keep_forget_set(plan, opened.path)
            failed |= _compute_plan(plan, opened, options)
    return failed


def _compute_plan(plan: Any, workspace: Workspace, options: argparse.Namespace) -> bool:
    from coun_gui.experiments.plan import title
    from coun_gui.experiments.run import run

    show = printer(options.events)
    failed: set[str] = set()
    for number, spec in enumerate(plan.runs, start=1):
        if spec.original in failed:
            failed.add(spec.id)
            print(f"coun: {title(spec)} is skipped, since its Original failed.", file=sys.stderr)
            continue
        show.begin(f"[{number}/{len(plan.runs)}]", title(spec))
        if _shown(run(spec, workspace.path, options.device), show):
            failed.add(spec.id)
    return bool(failed)


def compute_search(spec: ExperimentSpec, options: argparse.Namespace) -> bool:
    """Tries settings of every method and writes the experiment with the best; whether a method is left without one.

    A trial that diverges is counted and passed over.
    """
    from coun_gui.experiments.plan import planned
    from coun_gui.experiments.search import best, reporting, searching

    search = searching(spec, options.trials)
    compute([search], options)
    runs = planned(search).runs
    with Workspace(options.workspace) as opened:
        metrics = {
            run.id: record.metrics.get(run.forget_hash, {}) for run in runs if (record := opened.run(run.id))
        }
    retrain = metrics.get(next(run.id for run in runs if run.method == RETRAIN), {})
    trained = [run.id for run in runs if run.method not in (ORIGINAL, RETRAIN)]
    gaps = [average_gap(metrics.get(run, {}), retrain) for run in trained]
    found = best(spec, search, zip(search.methods, gaps, strict=True))
    for each in found if options.events == "plain" else ():
        values = "  ".join(f"{key} {value}" for key, value in _settings(each.method).items())
        gap = "no trial has a gap" if each.gap is None else f"gap {each.gap:.2f}"
        label = method_title(each.method.name, each.method.contrastive is not None)
        print(f"{label:16}  {gap}, of {each.ended} in {each.tried} trials  {values}")
    head = f"Found by coun search: {options.trials} settings of each method at most, by the gap to Retrain on seed "
    save_toml(
        reporting(spec, found), options.out, f"{head}{spec.seeds[0]}.\nThe seeds below have had no say in it."
    )
    if options.events == "plain":
        print(f"Written: {options.out}; `coun run` computes it.")
    return any(each.gap is None for each in found)


def _settings(method: MethodSpec) -> dict[str, Any]:
    switch = method.contrastive.model_dump() if method.contrastive else {}
    return {**method.params, **method.overrides, **{f"CL {key}": value for key, value in switch.items()}}


def compute_map(workspace: Workspace, experiment: Experiment, options: argparse.Namespace) -> bool:
    """Draws the map that the window would draw of the experiment's finished runs; whether that failed."""
    from coun_gui.experiments.draw import draw
    from coun_gui.experiments.machine import choose_device

    signal.signal(signal.SIGTERM, _interrupt)
    choose_device(options.device)
    done = {
        run.id: run.spec for run in workspace.runs() if run.status == "done" and run.id in experiment.runs
    }
    embedding = experiment.spec.embedding
    if options.layout:
        embedding = embedding.model_copy(update={"method": options.layout})
    asked = map_spec({run: done[run] for run in experiment.runs if run in done}, embedding)
    if asked is None:
        raise CounError(
            "No run of the experiment is done yet.", "Finish it first: coun resume --workspace DIR."
        )
    more = {"frames": options.epochs, **({} if options.points is None else {"points": options.points})}
    try:
        asked = MapSpec.model_validate({**asked.model_dump(), **more})
    except ValidationError as error:
        raise invalid_spec(error, MapSpec) from None
    show = printer(options.events)
    show.begin("Map of", f"{len(asked.runs)} runs")
    failed = _shown(draw(asked, workspace.path, options.device), show)
    if not failed and options.events == "plain":
        for run, told in read_map(workspace.map_path(asked.id)).quality.items():
            measures = (
                f"trustworthiness {told['trustworthiness']:.3f}  k-NN overlap {told['knn_overlap']:.3f}"
            )
            print(f"{run_title(done[run]):24}  {measures}")
    return failed


def _shown(events: Iterator[Event], show: Any) -> bool:
    """Shows the events as they come; whether one of them was a failure."""
    failed = False
    with closing(events) as opened:  # type: ignore[type-var]
        for event in opened:
            show(event)
            failed |= isinstance(event, Failed)
    return failed


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
