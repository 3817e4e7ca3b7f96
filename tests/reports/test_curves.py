"""The numbers behind the curves."""

from __future__ import annotations

from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest
from builders import Bench, metrics

from coun_gui.errors import CounError
from coun_gui.reports.curves import Panel, panels
from coun_gui.reports.rows import result_rows


def line(epoch: int, *values: float, **losses: float) -> dict[str, Any]:
    return {
        "epoch": epoch,
        "metrics": metrics(*values),
        "losses": losses,
        "lr": 0.1,
        "seconds": 1.0,
        "flops": 1.0,
    }


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Two seeds of FT, the second evaluated for one epoch less."""
    bench = Bench(tmp_path / "workspace")
    ends = [(98.0, 4.0, 94.0, 10.0), (96.0, 6.0, 93.0, 9.0)]
    for seed, end in enumerate(ends):
        original = bench.add("original", metrics(100, 0, 95, 1), seed=seed)
        bench.add("retrain", metrics(100, 5, 95, 11 + seed), seed=seed)
        history = [
            line(0, 100, 0, 95, 1),
            line(1, *end, supervised=0.5 + seed),
            line(2, *end, supervised=0.25),
        ]
        bench.add("ft", metrics(*end), seed=seed, original=original.id, history=history[: 3 - seed])
    return bench


def drawn(bench: Bench, **options: Any) -> dict[str, Panel]:
    return {panel.title: panel for panel in panels(bench.workspace.runs(), **options)}


def test_there_is_a_panel_a_metric_one_for_the_gap_and_one_a_loss(bench: Bench) -> None:
    assert list(drawn(bench)) == [
        "Retain RA (%)", "Unlearn UA (%)", "Test TA (%)", "MIA (%)", "Avg. Gap (%) ↓", "Loss: supervised",
    ]  # fmt: skip
    assert "Loss: supervised" not in drawn(bench, losses=False)


def test_a_curve_is_the_mean_over_the_epochs_that_all_seeds_have(bench: Bench) -> None:
    (curve,) = drawn(bench)["Retain RA (%)"].curves
    assert curve.epochs == (0, 1)
    assert curve.mean == pytest.approx((100, mean([98, 96])))
    assert curve.std == pytest.approx((0, stdev([98, 96])))


def test_a_loss_starts_where_it_was_first_computed(bench: Bench) -> None:
    (curve,) = drawn(bench)["Loss: supervised"].curves
    assert curve.epochs == (1,)
    assert curve.mean == pytest.approx((1.0,))


def test_the_gap_ends_where_the_table_says(bench: Bench) -> None:
    (curve,) = drawn(bench)["Avg. Gap (%) ↓"].curves
    row = next(row for row in result_rows(bench.workspace) if row.method == "ft")
    assert curve.mean[-1] == pytest.approx(row.gap)
    assert curve.std is not None
    assert curve.std[-1] == pytest.approx(row.spread("gap").std)


def test_retrain_is_the_target(bench: Bench) -> None:
    assert drawn(bench)["MIA (%)"].target.mean == pytest.approx(11.5)
    assert drawn(bench)["Avg. Gap (%) ↓"].target.mean == 0


def test_without_retrain_there_is_neither_target_nor_gap(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "workspace")
    bench.add("ft", metrics(99, 3, 94, 9), history=[line(0, 100, 0, 95, 1), line(1, 99, 3, 94, 9)])
    assert list(drawn(bench)) == ["Retain RA (%)", "Unlearn UA (%)", "Test TA (%)", "MIA (%)"]
    assert drawn(bench)["MIA (%)"].target.mean is None


def test_a_method_without_epochs_is_a_point(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "workspace")
    bench.add("ssd", metrics(99, 3, 94, 9))
    (curve,) = drawn(bench)["MIA (%)"].curves
    assert (curve.epochs, curve.mean) == ((0,), (9,))


def test_nothing_done_is_said(tmp_path: Path) -> None:
    with pytest.raises(CounError, match="No method is done yet"):
        panels(Bench(tmp_path / "workspace").workspace.runs())


def test_runs_that_may_not_be_compared_are_not_drawn_together(bench: Bench) -> None:
    bench.add("ft", metrics(99, 3, 94, 9), forget_hash="a" * 16)
    with pytest.raises(CounError, match="several settings"):
        panels(bench.workspace.runs())
