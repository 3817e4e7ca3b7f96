"""All of an experiment in one folder: tables, figures, and a manifest that says what they were made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from matplotlib.figure import Figure

import coun_gui
from coun_gui.errors import CounError
from coun_gui.experiments import images
from coun_gui.experiments.landing import LandingQuestion, finished_runs, landing
from coun_gui.experiments.maps import SampleMap, class_names, newest_map
from coun_gui.experiments.record import replacing, writing
from coun_gui.experiments.spec import FILES, ExperimentSpec
from coun_gui.experiments.workspace import Experiment, Workspace
from coun_gui.reports import figures, tables
from coun_gui.reports.colours import run_title
from coun_gui.reports.landing_table import LandingTable, landing_table, write_landing
from coun_gui.reports.paper_columns import paper_settings
from coun_gui.reports.paper_figure import paper_figure
from coun_gui.reports.rows import result_rows

TABLES = ("csv", "md", "tex", "json")


def write_bundle(
    workspace: Workspace,
    experiment: Experiment,
    out: Path,
    compared: bool = False,
    left_out: list[str] | None = None,
) -> list[str]:
    """Writes the tables, the curves, gap and cost; gives the files' names.

    Where there is a map, the newest, the paper's figure in three formats, and where the forget set lands.
    compared: with the paper's figures beside ours; left_out: gets sentences on the forget sets that the paper's
    figure has no column for. A figure that has nothing to show is left out. Raises `WorkspaceError` where the folder
    can't be written or the map can't be read.
    """
    samples = newest_map(workspace.path, experiment.runs)
    with writing(f"The folder {out}"):
        out.mkdir(parents=True, exist_ok=True)
    rows = result_rows(workspace, experiment)
    for format in TABLES:
        tables.write_table(rows, format, out / f"results.{format}", compared)
    drawn: dict[str, Figure] = {}
    with suppress(CounError):
        drawn["metrics.png"] = figures.metrics_figure(workspace.runs(), experiment)
    with suppress(CounError):
        drawn["gaps.png"] = figures.gap_figure(rows)
    with suppress(CounError):
        if samples is not None:
            drawn["embedding.png"] = _map(workspace, samples)
    with suppress(CounError):
        if samples is not None:
            paper, told = _paper(workspace, samples)
            drawn |= paper
            if left_out is not None:
                left_out += told
    for name, figure in drawn.items():
        figures.save(figure, out / name)
    names = [*(f"results.{format}" for format in TABLES), *drawn]
    with suppress(CounError):
        if samples is not None:
            write_landing(_landing(workspace, samples), out / "landing.csv")
            names.append("landing.csv")
    return names


def write_manifest(
    workspace: Workspace, experiment: Experiment, out: Path, names: Sequence[str], **more: Any
) -> None:
    """Writes manifest.json: the experiment, its runs, versions, device and the SHA-256 of each named file in `out`.

    Of the runs those that are done are listed, and the others counted. Of the paths in it the last part alone is told.
    `more` is added as it is.
    """
    samples = newest_map(workspace.path, experiment.runs)
    mine = [record for record in workspace.runs() if record.id in experiment.runs]
    records = [record for record in mine if record.status == "done"]
    content: dict[str, Any] = {
        "program": f"CoUn {coun_gui.__version__}",
        **more,
        "experiment": _without_folders(experiment.spec),
        "versions": dict(records[0].versions) if records else {},
        "device": records[0].device if records else "",
        "runs": {record.id: {"method": record.spec.method, "seed": record.spec.seed} for record in records},
        "unfinished_runs": len(experiment.runs) - len(records),
        "map": samples.spec.id if samples else None,
        "files": {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in names},
    }
    with replacing(out / "manifest.json", "The file manifest.json") as temporary:
        temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _paper(workspace: Workspace, samples: SampleMap) -> tuple[dict[str, Figure], list[str]]:
    """The paper's figure by its files' names, and what had to be left out of it."""
    settings, left_out = paper_settings(workspace.path, workspace.runs(), samples)
    names = max((class_names(each.sample_map) for each in settings), key=len)
    figure = paper_figure(settings, names)
    return {f"feature-space.{format}": figure for format in ("pdf", "png", "svg")}, left_out


def _landing(workspace: Workspace, samples: SampleMap) -> LandingTable:
    """Of the runs of a map; `CounError` where their data are not here or have changed."""
    asked = LandingQuestion(
        workspace=workspace.path, runs=samples.spec.runs, forget_hash=samples.spec.forget_hash
    )
    records = finished_runs(workspace, asked.runs)
    images.refuse_download(records[0].spec.dataset)
    known = images.loaded(records[0].spec.dataset)
    titles = {record.id: run_title(record.spec) for record in records}
    return landing_table(landing(workspace, asked, known.data, known.fingerprint), titles)


def _map(workspace: Workspace, samples: SampleMap) -> Figure:
    """Original and Retrain first, then as the map has them."""
    specs = {record.id: record.spec for record in workspace.runs()}
    order = [run for run in samples.spec.runs if run in specs]
    order.sort(key=lambda run: {"original": 0, "retrain": 1}.get(specs[run].method, 2))
    titles = {run: run_title(specs[run]) for run in order}
    shown = replace(samples, spec=samples.spec.model_copy(update={"runs": tuple(order)}))
    return figures.map_figure(shown, titles, class_names(samples))


def _without_folders(spec: ExperimentSpec) -> dict[str, Any]:
    content: dict[str, Any] = spec.model_dump(mode="json")
    for table, key in FILES:
        for holder in (content[table], content[table].get("params", {})):
            if isinstance(holder.get(key), str):
                holder[key] = PurePath(holder[key]).name
    return content
