"""A workspace of finished runs whose outputs are written by hand, for what is read out of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from digits_runs import new_workspace
from safetensors.numpy import save_file

from coun_gui.experiments.landing import LandingQuestion, landing
from coun_gui.experiments.nearest import NeighboursQuestion, nearest
from coun_gui.experiments.record import RunRecord, write_record
from coun_gui.experiments.spec import (
    RETRAIN,
    DatasetSpec,
    ForgetSpec,
    ModelSpec,
    RunSpec,
    TrainingSpec,
)
from coun_gui.experiments.workspace import Workspace
from coun_gui.unlearning.forgetting import forget_hash
from coun_gui.unlearning.images import Augmentation, ImageData

LABELS = [0, 0, 0, 0, 1, 1, 2, 2]  # the cats are forgotten
FORGET = np.arange(4)
IMAGES = np.zeros((8, 2, 2, 1), np.uint8)
DATA = ImageData(
    "small", IMAGES, np.array(LABELS), IMAGES[:1], np.array([1]), ("cat", "dog", "ship"),
    Augmentation(0, False, (0.5,), (0.5,)),
)  # fmt: skip
PRINT = DATA.fingerprint()
HASH = forget_hash(PRINT, FORGET)
SURE = 50.0  # a logit that leaves nothing to the other classes
FEATURES = np.array(
    [[0, 0], [0, 0], [0, 0], [0, 0], [2, 4], [4, 4], [0, 4], [0, 6]], np.float16
)  # the dogs' centre is (3, 4), at a distance of 5; the ships' is (0, 5), at 5 as well


class Shelf:
    """A workspace of finished runs whose outputs are written by hand."""

    def __init__(self, path: Path) -> None:
        self.workspace = Workspace(new_workspace(path))
        self.workspace.save_forget(HASH, FORGET)

    def add(
        self,
        predicted: Sequence[int],
        method: str = RETRAIN,
        *,
        features: np.ndarray = FEATURES,
        status: Any = "done",
        **spec: Any,
    ) -> str:
        """A run that is sure of what it predicts for each of the eight samples; its id."""
        usual: dict[str, Any] = {
            "dataset": DatasetSpec(name="digits"), "dataset_fingerprint": PRINT, "model": ModelSpec(), "method": method,
            "training": TrainingSpec(epochs=1), "forget": ForgetSpec(kind="class", classes=("cat",)),
            "forget_hash": HASH, "seed": 0,
        }  # fmt: skip
        made = RunSpec(**usual | spec)
        folder = self.workspace.folder(made.id)
        write_record(
            RunRecord(
                made.id, made, status, folder, created=f"2025-01-01T{len(list(folder.parent.iterdir())):02}"
            )
        )
        logits = SURE * np.eye(3, dtype=np.float32)[list(predicted)]
        save_file({"train/logits": logits, "train/features": features}, folder / "outputs.safetensors")
        return made.id

    def ask(self, *runs: str, **question: Any) -> dict[str, Any]:
        content = {"workspace": self.workspace.path, "runs": runs, "forget_hash": HASH, **question}
        return landing(self.workspace, LandingQuestion(**content), DATA, PRINT)

    def near(self, run: str, indices: Sequence[int], count: int) -> list[int]:
        asked = NeighboursQuestion(
            workspace=self.workspace.path, run=run, indices=tuple(indices), count=count
        )
        return nearest(self.workspace, asked)["indices"]
