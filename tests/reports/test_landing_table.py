"""The landing table against the figures printed in the paper, and what it says beside the null band."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from coun_gui.errors import WorkspaceError
from coun_gui.reports.landing_table import landing_csv, landing_table, write_landing

CLASSES = ["truck", "automobile", "airplane", "ship"]


def answer(band: dict[str, list[float]] | None = None, reference: str | None = "r") -> dict[str, Any]:
    """CIFAR-10, truck forgotten, ResNet-18: shares of the paper's table 1."""

    def row(run: str, shares: list[float], diff: float | None) -> dict[str, Any]:
        same, js = (None, None) if diff is None else (91.5, 0.02)
        flow = [[0, label, round(50 * share)] for label, share in enumerate(shares) if share]
        return {"run": run, "shares": shares, "avg_diff": diff, "same_class": same, "js": js,
                "avg_diff_listed": None if diff is None else 2 * diff, "cluster_flow": None,
                "cluster": [None, 0.2, 0.3, 0.5] if run == "c" else None, "flow": flow}  # fmt: skip

    rows = [
        row("c", [0.0, 69.60, 13.96, 13.13], 0.33),
        row("r", [0.0, 69.32, 13.47, 12.60], None),
        row("f", [0.0, 70.29, 12.38, 13.12], 0.65),
    ]
    return {"classes": CLASSES, "count": 5000, "reference": reference, "listed": [1, 2], "rows": rows,
            "null_band": band}  # fmt: skip


TITLES = {"r": "Retrain · seed 0", "f": "FT · seed 0", "c": "CoUn · seed 0"}
BAND = {"avg_diff_listed": [0.2, 0.5], "avg_diff": [0.2, 0.5], "same_class": [90.0, 92.0], "js": [0.03, 0.04]}


def test_models_stand_in_the_order_of_their_titles() -> None:
    table = landing_table(answer(), TITLES)
    assert [row.title for row in table.rows] == list(TITLES.values())


def test_the_smallest_difference_to_retrain_is_the_best() -> None:
    assert landing_table(answer(), TITLES).best() == {"c"}


def test_a_figure_within_the_band_is_one_that_a_retrain_might_have() -> None:
    table = landing_table(answer(BAND), TITLES)
    retrain, ft, coun = table.rows
    assert [table.within(row, "avg_diff") for row in (retrain, ft, coun)] == [False, False, True]
    assert table.within(ft, "same_class")  # 91.5 is at least 90
    assert table.within(ft, "js")  # closer than two Retrains are


def test_without_a_band_nothing_is_judged() -> None:
    table = landing_table(answer(), TITLES)
    assert not any(table.within(row, key) for row in table.rows for key in ("avg_diff", "same_class", "js"))


def test_the_largest_classes_keep_their_order() -> None:
    assert landing_table(answer(), TITLES).largest(2) == [1, 2]


def test_the_csv_has_every_figure() -> None:
    lines = list(csv.DictReader(io.StringIO(landing_csv(landing_table(answer(BAND), TITLES)))))
    coun = next(line for line in lines if line["model"] == "CoUn · seed 0")
    assert coun["share_automobile_pct"] == "69.6"
    assert (coun["samples"], coun["avg_diff_pp"], coun["distance_ship"]) == ("5000", "0.33", "0.5")
    assert (coun["listed"], coun["avg_diff_listed_pp"], coun["distance_truck"]) == (
        "automobile airplane",
        "0.66",
        "",
    )
    assert [line["model"] for line in lines[3:]] == [
        "Retrain, other seeds (low)",
        "Retrain, other seeds (high)",
    ]
    assert lines[0]["avg_diff_pp"] == ""
    assert lines[3]["same_class_pct"] == "90"


def test_a_table_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="written"):
        write_landing(landing_table(answer(), TITLES), tmp_path / "missing" / "landing.csv")


def test_the_nearest_clusters_keep_the_order_of_their_classes() -> None:
    assert landing_table(answer(), TITLES).nearest(2) == [1, 2]  # the truck's has no retain samples
