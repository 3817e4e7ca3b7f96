"""The tables in resources/results: whole, unaltered, and right by sums that are done here anew."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = sorted(path.parent for path in (ROOT / "resources" / "results").glob("*/manifest.json"))
# Images whose forward and backward pass a method pays for in an epoch, by forget and retain count.
PASSES = {
    "original": lambda retain, forget: retain + forget,
    "retrain": lambda retain, forget: retain,
    "ft": lambda retain, forget: retain,
    "l1-sparse": lambda retain, forget: retain,
    "not": lambda retain, forget: retain,
    "coun": lambda retain, forget: 2 * retain,
}


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def manifest(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return content


def rows(folder: Path) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = json.loads((folder / "results.json").read_text("utf-8"))
    return content


def resnet18_flops() -> tuple[float, float]:
    """Of one CIFAR image, two for a multiplication with its addition: of the forward pass, and of its first layer.

    From the layers' shapes: inputs, outputs, kernel and the side of the output.
    """
    layers = [(3, 64, 3, 32), *[(64, 64, 3, 32)] * 4]
    for width, side in ((128, 16), (256, 8), (512, 4)):
        layers += [(width // 2, width, 3, side), (width // 2, width, 1, side), *[(width, width, 3, side)] * 3]
    each = [2.0 * inputs * outputs * kernel**2 * side**2 for inputs, outputs, kernel, side in layers]
    return sum(each) + 2 * 512 * 10, each[0]


def test_there_are_results() -> None:
    assert FOLDERS


def test_no_file_was_altered_after_it_was_written(folder: Path) -> None:
    told = manifest(folder)["files"]

    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in told} == told
    assert {path.name for path in folder.iterdir()} == {*told, "manifest.json"}


def test_every_gap_is_the_mean_distance_to_retrain(folder: Path) -> None:
    table = rows(folder)
    retrain = next(row for row in table if row["method"] == "retrain")

    for row in table:
        distances = [abs(row[figure] - retrain[figure]) for figure in ("RA", "UA", "TA", "MIA")]
        assert row["gap"] == pytest.approx(fmean(distances), abs=1e-9), row["label"]


def test_every_method_that_was_asked_for_has_a_row_or_is_counted_as_unfinished(folder: Path) -> None:
    about = manifest(folder)
    asked = [(each["name"], each["contrastive"] is not None) for each in about["experiment"]["methods"]]

    found = [(row["method"], row["contrastive"]) for row in rows(folder)]

    assert found[:2] == [("original", False), ("retrain", False)]
    assert found[2:] == [method for method in asked if method in found]
    assert len(asked) - len(found[2:]) == about["unfinished_runs"]


def test_costs_follow_from_layers_images_and_epochs(folder: Path) -> None:
    """A backward pass costs twice a forward pass, but for the first layer, whose input needs no gradient."""
    asked = manifest(folder)["experiment"]
    forward, first = resnet18_flops()
    total = asked["dataset"]["subset"]
    share = asked["forget"]["fraction"] or len(asked["forget"]["classes"]) / 10  # the subset is balanced
    forget = round(share * total)

    for row in rows(folder):
        if row["method"] not in PASSES or row["contrastive"]:
            continue
        recipe = asked["training" if row["method"] in ("original", "retrain") else "unlearning"]
        images = PASSES[row["method"]](total - forget, forget) * recipe["epochs"]
        assert row["cost_flops"] == pytest.approx(images * (3 * forward - first), rel=1e-3), row["label"]


def test_the_readme_has_the_table_as_it_was_exported() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    shown = readme.partition("<!-- paper -->")[2].partition("<!-- end of paper -->")[0].strip()

    assert shown in {(folder / "results.md").read_text("utf-8").strip() for folder in FOLDERS}
