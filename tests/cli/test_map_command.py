"""`coun map` draws where there is no window what the window and `coun export` then show."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from commands import QUICK, coun, refused, times
from sklearn.manifold import trustworthiness

from coun_gui.cli import INTERRUPTED, main
from coun_gui.experiments import draw
from coun_gui.experiments.maps import SampleMap, newest_map
from coun_gui.experiments.spec import RETRAIN
from coun_gui.experiments.workspace import Workspace

FIGURES = {"embedding.png", "feature-space.pdf", "feature-space.png", "feature-space.svg", "landing.csv"}


@pytest.fixture
def workspace(computed: Path, tmp_path: Path) -> Path:
    """A copy, for what is drawn."""
    return Path(shutil.copytree(computed, tmp_path / "workspace"))


def drawn(workspace: Path) -> SampleMap:
    with Workspace(workspace) as opened:
        found = newest_map(workspace, [run.id for run in opened.runs()])
    assert found is not None
    return found


def test_the_map_of_the_first_seed_is_drawn_beside_retrain_and_its_measures_are_told(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert coun("map", "--workspace", workspace, "--device", "cpu") == 0

    found = drawn(workspace)
    told = capsys.readouterr().out.splitlines()
    with Workspace(workspace) as opened:
        records = [opened.run(run) for run in found.spec.runs]
        features = records[0].output("train/features")[found.index].astype(np.float32)
    assert [record.spec.method for record in records] == [RETRAIN, "original", "ft", "ft"]
    assert {record.spec.seed for record in records} == {0}
    assert told[0].split() == ["Map", "of", "4", "runs", "done"]
    measured = trustworthiness(features, found.xy[found.spec.runs[0]], n_neighbors=15)
    assert float(told[1].split("trustworthiness ")[1].split()[0]) == pytest.approx(measured, abs=1e-3)
    assert [line.split("  ")[0].strip() for line in told[1:]] == [
        "Retrain · seed 0", "Original · seed 0", "FT · seed 0", "FT + CL · seed 0",
    ]  # fmt: skip


def test_a_map_that_is_kept_is_not_drawn_again(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert coun("map", "--workspace", workspace, "--layout", "pca", "--device", "cpu") == 0
    before = times(workspace)
    capsys.readouterr()

    assert coun("map", "--workspace", workspace, "--layout", "pca", "--device", "cpu") == 0

    assert "already done" in capsys.readouterr().out
    assert times(workspace) == before


def test_the_export_has_the_figures_of_the_map(workspace: Path, tmp_path: Path) -> None:
    assert coun("map", "--workspace", workspace, "--layout", "pca", "--device", "cpu") == 0
    assert coun("export", "--workspace", workspace, "--out", tmp_path / "out") == 0

    assert {path.name for path in (tmp_path / "out").iterdir()} >= FIGURES


def test_layout_samples_and_epochs_are_as_asked(workspace: Path) -> None:
    orders = ("--layout", "pacmap", "--points", 90, "--epochs", "--device", "cpu")
    assert coun("map", "--workspace", workspace, *orders) == 0

    found = drawn(workspace)
    assert found.spec.embedding.method == "pacmap"
    assert len(found.index) == 90
    assert found.frames


def test_scripts_get_every_event_as_a_line(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    orders = ("--layout", "pca", "--events", "jsonl", "--device", "cpu")
    assert coun("map", "--workspace", workspace, *orders) == 0

    events = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert events[0] == "Started"
    assert events[-2:] == ["Artifact", "Finished"]


def test_bad_input_is_refused_in_one_line_and_leaves_nothing(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = times(workspace)

    assert "points" in refused(capsys, "map", "--workspace", workspace, "--points", "1")
    assert "Did you mean “quick”" in refused(capsys, "map", "--workspace", workspace, "--experiment", "qick")
    assert "not a workspace" in refused(capsys, "map", "--workspace", tmp_path / "nowhere")

    assert times(workspace) == before
    assert not (tmp_path / "nowhere").exists()


def test_an_experiment_without_finished_runs_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "quick.toml").write_text(QUICK, "utf-8")
    from coun_gui.experiments.spec import read_toml

    with Workspace(tmp_path / "workspace", writable=True) as opened:
        opened.save_experiment(read_toml(tmp_path / "quick.toml"), ("0" * 16,))

    said = refused(capsys, "map", "--workspace", tmp_path / "workspace")

    assert "coun resume" in said


def test_an_interrupted_map_leaves_nothing(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = times(workspace)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(draw, "shared_frame", interrupted)

    assert main(["map", "--workspace", str(workspace), "--device", "cpu"]) == INTERRUPTED

    assert capsys.readouterr().err == "coun: interrupted; no map was kept.\n"
    assert times(workspace) == before
