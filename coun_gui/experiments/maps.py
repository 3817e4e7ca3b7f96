"""2-D maps of the feature space: what was asked for, and reading what `draw.py` made of it. Without torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import Field
from safetensors import SafetensorError, safe_open

from coun_gui.errors import WorkspaceError
from coun_gui.experiments.spec import EmbeddingSpec, digest
from coun_gui.unlearning.parameters import Parameters

MAP_SCHEMA = 1


class MapSpec(Parameters):
    """One frame for several runs. `runs[0]` is the reference that the others are matched to."""

    runs: tuple[str, ...] = Field(min_length=1)
    forget_hash: str
    embedding: EmbeddingSpec = EmbeddingSpec()
    points: int = Field(20_000, ge=2, description="At most so many samples; every forget sample comes first.")

    @property
    def id(self) -> str:
        return digest({"schema": MAP_SCHEMA, **self.model_dump(mode="json")})


@dataclass(frozen=True)
class SampleMap:
    """N training samples, laid out once a run in one shared frame.

    index:      int64 [N] training indices, ascending
    labels:     int64 [N]
    forget:     bool [N]
    xy:         run id -> float32 [N, 2]
    predicted:  run id -> int64 [N]
    confidence: run id -> float32 [N], softmax probability of the predicted class
    quality:    run id -> {"trustworthiness": 0…1, "knn_overlap": 0…1}
    """

    spec: MapSpec
    index: np.ndarray
    labels: np.ndarray
    forget: np.ndarray
    xy: dict[str, np.ndarray]
    predicted: dict[str, np.ndarray]
    confidence: dict[str, np.ndarray]
    quality: dict[str, dict[str, float]]


def read_map(path: Path) -> SampleMap:
    """The map in a file that `draw.py` wrote; `WorkspaceError` for anything else."""
    try:
        with safe_open(path, framework="numpy") as file:
            content = json.loads(file.metadata()["map"])
            spec = MapSpec.model_validate(content["spec"])

            def by_run(kind: str) -> dict[str, np.ndarray]:
                return {run: file.get_tensor(f"{kind}/{run}") for run in spec.runs}

            return SampleMap(
                spec=spec,
                index=file.get_tensor("index"),
                labels=file.get_tensor("labels"),
                forget=file.get_tensor("forget").astype(bool),
                xy=by_run("xy"),
                predicted=by_run("predicted"),
                confidence=by_run("confidence"),
                quality=content["quality"],
            )
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise WorkspaceError(f"The map {path.name} can't be read ({error}).", "Draw it again.") from None
