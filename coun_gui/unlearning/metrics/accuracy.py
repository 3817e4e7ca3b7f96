"""Retain, unlearn and test accuracy, and the average gap."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

METRICS = ("RA", "UA", "TA", "MIA")


def accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Share of rows whose largest logit is the true label, in %; NaN where there are no rows.

    logits: float [N, K]; labels: int [N].
    """
    if not len(labels):
        return float("nan")
    return float(100 * np.mean(logits.argmax(axis=1) == labels))


def average_gap(metrics: Mapping[str, float], reference: Mapping[str, float]) -> float:
    """Avg. Gap = ¼ (|ΔRA| + |ΔUA| + |ΔTA| + |ΔMIA|) to Retrain, in percentage points (CoUn, section 4)."""
    return sum(abs(metrics[name] - reference[name]) for name in METRICS) / len(METRICS)
