"""Draws the 2-D maps that `maps.py` reads: from stored features, in stages that can be watched and stopped."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from coun_gui.errors import CounError, WorkspaceError
from coun_gui.experiments.events import Artifact, Event, Failed, Finished, Started, Step
from coun_gui.experiments.frames import Kept, frames, kept
from coun_gui.experiments.images import loaded
from coun_gui.experiments.machine import choose_device
from coun_gui.experiments.maps import SHOWN_CLASSES, MapSpec, SampleMap, read_map, write_map
from coun_gui.experiments.record import RunRecord
from coun_gui.experiments.sampling import drawn_samples
from coun_gui.experiments.spec import RETRAIN
from coun_gui.experiments.workspace import Workspace
from coun_gui.unlearning import forgetting
from coun_gui.unlearning.embedding import Layout, shared_frame
from coun_gui.unlearning.images import ImageData
from coun_gui.unlearning.layouts import Recipe
from coun_gui.unlearning.metrics.agreement import jensen_shannon, softmax
from coun_gui.unlearning.metrics.membership import Attacker, confidence, draw_members
from coun_gui.unlearning.metrics.scores import MEMBER_SEED


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
    data = loaded(records[0].spec.dataset).data
    labels = np.asarray(data.train_labels)
    index = drawn_samples(len(labels), forget, spec.points, spec.embedding.seed)
    forgotten = np.isin(index, forget)
    features = [found.output("train/features")[index] for found in records]
    recipe = Recipe(**spec.embedding.model_dump())
    before = _ways(records, features, index) if spec.frames else {}
    snapshots = {n: before[run.id].samples for n, run in enumerate(records) if run.id in before}
    work = shared_frame(features, ~forgotten, recipe, choose_device(device), snapshots)
    while True:
        try:
            progress = next(work)
            yield Step(spec.id, progress.stage, progress.share)
        except StopIteration as end:
            layouts: list[Layout] = end.value
            break
    samples = _told(spec, records, layouts, index, forgotten, data, forget)
    for run, drawn in zip(records, layouts, strict=True):
        if drawn.way is not None:
            samples.frames[run.id] = frames(run, before[run.id], drawn.way, drawn.xy)
    write_map(samples, path)
    yield Artifact(spec.id, "map", str(path))
    yield Finished(spec.id, {})


def _ways(records: list[RunRecord], features: list[np.ndarray], index: np.ndarray) -> dict[str, Kept]:
    found = {run.id: kept(run, index, x.shape[1]) for run, x in zip(records, features, strict=True)}
    return {run_id: way for run_id, way in found.items() if way}


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


def _told(
    spec: MapSpec,
    records: list[RunRecord],
    layouts: list[Layout],
    index: np.ndarray,
    forgotten: np.ndarray,
    data: ImageData,
    forget: np.ndarray,
) -> SampleMap:
    """What the runs' stored outputs say of the samples on the map."""
    split = forgetting.split(data, forget)
    labels = np.asarray(data.train_labels)
    found = SampleMap(spec, index, labels[index], forgotten, {}, {}, {}, {}, classes=data.class_names)
    reference: np.ndarray | None = None
    for run, drawn in zip(records, layouts, strict=True):
        logits = run.output("train/logits")
        chances = softmax(logits[index])
        found.xy[run.id] = drawn.xy
        found.predicted[run.id] = chances.argmax(axis=1)
        found.confidence[run.id] = chances.max(axis=1).astype(np.float32)
        found.quality[run.id] = {"trustworthiness": drawn.trustworthiness, "knn_overlap": drawn.knn_overlap}
        shown = chances.shape[1] if chances.shape[1] <= SHOWN_CLASSES else 0
        found.probabilities[run.id] = chances[:, :shown].astype(np.float16)
        found.membership[run.id] = _membership(run, logits, index, data, split)
        if reference is not None:
            found.agreement[run.id] = jensen_shannon(chances, reference).astype(np.float32)
        elif run is records[0] and run.spec.method == RETRAIN:
            reference = chances
    return found


def _membership(
    run: RunRecord, logits: np.ndarray, index: np.ndarray, data: ImageData, split: forgetting.Split
) -> np.ndarray:
    """How surely the attacker of the tables takes each sample for a member: float32 [N]."""
    train, test = np.asarray(data.train_labels), np.asarray(data.test_labels)[split.test]
    members = draw_members(split.retain, len(test), MEMBER_SEED)
    if not (len(members) and len(test)):
        return np.full(len(index), np.nan, dtype=np.float32)
    others = confidence(run.output("test/logits")[split.test], test)
    attacker = Attacker(confidence(logits[members], train[members]), others)
    return attacker.decision(confidence(logits[index], train[index])).astype(np.float32)
