"""Calling `coun`, and an experiment that it computes in seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from coun_gui.cli import main

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


def rows(capsys: pytest.CaptureFixture[str], workspace: Path) -> list[dict[str, Any]]:
    assert coun("results", "--workspace", workspace, "--format", "json") == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found
