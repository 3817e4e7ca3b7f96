"""The `coun` command is a contract: scripts depend on what it takes, prints and exits with."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import coun_gui
from coun_gui.cli import main
from coun_gui.experiments.events import TERMINAL, Epoch, Finished, Step, from_json
from coun_gui.experiments.record import read_record
from coun_gui.experiments.workspace import Workspace

QUICK = """
name = "quick"
seeds = [0, 1]
[dataset]
name = "digits"
subset = 200
test_subset = 100
[training]
epochs = 2
batch_size = 64
[unlearning]
epochs = 1
batch_size = 64
[[methods]]
name = "ft"
[[methods]]
name = "ft"
contrastive = { weight = 1.0, temperature = 0.1 }
"""
LONG = (
    QUICK.partition("[[methods]]")[0]
    .replace("seeds = [0, 1]", "reference = false")
    .replace("epochs = 2", "epochs = 80")
)
ROW_KEYS = {"dataset", "model", "forget", "method", "contrastive", "seeds"} | {
    f"{figure}{suffix}"
    for figure in ("RA", "UA", "TA", "MIA", "gap", "cost_flops")
    for suffix in ("", "_std")
}


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    """`coun run` turns SIGTERM into an interruption, in the process it runs in."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that `coun run` has filled; read only."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "quick.toml").write_text(QUICK, "utf-8")
    assert (
        main(["run", str(folder / "quick.toml"), "--workspace", str(folder / "workspace"), "--device", "cpu"])
        == 0
    )
    return folder / "workspace"


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    path = tmp_path / "quick.toml"
    path.write_text(QUICK, "utf-8")
    return path


