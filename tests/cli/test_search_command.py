"""`coun search` writes an experiment file with the settings nearest to Retrain, for other seeds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import QUICK, coun, refused, times

from coun_gui.experiments.spec import read_toml
from coun_gui.experiments.workspace import Workspace
from coun_gui.reports.rows import result_rows

ONE = (
    QUICK.partition("[[methods]]")[0].replace("seeds = [0, 1]", "seeds = [0]") + '[[methods]]\nname = "ft"\n'
)
DIVERGING = '[[methods]]\nname = "neggrad+"\nbeta = 0.01\nlr = 900.0\n'


@pytest.fixture
def one(tmp_path: Path) -> Path:
    path = tmp_path / "one.toml"
    path.write_text(ONE, "utf-8")
    return path


def search(spec: Path, *orders: object) -> int:
    folder = spec.parent
    return coun(
        "search",
        spec,
        "--workspace",
        folder / "w",
        "--out",
        folder / "found.toml",
        "--device",
        "cpu",
        *orders,
    )


def test_the_file_has_the_setting_with_the_least_gap_of_the_results_table(
    one: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(one, "--trials", 3) == 0

    with Workspace(one.parent / "w") as workspace:
        rows = [row for row in result_rows(workspace) if row.method == "ft"]
    gaps = {row.spec.training.lr: row.gap for row in rows if row.spec is not None and row.gap is not None}
    found = read_toml(one.parent / "found.toml")
    assert len(gaps) == 3
    assert [method.overrides["lr"] for method in found.methods] == [min(gaps, key=gaps.__getitem__)]
    assert found.seeds == (1,)
    assert f"gap {min(gaps.values()):.2f}, of 3 in 3 trials" in capsys.readouterr().out


def test_the_same_search_computes_nothing_twice(one: Path) -> None:
    assert search(one, "--trials", 2) == 0
    before = times(one.parent / "w" / "runs")

    assert search(one, "--trials", 2) == 0

    assert times(one.parent / "w" / "runs") == before


def test_scripts_get_lines_of_json_alone(one: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert search(one, "--trials", 1, "--events", "jsonl") == 0

    lines = capsys.readouterr().out.splitlines()
    assert {json.loads(line)["event"] for line in lines} >= {"Started", "Epoch", "Finished"}
    assert (one.parent / "found.toml").exists()


def test_a_method_whose_trials_all_diverge_is_told_and_kept_as_it_was(
    one: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one.write_text(ONE + DIVERGING, "utf-8")

    assert search(one, "--trials", 1) == 1

    assert "no trial has a gap, of 0 in 1 trials" in capsys.readouterr().out
    assert read_toml(one.parent / "found.toml").methods[1:] == read_toml(one).methods[1:]


def test_bad_input_is_refused_before_anything_is_computed(
    one: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = one.parent / "nowhere" / "found.toml"

    said = refused(capsys, "search", one, "--workspace", one.parent / "w", "--out", missing)

    assert "There is no folder" in said
    assert not (one.parent / "w").exists()
