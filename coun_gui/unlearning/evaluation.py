"""One forward pass over a whole split: its logits and features feed every metric, attack and map."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch

from coun_gui.errors import TrainingDiverged
from coun_gui.unlearning.augment import ImageStore
from coun_gui.unlearning.models import Classifier, evaluating

HALF_MAX = 65_504.0
BATCH = {"cpu": 100, "cuda": 2000}  # more at once costs a CPU twice the time, in fresh pages of memory


@dataclass(frozen=True)
class Outputs:
    """logits: float32 [N, K]; features: float16 [N, D]; rows in dataset order."""

    logits: np.ndarray
    features: np.ndarray


def outputs(
    model: Classifier, store: ImageStore, batch_size: int | None = None
) -> Generator[float, None, Outputs]:
    """Eval-mode outputs on the un-augmented images; yields the share done after every batch.

    Raises `TrainingDiverged` where a logit is NaN or infinite.
    """
    size = batch_size or BATCH.get(store.device.type, BATCH["cpu"])
    found: Outputs | None = None
    with evaluating(model):
        for start in range(0, len(store), size):
            rows = slice(start, min(start + size, len(store)))
            with torch.inference_mode():
                images = store.plain(rows.start, rows.stop).contiguous(memory_format=torch.channels_last)
                z = model.features(images)
                logits = model.head(z)
                # Filled in place: parts kept between the batches would lie in the way of the next one's memory.
                found = found or _room(len(store), logits.shape[1], z.shape[1])
                found.logits[rows] = logits.float().cpu()
                found.features[rows] = z.clamp(-HALF_MAX, HALF_MAX).half().cpu()
            yield rows.stop / len(store)
    assert found is not None
    if not np.isfinite(found.logits).all():
        raise TrainingDiverged("The model's outputs are no longer finite.")
    return found


def _room(samples: int, classes: int, dimensions: int) -> Outputs:
    return Outputs(np.empty((samples, classes), np.float32), np.empty((samples, dimensions), np.float16))
