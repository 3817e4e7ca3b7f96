"""What the experiment file promises: it parses, or one sentence says what to mend."""

from __future__ import annotations

import json
import sys
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coun_gui.errors import InvalidSpec
from coun_gui.experiments.spec import (
    ORIGINAL,
    RETRAIN,
    DatasetSpec,
    EvaluationSpec,
    ExperimentSpec,
    ForgetSpec,
    ModelSpec,
    RunSpec,
    canonical,
    digest,
    parse_experiment,
    read_toml,
)
from coun_gui.unlearning.parameters import ContrastiveSpec, TrainingSpec

EXAMPLE = """
name = "digits, 10 % at random"
seeds = [0, 1, 2]
[dataset]
name = "digits"
path = "data"
subset = 5000
[model]
name = "small-cnn"
[forget]
kind = "random"
fraction = 0.1
[training]
epochs = 182
lr = 0.1
batch_size = 256
[unlearning]
epochs = 50
lr = 0.01
[[methods]]
name = "coun"
weight = 1.0
temperature = 0.1
[[methods]]
name = "neggrad+"
epochs = 20
contrastive = { weight = 1.0, temperature = 0.1 }
[evaluation]
every = 1
[embedding]
method = "umap"
"""
KEYS = {  # place in the file -> a misspelt key, what it should be
    "": ("sedes", "seeds"),
    "forget": ("fractoin", "fraction"),
    "training": ("ephocs", "epochs"),
    "unlearning": ("batchsize", "batch_size"),
    "evaluation": ("evry", "every"),
    "embedding": ("metod", "method"),
}


def complaint(content: Any) -> InvalidSpec:
    with pytest.raises(InvalidSpec) as caught:
        parse_experiment(content)
    return caught.value


def file_complaint(path: Path) -> str:
    with pytest.raises(InvalidSpec) as caught:
        read_toml(path)
    return str(caught.value)


def run_spec(**changes: Any) -> RunSpec:
    usual: dict[str, Any] = {
        "dataset": DatasetSpec(name="digits"),
        "dataset_fingerprint": "data",
        "model": ModelSpec(name="small-cnn"),
        "method": "ft",
        "training": TrainingSpec(),
        "forget": ForgetSpec(),
        "forget_hash": "f" * 16,
        "seed": 0,
        "original": "o" * 16,
    }
    return RunSpec(**usual | changes)


def test_the_documented_file_parses(tmp_path: Path) -> None:
    path = tmp_path / "experiment.toml"
    path.write_text(EXAMPLE, "utf-8")

    spec = read_toml(path)

    assert (spec.name, spec.seeds, spec.reference) == ("digits, 10 % at random", (0, 1, 2), True)
    assert (spec.dataset.name, spec.dataset.subset) == ("digits", 5000)
    assert spec.dataset.params == {"path": str(tmp_path / "data")}
    assert (spec.forget.kind, spec.forget.fraction) == ("random", 0.1)
    assert (spec.training.epochs, spec.training.lr, spec.training.schedule) == (182, 0.1, "step")
    assert (spec.unlearning.epochs, spec.unlearning.lr, spec.unlearning.schedule) == (50, 0.01, "cosine")
    assert [method.name for method in spec.methods] == ["coun", "neggrad+"]
    assert spec.methods[0].params == {"weight": 1.0, "temperature": 0.1}
    assert spec.methods[0].contrastive is None
    assert spec.methods[1].contrastive == ContrastiveSpec(weight=1.0, temperature=0.1)
    assert spec.methods[1].overrides == {"epochs": 20}


def test_nothing_asked_for_is_the_papers_recipe_and_a_tenth_at_random() -> None:
    spec = parse_experiment({})

    assert (spec.forget.kind, spec.forget.fraction) == ("random", 0.1)
    assert (spec.training.epochs, spec.training.lr, spec.training.batch_size) == (182, 0.1, 256)
    assert (spec.training.momentum, spec.training.weight_decay) == (0.9, 5e-4)
    assert (spec.unlearning.epochs, spec.unlearning.min_lr) == (50, 1e-4)


