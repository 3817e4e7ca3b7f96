"""Draws the 2-D maps that `maps.py` reads: from stored features, in stages that can be watched and stopped."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from coun_gui.errors import CounError, WorkspaceError
from coun_gui.experiments import record
from coun_gui.experiments.events import Artifact, Event, Failed, Finished, Started, Step
from coun_gui.experiments.images import loaded
from coun_gui.experiments.machine import choose_device
from coun_gui.experiments.maps import MapSpec, read_map
from coun_gui.experiments.record import RunRecord
from coun_gui.experiments.workspace import Workspace
from coun_gui.unlearning.embedding import Layout, shared_frame
from coun_gui.unlearning.metrics.membership import confidence


def draw(spec: MapSpec, workspace: Path, device: str = "auto") -> Iterator[Event]:
    """Draws a map, or finds it drawn; the last event is `Finished` or `Failed`. Closing it leaves nothing."""
    try:
        yield from _draw(spec, workspace, device)
    except CounError as error:
        yield Failed(spec.id, error.sentence, error.remedy, traceback.format_exc())
    except Exception as error:
        yield Failed(
            spec.id,
            f"The map stopped on an error: {error}.",
            "The log has the details.",
            traceback.format_exc(),
        )


def _draw(spec: MapSpec, workspace: Path, device: str) -> Iterator[Event]:
    with Workspace(workspace) as opened:
        path = opened.map_path(spec.id)
        if _is_whole(path):
            yield Artifact(spec.id, "map", str(path))
            yield Finished(spec.id, {}, cached=True)
            return
        forget = opened.forget(spec.forget_hash)
        records = [_done(opened, run_id) for run_id in spec.runs]
    yield Started(spec.id, "Map", 0)
    labels = np.asarray(loaded(records[0].spec.dataset).data.train_labels)
    index, forgotten = chosen_samples(len(labels), forget, spec.points, spec.embedding.seed)
    features = [found.output("train/features")[index] for found in records]
    work = shared_frame(
        features, ~forgotten, spec.embedding.method, spec.embedding.seed, choose_device(device)
    )
    while True:
        try:
            progress = next(work)
            yield Step(spec.id, progress.stage, progress.share)
        except StopIteration as end:
            layouts: list[Layout] = end.value
            break
    _write(path, spec, records, layouts, index, labels[index], forgotten)
    yield Artifact(spec.id, "map", str(path))
    yield Finished(spec.id, {})


def chosen_samples(total: int, forget: np.ndarray, points: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """At most `points` training indices, ascending, with as many of the forget set as fit; and which are forgotten."""
    random = np.random.default_rng(seed)
    retain = np.setdiff1d(np.arange(total), forget, assume_unique=True)
    most = min(points, total)
    some_forget = forget if len(forget) <= most else random.choice(forget, most, replace=False)
    some_retain = random.choice(retain, min(most - len(some_forget), len(retain)), replace=False)
    index = np.sort(np.concatenate([some_forget, some_retain]))
    return index, np.isin(index, forget)


def _done(workspace: Workspace, run_id: str) -> RunRecord:
    found = workspace.run(run_id)
    if found is None or found.status != "done":
        raise WorkspaceError("A run of this map is not finished.", "Finish it first.")
    return found


def _is_whole(path: Path) -> bool:
    try:
        read_map(path)
    except WorkspaceError:
        return False
    return True


def _write(
    path: Path,
    spec: MapSpec,
    records: list[RunRecord],
    layouts: list[Layout],
    index: np.ndarray,
    labels: np.ndarray,
    forgotten: np.ndarray,
) -> None:
    tensors = {"index": index, "labels": labels, "forget": forgotten.astype(np.uint8)}
    quality = {}
    for found, drawn in zip(records, layouts, strict=True):
        logits = found.output("train/logits")[index]
        predicted = logits.argmax(axis=1)
        tensors[f"xy/{found.id}"] = drawn.xy
        tensors[f"predicted/{found.id}"] = predicted
        tensors[f"confidence/{found.id}"] = confidence(logits, predicted).astype(np.float32)
        quality[found.id] = {"trustworthiness": drawn.trustworthiness, "knn_overlap": drawn.knn_overlap}
    about = json.dumps({"spec": spec.model_dump(mode="json"), "quality": quality})
    with record.replacing(path) as temporary:
        save_file(
            {name: np.ascontiguousarray(value) for name, value in tensors.items()}, temporary, {"map": about}
        )
