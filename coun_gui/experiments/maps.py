"""2-D maps of the feature space: what was asked for, and the file that `draw.py` makes of it. Without torch."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from coun_gui.errors import WorkspaceError
from coun_gui.experiments import record
from coun_gui.experiments.spec import ORIGINAL, RETRAIN, EmbeddingSpec, RunSpec, digest
from coun_gui.unlearning.parameters import Parameters

MAP_SCHEMA = 3
SHOWN_CLASSES = 20  # a map keeps whole softmaxes up to so many classes


class MapSpec(Parameters):
    """One frame for several runs. `runs[0]` is the reference that the others are matched to."""

    runs: tuple[str, ...] = Field(min_length=1)
    forget_hash: str
    embedding: EmbeddingSpec = EmbeddingSpec()
    points: int = Field(
        20_000, ge=2, description="At most so many samples; forget samples first, up to half of them."
    )
    frames: bool = Field(False, description="With the way of a sample of points over the epochs.")

    @property
    def id(self) -> str:
        return digest({"schema": MAP_SCHEMA, **self.model_dump(mode="json")})


def map_spec(runs: Mapping[str, RunSpec], embedding: EmbeddingSpec) -> MapSpec | None:
    """One frame for the runs of the first seed: Retrain, then Original, then the methods in their order."""
    if not runs:
        return None
    seed = next(iter(runs.values())).seed
    places = {RETRAIN: 0, ORIGINAL: 1}
    chosen = sorted(
        (run_id for run_id, run in runs.items() if run.seed == seed),
        key=lambda run_id: places.get(runs[run_id].method, 2),
    )
    hashes = [runs[run_id].forget_hash for run_id in chosen if runs[run_id].method != ORIGINAL]
    forget_hash = (hashes or [runs[chosen[0]].forget_hash])[0]
    return MapSpec(runs=tuple(chosen), forget_hash=forget_hash, embedding=embedding)


@dataclass(frozen=True)
class Frames:
    """Where S of the samples lay at E epochs of a run, in the frame of the whole map.

    epochs: int64 [E], ascending from 0; the last one is the map itself
    rows:   int64 [S], rows of the map
    xy:     float32 [E, S, 2]
    """

    epochs: np.ndarray
    rows: np.ndarray
    xy: np.ndarray


@dataclass(frozen=True)
class SampleMap:
    """N training samples, laid out once a run in one shared frame.

    index:         int64 [N] training indices, ascending
    labels:        int64 [N]
    forget:        bool [N]
    xy:            run id -> float32 [N, 2]
    predicted:     run id -> int64 [N]
    confidence:    run id -> float32 [N], softmax probability of the predicted class
    quality:       run id -> {"trustworthiness": 0…1, "knn_overlap": 0…1}
    probabilities: run id -> float16 [N, K], the softmax; [N, 0] for more than 20 classes
    membership:    run id -> float32 [N], the MIA attacker's decision value; > 0: called a member
    agreement:     run id -> float32 [N], Jensen–Shannon divergence to Retrain's softmax in bits, 0…1;
                   only where runs[0] is Retrain, and not for Retrain itself
    frames:        run id -> Frames, for those runs that kept snapshots, where the spec asks for them
    classes:       the names of the classes, as the dataset has them
    """

    spec: MapSpec
    index: np.ndarray
    labels: np.ndarray
    forget: np.ndarray
    xy: dict[str, np.ndarray]
    predicted: dict[str, np.ndarray]
    confidence: dict[str, np.ndarray]
    quality: dict[str, dict[str, float]]
    probabilities: dict[str, np.ndarray] = field(default_factory=dict)
    membership: dict[str, np.ndarray] = field(default_factory=dict)
    agreement: dict[str, np.ndarray] = field(default_factory=dict)
    frames: dict[str, Frames] = field(default_factory=dict)
    classes: tuple[str, ...] = ()


BY_RUN = ("xy", "predicted", "confidence", "probabilities", "membership", "agreement")


def write_map(samples: SampleMap, path: Path) -> None:
    """Puts the map in place in one step; `WorkspaceError` where the disk is full."""
    about = {
        "schema": MAP_SCHEMA,
        "spec": samples.spec.model_dump(mode="json"),
        "quality": samples.quality,
        "by_run": {kind: list(getattr(samples, kind)) for kind in BY_RUN},
        "frames": list(samples.frames),
        "classes": list(samples.classes),
    }
    with record.replacing(path) as temporary:
        save_file(dict(_tensors(samples)), temporary, {"map": json.dumps(about)})


def _tensors(samples: SampleMap) -> Iterator[tuple[str, np.ndarray]]:
    yield "index", np.ascontiguousarray(samples.index)
    yield "labels", np.ascontiguousarray(samples.labels)
    yield "forget", samples.forget.astype(np.uint8)
    for kind in BY_RUN:
        for run, array in getattr(samples, kind).items():
            yield f"{kind}/{run}", np.ascontiguousarray(array)
    for run, frames in samples.frames.items():
        for name in ("epochs", "rows", "xy"):
            yield f"frames/{run}/{name}", np.ascontiguousarray(getattr(frames, name))


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The file, of which nothing is loaded yet, and what it says of itself; whatever is wrong: `WorkspaceError`."""
    try:
        with safe_open(path, framework="numpy") as file:
            content = json.loads(file.metadata()["map"])
            if content["schema"] != MAP_SCHEMA:
                raise ValueError("written by another version")
            yield file, content
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise WorkspaceError(f"The map {path.name} can't be read ({error}).", "Draw it again.") from None


