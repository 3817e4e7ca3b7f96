"""What `coun` lists, what it finds wrong, and how it behaves as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import QUICK, coun, process

import coun_gui


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
