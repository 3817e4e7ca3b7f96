"""What a row of the results table promises."""

from __future__ import annotations

import math
from pathlib import Path
from statistics import mean, stdev

import pytest
from builders import FORGET, PAPER, Bench, metrics

from coun_gui.experiments.spec import DatasetSpec, ExperimentSpec, ForgetSpec
from coun_gui.reports.columns import cost_unit, metric_columns
from coun_gui.reports.rows import ResultRow, result_rows

TRUCK = ForgetSpec(kind="class", classes=("truck",))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "workspace")


def rows_by_label(bench: Bench) -> dict[str, ResultRow]:
    return {row.label: row for row in result_rows(bench.workspace)}


@pytest.mark.parametrize("method", list(PAPER))
def test_the_average_gaps_are_those_of_the_printed_table(bench: Bench, method: str) -> None:
    bench.paper()
    row = next(row for row in result_rows(bench.workspace) if row.method == method)
    # the paper rounds its means to 0.01 before printing and its gaps after
    assert row.gap == pytest.approx(PAPER[method][1], abs=0.0075)
    assert row.spread("cost_flops").mean == pytest.approx(PAPER[method][2] * 1e15)


def test_distances_are_signed(bench: Bench) -> None:
    bench.paper()
    assert rows_by_label(bench)["NegGrad+"].deltas == pytest.approx(
        {"RA": -0.05, "UA": 0.01, "TA": -0.35, "MIA": -1.93}
    )


def test_mean_and_sample_deviation_are_over_the_seeds(bench: Bench) -> None:
    own = [(99.0, 5.0, 94.0, 10.0), (98.0, 6.0, 95.5, 12.0), (97.5, 7.5, 93.0, 9.0)]
    target = [(100.0, 5.5, 95.0, 11.0), (99.0, 5.0, 94.0, 12.5), (100.0, 6.0, 94.5, 10.0)]
    for seed in range(3):
        original = bench.add("original", metrics(100, 0, 95, 1), seed=seed)
        bench.add("retrain", metrics(*target[seed]), seed=seed)
        bench.add("ft", metrics(*own[seed]), seed=seed, original=original.id, flops=1e9 * (seed + 1))
    row = rows_by_label(bench)["FT"]
    assert row.seeds == 3
    for place, key in enumerate(("RA", "UA", "TA", "MIA")):
        assert row.spread(key).mean == pytest.approx(mean(values[place] for values in own))
        assert row.spread(key).std == pytest.approx(stdev(values[place] for values in own))
    from_means = mean(abs(mean(a) - mean(b)) for a, b in zip(zip(*own), zip(*target)))  # noqa: B905
    per_seed = [mean(abs(x - y) for x, y in zip(a, b)) for a, b in zip(own, target)]  # noqa: B905
    assert row.gap == pytest.approx(from_means)
    assert row.spread("gap").std == pytest.approx(stdev(per_seed))
    assert row.spread("cost_flops").std == pytest.approx(1e9)


def test_one_seed_has_no_deviation(bench: Bench) -> None:
    bench.paper()
    row = rows_by_label(bench)["CoUn"]
    assert row.spread("RA").std is None
    assert row.spread("gap").std is None


def test_retrain_is_its_own_reference(bench: Bench) -> None:
    bench.paper()
    assert rows_by_label(bench)["Retrain"].gap == 0


def test_original_comes_first_then_retrain_then_the_methods_as_asked_for(bench: Bench) -> None:
    original = bench.add("original", metrics(100, 0, 95, 1))
    bench.add("not", metrics(99, 3, 94, 9), original=original.id)
    bench.add("ft", metrics(99, 3, 94, 9), original=original.id)
    bench.add("retrain", metrics(100, 5, 95, 11))
    assert [row.method for row in result_rows(bench.workspace)] == ["original", "retrain", "not", "ft"]


@pytest.mark.parametrize(
    ("retrain", "sentence"),
    [
        (None, "Retrain is missing for this forget set, so there is no gap."),
        ({"forget_hash": "a" * 16}, "Retrain is missing for this forget set, so there is no gap."),
        ({"seed": 1}, "Retrain is missing for seed 0, so there is no gap."),
        (
            {"training": {"epochs": 3}},
            "Retrain was trained by another recipe than this method's Original, so there is no gap.",
        ),
        ({"contrastive": True}, "Retrain is missing for this forget set, so there is no gap."),
        ({"status": "interrupted"}, "Retrain is missing for this forget set, so there is no gap."),
    ],
)
def test_without_the_matching_retrain_there_is_no_gap_and_it_says_so(
    bench: Bench, retrain: dict[str, object] | None, sentence: str
) -> None:
    original = bench.add("original", metrics(100, 0, 95, 1))
    bench.add("ft", metrics(99, 3, 94, 9), original=original.id)
    if retrain is not None:
        bench.add("retrain", metrics(100, 5, 95, 11), **retrain)  # type: ignore[arg-type]
    row = next(row for row in result_rows(bench.workspace) if row.method == "ft")
    assert row.gap is None
    assert row.deltas == dict.fromkeys(("RA", "UA", "TA", "MIA"))
    assert row.note == sentence
    assert row.spread("RA").mean == 99


def test_an_original_that_is_gone_leaves_no_gap(bench: Bench) -> None:
    bench.add("retrain", metrics(100, 5, 95, 11))
    bench.add("ft", metrics(99, 3, 94, 9), original="0" * 16)
    row = rows_by_label(bench)["FT"]
    assert row.gap is None
    assert row.note.startswith("The Original of this method can't be read")


