"""`coun results` and `coun runs` are a contract: scripts read what they print."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from commands import QUICK, coun, refused, rows, times

from coun_gui.experiments.workspace import Workspace

ROW_KEYS = {"dataset", "model", "forget", "method", "contrastive", "seeds"} | {
    f"{figure}{suffix}"
    for figure in ("RA", "UA", "TA", "MIA", "gap", "cost_flops")
    for suffix in ("", "_std")
}


def test_the_rows_of_a_script_have_the_promised_keys(
    computed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = rows(capsys, computed)

    assert [(row["method"], row["contrastive"], row["seeds"]) for row in found] == [
        ("original", False, 2), ("retrain", False, 2), ("ft", False, 2), ("ft", True, 2),
    ]  # fmt: skip
    for row in found:
        assert set(row) >= ROW_KEYS
        assert (row["dataset"], row["model"]) == ("digits", "small-cnn")
        assert all(0 <= row[figure] <= 100 for figure in ("RA", "UA", "TA", "MIA"))
        assert row["RA_std"] is not None
        assert row["cost_flops"] > 0
    assert found[1]["gap"] == 0


def test_the_gap_of_a_row_is_the_mean_distance_to_retrain(
    computed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, retrain, ft, _ = rows(capsys, computed)

    by_hand = sum(abs(ft[figure] - retrain[figure]) for figure in ("RA", "UA", "TA", "MIA")) / 4
    assert ft["gap"] == pytest.approx(by_hand)


def test_without_a_retrain_there_is_no_gap(
    quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quick.write_text(QUICK.replace("seeds = [0, 1]", "reference = false"), "utf-8")
    assert coun("run", quick, "--workspace", tmp_path / "workspace", "--device", "cpu") == 0
    capsys.readouterr()

    found = rows(capsys, tmp_path / "workspace")

    assert [row["method"] for row in found] == ["original", "ft", "ft"]
    assert {row["gap"] for row in found} == {row["gap_std"] for row in found} == {None}
    assert {row["RA_std"] for row in found} == {None}  # one seed


@pytest.mark.parametrize(
    ("format", "mark"),
    [
        ("table", "FT + CL"),
        ("csv", "dataset,"),
        ("json", "["),
        ("md", "|"),
        ("tex", r"\begin{"),
        ("html", "<table"),
    ],
)
def test_each_format_goes_to_the_terminal_or_into_a_file(
    computed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], format: str, mark: str
) -> None:
    assert coun("results", "--workspace", computed, "--format", format) == 0
    printed = capsys.readouterr().out
    assert coun("results", "--workspace", computed, "--format", format, "--out", tmp_path / "table") == 0

    assert capsys.readouterr().out == ""
    assert mark in printed
    assert (tmp_path / "table").read_text("utf-8").strip() == printed.strip()
    assert [path.name for path in tmp_path.iterdir()] == ["table"]


def test_csv_is_read_by_a_csv_reader(computed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert coun("results", "--workspace", computed, "--format", "csv") == 0
    printed = capsys.readouterr().out.strip()
    found = list(csv.DictReader(io.StringIO(printed)))

    expected = rows(capsys, computed)
    assert [float(row["RA"]) for row in found] == pytest.approx([row["RA"] for row in expected])
    assert set(found[0]) >= ROW_KEYS


def test_what_can_not_be_read_is_skipped_with_a_word(
    quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Workspace(tmp_path / "workspace", writable=True).close()
    (tmp_path / "workspace" / "runs" / "stray").mkdir()

    assert coun("results", "--workspace", tmp_path / "workspace") == 0

    assert capsys.readouterr().err == "coun: skipped: The run folder stray has no run.json.\n"


def test_runs_are_listed_for_people_and_for_scripts(
    computed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert coun("runs", "--workspace", computed) == 0
    lines = capsys.readouterr().out.splitlines()
    assert coun("runs", "--workspace", computed, "--format", "json") == 0
    records = json.loads(capsys.readouterr().out)

    assert [line.split()[0] for line in lines] == [record["id"] for record in records]
    assert len(records) == 8
    assert {record["status"] for record in records} == {"done"}
    for record in records:
        assert record == json.loads((computed / "runs" / record["id"] / "run.json").read_text("utf-8"))


def test_reading_leaves_a_workspace_as_it_was(computed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = times(computed)
    for command in ("results", "runs"):
        coun(command, "--workspace", computed)

    assert times(computed) == before


# Everything of an experiment


def test_export_fills_a_folder_and_says_so(
    computed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"

    assert coun("export", "--workspace", computed, "--out", out, "--experiment", "quick") == 0

    names = {path.name for path in out.iterdir()}
    assert names == {*(f"results.{end}" for end in ("csv", "md", "tex", "json")), "metrics.png", "gaps.png",
                     "manifest.json"}  # fmt: skip
    assert capsys.readouterr().out == f"7 files lie in {out}.\n"
    assert json.loads((out / "results.json").read_text("utf-8")) == rows(capsys, computed)


def test_an_experiment_that_is_not_there_is_one_line(
    computed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--out", tmp_path / "out", "--experiment", "quik")

    assert "Did you mean “quick”?" in refused(capsys, "export", "--workspace", computed, *asked)

    Workspace(tmp_path / "empty", writable=True).close()
    assert "holds no experiment" in refused(capsys, "export", "--workspace", tmp_path / "empty", *asked)
    assert not (tmp_path / "out").exists()
