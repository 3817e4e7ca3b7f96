"""The nearest samples in the feature space, by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from shelf import LABELS, Shelf
from sklearn.neighbors import NearestNeighbors

from coun_gui.errors import InvalidSpec
from coun_gui.experiments.nearest import closeness

AROUND = np.array(
    [[1, 0], [9, 1], [8, 2], [0, 0], [0, 5], [1, 7], [-3, 0], [70, 70]], np.float16
)  # at 0°, 6°, 14°, nowhere, 90°, 82°, 180° and 45°


def test_neighbours_are_the_nearest_by_angle_and_leave_out_the_given(shelf: Shelf) -> None:
    run = shelf.add(LABELS, features=AROUND)

    assert shelf.near(run, [0], 3) == [1, 2, 7]
    assert shelf.near(run, [0, 4], 3) == [
        1,
        5,
        2,
    ]  # 6° from the first, 8° from the second, 14° from the first


def test_no_more_neighbours_come_than_there_are(shelf: Shelf) -> None:
    run = shelf.add(LABELS, features=AROUND)

    assert shelf.near(run, [0], 100) == [1, 2, 7, 5, 3, 4, 6]
    assert shelf.near(run, range(8), 5) == []


def test_many_samples_go_through_in_blocks(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coun_gui.experiments.nearest.BLOCK", 7)
    features = np.random.default_rng(0).normal(size=(100, 6)).astype(np.float16)
    run = shelf.add(LABELS, features=features)
    given, others = np.arange(20), np.arange(20, 100)
    search = NearestNeighbors(n_neighbors=1, metric="cosine").fit(features[given].astype(float))
    distance = search.kneighbors(features[others].astype(float))[0][:, 0]

    assert shelf.near(run, given.tolist(), 30) == others[np.argsort(distance)[:30]].tolist()


def test_a_sample_that_does_not_exist_has_no_neighbours(shelf: Shelf) -> None:
    with pytest.raises(InvalidSpec, match="8 is not a training index"):
        shelf.near(shelf.add(LABELS), [8], 1)


def test_samples_without_numbers_are_near_to_nothing() -> None:
    features = np.array([[1, 0], [np.nan, 0], [0.9, 0.1], [0, 1]], dtype=np.float16)
    found = closeness(features, np.array([1, 2, 3]), np.array([0]))
    assert found.argsort()[::-1].tolist()[0] == 1
    assert closeness(features, np.array([0, 2]), np.array([1, 3])).argmax() == 1
