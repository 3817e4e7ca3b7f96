"""Names to things, and third-party packages that add to them."""

from __future__ import annotations

from typing import Any

import pytest

from coun_gui.errors import InvalidSpec, unknown
from coun_gui.unlearning import registry
from coun_gui.unlearning.datasets import sources
from coun_gui.unlearning.methods import methods
from coun_gui.unlearning.methods.ft import FineTuning
from coun_gui.unlearning.models import architectures
from coun_gui.unlearning.registry import Registry

ALL = {"method": methods, "model": architectures, "dataset": sources}


class Plugin(FineTuning):
    name = "plugin"


class Point:
    def load(self) -> Any:
        return Plugin


@pytest.mark.parametrize("kind", ALL)
def test_an_unknown_name_is_answered_with_all_names_and_the_nearest(kind: str) -> None:
    known = sorted(choice.name for choice in ALL[kind])
    with pytest.raises(InvalidSpec) as error:
        ALL[kind].get(f"{known[0]}x", "some.field")
    assert error.value.sentence == f"Unknown {kind} “{known[0]}x”."
    assert error.value.remedy == f"Did you mean “{known[0]}”? Possible: {', '.join(known)}."
    assert error.value.field == "some.field"


def test_a_name_like_no_other_gets_no_suggestion() -> None:
    error = unknown("method", "zzzz", ["ft", "coun"])
    assert error.remedy == "Possible: coun, ft."


@pytest.mark.parametrize("kind", ALL)
def test_each_choice_is_found_under_its_own_name_and_tells_about_itself(kind: str) -> None:
    for choice in ALL[kind]:
        assert ALL[kind].get(choice.name) is choice
        assert choice.title
        assert choice.help.endswith(".")
        assert choice.Params.model_json_schema()


def test_what_the_program_ships_is_there() -> None:
    assert {"retrain", "ft", "coun"} <= {method.name for method in methods}
    assert {"resnet18", "small-cnn"} <= {model.name for model in architectures}
    assert {"digits", "cifar10", "npz"} <= {source.name for source in sources}


@pytest.mark.parametrize(
    ("package", "group"),
    [
        ("coun_gui.unlearning.methods", "coun_gui.methods"),
        ("coun_gui.unlearning.models", "coun_gui.models"),
        ("coun_gui.unlearning.datasets", "coun_gui.datasets"),
    ],
)
def test_third_party_packages_add_choices_through_the_entry_points_of_their_group(
    package: str, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def points(group: str) -> list[Point]:
        asked.append(group)
        return [Point()]

    monkeypatch.setattr(registry, "entry_points", points)
    fresh: Registry[Any] = Registry("choice", package)
    assert fresh.get("plugin") is Plugin
    assert asked == [group]


def test_packages_are_looked_for_only_once_and_only_when_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(registry, "entry_points", lambda group: asked.append(group) or [Point()])
    fresh: Registry[Any] = Registry("method", "coun_gui.unlearning.methods")
    assert asked == []
    fresh.get("plugin")
    list(fresh)
    assert len(asked) == 1


class Broken:
    name = "broken"

    def load(self) -> Any:
        raise ImportError("No module named 'broken_package'")


def test_a_broken_third_party_package_takes_no_other_choice_with_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda group: [Broken(), Point()])
    fresh: Registry[Any] = Registry("method", "coun_gui.unlearning.methods")
    assert fresh.get("plugin") is Plugin
    assert "No module named 'broken_package'" in caplog.text


def test_a_choice_whose_package_is_broken_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda group: [Broken()])
    fresh: Registry[Any] = Registry("method", "coun_gui.unlearning.methods")
    for _ in range(2):
        with pytest.raises(InvalidSpec, match="“broken” can't be loaded") as error:
            fresh.get("broken", "methods")
        assert "No module named 'broken_package'" in error.value.sentence
        assert error.value.field == "methods"
