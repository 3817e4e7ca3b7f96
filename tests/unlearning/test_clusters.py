"""Distances to the clusters of the retain samples, by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import NearestCentroid

from coun_gui.unlearning.metrics import clusters
from coun_gui.unlearning.metrics.clusters import centroids, cluster_distances, nearest_clusters


def test_centroids_are_those_of_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "BLOCK", 7)
    random = np.random.default_rng(0)
    features, labels = random.normal(size=(60, 5)).astype(np.float16), np.arange(60) % 3
    expected = NearestCentroid().fit(features.astype(float), labels).centroids_

    np.testing.assert_allclose(centroids(features, labels, 3), expected, atol=1e-12)


def test_a_class_without_samples_has_no_centroid() -> None:
    found = centroids(np.array([[1, 3], [3, 5]], np.float16), np.array([2, 2]), 3)

    assert np.isnan(found[:2]).all()
    assert found[2].tolist() == [2, 4]


def test_distances_are_shares_over_the_classes() -> None:
    centres = np.array([[3, 4], [np.nan, np.nan], [0, 15]])

    found = cluster_distances(np.zeros((2, 2), np.float16), centres)

    assert found[[0, 2]] == pytest.approx([5 / 20, 15 / 20])
    assert np.isnan(found[1])


def test_distances_are_means_over_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "BLOCK", 7)
    random = np.random.default_rng(1)
    features, centres = random.normal(size=(40, 6)).astype(np.float16), random.normal(size=(4, 6))
    expected = pairwise_distances(features.astype(float), centres).mean(axis=0)

    np.testing.assert_allclose(cluster_distances(features, centres), expected / expected.sum())


@pytest.mark.parametrize("scale", [0.01, 100])
def test_the_scale_of_a_models_features_does_not_matter(scale: float) -> None:
    random = np.random.default_rng(2)
    features, centres = random.normal(size=(40, 6)), random.normal(size=(4, 6))

    found = cluster_distances(scale * features, scale * centres)

    np.testing.assert_allclose(found, cluster_distances(features, centres))


@pytest.mark.parametrize("features", [np.zeros((0, 2)), np.ones((3, 2))], ids=["no sample", "no distance"])
def test_where_there_is_nothing_to_measure_nothing_is_told(features: np.ndarray) -> None:
    assert np.isnan(cluster_distances(features, np.ones((2, 2)))).all()


def test_the_nearest_cluster_is_that_of_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "BLOCK", 7)
    random = np.random.default_rng(0)
    features, labels = random.normal(size=(60, 5)), np.array([0, 2, 3])[np.arange(60) % 3]
    expected = NearestCentroid().fit(features, labels).predict(features)

    assert nearest_clusters(features, centroids(features, labels, 5)).tolist() == expected.tolist()


def test_without_any_cluster_none_is_the_nearest() -> None:
    assert nearest_clusters(np.zeros((2, 3)), np.full((4, 3), np.nan)).tolist() == [-1, -1]
