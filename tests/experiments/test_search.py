"""A search tries what the methods' fields name, keeps the nearest to Retrain, and reports on another seed."""

from __future__ import annotations

import itertools

import pytest
from paper_ranges import RANGES

from coun_gui.errors import InvalidSpec
from coun_gui.experiments.search import best, reporting, searching
from coun_gui.experiments.spec import ExperimentSpec, MethodSpec
from coun_gui.unlearning.methods import methods
from coun_gui.unlearning.parameters import TRIED, ContrastiveSpec, UnlearningSpec

RATES = [0.01, 0.02, 0.05, 0.1]
PAPER = {**RANGES, "temperature": (0, 0.3), "lr": (0.01, 0.1)}


def experiment(*given: dict[str, object], **more: object) -> ExperimentSpec:
    return ExperimentSpec.model_validate({"name": "mine", "methods": list(given), **more})


def settings(spec: ExperimentSpec) -> list[dict[str, object]]:
    return [{**method.params, **method.overrides} for method in spec.methods]


def test_every_value_that_is_tried_lies_in_the_papers_range_and_is_allowed() -> None:
    kinds = [ContrastiveSpec, UnlearningSpec, *(kind.Params for kind in methods)]
    tried = {
        (kind, key): extra[TRIED]
        for kind in kinds
        for key, field in kind.model_fields.items()
        if isinstance(extra := field.json_schema_extra, dict) and TRIED in extra
    }

    assert {key for _, key in tried} == set(PAPER)
    for (kind, key), values in tried.items():
        low, high = PAPER[key]
        assert all(low <= value <= high for value in values), key
        for value in values:
            assert getattr(kind.model_validate({key: value}), key) == value


def test_the_first_trial_is_what_the_experiment_gives_and_all_are_different() -> None:
    search = searching(experiment({"name": "neggrad+", "beta": 0.98, "lr": 0.03}), 8)

    found = settings(search)

    assert found[0] == {"beta": 0.98, "lr": 0.03}
    assert len(found) == 8
    assert all(first != second for first, second in itertools.combinations(found, 2))
    assert {value for setting in found[1:] for value in [setting["lr"]]} <= set(RATES)


def test_a_small_grid_is_tried_whole() -> None:
    search = searching(experiment({"name": "ft"}, unlearning={"lr": 0.02}), 100)

    assert settings(search)[0] == {"lr": 0.02}
    assert sorted(setting["lr"] for setting in settings(search)) == RATES


def test_settings_that_come_to_the_same_training_are_tried_once() -> None:
    twice = ({"name": "ft"}, {"name": "ft", "momentum": 0.9}, {"name": "ft", "lr": 0.01})

    assert len(searching(experiment(*twice), 1).methods) == 1
    assert len(searching(experiment(*twice), 4).methods) == 4


def test_a_longer_search_goes_on_from_a_shorter_one() -> None:
    spec = experiment({"name": "coun"}, {"name": "salun"})

    short, long = (searching(spec, trials).methods for trials in (3, 9))

    assert set(map(str, short)) < set(map(str, long))


def test_the_switch_is_searched_with_its_method_and_the_rest_is_kept() -> None:
    search = searching(
        experiment({"name": "l1-sparse", "sparse_epochs": 2, "contrastive": {"weight": 2.0}}), 200
    )

    assert {method.params["sparse_epochs"] for method in search.methods} == {2}
    assert all(method.contrastive is not None for method in search.methods)
    assert {method.contrastive.weight for method in search.methods if method.contrastive} == {
        0.1,
        0.3,
        1,
        2,
        3,
        6,
    }


def test_it_is_one_seed_beside_its_retrain() -> None:
    search = searching(experiment({"name": "ft"}, seeds=[4, 5], reference=False), 2)

    assert (search.seeds, search.reference, search.name) == ((4,), True, "mine · search")


def test_a_method_that_trains_nothing_has_no_learning_rate_to_try() -> None:
    assert all(
        set(each) == {"selection", "dampening"}
        for each in settings(searching(experiment({"name": "ssd"}), 9))
    )


@pytest.mark.parametrize(("methods", "field"), [((), "methods"), (({"name": "ftt"},), "methods.0.name")])
def test_what_cant_be_searched_is_told(methods: tuple[dict[str, object], ...], field: str) -> None:
    with pytest.raises(InvalidSpec) as caught:
        searching(experiment(*methods), 3)

    assert caught.value.field == field


def test_each_method_gets_the_setting_with_the_least_gap_of_its_own() -> None:
    switched = {"name": "neggrad+", "contrastive": {}}
    spec = experiment({"name": "neggrad+"}, switched, {"name": "ft"}, seeds=[3])
    search = searching(spec, 3)
    gaps: list[float | None] = [2.0, 1.5, None, 0.5, 0.25, 0.75, None, None, None]

    found = best(spec, search, list(zip(search.methods, gaps, strict=True)))

    assert [each.method for each in found] == [search.methods[1], search.methods[4], MethodSpec(name="ft")]
    assert [(each.gap, each.ended, each.tried) for each in found] == [(1.5, 2, 3), (0.25, 3, 3), (None, 0, 3)]


@pytest.mark.parametrize(("seeds", "left"), [([3], (4,)), ([3, 7, 1], (7, 1))])
def test_what_was_found_is_reported_on_other_seeds(seeds: list[int], left: tuple[int, ...]) -> None:
    spec = experiment({"name": "ft"}, seeds=seeds)
    found = best(spec, search := searching(spec, 2), [(search.methods[1], 1.0)])

    report = reporting(spec, found)

    assert report.seeds == left
    assert report.methods == (search.methods[1],)
    assert report.model_copy(update={"seeds": spec.seeds, "methods": spec.methods}) == spec