@pytest.mark.parametrize(("place", "words"), KEYS.items())
def test_an_unknown_key_is_named_with_the_allowed_ones_and_the_nearest(
    place: str, words: tuple[str, str]
) -> None:
    wrong, right = words
    error = complaint({place: {wrong: 1}} if place else {wrong: 1})

    assert error.sentence == f"Unknown key “{wrong}”."
    assert error.remedy.startswith(f"Did you mean “{right}”? Possible: ")
    assert error.field == (f"{place}.{wrong}" if place else wrong)


def test_an_unknown_key_of_the_contrastive_switch_is_found_in_its_method() -> None:
    error = complaint({"methods": [{"name": "ft"}, {"name": "ft", "contrastive": {"wieght": 1.0}}]})

    assert error.field == "methods.1.contrastive.wieght"
    assert error.remedy == "Did you mean “weight”? Possible: temperature, weight."


@pytest.mark.parametrize("fraction", [0, 1, 1.5, -0.1, float("nan"), float("inf"), "half"])
def test_a_fraction_lies_between_nothing_and_everything(fraction: object) -> None:
    error = complaint({"forget": {"kind": "random", "fraction": fraction}})

    assert error.field == "forget.fraction"
    assert str(error).startswith("forget.fraction: ")


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"seeds": [0, 1, 0]}, ""),
        ({"seeds": [-1]}, ""),
        ({"seeds": []}, "seeds"),
        ({"seeds": [0.5]}, "seeds.0"),
        ({"training": {"epochs": 0}}, "training.epochs"),
        ({"training": {"lr": 0}}, "training.lr"),
        ({"training": {"batch_size": 1}}, "training.batch_size"),
        ({"unlearning": {"schedule": "linear"}}, "unlearning.schedule"),
        ({"forget": {"kind": "sequential"}}, "forget.kind"),
        ({"forget": {"kind": "class"}}, "forget"),
        ({"forget": {"kind": "indices"}}, "forget"),
        ({"forget": {"kind": "class", "classes": ["3"], "fraction": 0.1}}, "forget"),
        ({"dataset": {"subset": 1}}, "dataset.subset"),
        ({"dataset": "digits"}, "dataset"),
        ({"methods": ["coun"]}, "methods.0"),
        ({"methods": [{"weight": 1.0}]}, "methods.0.name"),
        ({"embedding": {"method": "tsnee"}}, "embedding.method"),
    ],
)
def test_what_is_out_of_range_or_missing_is_named_by_its_field(content: dict[str, Any], field: str) -> None:
    error = complaint(content)

    assert error.field == field
    assert error.sentence.startswith(f"{field}: " if field else "seeds must be different whole numbers")
    assert error.sentence.endswith(".")


@pytest.mark.parametrize("content", [{"dataset": "digits"}, {"methods": ["coun"]}, {"training": 3}])
def test_a_word_where_a_table_belongs_is_refused_without_the_programs_own_names(
    content: dict[str, Any],
) -> None:
    assert "Spec" not in str(complaint(content))


def test_a_long_value_is_not_repeated_in_full() -> None:
    assert len(str(complaint({"training": "x" * 5000}))) < 300


@pytest.mark.parametrize("recipe", ["training", "unlearning"])
def test_no_number_is_infinite(recipe: str) -> None:
    assert "finite" in str(complaint({recipe: {"min_lr": float("inf")}}))


def test_a_random_forget_set_without_a_fraction_takes_a_tenth_however_that_is_said() -> None:
    assert parse_experiment({"forget": {"kind": "random", "fraction": None}}).forget.fraction == 0.1


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    assert file_complaint(tmp_path / "none.toml").startswith(f"There is no file {tmp_path / 'none.toml'}.")


