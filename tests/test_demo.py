"""`coun demo`: what it leaves behind, and what its table must say."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FILES = (
    "results.csv",
    "results.md",
    "results.tex",
    "results.json",
    "metrics.png",
    "gaps.png",
    "embedding.png",
    "feature-space.pdf",
    "feature-space.png",
    "feature-space.svg",
    "landing.csv",
    "window.png",
)


def demo(out: Path) -> str:
    """Runs the demo without a display; what it printed."""
    environment = {
        key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")
    }
    call = [sys.executable, "-m", "coun_gui", "demo", "--out", str(out)]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_demo_leaves_tables_figures_and_a_manifest_and_is_found_done_the_second_time(
    tmp_path: Path,
) -> None:
    demo(tmp_path / "out")

    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["files"]) == set(FILES)
    for name, sha256 in manifest["files"].items():
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == sha256
    rows = {row["method"]: row for row in json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))}
    assert list(rows) == ["original", "retrain", "ft", "coun"]
    assert all(row["seeds"] == 3 for row in rows.values())
    assert rows["retrain"]["gap"] == 0
    assert rows["original"]["RA"] >= 99.5
    assert rows["original"]["TA"] >= 97
    assert rows["coun"]["gap"] < rows["ft"]["gap"]
    assert len(manifest["runs"]) == 12

    again = demo(tmp_path / "out")

    assert again.count("already done") == 13, "twelve runs and their map"
