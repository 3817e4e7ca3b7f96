"""The experiment files that come with the program."""

from __future__ import annotations

from pathlib import Path

from coun_gui.assets import asset
from coun_gui.experiments.spec import ExperimentSpec, read_toml


def built_in() -> list[Path]:
    """The shipped experiment files, by name."""
    folder = asset("presets")
    return sorted(folder.glob("*.toml")) if folder.is_dir() else []


def grouped(name: str) -> tuple[str, str]:
    """“Digits: class 8” as the sub-menu and the entry in it; no sub-menu where there is no colon."""
    group, colon, title = name.partition(": ")
    return (group, title) if colon else ("", name)


def first_experiment() -> ExperimentSpec:
    """What the form holds when the program is opened: digits, a tenth at random, FT against CoUn."""
    preset = asset("presets", "digits.toml")
    if preset.is_file():
        return read_toml(preset)
    return ExperimentSpec.model_validate({"seeds": [0, 1, 2], "methods": [{"name": "ft"}, {"name": "coun"}]})