def test_a_gap_over_some_of_the_seeds_names_the_others(bench: Bench) -> None:
    for seed in (0, 1):
        original = bench.add("original", metrics(100, 0, 95, 1), seed=seed)
        bench.add("ft", metrics(99 - seed, 3, 94, 9), seed=seed, original=original.id)
    bench.add("retrain", metrics(100, 3, 94, 9), seed=1)
    row = rows_by_label(bench)["FT"]
    assert row.gap == pytest.approx(0.5)  # seed 1: (2 + 0 + 0 + 0) / 4
    assert row.note == "Retrain is missing for seed 0; the gap is over the other seeds."


@pytest.mark.parametrize("mia", [math.nan, None])
def test_a_figure_that_is_missing_is_none_and_takes_the_gap_with_it(bench: Bench, mia: float | None) -> None:
    original = bench.add("original", metrics(100, 0, 95, 1))
    bench.add("retrain", metrics(100, 5, 95, 11))
    values = metrics(99, 3, 94, 9) | {"MIA": mia}
    bench.add("ft", {key: value for key, value in values.items() if value is not None}, original=original.id)
    row = rows_by_label(bench)["FT"]
    assert row.spread("MIA").mean is None
    assert row.deltas["RA"] == pytest.approx(-1)
    assert row.gap is None
    assert row.note == "MIA is missing, so there is no gap."


@pytest.mark.parametrize("status", ["running", "failed", "cancelled", "interrupted"])
def test_a_run_that_is_not_done_has_no_row(bench: Bench, status: str) -> None:
    bench.add("ft", metrics(99, 3, 94, 9), status=status)
    assert result_rows(bench.workspace) == []


def test_rows_that_would_share_a_title_say_how_they_differ(bench: Bench) -> None:
    start = bench.add("original", metrics(100, 0, 95, 1)).id
    for weight in (0.5, 2.0):
        bench.add(
            "coun", metrics(99, 3, 94, 9), original=start, params={"weight": weight, "temperature": 0.1}
        )
    for size in (64, 128):
        bench.add("ft", metrics(99, 3, 94, 9), original=start, training={"lr": 0.03, "batch_size": size})
    bench.add("not", metrics(99, 3, 94, 9), original=start)
    labels = [row.label for row in result_rows(bench.workspace)]
    assert labels == [
        "Original", "CoUn (weight 0.5)", "CoUn (weight 2)",
        "FT (batch size 64)", "FT (batch size 128)", "NoT",
    ]  # fmt: skip


def test_the_switch_makes_another_row(bench: Bench) -> None:
    original = bench.add("original", metrics(100, 0, 95, 1))
    for contrastive in (False, True):
        bench.add("neggrad+", metrics(99, 3, 94, 9), original=original.id, contrastive=contrastive)
    rows = rows_by_label(bench)
    assert not rows["NegGrad+"].contrastive
    assert rows["NegGrad+ + CL"].contrastive


def test_an_experiment_shows_its_own_runs_and_forget_set_but_may_lean_on_any_retrain(bench: Bench) -> None:
    original = bench.add("original", metrics(100, 0, 95, 1))
    bench.add("retrain", metrics(100, 0, 95, 1))
    ft = bench.add("ft", metrics(96, 0, 95, 1), original=original.id)
    bench.add("ft", metrics(90, 9, 90, 9), original=original.id, forget_hash="a" * 16, forget=TRUCK)
    spec = ExperimentSpec(reference=False)
    experiment = bench.workspace.save_experiment(spec, (original.id, ft.id))
    rows = result_rows(bench.workspace, experiment)
    assert [(row.method, row.forget) for row in rows] == [("original", "10 % random"), ("ft", "10 % random")]
    assert rows[1].gap == pytest.approx(1.0)


def test_each_forget_set_is_a_setting_of_its_own(bench: Bench) -> None:
    bench.add("retrain", metrics(100, 5, 95, 11))
    bench.add("retrain", metrics(100, 100, 95, 100), forget_hash="a" * 16, forget=TRUCK)
    rows = result_rows(bench.workspace)
    assert [row.forget for row in rows] == ["10 % random", "class truck"]
    assert rows[0].setting != rows[1].setting


def test_data_are_named_as_people_call_them(bench: Bench) -> None:
    bench.add("retrain", metrics(100, 5, 95, 11), dataset=DatasetSpec(name="cifar10", subset=5000))
    row = result_rows(bench.workspace)[0]
    assert (row.dataset, row.dataset_title) == ("cifar10", "CIFAR-10 (5,000 images)")


def test_the_papers_cost_stands_beside_the_counted_one(bench: Bench) -> None:
    bench.add("retrain", metrics(100, 5, 95, 11), flops=9e15, paper_flops=8e15)
    bench.add("ft", metrics(100, 5, 95, 11), forget_hash=FORGET)
    rows = rows_by_label(bench)
    assert rows["Retrain"].spread("paper_cost_flops").mean == 8e15
    assert rows["FT"].spread("paper_cost_flops").mean is None


@pytest.mark.parametrize(
    ("flops", "unit"),
    [(27.37e15, "PFLOPs"), (9.99e14, "TFLOPs"), (4e9, "GFLOPs"), (2e6, "MFLOPs"), (5, "FLOPs")],
)
def test_costs_stand_in_the_largest_unit_that_fits(flops: float, unit: str) -> None:
    assert cost_unit(flops)[1] == unit


def test_every_column_explains_itself() -> None:
    assert [column.key for column in metric_columns() if column.printed] == [
        "RA", "UA", "TA", "MIA", "gap", "cost_flops",
    ]  # fmt: skip
    assert all(column.help.endswith(".") and column.heading for column in metric_columns())
