"""Looks at the machine the program runs on: versions, devices, paths, free space, and what is wrong with them."""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from platformdirs import user_data_path

import coun_gui
from coun_gui.experiments.capabilities import devices
from coun_gui.experiments.images import cache_folder

PACKAGES = (
    "torch",
    "numpy",
    "PySide6-Essentials",
    "pyqtgraph",
    "scikit-learn",
    "pydantic",
    "safetensors",
    "matplotlib",
)
LITTLE = 2 * 2**30


@dataclass
class Report:
    """Facts to read, and troubles each with its remedy."""

    facts: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


def diagnose() -> Report:
    """Looks at everything; changes nothing."""
    report = Report()
    report.facts.append(
        f"CoUn {coun_gui.__version__}, Python {platform.python_version()}, {platform.platform()}"
    )
    for package in PACKAGES:
        _package(package, report)
    for device in devices():
        memory = f", {device['memory'] / 2**30:.0f} GiB" if device["memory"] else f", {os.cpu_count()} cores"
        report.facts.append(f"device {device['id']}: {device['title']}{memory}")
    for purpose, path in (("data", user_data_path("coun-gui", appauthor=False)), ("cache", cache_folder())):
        _folder(purpose, path, report)
    return report


def _package(package: str, report: Report) -> None:
    try:
        report.facts.append(f"{package} {version(package)}")
    except PackageNotFoundError:
        report.troubles.append(f"{package} is not installed: install coun-gui again with pip.")


def _folder(purpose: str, path: Path, report: Report) -> None:
    there = next(parent for parent in (path, *path.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    report.facts.append(f"{purpose}: {path}, {free / 2**30:.1f} GiB free")
    if not os.access(there, os.W_OK):
        report.troubles.append(f"{there} can't be written: change its permissions.")
    if free < LITTLE:
        report.troubles.append(f"Little space is left for {purpose}: free some on the disk of {there}.")
