"""How far forget samples lie from the clusters of the retain samples (CoUn, table 4)."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

BLOCK = 4096


def centroids(features: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Mean feature of each class, float64 [K, D]; NaN for a class without samples."""
    sums = np.zeros((classes, features.shape[1]))
    for start in range(0, len(features), BLOCK):
        part = features[start : start + BLOCK].astype(np.float64)
        np.add.at(sums, labels[start : start + BLOCK], part)
    counts = np.bincount(labels, minlength=classes)
    found: np.ndarray = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], np.nan)
    return found


def cluster_distances(features: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Mean Euclidean distance of the samples to each centre, as shares that add up to 1 over the classes.

    Thus models whose features differ in scale can be compared. features: float [n, D]; centres: float [K, D].
    float64 [K]; NaN for a class without a centre, and everywhere where there is no sample or no distance at all.
    """
    if not len(features):
        return np.full(len(centres), np.nan)
    sums = np.zeros(len(centres))
    for start in range(0, len(features), BLOCK):
        part = features[start : start + BLOCK].astype(np.float64)
        sums += cdist(part, centres).sum(axis=0)
    total = np.nansum(sums)
    return sums / total if total > 0 else np.full(len(centres), np.nan)


def nearest_clusters(features: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The class whose centroid is nearest to each sample: int64 [n]; −1 where no class has a centroid.

    features: float [n, D]; centres: float [K, D], NaN for a class without samples, which is never the nearest.
    """
    found = np.full(len(features), -1, dtype=np.int64)
    known = np.flatnonzero(~np.isnan(centres).any(axis=1))
    if not len(known):
        return found
    for start in range(0, len(features), BLOCK):
        part = features[start : start + BLOCK].astype(np.float64)
        found[start : start + BLOCK] = known[cdist(part, centres[known]).argmin(axis=1)]
    return found