def test_a_folder_is_no_experiment_file(tmp_path: Path) -> None:
    assert file_complaint(tmp_path).startswith(f"{tmp_path} is a folder.")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"name = ", "is not valid TOML"),
        (b"[dataset]\n[dataset]\n", "is not valid TOML"),
        (b"{}", "is not valid TOML"),
        (b"seeds = " + b"[" * 20_000, "is not valid TOML"),
        (bytes(range(256)), "is not a text file"),
        (b"\xff\xfe\x00\x00", "is not a text file"),
        (b"\x80\x04\x95pickle", "is not a text file"),
        (b"name\x00 = 1", "is not valid TOML"),
    ],
)
def test_what_is_not_toml_is_refused_in_one_line(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "experiment.toml"
    path.write_bytes(content)

    assert reason in file_complaint(path)
    assert "\n" not in file_complaint(path)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(self: Path, **_: Any) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", forbidden)  # root may read everything

    assert "can't be read: Permission denied." in file_complaint(tmp_path / "experiment.toml")


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["random", "class", "indices", "digits", "coun", "umap"])
)
WORDS = st.sampled_from(
    [
        *ExperimentSpec.model_fields,
        *ForgetSpec.model_fields,
        *TrainingSpec.model_fields,
        "contrastive",
        "weight",
    ]
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(WORDS | st.text(max_size=6), ANYTHING, max_size=5))
def test_whatever_is_written_parses_or_is_refused_in_a_sentence(content: dict[str, Any]) -> None:
    with suppress(InvalidSpec):
        spec = parse_experiment(content)
        assert ExperimentSpec.model_validate(spec.model_dump(mode="json")) == spec


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_whatever_bytes_a_file_holds_it_parses_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "random.toml"
    path.write_bytes(content)
    with suppress(InvalidSpec):
        read_toml(path)


def test_canonical_json_is_the_same_for_equal_values() -> None:
    assert canonical({"b": [1, 0.5], "a": "λ"}) == '{"a":"λ","b":[1,0.5]}'
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})
    assert canonical(1) != canonical("1")


def test_a_digest_is_the_head_of_sha_256_over_the_canonical_json() -> None:
    # printf '{"a":1}' | sha256sum
    assert digest({"a": 1}) == "015abd7f5cc57a2d"


def test_an_experiment_is_the_same_however_its_file_is_laid_out() -> None:
    spelt_out = tomllib.loads("seeds = [0]\n[dataset]\nname = 'digits'\n[forget]\nfraction = 0.1")
    assert parse_experiment(spelt_out).id == parse_experiment({}).id
    assert parse_experiment({"seeds": [1]}).id != parse_experiment({}).id


def test_an_experiment_survives_being_stored() -> None:
    spec = parse_experiment(tomllib.loads(EXAMPLE))
    again = parse_experiment(json.loads(json.dumps(spec.model_dump(mode="json"))))

    assert again == spec
    assert again.id == spec.id


@pytest.mark.parametrize(
    "changes",
    [
        {"evaluation": EvaluationSpec(every=7)},
        {"dataset": DatasetSpec(name="npz", path="/elsewhere/data.npz")},
        {"forget": ForgetSpec(kind="class", classes=("3",))},
        {"forget": ForgetSpec(kind="indices", file="forget.txt")},
    ],
    ids=["how often it is evaluated", "where the data lie", "forget set by class", "forget set by file"],
)
def test_a_runs_identity_is_not_touched_by(changes: dict[str, Any]) -> None:
    assert run_spec(**changes).id == run_spec().id


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"params": {"weight": 2.0}},
        {"contrastive": ContrastiveSpec()},
        {"dataset_fingerprint": "other data"},
        {"forget_hash": "0" * 16},
        {"training": TrainingSpec(lr=0.2)},
        {"model": ModelSpec(name="resnet18")},
        {"method": RETRAIN},
        {"original": "p" * 16},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_runs_identity_changes_with(changes: dict[str, Any]) -> None:
    assert run_spec(**changes).id != run_spec().id


def test_the_original_is_the_same_for_every_forget_set() -> None:
    original = run_spec(method=ORIGINAL, original=None)
    retrain = run_spec(method=RETRAIN, original=None)

    assert run_spec(method=ORIGINAL, original=None, forget_hash="0" * 16).id == original.id
    assert run_spec(method=RETRAIN, original=None, forget_hash="0" * 16).id != retrain.id
    assert original.id != retrain.id


def test_files_that_an_experiment_names_are_looked_for_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "experiment.toml"
    path.write_text(
        '[dataset]\nname = "npz"\npath = "data/x.npz"\n[forget]\nkind = "indices"\nfile = "i.txt"\n'
    )
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    spec = read_toml(path)

    assert spec.dataset.params["path"] == str(tmp_path / "data" / "x.npz")
    assert spec.forget.file == str(tmp_path / "i.txt")
