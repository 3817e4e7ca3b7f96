"""What can be picked, what a dataset and a forget set consist of, and what the doctor sees."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from digits_runs import Finished

from coun_gui.errors import CounError
from coun_gui.experiments import doctor
from coun_gui.experiments.capabilities import SHOWN, capabilities, choices, describe, describe_forget
from coun_gui.experiments.doctor import diagnose
from coun_gui.experiments.spec import DatasetSpec, ForgetSpec

DIGITS = DatasetSpec(name="digits")
# python -c "from sklearn.datasets import load_digits as d; import numpy as np; print(np.bincount(d().target))"
ALL_OF_EACH = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
# every fifth of a class is a test sample: n − ⌊n / 5⌋ remain
TRAIN_OF_EACH = [143, 146, 142, 147, 145, 146, 145, 144, 140, 144]


def test_what_can_be_picked_travels_as_json() -> None:
    told = capabilities()

    assert json.loads(json.dumps(told)) == told
    assert set(told) == {"datasets", "models", "methods", "devices", "versions"}
    assert told["devices"][0] == {"id": "cpu", "title": "CPU", "memory": 0}


@pytest.mark.parametrize("kind", ["datasets", "models", "methods"])
def test_everything_that_can_be_picked_explains_itself(kind: str) -> None:
    for choice in choices()[kind]:
        assert choice["title"]
        assert choice["help"].endswith(".")
        for name, field in choice["schema"].get("properties", {}).items():
            assert field["title"], (choice["name"], name)
            assert "default" in field, (choice["name"], name)


def test_names_are_the_documented_ones() -> None:
    names = {
        kind: {choice["name"] for choice in choices()[kind]} for kind in ("datasets", "models", "methods")
    }

    assert names["datasets"] >= {"digits", "cifar10", "npz"}
    assert names["models"] >= {"small-cnn", "resnet18"}
    assert names["methods"] >= {"retrain", "ft", "coun"}


def test_methods_say_where_they_start_and_whether_they_take_the_switch() -> None:
    told = {m["name"]: (m["starts_from_original"], m["contrastive"]) for m in choices()["methods"]}

    assert (told["retrain"], told["ft"], told["coun"]) == ((False, False), (True, True), (True, False))


def test_couns_parameters_have_the_papers_defaults_and_bounds() -> None:
    coun = next(method for method in choices()["methods"] if method["name"] == "coun")
    weight, temperature = (coun["schema"]["properties"][name] for name in ("weight", "temperature"))

    assert (weight["default"], temperature["default"]) == (1.0, 0.1)
    assert weight["exclusiveMinimum"] == temperature["exclusiveMinimum"] == 0


def test_a_dataset_is_described_by_its_counts() -> None:
    told = describe(DIGITS)

    assert json.loads(json.dumps(told)) == told
    assert (told["train"], told["test"]) == (sum(TRAIN_OF_EACH), sum(ALL_OF_EACH) - sum(TRAIN_OF_EACH))
    assert told["classes"] == list("0123456789")
    assert told["counts"] == TRAIN_OF_EACH
    assert told["shape"] == [8, 8, 1]
    images = np.load(Path(told["images"]) / "train_images.npy", allow_pickle=False)
    assert images.shape == (1442, 8, 8, 1)


def test_a_random_forget_set_is_described_by_its_counts() -> None:
    told = describe_forget(DIGITS, ForgetSpec(fraction=0.25))

    assert json.loads(json.dumps(told)) == told
    assert (told["forget"], told["retain"], told["test"]) == (360, 1082, 355)  # round(0.25 · 1442) = 360
    assert sum(told["counts"]) == 360
    assert len(told["sample"]) == SHOWN
    assert told["sample"] == sorted(set(told["sample"]))


def test_a_class_forget_set_takes_its_test_samples_with_it() -> None:
    told = describe_forget(DIGITS, ForgetSpec(kind="class", classes=("3", "8")))

    assert (told["forget"], told["retain"]) == (147 + 140, 1442 - 287)
    assert told["test"] == 355 - (183 - 147) - (174 - 140)
    assert told["counts"] == [0, 0, 0, 147, 0, 0, 0, 0, 140, 0]


def test_a_small_forget_set_is_shown_whole(tmp_path: Path) -> None:
    file = tmp_path / "forget.txt"
    file.write_text("30\n7\n\n7\n", "utf-8")
    told = describe_forget(DIGITS, ForgetSpec(kind="indices", file=str(file)))

    assert told["sample"] == [7, 30]
    assert told["forget"] == 2


def test_the_hash_of_a_forget_set_is_that_of_its_runs(finished: Finished) -> None:
    assert describe_forget(DIGITS, ForgetSpec())["hash"] == finished.plan.runs[0].forget_hash


def test_a_class_that_does_not_exist_is_refused() -> None:
    with pytest.raises(CounError, match="Unknown class “10”"):
        describe_forget(DIGITS, ForgetSpec(kind="class", classes=("10",)))


def test_the_doctor_names_versions_devices_and_folders() -> None:
    facts = "\n".join(diagnose().facts)

    for word in (
        "Python 3.",
        "torch ",
        "PySide6-Essentials ",
        "device cpu: CPU, ",
        "cache: ",
        "data: ",
        "GiB free",
    ):
        assert word in facts


def test_the_doctor_says_what_is_wrong_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PACKAGES", ("torch", "no-such-package"))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 9, 1))

    troubles = diagnose().troubles

    assert troubles[0] == "no-such-package is not installed: install coun-gui again with pip."
    assert [trouble.split(":")[0] for trouble in troubles[1:]] == [
        "Little space is left for data",
        "Little space is left for cache",
    ]


def test_the_doctor_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))

    diagnose()

    assert list(tmp_path.iterdir()) == []
