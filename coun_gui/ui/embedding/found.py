"""Which map belongs to the experiment in view, whether it is up to date, and the runs it can show."""

from __future__ import annotations

from pathlib import Path

from coun_gui.errors import WorkspaceError
from coun_gui.experiments.maps import SampleMap, read_map
from coun_gui.experiments.record import RunRecord
from coun_gui.experiments.spec import ORIGINAL, RETRAIN
from coun_gui.experiments.workspace import Experiment, Workspace
from coun_gui.reports.colours import method_colour, method_title
from coun_gui.ui.embedding.map_column import Choice


def newest_map(workspace: Workspace, experiment: Experiment) -> SampleMap | None:
    """The last written map all of whose runs belong to the experiment; `WorkspaceError` if that one is damaged."""
    wanted = set(experiment.runs)
    damaged: WorkspaceError | None = None
    for path in sorted((workspace.path / "maps").glob("*.safetensors"), key=_written, reverse=True):
        try:
            found = read_map(path)
        except WorkspaceError as error:
            damaged = damaged or error
            continue
        if wanted.issuperset(found.spec.runs):
            return found
    if damaged is not None:
        raise damaged
    return None


def _written(path: Path) -> int:
    return path.stat().st_mtime_ns


def choices(samples: SampleMap, records: list[RunRecord], dark: bool) -> list[Choice]:
    """The runs of a map by title; the seed is told. Original and Retrain first."""
    known = {record.id: record.spec for record in records}
    listed = []
    for run in samples.spec.runs:
        spec = known.get(run)
        if spec is None:
            listed.append((2, Choice(run, f"run {run[:6]}", "#808080")))
            continue
        switched = spec.contrastive is not None
        title = f"{method_title(spec.method, switched)} · seed {spec.seed}"
        rank = {ORIGINAL: 0, RETRAIN: 1}.get(spec.method, 2)
        listed.append((rank, Choice(run, title, method_colour(spec.method, switched, dark))))
    return [choice for _, choice in sorted(listed, key=lambda pair: pair[0])]


def first_shown(listed: list[Choice], kept: list[str], at_most: int = 3) -> list[str]:
    """The runs on show at first, or those that were, where they are still there."""
    still = [run for run in kept if any(choice.run == run for choice in listed)]
    return still or [choice.run for choice in listed[:at_most]]


def left_out(samples: SampleMap, records: list[RunRecord]) -> int:
    """How many finished runs of the map's seeds are not on it, because they ended after it was drawn."""
    seeds = {record.spec.seed for record in records if record.id in samples.spec.runs}
    return sum(
        record.status == "done" and record.spec.seed in seeds and record.id not in samples.spec.runs
        for record in records
    )
