"""Hyper-parameters by a random search over grids (Bergstra and Bengio 2012, JMLR 13), by the gap to Retrain.

Each field that names values to try has a place in its method's grid; the others keep what the experiment gives them.
The search is an experiment like any other, of one seed: it can be stopped, and shows in the window. What it finds is
to be reported on other seeds, whose Retrain has had no say in it.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from coun_gui.errors import InvalidSpec
from coun_gui.experiments.spec import ExperimentSpec, MethodSpec
from coun_gui.unlearning.methods import methods
from coun_gui.unlearning.parameters import TRIED, ContrastiveSpec, UnlearningSpec

SWITCH = "contrastive."  # before the names of the contrastive module's parameters
Choice = Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """What a method was given, of how many settings, and its average gap to Retrain in percentage points.

    method: as given where no trial has a gap, which is None then.
    """

    method: MethodSpec
    gap: float | None
    ended: int
    tried: int


def searching(spec: ExperimentSpec, trials: int) -> ExperimentSpec:
    """The experiment of the search: each method as `spec` has it, and in `trials` − 1 other settings at most.

    On the first seed alone, beside its Retrain. The draws depend on nothing but the method, so that a longer search
    goes on from a shorter one. Raises `InvalidSpec` where a method or a value doesn't exist.
    """
    if not spec.methods:
        raise InvalidSpec("There is no method to search for.", "Add one: [[methods]].", "methods")
    settings = [
        each for number, method in enumerate(spec.methods) for each in _settings(spec, method, number, trials)
    ]
    name = " · ".join(filter(None, (spec.name, "search")))
    more = {
        "name": name,
        "seeds": spec.seeds[:1],
        "reference": True,
        "methods": _different(spec, settings),
    }
    return spec.model_copy(update=more)


def _settings(spec: ExperimentSpec, method: MethodSpec, number: int, trials: int) -> list[MethodSpec]:
    grid = _grid(spec, method, number)
    given = {key: value for key, (value, _) in grid.items()}
    others = [
        dict(zip(grid, values, strict=True))
        for values in itertools.product(*(tries for _, tries in grid.values()))
    ]
    random.Random(method.name).shuffle(others)
    choices = [given, *(choice for choice in others if choice != given)]
    return [_with(method, choice) for choice in choices[:trials]]


def _grid(spec: ExperimentSpec, method: MethodSpec, number: int) -> dict[str, tuple[Any, list[Any]]]:
    """By key: the value that the experiment gives, and those to try."""
    kind = methods.get(method.name, f"methods.{number}.name")
    own, recipe = _resolved(spec, method)
    found = {key: (own[key], tries) for key, tries in _tries(kind.Params).items()}
    if method.contrastive:
        switch = method.contrastive.model_dump()
        found |= {SWITCH + key: (switch[key], tries) for key, tries in _tries(ContrastiveSpec).items()}
    if kind.trains and kind.starts_from_original:
        found |= {key: (recipe[key], tries) for key, tries in _tries(UnlearningSpec).items()}
    return found


def _resolved(spec: ExperimentSpec, method: MethodSpec) -> tuple[dict[str, Any], dict[str, Any]]:
    """Its own parameters and those of its training, with every default filled in."""
    fields = methods.get(method.name).Params.model_fields
    own = {key: field.default for key, field in fields.items()}
    return {**own, **method.params}, {**spec.unlearning.model_dump(), **method.overrides}


def _tries(parameters: type[BaseModel]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for key, field in parameters.model_fields.items():
        extra: Any = field.json_schema_extra
        if isinstance(extra, dict) and TRIED in extra:
            found[key] = extra[TRIED]
    return found


def _with(method: MethodSpec, choice: Choice) -> MethodSpec:
    """The method with the chosen values, all of them written out."""
    content = {"name": method.name, **method.params, **method.overrides}
    content |= {key: value for key, value in choice.items() if not key.startswith(SWITCH)}
    if method.contrastive:
        switch = {key.removeprefix(SWITCH): value for key, value in choice.items() if key.startswith(SWITCH)}
        content["contrastive"] = {**method.contrastive.model_dump(), **switch}
    return MethodSpec.model_validate(content)


def best(
    spec: ExperimentSpec, search: ExperimentSpec, gaps: Iterable[tuple[MethodSpec, float | None]]
) -> list[Found]:
    """For each method of `spec` the setting of `search` with the least gap; None: diverged, or not computed."""
    ended = [(gap, method) for method, gap in gaps if gap is not None]
    found = []
    for method in spec.methods:
        kin = [(gap, each) for gap, each in ended if _kind(each) == _kind(method)]
        gap, chosen = min(kin, key=lambda pair: pair[0], default=(None, method))
        tried = sum(_kind(each) == _kind(method) for each in search.methods)
        found.append(Found(chosen, gap, len(kin), tried))
    return found


def _kind(method: MethodSpec) -> tuple[str, bool]:
    return method.name, method.contrastive is not None


def reporting(spec: ExperimentSpec, found: Sequence[Found]) -> ExperimentSpec:
    """`spec` with what was found, on its other seeds, or on the one after the searched one."""
    searched = spec.seeds[0]
    chosen = _different(spec, [each.method for each in found])
    return spec.model_copy(update={"seeds": spec.seeds[1:] or (searched + 1,), "methods": chosen})


def _different(spec: ExperimentSpec, given: Sequence[MethodSpec]) -> tuple[MethodSpec, ...]:
    """Without those that come to the same training."""
    meant = [(method.name, method.contrastive, *_resolved(spec, method)) for method in given]
    return tuple(method for number, method in enumerate(given) if meant[number] not in meant[:number])