def coun(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def process(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "coun_gui", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def times(folder: Path) -> dict[str, int]:
    files = (
        path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(("index", ".lock"))
    )
    return {str(path): path.stat().st_mtime_ns for path in files}


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line on stderr with which a command refuses bad input."""
    assert coun(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert said.err.startswith("coun: ")
    assert said.err[:-1].isprintable()
    return said.err


# Bad input


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("seeds =", "sedes ="), "Did you mean “seeds”?"),
        (('name = "digits"', 'name = "digit"'), "Did you mean “digits”?"),
        (('name = "ft"', 'name = "fft"'), "Did you mean “ft”?"),
        (("epochs = 1", "epochs = 0"), "unlearning.epochs"),
        (("epochs = 1", "epochs = one"), "is not valid TOML"),
        (("subset = 200", "subset = 20000"), "more than the 1,442 there are"),
        (
            ("[training]", '[forget]\nkind = "class"\nclasses = ["truck"]\n[training]'),
            "Unknown class “truck”",
        ),
        (("[training]", '[forget]\nkind = "indices"\nfile = "/nowhere"\n[training]'), "can't be read"),
        (("seeds =", '"two\\nlines and \\u001b[31mred" = 1\nseeds ='), "Unknown key"),
    ],
)
def test_a_wrong_experiment_is_one_line_and_nothing_is_written(
    quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], words: str
) -> None:
    quick.write_text(QUICK.replace(*change), "utf-8")

    assert words in refused(capsys, "run", quick, "--workspace", tmp_path / "workspace")
    assert list(tmp_path.iterdir()) == [quick]


def test_a_missing_experiment_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "run", tmp_path / "none.toml", "--workspace", tmp_path / "workspace")

    assert "There is no file" in said
    assert list(tmp_path.iterdir()) == []


def test_a_device_that_is_not_there_is_one_line(
    quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, "run", quick, "--workspace", tmp_path / "workspace", "--device", "cuda:99")

    assert "There is no device “cuda:99” here. Possible: auto, cpu" in said
    assert list(tmp_path.iterdir()) == [quick]


def test_a_folder_of_somebody_else_is_left_alone(
    quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "holds other files" in refused(capsys, "run", quick, "--workspace", tmp_path)
    assert list(tmp_path.iterdir()) == [quick]


def test_a_workspace_in_use_is_one_line(
    quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Workspace(tmp_path / "workspace", writable=True):
        said = refused(capsys, "run", quick, "--workspace", tmp_path / "workspace")

    assert "is open in another window or command" in said


@pytest.mark.parametrize("command", ["results", "runs", "resume"])
def test_what_is_no_workspace_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert "is not a workspace" in refused(capsys, command, "--workspace", tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_no_place_to_write_the_table_is_one_line(
    computed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = ("results", "--workspace", computed, "--out")

    assert f"There is no folder {tmp_path / 'none'}." in refused(capsys, *there, tmp_path / "none" / "table")
    assert f"{tmp_path} is a folder." in refused(capsys, *there, tmp_path)


@pytest.mark.parametrize(
    "arguments", [[], ["frobnicate"], ["run"], ["results", "--workspace", ".", "--format", "docx"]]
)
def test_an_unknown_command_or_option_is_bad_input(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "usage: coun" in capsys.readouterr().err


# Running


def test_a_computed_experiment_ends_with_0_and_tells_each_run(
    quick: Path, computed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = times(computed)

    assert coun("run", quick, "--workspace", computed, "--device", "cpu") == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [f"[{number}/8]" for number in range(1, 9)]
    assert all("already done  RA " in line for line in lines)
    assert {path for path, when in times(computed).items() if before[path] != when} <= {
        str(path) for path in [*(computed / "experiments").iterdir(), computed / "coun-workspace.json"]
    }


def test_a_failed_run_ends_with_1_and_the_others_are_computed(
    quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wild = QUICK.replace("seeds = [0, 1]", "reference = false").replace("batch_size = 64", "batch_size = 16")
    quick.write_text(wild + '[[methods]]\nname = "ft"\nlr = 1000\n[[methods]]\nname = "coun"\n', "utf-8")

    assert coun("run", quick, "--workspace", tmp_path / "workspace", "--device", "cpu") == 1

    told = capsys.readouterr().out
    assert "[4/5] FT, seed 0  FAILED: The CE loss became " in told
    assert "[5/5] CoUn, seed 0  done  RA " in told
    with Workspace(tmp_path / "workspace") as opened:
        assert sorted(record.status for record in opened.runs()) == ["done"] * 4 + ["failed"]


def test_what_needs_a_failed_original_is_skipped_with_a_word(
    quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wild = QUICK.replace("seeds = [0, 1]", "reference = false").replace("batch_size = 64", "batch_size = 16")
    quick.write_text(wild.replace("epochs = 2", "epochs = 2\nlr = 1000"), "utf-8")

    assert coun("run", quick, "--workspace", tmp_path / "workspace", "--device", "cpu") == 1

    assert capsys.readouterr().err.splitlines() == [
        "coun: FT, seed 0 is skipped, since its Original failed.",
        "coun: FT + CL, seed 0 is skipped, since its Original failed.",
    ]


def test_events_are_lines_of_json(quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quick.write_text(QUICK.replace("seeds = [0, 1]", "reference = false"), "utf-8")
    run = ("run", quick, "--workspace", tmp_path / "workspace", "--device", "cpu", "--events", "jsonl")

    assert coun(*run) == 0
    events = [from_json(line) for line in capsys.readouterr().out.splitlines()]

    assert sum(isinstance(event, TERMINAL) for event in events) == len({event.run for event in events}) == 3
    assert any(isinstance(event, Step) for event in events)
    assert any(isinstance(event, Epoch) for event in events)

    assert coun(*run) == 0
    again = [from_json(line) for line in capsys.readouterr().out.splitlines()]
    assert all(isinstance(event, Finished) and event.cached for event in again)
    assert len(again) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_with_130_and_can_be_resumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sent: signal.Signals
) -> None:
    spec, workspace = tmp_path / "long.toml", tmp_path / "workspace"
    spec.write_text(LONG, "utf-8")
    running = process("run", spec, "--workspace", workspace, "--device", "cpu", "--events", "jsonl")
    assert running.stdout is not None
    event = next(
        event for event in map(from_json, running.stdout) if isinstance(event, Step) and event.epoch == 3
    )
    running.send_signal(sent)
    _, said = running.communicate(timeout=60)

    assert running.returncode == 130
    assert said.splitlines()[-1] == "coun: interrupted; `coun resume` goes on from here."
    assert "Traceback" not in said
    stopped = read_record(workspace / "runs" / event.run)
    assert stopped.status == "interrupted"
    assert stopped.resumable
    assert stopped.epoch >= 2
    assert list((workspace / "runs" / event.run).glob(".*")) == []

    assert coun("resume", "--workspace", workspace, "--device", "cpu") == 0
    assert "[1/1] Original, seed 0  done  RA " in capsys.readouterr().out
    assert [line["epoch"] for line in stopped.history()] == list(range(1, 81))


def test_resume_finishes_what_was_interrupted(
    quick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run that a killed process left as running, and those it had not come to."""
    quick.write_text(QUICK.replace("seeds = [0, 1]", "reference = false"), "utf-8")
    workspace = tmp_path / "workspace"
    assert coun("run", quick, "--workspace", workspace, "--device", "cpu") == 0
    with Workspace(workspace) as opened:
        methods = [record for record in opened.runs() if record.spec.method == "ft"]
    for name in ("model.safetensors", "outputs.safetensors"):
        (methods[0].folder / name).unlink()
    content = json.loads((methods[0].folder / "run.json").read_text("utf-8"))
    (methods[0].folder / "run.json").write_text(
        json.dumps(content | {"status": "running", "metrics": {}}), "utf-8"
    )
    for path in methods[1].folder.iterdir():
        path.unlink()
    methods[1].folder.rmdir()
    quick.unlink()
    capsys.readouterr()

    assert coun("resume", "--workspace", workspace, "--device", "cpu") == 0

    told = capsys.readouterr().out
    assert "[1/3] Original, seed 0  already done" in told
    assert told.count("  done  RA ") == 2
    with Workspace(workspace) as opened:
        assert [record.status for record in opened.runs()] == ["done"] * 3


def test_nothing_to_resume_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Workspace(tmp_path / "workspace", writable=True).close()

    assert coun("resume", "--workspace", tmp_path / "workspace") == 0


# Results


def rows(capsys: pytest.CaptureFixture[str], workspace: Path) -> list[dict[str, Any]]:
    assert coun("results", "--workspace", workspace, "--format", "json") == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


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


# What there is


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("methods", ["coun: CoUn", "retrain: Retrain", "weight = 1.0 (> 0, ≤ 100)", "Khalil et al. (2025)"]),
        ("datasets", ["digits: Digits", "npz: NumPy file (.npz)", "padding = null (≥ 0, ≤ 64)"]),
        ("models", ["small-cnn: Small CNN", "resnet18: "]),
    ],
)
def test_what_there_is_is_listed_with_bounds_and_citations(
    capsys: pytest.CaptureFixture[str], command: str, words: list[str]
) -> None:
    assert coun(command) == 0

    told = capsys.readouterr().out
    assert [word for word in words if word not in told] == []


