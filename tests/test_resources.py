"""What is shipped beside the code is there, and the packaging tells the same story as pyproject.toml."""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

from coun_gui.assets import asset

ROOT = Path(__file__).resolve().parent.parent
APP_ID = "org.coun_gui.CoUn"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def named_assets() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Where asset(...) is called with plain strings alone, and with which."""
    for path in sorted((ROOT / "coun_gui").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "asset":
                parts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                if len(parts) == len(node.args):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", tuple(map(str, parts))


def desktop_entry() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment]  # keys of desktop entries are case-sensitive
    parser.read(ROOT / "packaging" / f"{APP_ID}.desktop", encoding="utf-8")
    return parser["Desktop Entry"]


def metainfo() -> ElementTree.Element:
    return ElementTree.parse(ROOT / "packaging" / f"{APP_ID}.metainfo.xml").getroot()


def test_every_asset_that_the_code_names_exists() -> None:
    missing = [f"{where}: {'/'.join(parts)}" for where, parts in named_assets() if not asset(*parts).exists()]

    assert missing == []


def test_an_asset_is_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert asset("icons", "coun.svg").read_text("utf-8").lstrip().startswith("<")


def test_every_icon_is_well_formed_svg() -> None:
    icons = sorted(asset("icons").glob("*.svg"))

    roots = {icon.name: ElementTree.parse(icon).getroot().tag for icon in icons}

    assert set(roots.values()) == {"{http://www.w3.org/2000/svg}svg"}


def test_the_menu_entry_starts_a_command_that_the_package_installs() -> None:
    entry = desktop_entry()

    assert entry["Exec"] in PROJECT["gui-scripts"]
    assert entry["Type"] == "Application"
    assert entry["Icon"] == APP_ID


def test_the_metainfo_agrees_with_the_menu_entry() -> None:
    component, entry = metainfo(), desktop_entry()

    assert component.findtext("id") == APP_ID
    assert component.findtext("name") == entry["Name"]
    assert component.findtext("launchable") == f"{APP_ID}.desktop"
    assert {tag.text for tag in component.iter("category")} <= set(entry["Categories"].split(";"))


def test_the_metainfo_agrees_with_the_package() -> None:
    component = metainfo()
    newest = component.find("releases/release")

    assert newest is not None
    assert newest.get("version") == PROJECT["version"]
    assert component.findtext("project_license") == PROJECT["license"]
    commands = {*PROJECT["scripts"], *PROJECT["gui-scripts"]}
    assert {tag.text for tag in component.iter("binary")} == commands


def test_the_make_targets_that_the_readme_names_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    readme = (ROOT / "README.md").read_text("utf-8")

    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", readme, flags=re.MULTILINE))

    assert named <= targets
