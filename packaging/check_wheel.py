"""Checks that a wheel holds the program, its resources, its licence and its entry points.

python packaging/check_wheel.py WHEEL
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parent.parent
NOT_SHIPPED = {".pyc"}


def expected_files(root: Path) -> set[str]:
    """What a wheel made from this checkout has to hold, beside its metadata."""
    code = _files(root / "coun_gui")
    resources = _files(root / "resources")
    return {f"coun_gui/{name}" for name in code} | {f"coun_gui/resources/{name}" for name in resources}


def problems(wheel: Path, root: Path = ROOT) -> list[str]:
    """One sentence for each thing that the wheel lacks or holds too much."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    info = f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    data = info.replace(".dist-info", ".data/")
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        texts = {name: archive.read(name).decode() for name in names if name.startswith(info)}
    code = {name for name in names if not name.startswith((info, data))}
    found = [f"it lacks {name}" for name in sorted(expected_files(root) - code)]
    found += [f"it holds {name}, which the checkout doesn't" for name in sorted(code - expected_files(root))]
    found += [f"it lacks {name}" for name in _metadata_missing(texts, info, project)]
    return found


def _metadata_missing(texts: dict[str, str], info: str, project: dict[str, str]) -> list[str]:
    wanted = {
        "METADATA": [
            f"Name: {project['name']}",
            f"Version: {project['version']}",
            "License-Expression: Apache-2.0",
        ],
        "entry_points.txt": ["coun = coun_gui.cli:main", "coun-gui = coun_gui.cli:window"],
        "licenses/LICENSE": ["Apache License"],
    }
    return [
        f"{line!r} in {file}"
        for file, lines in wanted.items()
        for line in lines
        if line not in texts.get(f"{info}/{file}", "")
    ]


def _files(folder: Path) -> set[str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in NOT_SHIPPED)
    return {path.relative_to(folder).as_posix() for path in files}


def main() -> None:
    """Says what is wrong with the wheel named on the command line, or how much it holds."""
    wheel = Path(sys.argv[1])
    if found := problems(wheel):
        sys.exit("\n".join([f"{wheel.name} is not fit to ship:", *found]))
    size = wheel.stat().st_size / 1e6
    print(f"{wheel.name} ({size:.1f} MB): program, resources, licence and commands are in it.")


if __name__ == "__main__":
    main()