def test_the_doctor_ends_with_1_where_something_is_wrong(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from coun_gui.experiments import doctor

    monkeypatch.setattr(doctor, "LITTLE", 0)
    assert coun("doctor") == 0
    assert capsys.readouterr().out.endswith("Nothing is wrong.\n")

    monkeypatch.setattr(doctor, "PACKAGES", ("no-such-package",))
    assert coun("doctor") == 1
    told = capsys.readouterr().out
    assert "! no-such-package is not installed" in told
    assert told.endswith("1 to mend.\n")


# As a process


def test_the_module_is_the_command(tmp_path: Path) -> None:
    with process("results", "--workspace", tmp_path / "none") as refusing:
        told, said = refusing.communicate(timeout=60)

    assert (refusing.returncode, told) == (2, "")
    assert said == f"coun: {tmp_path / 'none'} is not a workspace. Give the folder that `coun run` filled.\n"


def test_a_version_is_told() -> None:
    with process("--version") as asked:
        told, _ = asked.communicate(timeout=60)

    assert (asked.returncode, told) == (0, f"coun {coun_gui.__version__}\n")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_reader_that_stops_reading_gets_no_traceback(computed: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "coun_gui", "results", "--workspace", str(computed), "--format", "html"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    os.close(write)

    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_a_good_run_says_nothing_on_stderr(quick: Path, tmp_path: Path) -> None:
    quick.write_text(QUICK.replace("seeds = [0, 1]", "reference = false"), "utf-8")
    with process("run", quick, "--workspace", tmp_path / "workspace", "--device", "cpu") as running:
        told, said = running.communicate(timeout=120)

    assert running.returncode == 0
    assert len(told.splitlines()) == 3
    assert said == ""
