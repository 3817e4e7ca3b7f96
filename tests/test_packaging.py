"""Setting up from a bare checkout, and what a built wheel holds."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import PySide6
import pytest

ROOT = Path(__file__).resolve().parent.parent
LDD = """\
\tlinux-vdso.so.1 (0x00007ffd)
\tlibQt6Gui.so.6 => /somewhere/Qt/lib/libQt6Gui.so.6 (0x00007f1)
\tlibEGL.so.1 => not found
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f2)
\tlibxcb-icccm.so.4 => not found
"""


def script(name: str) -> dict[str, Any]:
    """The names of a script in packaging/, which is no package."""
    return runpy.run_path(str(ROOT / "packaging" / name))


@pytest.fixture
def bare_checkout(tmp_path: Path) -> Path:
    """A checkout with a space in its path and nothing set up."""
    checkout = tmp_path / "a checkout"
    shutil.copytree(ROOT / "packaging", checkout / "packaging")
    shutil.copy(ROOT / "pyproject.toml", checkout)
    return checkout


def set_up(checkout: Path, *extras: str, python: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", checkout / "packaging" / "setup.sh", *extras]
    environment = {**os.environ, "PYTHON": python}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def fake_command(path: Path, shell: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{shell}\n", "utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("soname", "package"),
    [
        ("libEGL.so.1", "libegl1"),
        ("libX11.so.6", "libx11-6"),
        ("libX11-xcb.so.1", "libx11-xcb1"),
        ("libdbus-1.so.3", "libdbus-1-3"),
        ("libglib-2.0.so.0", "libglib2.0-0"),
        ("libxcb-cursor.so.0", "libxcb-cursor0"),
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
        ("libwayland-cursor.so.0", "libwayland-cursor0"),
    ],
)
def test_a_library_is_found_in_debians_package(soname: str, package: str) -> None:
    assert script("qt_libraries.py")["debian_package"](soname) == package


def test_only_what_the_linker_does_not_find_is_missing() -> None:
    assert script("qt_libraries.py")["missing_in"](LDD) == {"libEGL.so.1", "libxcb-icccm.so.4"}


@pytest.mark.skipif(sys.platform != "linux", reason="names of shared libraries on Linux")
def test_every_file_of_qt_that_is_checked_exists() -> None:
    files = script("qt_libraries.py")["qt_files"](Path(PySide6.__file__).parent, xcb=True, wayland=True)

    assert [file for file in files if not file.exists()] == []


def test_an_old_python_is_refused_in_one_sentence(bare_checkout: Path, tmp_path: Path) -> None:
    old = fake_command(tmp_path / "python3.9", "exit 1")

    refused = set_up(bare_checkout, python=old)

    assert refused.returncode == 1
    assert refused.stderr.startswith("CoUn needs Python 3.11 or newer")
    assert len(refused.stderr.splitlines()) == 1
    assert not (bare_checkout / ".venv").exists()


def test_setting_up_twice_installs_once(bare_checkout: Path) -> None:
    log = bare_checkout / "pip.log"
    python = bare_checkout / ".venv" / "bin" / "python"
    fake_command(python, f'echo "$*" >> "{log}"')
    fake_command(python.with_name("pip"), f"# made for {python}")

    first = set_up(bare_checkout, "test", python="python-is-not-asked-for")
    asked_at_first = log.read_text("utf-8").splitlines()
    again = [set_up(bare_checkout, *extras, python="") for extras in (["test"], [])]

    assert first.returncode == 0, first.stderr
    assert asked_at_first[-1].endswith("--editable .[test]")
    assert [call.returncode for call in again] == [0, 0]
    assert log.read_text("utf-8").splitlines() == asked_at_first


@pytest.mark.slow
def test_a_wheel_works_where_nothing_else_is(tmp_path: Path) -> None:
    pip_wheel = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", tmp_path, ROOT]
    subprocess.run(pip_wheel, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")

    assert script("check_wheel.py")["problems"](wheel) == []

    venv.create(tmp_path / "empty", with_pip=True)
    python = tmp_path / "empty" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--no-deps", wheel], check=True, capture_output=True)
    ask = "from coun_gui.assets import asset; print(asset('icons', 'coun.svg').resolve())"
    found = subprocess.run(
        [python, "-I", "-c", ask], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout.strip()

    assert Path(found).is_relative_to(tmp_path / "empty")
    assert Path(found).read_bytes() == (ROOT / "resources" / "icons" / "coun.svg").read_bytes()
    assert (tmp_path / "empty/share/applications/org.coun_gui.CoUn.desktop").exists()
