"""What the window asks of an experiment before it is started: its runs, and what they will cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coun_gui.experiments.estimate import device_memory, estimate, image_flops, plan_flops
from coun_gui.experiments.machine import choose_device, device_title, load
from coun_gui.experiments.plan import Plan, is_done, keep_forget_set, planned, title
from coun_gui.experiments.spec import ExperimentSpec


def plan_answer(
    spec: ExperimentSpec, workspace: Path | None = None, device: str = "auto", at_once: int = 1
) -> dict[str, Any]:
    """The runs, their FLOPs and the share of the device that each takes, `at_once` of them on a GPU at most.

    Keeps the forget set in the workspace, where there is one.
    """
    work = planned(spec)
    keep_forget_set(work, workspace)
    done = _done(work, workspace)
    forward = image_flops(work)
    there = choose_device(device)
    share = load(forward, there, device_memory(work) if at_once > 1 else 1.0, at_once)
    return {
        "runs": [
            {
                "id": run.id,
                "spec": run.model_dump(mode="json"),
                "title": title(run),
                "needs": [run.original] if run.original else [],
                "done": run.id in done,
                "load": share,
            }
            for run in work.runs
        ],
        "flops": plan_flops(work, forward, done),
    }


def estimate_answer(
    spec: ExperimentSpec, workspace: Path | None = None, device: str = "auto"
) -> dict[str, Any]:
    """Seconds on the device and bytes on the disk, of what is still to be done."""
    work = planned(spec)
    found = estimate(work, _done(work, workspace), device)
    return {
        "seconds": found.seconds,
        "bytes": found.bytes,
        "device": device_title(choose_device(device)),
    }


def _done(work: Plan, workspace: Path | None) -> set[str]:
    return {run.id for run in work.runs if workspace is not None and is_done(run, workspace)}
