"""A run's way through the epochs: the features of a few samples, kept where they are computed anyway. Without torch.

snapshots.safetensors  index int64 [S], training indices, ascending; features/<epoch> float16 [S, D]
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from coun_gui.experiments import record
from coun_gui.experiments.sampling import drawn_samples

FILE = "snapshots.safetensors"
SAMPLES = 2000
STEPS = 12  # from one kept epoch to the next, over the whole run
SAMPLE_SEED = 0  # one for all runs: films show the same samples side by side


class Snapshots:
    """What is kept of one run. In memory until `write`, which comes with every checkpoint."""

    def __init__(self, folder: Path, samples: np.ndarray, epochs: frozenset[int]) -> None:
        """samples: int64 [S] as of `chosen_samples`; epochs: as of `chosen_epochs`."""
        self._path = folder / FILE
        self._samples = samples
        self._epochs = epochs
        self._features: dict[int, np.ndarray] = {}

    def keep(self, epoch: int, features: np.ndarray) -> None:
        """Keeps an epoch if it is one of those chosen. features: float16 [N, D], in dataset order."""
        if epoch in self._epochs:
            self._features[epoch] = features[self._samples]

    def resume(self, epoch: int) -> None:
        """Takes up what was written, up to `epoch`. What is lost or damaged is left out, since no result needs it."""
        self._features = {}
        try:
            with safe_open(self._path, framework="numpy") as file:
                if np.array_equal(file.get_tensor("index"), self._samples):
                    known = [kept for kept in self._epochs if kept <= epoch and _name(kept) in file.keys()]  # noqa: SIM118
                    self._features = {kept: file.get_tensor(_name(kept)) for kept in known}
        except (OSError, SafetensorError):
            return

    def write(self) -> None:
        """Puts all that was kept in place in one step; `WorkspaceError` where the disk is full."""
        arrays = {_name(epoch): features for epoch, features in self._features.items()}
        with record.replacing(self._path) as temporary:
            save_file({"index": self._samples, **arrays}, temporary)


def _name(epoch: int) -> str:
    return f"features/{epoch}"


def chosen_samples(total: int, forget: np.ndarray) -> np.ndarray:
    """2,000 training indices, or all there are, as `drawn_samples` draws them."""
    return drawn_samples(total, forget, SAMPLES, SAMPLE_SEED)


def chosen_epochs(total: int, every: int) -> frozenset[int]:
    """The first and the last of the evaluated epochs, and others evenly between them; `every`: how often it is."""
    evaluated = [*range(0, total, every), total]
    places = np.linspace(0, len(evaluated) - 1, min(len(evaluated), STEPS + 1)).round().astype(int)
    return frozenset(evaluated[place] for place in places)
