"""What a run kept of its way in `snapshots.py`, as far as a map can show it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from coun_gui.experiments.maps import Frames
from coun_gui.experiments.record import RunRecord
from coun_gui.experiments.snapshots import FILE
from coun_gui.unlearning.way import Snapshots


@dataclass(frozen=True)
class Kept:
    """epochs: int64 [E], all before the end; samples: those of the snapshots that are on the map."""

    epochs: np.ndarray
    samples: Snapshots


def kept(run: RunRecord, index: np.ndarray, dimensions: int) -> Kept | None:
    """The snapshots of the map's samples (training indices, ascending); None where a run has none of use.

    dimensions: of the run's features.
    """
    path = run.folder / FILE
    try:
        found = _read(path, index, run.epoch) if path.exists() else None
    except (OSError, SafetensorError, LookupError, ValueError):
        return None
    return found if found and found.samples.features.shape[2:] == (dimensions,) else None


def _read(path: Path, index: np.ndarray, end: int) -> Kept | None:
    with safe_open(path, framework="numpy") as file:
        names = [name for name in file.keys() if name.startswith("features/")]  # noqa: SIM118
        epochs = sorted(epoch for epoch in (int(name.partition("/")[2]) for name in names) if epoch < end)
        _, rows, found = np.intersect1d(index, file.get_tensor("index"), return_indices=True)
        if not epochs or not len(rows):
            return None
        features = np.stack([file.get_tensor(f"features/{epoch}")[found] for epoch in epochs])
    return Kept(np.array(epochs, dtype=np.int64), Snapshots(rows.astype(np.int64), features))


def frames(run: RunRecord, before: Kept, way: np.ndarray, xy: np.ndarray) -> Frames:
    """The way, float32 [E, S, 2], and at its end the map itself."""
    rows = before.samples.rows
    return Frames(np.append(before.epochs, run.epoch), rows, np.concatenate([way, xy[rows][None]]))
