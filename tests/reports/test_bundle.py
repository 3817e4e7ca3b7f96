"""All of an experiment in one folder: what lies there, and what its manifest says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import FORGET, PAPER, Bench, metrics

from coun_gui.errors import WorkspaceError
from coun_gui.experiments import images
from coun_gui.experiments.landing import LandingQuestion
from coun_gui.experiments.maps import MapSpec, SampleMap, write_map
from coun_gui.experiments.spec import parse_experiment
from coun_gui.experiments.workspace import Experiment
from coun_gui.reports import bundle
from coun_gui.reports.bundle import write_bundle, write_manifest

TABLES = ["results.csv", "results.md", "results.tex", "results.json"]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """The paper's figures for Retrain and FT."""
    made = Bench(tmp_path / "workspace")
    original = made.add("original", metrics(100, 0, 95, 1))
    made.add("retrain", metrics(*PAPER["retrain"][0]))
    made.add("ft", metrics(*PAPER["ft"][0]), original=original.id,
             history=[{"epoch": epoch, "metrics": metrics(*PAPER["ft"][0])} for epoch in (0, 1)])  # fmt: skip
    return made


def experiment(bench: Bench) -> Experiment:
    spec = parse_experiment(
        {
            "name": "a table",
            "dataset": {"name": "npz", "path": "/somewhere/of/mine/images.npz"},
            "forget": {"kind": "indices", "file": "/somewhere/of/mine/list.txt"},
            "methods": [{"name": "ft"}],
        }
    )
    runs = [record.id for record in bench.workspace.runs()]
    return bench.workspace.save_experiment(spec, tuple(runs))


def with_map(bench: Bench) -> str:
    """A map of all runs, three samples each; its id."""
    runs = tuple(record.id for record in bench.workspace.runs())
    labels = np.array([0, 1, 2])
    spec = MapSpec(runs=runs, forget_hash=FORGET)
    samples = SampleMap(
        spec,
        np.arange(3),
        labels,
        labels == 1,
        {run: np.eye(3, 2, dtype=np.float32) for run in runs},
        dict.fromkeys(runs, labels),
        dict.fromkeys(runs, np.ones(3, np.float32)),
        {},
        classes=("cat", "dog", "ship"),
    )
    bench.workspace.map_path(spec.id).parent.mkdir(exist_ok=True)
    write_map(samples, bench.workspace.map_path(spec.id))
    return spec.id


def test_tables_and_figures_are_written_and_the_map_where_there_is_one(bench: Bench, tmp_path: Path) -> None:
    asked = experiment(bench)

    without = write_bundle(bench.workspace, asked, tmp_path / "out")
    with_map(bench)
    names = write_bundle(bench.workspace, asked, tmp_path / "out")

    assert without == [*TABLES, "metrics.png", "gaps.png"]
    assert names == [*without, "embedding.png", *(f"feature-space.{each}" for each in ("pdf", "png", "svg"))]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)
    rows = {row["method"]: row for row in json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))}
    assert rows["ft"]["UA"] == PAPER["ft"][0][1]


def test_an_experiment_without_a_finished_run_has_empty_tables_and_no_figures(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "workspace")

    assert write_bundle(bench.workspace, experiment(bench), tmp_path / "out") == TABLES
    assert json.loads((tmp_path / "out" / "results.json").read_text("utf-8")) == []


def test_the_manifest_says_what_was_made_of_what_and_keeps_folders_to_itself(
    bench: Bench, tmp_path: Path
) -> None:
    asked, drawn, out = experiment(bench), with_map(bench), tmp_path / "out"
    names = write_bundle(bench.workspace, asked, out)

    write_manifest(bench.workspace, asked, out, names, seconds=12.5)

    text = (out / "manifest.json").read_text("utf-8")
    told = json.loads(text)
    assert (told["experiment"]["name"], told["seconds"], told["map"]) == ("a table", 12.5, drawn)
    assert list(told["runs"]) == list(asked.runs)
    assert told["unfinished_runs"] == 0
    assert told["files"] == {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in names}
    assert "somewhere" not in text
    assert told["experiment"]["dataset"]["path"] == "images.npz"
    assert told["experiment"]["forget"]["file"] == "list.txt"


def test_where_the_forget_set_lands_is_written_where_the_data_are_here(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(_: object, asked: LandingQuestion, *__: object) -> dict[str, Any]:
        assert asked.forget_hash == FORGET
        row = {"shares": [25.0, 75.0], "avg_diff_listed": None, "avg_diff": None, "same_class": None,
               "js": None, "flow": [], "cluster": None, "cluster_flow": None}  # fmt: skip
        rows = [{**row, "run": run} for run in asked.runs]
        return {"classes": ["cat", "dog"], "count": 4, "reference": None, "listed": None, "rows": rows,
                "null_band": None}  # fmt: skip

    monkeypatch.setattr(bundle, "landing", answer)
    monkeypatch.setattr(images, "refuse_download", lambda _: None)
    monkeypatch.setattr(images, "loaded", lambda _: images.Images(None, "data", tmp_path))  # type: ignore[arg-type]
    asked = experiment(bench)
    with_map(bench)

    names = write_bundle(bench.workspace, asked, tmp_path / "out")

    assert names[-1] == "landing.csv"
    lines = (tmp_path / "out" / "landing.csv").read_text("utf-8").splitlines()
    assert lines[2].startswith("Retrain · seed 0,4,")
    assert "25,75" in lines[2]


def test_runs_that_are_not_done_are_counted_in_the_manifest(bench: Bench, tmp_path: Path) -> None:
    bench.add("not", metrics(*PAPER["not"][0]), status="failed")
    asked = experiment(bench)

    write_manifest(bench.workspace, asked, tmp_path, [])

    told = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    assert [run["method"] for run in told["runs"].values()] == ["original", "retrain", "ft"]
    assert told["unfinished_runs"] == 1


def test_a_folder_that_can_not_be_made_is_told(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(WorkspaceError, match="file"):
        write_bundle(bench.workspace, experiment(bench), tmp_path / "file" / "out")


def test_a_damaged_map_is_told_before_anything_is_written(bench: Bench, tmp_path: Path) -> None:
    asked, drawn = experiment(bench), with_map(bench)
    bench.workspace.map_path(drawn).write_bytes(b"no map")

    with pytest.raises(WorkspaceError, match="Draw it again"):
        write_bundle(bench.workspace, asked, tmp_path / "out")

    assert not (tmp_path / "out").exists()
