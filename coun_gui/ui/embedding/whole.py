"""All training samples behind a map that shows a part of them: their classes and the forget set, without models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from coun_gui.errors import WorkspaceError
from coun_gui.experiments.maps import SampleMap
from coun_gui.experiments.workspace import Workspace


def whole(samples: SampleMap, folder: str | None, workspace: Workspace) -> SampleMap | None:
    """The dataset as a map that knows no model and no places; None where it can't be told, or isn't the map's.

    folder: where the memory-mapped images and labels lie.
    """
    labels = _labels(folder)
    if labels is None or len(labels) <= int(samples.index.max(initial=-1)):
        return None
    try:
        forgotten = workspace.forget(samples.spec.forget_hash)
    except WorkspaceError:
        return None
    index = np.arange(len(labels))
    forget = np.isin(index, forgotten)
    same = np.array_equal(labels[samples.index], samples.labels)
    if not same or not np.array_equal(forget[samples.index], samples.forget):
        return None
    bare = replace(samples, xy={}, predicted={}, confidence={}, quality={}, probabilities={})
    return replace(bare, index=index, labels=labels, forget=forget, membership={}, agreement={}, frames={})


def _labels(folder: str | None) -> np.ndarray | None:
    """int64 [N]; None where they can't be read."""
    if not folder:
        return None
    try:
        labels = np.load(Path(folder) / "train_labels.npy", mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return np.asarray(labels, dtype=np.int64) if labels.ndim == 1 else None
