"""The window, the reports and the jobs load in a second because they leave the science alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCIENCE = ("torch", "torchvision", "umap", "sklearn", "numba")
QT = ("PySide6", "pyqtgraph")
SCIENTIFIC = ("coun_gui.jobs.science",)  # executed in the engine's process alone

LOAD = """
import json, sys
from importlib import import_module
for name in json.loads(sys.argv[1]):
    import_module(name)
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def loaded_by(*modules: str) -> set[str]:
    """The packages in a fresh process that has imported the modules."""
    command = [sys.executable, "-c", LOAD, json.dumps(modules)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def modules_of(package: str) -> list[str]:
    """By their files, so that collecting the tests imports none of them."""
    files = (ROOT / package.replace(".", "/")).rglob("*.py")
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    return sorted(name.removesuffix(".__init__") for name in names)


@pytest.mark.parametrize(
    "modules",
    [
        ["coun_gui.cli", "coun_gui.computing", "coun_gui.progress", "coun_gui.errors", "coun_gui.assets"],
        modules_of("coun_gui.reports"),
        [name for name in modules_of("coun_gui.jobs") if name not in SCIENTIFIC],
        modules_of("coun_gui.ui"),
    ],
    ids=["cli", "reports", "jobs", "ui"],
)
def test_torch_and_its_kin_are_left_out_by(modules: list[str]) -> None:
    assert loaded_by(*modules) & set(SCIENCE) == set()


def test_the_command_line_loads_no_qt() -> None:
    assert loaded_by("coun_gui.cli") & {*QT, "numpy", "matplotlib", "pydantic"} == set()


def test_the_window_paints_before_matplotlib_is_loaded() -> None:
    assert loaded_by("coun_gui.ui.app") & {*SCIENCE, "matplotlib"} == set()


@pytest.mark.parametrize("name", ["spec", "events", "record", "workspace", "maps"])
def test_descriptions_and_records_are_read_without_torch(name: str) -> None:
    assert loaded_by(f"coun_gui.experiments.{name}") & {*SCIENCE, *QT} == set()


def test_experiments_and_science_know_no_qt() -> None:
    modules = [*modules_of("coun_gui.experiments"), *modules_of("coun_gui.unlearning"), *SCIENTIFIC]

    found = loaded_by(*modules)

    assert "torch" in found
    assert found & set(QT) == set()