def read_spec(path: Path) -> MapSpec:
    """What a map was asked for, without the map; `WorkspaceError` also for a file that is cut short."""
    with _opened(path) as (_, content):
        return MapSpec.model_validate(content["spec"])


def read_map(path: Path) -> SampleMap:
    """The map in a file of `write_map`; `WorkspaceError` for anything else."""
    with _opened(path) as (file, content):

        def frames(run: str) -> Frames:
            return Frames(*(file.get_tensor(f"frames/{run}/{name}") for name in ("epochs", "rows", "xy")))

        return SampleMap(
            spec=MapSpec.model_validate(content["spec"]),
            index=file.get_tensor("index"),
            labels=file.get_tensor("labels"),
            forget=file.get_tensor("forget").astype(bool),
            quality=content["quality"],
            frames={run: frames(run) for run in content["frames"]},
            classes=tuple(map(str, content.get("classes", ()))),
            **{
                kind: {run: file.get_tensor(f"{kind}/{run}") for run in content["by_run"][kind]}
                for kind in BY_RUN
            },
        )


def newest_maps(folder: Path, damaged: list[WorkspaceError]) -> Iterator[SampleMap]:
    """The maps of a workspace, the newest first; those that can't be read are told in `damaged`."""
    for path in _newest_first(folder):
        try:
            yield read_map(path)
        except WorkspaceError as error:
            damaged.append(error)


def newest_map(folder: Path, runs: Collection[str]) -> SampleMap | None:
    """The last map of these runs alone, or of some of them; `WorkspaceError` where there are damaged ones alone.

    Of other maps only what they were asked for is read: a workspace may hold many, and the window waits.
    """
    damaged: list[WorkspaceError] = []
    for path in _newest_first(folder):
        try:
            if set(read_spec(path).runs) <= set(runs):
                return read_map(path)
        except WorkspaceError as error:
            damaged.append(error)
    if damaged:
        raise damaged[0]
    return None


def _newest_first(folder: Path) -> list[Path]:
    paths = folder.glob("maps/*.safetensors")
    return sorted(paths, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def class_names(samples: SampleMap, told: Sequence[str] = ()) -> list[str]:
    """The dataset's names, made up with numbers where they aren't known or are too few."""
    seen = [samples.labels, *samples.predicted.values()]
    count = 1 + max(int(part.max(initial=0)) for part in seen)
    names = list(told or samples.classes)
    return names + [str(label) for label in range(len(names), count)]
