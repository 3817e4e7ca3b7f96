"""The one form in which all datasets come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_data import labelled

from coun_gui.errors import DataError
from coun_gui.unlearning.images import Augmentation, ImageData, balanced, checked


@pytest.fixture
def data() -> ImageData:
    return labelled([0, 1, 2] * 4, [0, 1, 2])


# subsets


def test_a_subset_is_balanced_over_the_classes() -> None:
    labels = np.repeat([0, 1, 2], [100, 50, 10])
    kept = balanced(labels, 30, seed=0, field="subset")
    assert np.bincount(labels[kept]).tolist() == [10, 10, 10]
    assert kept.tolist() == sorted(set(kept.tolist()))


def test_where_a_class_is_used_up_the_others_fill_the_subset() -> None:
    labels = np.repeat([0, 1, 2], [100, 50, 10])
    kept = balanced(labels, 90, seed=0, field="subset")
    assert np.bincount(labels[kept]).tolist() == [40, 40, 10]


def test_a_subset_that_classes_do_not_divide_differs_by_one_at_most() -> None:
    labels = np.tile([0, 1, 2], 20)
    counts = np.bincount(labels[balanced(labels, 31, seed=5, field="subset")])
    assert sorted(counts.tolist()) == [10, 10, 11]


def test_a_subset_follows_its_seed() -> None:
    labels = np.tile([0, 1, 2], 20)
    first, again, other = (balanced(labels, 30, seed, "subset").tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_no_count_or_the_whole_count_takes_all() -> None:
    labels = np.array([0, 1, 0])
    assert balanced(labels, None, 0, "subset").tolist() == [0, 1, 2]
    assert balanced(labels, 3, 0, "subset").tolist() == [0, 1, 2]


def test_a_subset_larger_than_the_data_is_refused_at_its_field() -> None:
    with pytest.raises(DataError, match="4 images is more than the 3") as error:
        balanced(np.array([0, 1, 0]), 4, 0, "test_subset")
    assert error.value.field == "dataset.test_subset"


def test_a_subset_keeps_each_image_with_its_label(data: ImageData) -> None:
    small = data.subset(train=6, test=None, seed=0)
    whole = {
        image.tobytes(): label for image, label in zip(data.train_images, data.train_labels, strict=True)
    }
    assert [whole[image.tobytes()] for image in small.train_images] == small.train_labels.tolist()
    assert len(small.train_images) == 6
    assert len(small.test_images) == 3


# fingerprint


def test_equal_data_have_equal_fingerprints(data: ImageData) -> None:
    copy = replace(data, train_images=data.train_images.copy())
    assert copy.fingerprint() == data.fingerprint()


def test_the_fingerprint_does_not_depend_on_the_layout_in_memory(data: ImageData) -> None:
    turned = replace(data, train_images=np.asfortranarray(data.train_images))
    assert turned.fingerprint() == data.fingerprint()


@pytest.mark.parametrize("name", ["train_images", "train_labels", "test_images", "test_labels"])
def test_the_fingerprint_changes_with_one_pixel_or_label(data: ImageData, name: str) -> None:
    changed = getattr(data, name).copy()
    changed.flat[2] ^= 1
    assert replace(data, **{name: changed}).fingerprint() != data.fingerprint()


def test_the_fingerprint_changes_with_class_names_and_augmentation(data: ImageData) -> None:
    prints = {
        data.fingerprint(),
        replace(data, class_names=("cat", "dog", "boat")).fingerprint(),
        replace(data, augmentation=replace(data.augmentation, flip=True)).fingerprint(),
        replace(data, augmentation=replace(data.augmentation, mean=(0.51,))).fingerprint(),
    }
    assert len(prints) == 4


def test_the_name_of_the_source_is_no_part_of_the_fingerprint(data: ImageData) -> None:
    assert replace(data, name="other").fingerprint() == data.fingerprint()


# checks


def test_good_data_pass_unchanged(data: ImageData) -> None:
    assert checked(data) is data
    assert data.shape == (8, 8, 1)


BROKEN = {
    "channels": (
        {"train_images": np.zeros((12, 8, 8, 2), np.uint8)},
        "train_images has 2 channels; 1 or 3 are possible",
    ),
    "type": ({"test_images": np.zeros((3, 8, 8, 1), np.float32)}, "test_images must be uint8"),
    "axes": ({"train_images": np.zeros((12, 8, 8), np.uint8)}, "train_images must be uint8"),
    "one image": (
        {"test_images": np.zeros((1, 8, 8, 1), np.uint8), "test_labels": np.array([0])},
        "test_images holds fewer than two",
    ),
    "tiny": ({"train_images": np.zeros((12, 7, 8, 1), np.uint8)}, "smaller than 8 × 8"),
    "counts": ({"train_labels": np.zeros(11, np.int64)}, "one label for each of 12 images"),
    "label above": ({"test_labels": np.array([0, 1, 3])}, "test_labels must lie in 0 … 2"),
    "label below": ({"train_labels": np.full(12, -1)}, "train_labels must lie in 0 … 2"),
    "shapes": ({"test_images": np.zeros((3, 9, 9, 1), np.uint8)}, "differ in shape"),
    "names": ({"class_names": ("cat", "dog", "cat")}, "same name"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_data_with_a_fault_are_refused_with_what_is_wrong(data: ImageData, case: str) -> None:
    change, sentence = BROKEN[case]
    with pytest.raises(DataError, match=sentence) as error:
        checked(replace(data, **change))
    assert error.value.remedy


def test_a_single_class_is_refused() -> None:
    with pytest.raises(DataError, match="only one class"):
        checked(labelled([0, 0], [0, 0], names=["cat"]))


# digits


def test_digits_are_the_1797_images_of_scikit_learn_split_four_to_one(digits: ImageData) -> None:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    assert len(digits.train_images) == 1442
    assert len(digits.test_images) == 355
    assert digits.shape == (8, 8, 1)
    together = np.concatenate([digits.train_images, digits.test_images])[..., 0]
    # Grey levels 0 … 16 become 0 … 255, by rounding.
    original = np.array([[level * 255 / 16 for level in image.ravel()] for image in bunch.images])
    ours = together.reshape(1797, 64)
    assert sorted(map(tuple, ours.tolist())) == sorted(map(tuple, np.round(original).astype(int).tolist()))


def test_every_fifth_digit_of_a_class_is_a_test_sample(digits: ImageData) -> None:
    from sklearn.datasets import load_digits

    total = np.bincount(load_digits().target)
    assert np.bincount(digits.test_labels).tolist() == [count // 5 for count in total]
    assert np.bincount(digits.train_labels).tolist() == [count - count // 5 for count in total]


def test_digits_are_never_flipped_and_pass_the_checks(digits: ImageData) -> None:
    assert digits.augmentation == Augmentation(padding=1, flip=False, mean=(0.31,), std=(0.38,))
    assert digits.class_names == tuple("0123456789")
    assert checked(digits) is digits


def test_the_normalisation_of_digits_is_near_mean_0_and_deviation_1(digits: ImageData) -> None:
    normalised = (digits.train_images / 255 - 0.31) / 0.38
    assert normalised.mean() == pytest.approx(0, abs=0.05)
    assert normalised.std() == pytest.approx(1, abs=0.05)
