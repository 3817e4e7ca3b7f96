"""From an experiment to its runs: what is computed, in which order, and what is refused before torch is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from digits_runs import FEW, Finished, experiment, new_workspace, one

from coun_gui.errors import CounError, InvalidSpec
from coun_gui.experiments.answers import plan_answer
from coun_gui.experiments.estimate import image_flops, plan_flops
from coun_gui.experiments.plan import planned, title
from coun_gui.experiments.spec import ORIGINAL, RETRAIN, ExperimentSpec, parse_experiment
from coun_gui.experiments.workspace import Workspace


def methods_of(spec: ExperimentSpec) -> list[tuple[str, int]]:
    return [(run.method, run.seed) for run in planned(spec).runs]


def refusal(spec: ExperimentSpec) -> CounError:
    with pytest.raises(CounError) as caught:
        planned(spec)
    return caught.value


def test_each_seed_has_its_original_its_retrain_and_then_the_methods_as_written() -> None:
    assert methods_of(experiment("coun", "ft", seeds=[3, 0])) == [
        (ORIGINAL, 3), (RETRAIN, 3), ("coun", 3), ("ft", 3),
        (ORIGINAL, 0), (RETRAIN, 0), ("coun", 0), ("ft", 0),
    ]  # fmt: skip


def test_a_method_starts_from_the_original_of_its_seed_and_retrain_from_none() -> None:
    runs = planned(experiment("ft", seeds=[0, 1])).runs
    originals = {run.seed: run.id for run in runs if run.method == ORIGINAL}

    assert len(set(originals.values())) == 2
    assert all(run.original == originals[run.seed] for run in runs if run.method == "ft")
    assert all(run.original is None for run in runs if run.method in (ORIGINAL, RETRAIN))


def test_every_run_comes_after_what_it_needs() -> None:
    seen: set[str] = set()
    for run in planned(experiment("ft", "coun", seeds=[0, 1, 2])).runs:
        assert run.original is None or run.original in seen
        seen.add(run.id)


def test_a_method_named_twice_alike_is_one_run_and_with_other_parameters_another() -> None:
    twice = experiment("coun", {"name": "coun", "weight": 1.0}, {"name": "coun", "weight": 2.0})

    assert [run.params["weight"] for run in planned(twice).runs if run.method == "coun"] == [1.0, 2.0]


def test_experiments_share_the_original_and_the_retrain() -> None:
    first, second = (planned(experiment(name)).ids for name in ("ft", "coun"))

    assert first[:2] == second[:2]
    assert first[2] != second[2]


def test_experiments_with_other_forget_sets_share_the_original_alone() -> None:
    first, second = (planned(experiment("ft", forget={"seed": seed})).ids for seed in (0, 1))

    assert first[0] == second[0]
    assert not set(first[1:]) & set(second[1:])


def test_retrain_asked_for_by_name_is_not_computed_twice() -> None:
    assert planned(experiment("retrain", "ft")).ids == planned(experiment("ft")).ids


def test_without_the_reference_there_is_no_retrain_unless_it_is_named() -> None:
    assert methods_of(experiment("ft", reference=False)) == [(ORIGINAL, 0), ("ft", 0)]
    assert methods_of(experiment("ft", "retrain", reference=False)) == [
        (ORIGINAL, 0), ("ft", 0), (RETRAIN, 0),
    ]  # fmt: skip


def test_a_method_overrides_the_unlearning_recipe_and_leaves_the_rest_of_it() -> None:
    plan = planned(experiment("coun", {"name": "ft", "epochs": 7, "schedule": "constant"}))

    assert (one("coun", plan).training.epochs, one("coun", plan).training.schedule) == (2, "cosine")
    assert (one("ft", plan).training.epochs, one("ft", plan).training.schedule) == (7, "constant")
    assert one("ft", plan).training.lr == one("coun", plan).training.lr == 0.05
    assert one(ORIGINAL, plan).training.lr == one(RETRAIN, plan).training.lr == 0.1


def test_every_default_is_filled_in() -> None:
    coun = one("coun", planned(experiment("coun")))

    assert coun.params == {"weight": 1.0, "temperature": 0.1}
    assert (coun.training.momentum, coun.training.weight_decay) == (0.9, 5e-4)


@pytest.mark.parametrize(
    ("keys", "field", "sentence", "near"),
    [
        ({"methods": ["con"]}, "methods.0.name", "Unknown method “con”.", "coun"),
        ({"methods": ["ft", "retrian"]}, "methods.1.name", "Unknown method “retrian”.", "retrain"),
        ({"model": {"name": "small_cnn"}}, "model.name", "Unknown model “small_cnn”.", "small-cnn"),
        ({"model": {"name": "resnet"}}, "model.name", "Unknown model “resnet”.", "resnet18"),
        ({"dataset": {"name": "digit"}}, "dataset.name", "Unknown dataset “digit”.", "digits"),
        ({"methods": [{"name": "coun", "wieght": 1}]}, "methods.0.wieght", "Unknown key “wieght”.", "weight"),
        ({"methods": [{"name": "ft", "epohcs": 1}]}, "methods.0.epohcs", "Unknown key “epohcs”.", "epochs"),
        ({"dataset": {"name": "digits", "subest": 100}}, "dataset.subest", "Unknown key “subest”.", "subset"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_answered_with_the_nearest(
    keys: dict[str, Any], field: str, sentence: str, near: str
) -> None:
    error = refusal(experiment(*keys.pop("methods", []), **keys))

    assert (error.sentence, error.field) == (sentence, field)
    assert error.remedy.startswith(f"Did you mean “{near}”? Possible: ")


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        ({"methods": [{"name": "coun", "weight": -1}]}, "methods.0.weight"),
        ({"methods": ["ft", {"name": "ft", "epochs": 0}]}, "methods.1.epochs"),
        ({"dataset": {"name": "digits", "subset": 5000}}, "dataset.subset"),
        ({"forget": {"kind": "class", "classes": ["truck"]}}, "forget.classes"),
        ({"forget": {"kind": "class", "classes": list("0123456789")}}, "forget.classes"),
        ({"forget": {"kind": "random", "fraction": 0.0001}}, "forget.fraction"),
        ({"forget": {"kind": "indices", "file": "/nowhere/forget.txt"}}, "forget.file"),
        ({"dataset": {"name": "npz", "path": "/nowhere/data.npz"}}, "dataset.path"),
        ({"dataset": {"name": "npz"}}, "dataset.path"),
    ],
)
def test_what_the_data_or_the_method_rule_out_is_refused_at_its_field(
    keys: dict[str, Any], field: str
) -> None:
    error = refusal(experiment(*keys.pop("methods", []), **keys))

    assert error.field == field
    assert error.sentence.endswith(".")


def test_no_number_of_a_method_is_infinite() -> None:
    assert refusal(experiment({"name": "ft", "min_lr": float("inf")})).field == "methods.0.min_lr"


@pytest.mark.parametrize(
    ("method", "reason"),
    [("coun", "built in, or no retain batch"), ("retrain", "trained as the Original was")],
)
def test_the_contrastive_switch_is_refused_with_the_reason(method: str, reason: str) -> None:
    error = refusal(experiment({"name": method, "contrastive": {"weight": 1.0}}))

    assert isinstance(error, InvalidSpec)
    assert error.field == "methods.0.contrastive"
    assert reason in error.remedy


def test_the_contrastive_switch_makes_another_run_of_the_method() -> None:
    plan = planned(experiment("ft", {"name": "ft", "contrastive": {}}))
    plain, switched = plan.runs[2:]

    assert plain.id != switched.id
    assert (title(plain), title(switched)) == ("FT, seed 0", "FT + CL, seed 0")
    assert [title(run) for run in plan.runs[:2]] == ["Original, seed 0", "Retrain, seed 0"]


def test_the_estimated_cost_is_within_five_percent_of_what_was_counted(finished: Finished) -> None:
    counted = sum(finished.record(method).flops for method in ("original", "retrain", "coun"))
    two_ft = [run for run in finished.plan.runs if run.method == "ft"]
    with Workspace(finished.path) as opened:
        counted += sum(record.flops for run in two_ft if (record := opened.run(run.id)))

    forward = image_flops(finished.plan)
    assert plan_flops(finished.plan, forward) == pytest.approx(counted, rel=0.05)
    done = [run.id for run in two_ft]
    left = sum(finished.record(method).flops for method in ("original", "retrain", "coun"))
    assert plan_flops(finished.plan, forward, done) == pytest.approx(left, rel=0.05)
    assert plan_flops(finished.plan, forward, [run.id for run in finished.plan.runs]) == 0


def test_a_class_and_the_file_of_the_same_samples_are_one_forget_set(tmp_path: Path) -> None:
    by_class = planned(experiment("ft", forget={"kind": "class", "classes": ["3"]}))
    file = tmp_path / "threes.txt"
    file.write_text("\n".join(str(index) for index in reversed(by_class.forget)), "utf-8")

    by_file = planned(experiment("ft", forget={"kind": "indices", "file": str(file)}))

    assert by_file.ids == by_class.ids
    np.testing.assert_array_equal(by_file.forget, by_class.forget)
    labels = by_class.images.data.train_labels
    np.testing.assert_array_equal(by_class.forget, [k for k in range(len(labels)) if labels[k] == 3])


def test_the_same_images_at_another_path_are_the_same_runs(tmp_path: Path) -> None:
    digits = planned(experiment()).images.data
    arrays = {
        key: getattr(digits, key) for key in ("train_images", "train_labels", "test_images", "test_labels")
    }
    paths = [tmp_path / "here.npz", tmp_path / "there.npz"]
    for path in paths:
        np.savez(path, **arrays)

    first, second = (planned(experiment("ft", dataset={"name": "npz", "path": str(path)})) for path in paths)

    assert first.ids == second.ids


def test_the_answer_for_the_window_keeps_the_forget_set_in_the_workspace(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path / "workspace")
    answer = plan_answer(experiment("ft"), workspace)
    kept = answer["runs"][0]["spec"]["forget_hash"]

    with Workspace(workspace) as opened:
        assert len(opened.forget(kept)) == 20  # a tenth of 200
    original, retrain, ft = answer["runs"]
    assert (original["needs"], retrain["needs"], ft["needs"]) == ([], [], [original["id"]])
    assert [run["done"] for run in answer["runs"]] == [False, False, False]
    assert answer["flops"] > 0


def test_the_answer_says_what_is_done_already(finished: Finished) -> None:
    other = experiment("ft", {"name": "ft", "epochs": 3}, dataset={"name": "digits"})

    assert [run["done"] for run in plan_answer(other, finished.path)["runs"]] == [True, True, True, False]


def test_a_plan_without_a_workspace_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plan_answer(experiment("ft"))

    assert list(tmp_path.iterdir()) == []


def test_a_subset_is_balanced_over_the_classes() -> None:
    labels = planned(experiment(dataset=FEW)).images.data.train_labels

    assert np.bincount(labels).tolist() == [20] * 10


def test_retrain_takes_no_recipe_of_its_own() -> None:
    with pytest.raises(InvalidSpec) as error:
        planned(parse_experiment({"methods": [{"name": "retrain", "epochs": 3}]}))
    assert error.value.field == "methods.0.epochs"
    assert "[training]" in error.value.remedy
