"""Which samples are looked at where all of them would be too many. Without torch."""

from __future__ import annotations

import numpy as np


def drawn_samples(total: int, forget: np.ndarray, most: int, seed: int) -> np.ndarray:
    """At most so many training indices, ascending: of the forget set as many as fit, but at most half of them.

    The other half shows where the retain clusters lie. Where there are too few of one kind, there are more of the
    other.
    """
    random = np.random.default_rng(seed)
    retain = random.permutation(np.setdiff1d(np.arange(total), forget, assume_unique=True))
    few = min(len(forget), max(most // 2, most - len(retain)))
    return np.sort(np.concatenate([random.permutation(forget)[:few], retain[: most - few]]))
