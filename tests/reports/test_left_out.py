"""What the paper's figure has no column for is said: by the window, on the terminal and in the manifest."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from builders import Bench, metrics
from test_paper_figure import a_map, runs_of

from coun_gui.cli import main
from coun_gui.experiments.maps import SampleMap, write_map
from coun_gui.experiments.spec import EmbeddingSpec, ForgetSpec, parse_experiment
from coun_gui.reports.paper_columns import paper_settings

CAT = "class cat is left out: of class-wise forget sets only class truck has a column."
LIST = (
    "indices mine.txt is left out: the figure has a class-wise and a random forget set, "
    "and another kind only where its map is on show."
)


def drawn(bench: Bench, forget: ForgetSpec, name: str, method: str = "umap") -> SampleMap:
    """A map of Retrain, Original and CoUn, newer than those before."""
    forget_hash = name * 16
    found = a_map(runs_of(bench, forget, forget_hash, ("retrain", "coun")), forget_hash)
    found = replace(found, spec=found.spec.model_copy(update={"embedding": EmbeddingSpec(method=method)}))
    path = bench.workspace.map_path(found.spec.id)
    write_map(found, path)
    latest = max(each.stat().st_mtime_ns for each in path.parent.iterdir())
    os.utime(path, ns=(latest + 10**9, latest + 10**9))
    return found


def of_class(name: str) -> ForgetSpec:
    return ForgetSpec(kind="class", classes=(name,))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "workspace")


def told(bench: Bench, shown: SampleMap) -> list[str]:
    return paper_settings(bench.workspace.path, bench.workspace.runs(), shown)[1]


def test_nothing_is_said_where_every_forget_set_has_a_column(bench: Bench) -> None:
    drawn(bench, of_class("truck"), "a")
    assert told(bench, drawn(bench, ForgetSpec(), "b")) == []


def test_an_older_map_of_the_same_kind_and_a_list_of_samples_are_named(bench: Bench) -> None:
    drawn(bench, of_class("cat"), "c")
    drawn(bench, ForgetSpec(kind="indices", file="mine.txt"), "d")
    drawn(bench, of_class("truck"), "a")
    assert told(bench, drawn(bench, ForgetSpec(), "b")) == [CAT, LIST]


def test_another_map_of_a_forget_set_that_is_drawn_is_not_left_out(bench: Bench) -> None:
    drawn(bench, of_class("truck"), "a", "pacmap")
    drawn(bench, of_class("truck"), "a")
    shown = drawn(bench, ForgetSpec(), "b")
    drawn(bench, ForgetSpec(), "b", "pca")
    assert told(bench, shown) == []


def with_seeds(bench: Bench, **seeds: tuple[int, ...]) -> SampleMap:
    """A map of a random forget set with runs of several seeds of each method."""
    first = bench.add("original", metrics(100, 0, 95, 1))
    made = [
        bench.add(method, metrics(99, 5, 94, 11), seed=seed, forget_hash="e" * 16, forget=ForgetSpec(),
                  original=None if method == "retrain" else first.id)
        for method, several in seeds.items()
        for seed in several
    ]  # fmt: skip
    return a_map((first.id, *(record.id for record in made)), "e" * 16)


def test_further_seeds_of_a_method_are_named(bench: Bench) -> None:
    shown = with_seeds(bench, retrain=(0,), ft=(0, 2, 1), coun=(1, 0))
    assert told(bench, shown) == [
        "10 % random: of FT seed 0 is drawn; seeds 1 and 2 are left out.",
        "10 % random: of CoUn seed 1 is drawn; seed 0 is left out.",
    ]
    (setting,) = paper_settings(bench.workspace.path, bench.workspace.runs(), shown)[0]
    seeds = {record.id: record.spec.seed for record in bench.workspace.runs()}
    assert {title: seeds[run] for title, run in setting.runs.items()} == {"Retrain": 0, "FT": 0, "CoUn": 1}


def test_methods_that_leave_out_the_same_seeds_share_a_sentence(bench: Bench) -> None:
    shown = with_seeds(bench, retrain=(0, 1), ft=(0, 1), coun=(0, 1))
    assert told(bench, shown) == ["10 % random: of Retrain, FT and CoUn seed 0 is drawn; seed 1 is left out."]


def test_runs_of_one_seed_that_differ_in_their_parameters_are_counted(bench: Bench) -> None:
    shown = with_seeds(bench, retrain=(0,), ft=(0,))
    other = bench.add("ft", metrics(98, 4, 93, 10), forget_hash="e" * 16, forget=ForgetSpec(), original="o",
                      training={"lr": 0.5})  # fmt: skip
    spec = shown.spec.model_copy(update={"runs": (*shown.spec.runs, other.id)})
    shown = replace(shown, spec=spec, xy=shown.xy | {other.id: shown.xy[shown.spec.runs[0]]})
    assert told(bench, shown) == ["10 % random: of FT seed 0 is drawn; 1 more of its runs is left out."]


def test_many_are_counted(bench: Bench) -> None:
    for name, letter in (
        ("bird", "1"),
        ("deer", "2"),
        ("dog", "3"),
        ("frog", "4"),
        ("horse", "5"),
        ("ship", "6"),
    ):
        drawn(bench, of_class(name), letter)
    assert told(bench, drawn(bench, of_class("truck"), "a")) == [
        "class ship, class horse, class frog and 3 more are left out: "
        "of class-wise forget sets only class truck has a column."
    ]


def export(bench: Bench, shown: SampleMap, out: Path) -> None:
    """By the command line, of an experiment with the runs of that map."""
    spec = parse_experiment(
        {"name": "a table", "dataset": {"name": "cifar10"}, "methods": [{"name": "coun"}]}
    )
    bench.workspace.save_experiment(spec, shown.spec.runs)
    bench.workspace.close()
    assert main(["export", "--workspace", str(bench.workspace.path), "--out", str(out)]) == 0


def test_an_export_says_so_in_one_line_and_in_the_manifest(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn(bench, of_class("cat"), "c")
    drawn(bench, ForgetSpec(kind="indices", file="mine.txt"), "d")
    drawn(bench, of_class("truck"), "a")
    shown, out = drawn(bench, ForgetSpec(), "b"), tmp_path / "out"

    export(bench, shown, out)

    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == [f"The paper's figure: {CAT} {LIST}"]
    assert json.loads((out / "manifest.json").read_text("utf-8"))["left_out"] == [CAT, LIST]
    assert (out / "feature-space.pdf").exists()


def test_an_export_that_leaves_nothing_out_says_nothing_more(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown, out = drawn(bench, ForgetSpec(), "b"), tmp_path / "out"

    export(bench, shown, out)

    assert len(capsys.readouterr().out.splitlines()) == 1
    assert json.loads((out / "manifest.json").read_text("utf-8"))["left_out"] == []


def test_of_more_models_than_a_page_has_rows_those_that_all_settings_have_are_drawn(bench: Bench) -> None:
    drawn(bench, of_class("truck"), "a")
    every = ("retrain", "ft", "neggrad+", "l1-sparse", "salun", "not", "coun")
    found = a_map(runs_of(bench, ForgetSpec(), "b" * 16, every), "b" * 16)
    write_map(found, bench.workspace.map_path(found.spec.id))

    settings, said = paper_settings(bench.workspace.path, bench.workspace.runs(), found)

    assert [(setting.title, list(setting.runs)) for setting in settings] == [
        ("class truck", ["Retrain", "CoUn"]), ("10 % random", ["Retrain", "CoUn"]),
    ]  # fmt: skip
    assert said == ["FT, NegGrad+, ℓ1-sparse and 2 more are left out: class truck has no map of them."]
