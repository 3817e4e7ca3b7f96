"""The training samples nearest to some others in a run's feature space. Without torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import Field

from coun_gui.experiments.landing import finished_run, given_samples
from coun_gui.experiments.workspace import Workspace
from coun_gui.unlearning.parameters import Parameters

BLOCK = 2048  # rows whose similarities are held at once: 16 MiB


class NeighboursQuestion(Parameters):
    """`count` samples near to any of the given ones."""

    workspace: Path
    run: str
    indices: tuple[int, ...]
    count: int = Field(ge=1)


def nearest(workspace: Workspace, asked: NeighboursQuestion) -> dict[str, list[int]]:
    """The answer to the question “neighbours” of `jobs/protocol.py`. Raises `CounError`."""
    features = finished_run(workspace, asked.run).output("train/features")
    given = given_samples(asked.indices, len(features))
    others = np.setdiff1d(np.arange(len(features)), given, assume_unique=True)
    found = closeness(features, others, given)
    order = np.argsort(-found, kind="stable")[: asked.count]
    return {"indices": others[order].tolist()}


def closeness(features: np.ndarray, others: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Largest cosine of each of the others to any of the given rows: float32 [len(others)]."""
    best = np.full(len(others), -np.inf, dtype=np.float32)
    for start in range(0, len(given), BLOCK):
        targets = _directions(features[given[start : start + BLOCK]]).T
        for first in range(0, len(others), BLOCK):
            part = slice(first, first + BLOCK)
            cosines = _directions(features[others[part]]) @ targets
            best[part] = np.maximum(best[part], cosines.max(axis=1))
    return best


def _directions(rows: np.ndarray) -> np.ndarray:
    """float32 rows of length 1; a row of zeros has no direction and stays, and neither has one with NaN."""
    wide = rows.astype(np.float32)
    wide[~np.isfinite(wide).all(axis=1)] = 0
    length = np.linalg.norm(wide, axis=1, keepdims=True)
    found: np.ndarray = wide / np.where(length > 0, length, 1)
    return found
