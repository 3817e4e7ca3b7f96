"""Which samples are to be forgotten, and the split that follows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_data import labelled

from coun_gui.errors import InvalidSpec
from coun_gui.unlearning.forgetting import (
    forget_classes,
    forget_hash,
    forget_random,
    read_indices,
    split,
)
from coun_gui.unlearning.images import ImageData

CAT, DOG, SHIP = 0, 1, 2


@pytest.fixture
def data() -> ImageData:
    """Training labels by index: 0 cat, 1 dog, 2 ship, 3 cat, …, 29 ship; test labels cat, dog, ship, twice."""
    return labelled([CAT, DOG, SHIP] * 10, [CAT, DOG, SHIP] * 2)


# whole classes


def test_a_class_is_forgotten_with_all_its_training_samples(data: ImageData) -> None:
    assert forget_classes(data, ["dog"]).tolist() == [1, 4, 7, 10, 13, 16, 19, 22, 25, 28]


def test_several_classes_are_forgotten_together_in_ascending_order(data: ImageData) -> None:
    forget = forget_classes(data, ["ship", "cat"])
    assert forget.tolist() == [k for k in range(30) if k % 3 in (CAT, SHIP)]


def test_a_class_named_twice_counts_once(data: ImageData) -> None:
    assert forget_classes(data, ["dog", "dog", "dog"]).tolist() == forget_classes(data, ["dog"]).tolist()


def test_an_unknown_class_is_answered_with_its_nearest_match(data: ImageData) -> None:
    with pytest.raises(InvalidSpec) as error:
        forget_classes(data, ["shipp"])
    assert error.value.sentence == "Unknown class “shipp”."
    assert "Did you mean “ship”?" in error.value.remedy
    assert "cat, dog, ship" in error.value.remedy
    assert error.value.field == "forget.classes"


def test_forgetting_all_classes_is_refused(data: ImageData) -> None:
    with pytest.raises(InvalidSpec, match="All classes are to be forgotten") as error:
        forget_classes(data, ["cat", "dog", "ship"])
    assert error.value.field == "forget.classes"


def test_forgetting_all_classes_that_have_samples_is_refused() -> None:
    without_ships = labelled([CAT, DOG, CAT, DOG], [CAT, DOG])
    with pytest.raises(InvalidSpec) as error:
        forget_classes(without_ships, ["cat", "dog"])
    assert error.value.field == "forget.classes"


def test_forgetting_a_class_without_training_samples_is_refused() -> None:
    without_ships = labelled([CAT, DOG, CAT, DOG], [CAT, DOG, SHIP])
    with pytest.raises(InvalidSpec) as error:
        forget_classes(without_ships, ["ship"])
    assert error.value.field == "forget.classes"


# a random share


@pytest.mark.parametrize(("fraction", "count"), [(0.1, 3), (0.5, 15), (0.033, 1), (0.97, 29)])
def test_a_fraction_takes_that_share_of_the_training_set_rounded(
    data: ImageData, fraction: float, count: int
) -> None:
    forget = forget_random(data, fraction, seed=0)
    assert len(set(forget.tolist())) == count
    assert forget.tolist() == sorted(forget.tolist())
    assert 0 <= forget.min() <= forget.max() < 30


def test_a_random_draw_is_the_same_for_the_same_seed_and_another_for_another(data: ImageData) -> None:
    first = forget_random(data, 0.5, seed=1)
    assert first.tolist() == forget_random(data, 0.5, seed=1).tolist()
    assert first.tolist() != forget_random(data, 0.5, seed=2).tolist()


def test_a_random_draw_is_uniform_over_the_training_set(data: ImageData) -> None:
    chosen = np.zeros(30)
    for seed in range(600):
        chosen[forget_random(data, 0.2, seed)] += 1
    # Each sample is drawn Binomial(600, 0.2) times: 120 ± 9.8. Five standard deviations never happen by chance.
    assert chosen.sum() == 600 * 6
    assert abs(chosen - 120).max() < 5 * 9.8


def test_a_fraction_of_named_classes_takes_that_share_of_them_alone(data: ImageData) -> None:
    forget = forget_random(data, 0.4, seed=3, classes=["dog"])
    assert len(forget) == 4
    assert set(data.train_labels[forget].tolist()) == {DOG}


def test_a_fraction_of_all_named_classes_is_a_fraction_of_the_training_set(data: ImageData) -> None:
    forget = forget_random(data, 0.1, seed=3, classes=["cat", "dog", "ship"])
    assert forget.tolist() == forget_random(data, 0.1, seed=3).tolist()


@pytest.mark.parametrize("fraction", [0.001, 0.999])
def test_a_fraction_that_forgets_none_or_all_is_refused(data: ImageData, fraction: float) -> None:
    with pytest.raises(InvalidSpec) as error:
        forget_random(data, fraction, seed=0)
    assert error.value.field == "forget.fraction"
    assert f"{fraction:g}" in error.value.sentence


# index files


def test_an_index_file_is_read_sorted_and_without_repetitions(tmp_path: Path) -> None:
    file = tmp_path / "indices.txt"
    file.write_text("7\n  3 \n\n7\n0\n", encoding="utf-8")
    assert read_indices(file, total=30).tolist() == [0, 3, 7]


@pytest.mark.parametrize(
    "bad", ["cat", "-1", "1.5", "30", "3 4", "٣", "²", "0x1", "9" * 5000], ids=lambda bad: bad[:8]
)
def test_a_line_that_is_no_training_index_is_named(tmp_path: Path, bad: str) -> None:
    file = tmp_path / "indices.txt"
    file.write_text(f"1\n2\n{bad}\n", encoding="utf-8")
    with pytest.raises(InvalidSpec) as error:
        read_indices(file, total=30)
    assert "indices.txt, line 3" in error.value.sentence
    assert "0 to 29" in error.value.remedy
    assert error.value.field == "forget.file"


@pytest.mark.parametrize("content", ["", "\n\n", "0\n1\n2\n"])
def test_an_index_file_that_names_none_or_all_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "indices.txt"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidSpec) as error:
        read_indices(file, total=3)
    assert error.value.field == "forget.file"


def test_an_index_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    binary = tmp_path / "binary.txt"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "absent.txt", tmp_path, binary):
        with pytest.raises(InvalidSpec) as error:
            read_indices(path, total=3)
        assert str(path) in error.value.sentence


# the split


def test_retain_and_forget_share_out_the_training_set(data: ImageData) -> None:
    parts = split(data, np.array([2, 5, 7]))
    assert parts.forget.tolist() == [2, 5, 7]
    assert sorted([*parts.retain.tolist(), *parts.forget.tolist()]) == list(range(30))
    assert parts.retain.tolist() == sorted(parts.retain.tolist())


def test_the_test_samples_of_a_wholly_forgotten_class_leave_the_test_set(data: ImageData) -> None:
    parts = split(data, forget_classes(data, ["dog"]))
    assert parts.test.tolist() == [0, 2, 3, 5]


def test_a_class_forgotten_whole_by_indices_leaves_the_test_set_too(data: ImageData, tmp_path: Path) -> None:
    file = tmp_path / "ships_and_a_cat.txt"
    file.write_text("\n".join(map(str, [0, *range(2, 30, 3)])), encoding="utf-8")
    parts = split(data, read_indices(file, total=30))
    assert parts.test.tolist() == [0, 1, 3, 4]


def test_a_class_forgotten_but_for_one_sample_stays_in_the_test_set(data: ImageData) -> None:
    parts = split(data, forget_classes(data, ["dog"])[:-1])
    assert parts.test.tolist() == [0, 1, 2, 3, 4, 5]


def test_a_class_that_was_never_trained_on_stays_in_the_test_set() -> None:
    data = labelled([CAT, CAT, DOG, DOG], [CAT, DOG, SHIP])
    assert split(data, np.array([0])).test.tolist() == [0, 1, 2]


# identity


def test_one_set_chosen_in_two_ways_is_the_same_set(data: ImageData, tmp_path: Path) -> None:
    file = tmp_path / "dogs.txt"
    file.write_text("\n".join(str(k) for k in range(28, 0, -3)), encoding="utf-8")
    by_class = forget_hash(data.fingerprint(), forget_classes(data, ["dog"]))
    by_file = forget_hash(data.fingerprint(), read_indices(file, total=30))
    assert by_class == by_file
    assert len(by_class) == 16


def test_the_order_and_the_type_of_the_indices_do_not_change_the_identity() -> None:
    assert forget_hash("data", np.array([3, 1, 2])) == forget_hash(
        "data", np.array([1, 2, 3], dtype=np.uint16)
    )


def test_other_samples_or_other_data_are_another_set(data: ImageData) -> None:
    own = forget_hash(data.fingerprint(), np.array([1, 2]))
    assert own != forget_hash(data.fingerprint(), np.array([1, 3]))
    other = labelled([CAT, DOG, SHIP] * 10, [CAT, DOG])
    assert own != forget_hash(other.fingerprint(), np.array([1, 2]))
