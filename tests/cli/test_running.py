"""`coun run` and `coun resume` are a contract: what they print, leave behind and end with."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest
from commands import LONG, QUICK, coun, process, times

from coun_gui.experiments.events import TERMINAL, Epoch, Finished, Step, from_json
from coun_gui.experiments.record import read_record
from coun_gui.experiments.workspace import Workspace


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
