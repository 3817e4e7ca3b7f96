"""What a run makes of one training sample. A row of its stored outputs is read, never the array. Without torch."""

from __future__ import annotations

import numpy as np
from safetensors import SafetensorError, safe_open

from coun_gui.experiments.record import RunRecord
from coun_gui.unlearning.metrics.agreement import softmax


def chances(record: RunRecord, index: int) -> np.ndarray | None:
    """float64 [K], the softmax of a training index; None where it can't be read: a look at a sample goes on without."""
    try:
        with safe_open(record.folder / "outputs.safetensors", framework="numpy") as file:
            logits = file.get_slice("train/logits")
            if not 0 <= index < logits.get_shape()[0]:
                return None
            row: np.ndarray = softmax(np.asarray(logits[index : index + 1]))[0]
            return row
    except (OSError, SafetensorError):
        return None
