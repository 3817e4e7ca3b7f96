"""Where samples land under each model, and how far that is from Retrain: the paper's tables 1 and 4. Without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from coun_gui.errors import DataError, InvalidSpec, WorkspaceError
from coun_gui.experiments.record import RunRecord
from coun_gui.experiments.spec import RETRAIN
from coun_gui.experiments.workspace import Workspace
from coun_gui.unlearning.forgetting import forget_hash
from coun_gui.unlearning.images import ImageData
from coun_gui.unlearning.metrics.agreement import jensen_shannon, same_class, softmax
from coun_gui.unlearning.metrics.clusters import centroids, cluster_distances, nearest_clusters
from coun_gui.unlearning.metrics.landing import average_difference, flow, shares
from coun_gui.unlearning.parameters import Parameters

COMPARED = ("avg_diff_listed", "avg_diff", "same_class", "js")
LISTED = 4  # classes of the paper's table 1


class LandingQuestion(Parameters):
    """Of which runs, and of which training samples: the forget set where no indices are given."""

    workspace: Path
    runs: tuple[str, ...] = Field(min_length=1)
    forget_hash: str
    indices: tuple[int, ...] | None = None


def finished_runs(workspace: Workspace, runs: Sequence[str]) -> list[RunRecord]:
    """The records of finished runs on one dataset; `WorkspaceError` for anything else."""
    found = [finished_run(workspace, run) for run in runs]
    if len({record.spec.dataset_fingerprint for record in found}) > 1:
        raise WorkspaceError("These runs are of different data.", "Choose runs of one dataset.", "runs")
    return found


def finished_run(workspace: Workspace, run: str) -> RunRecord:
    """The record of a finished run; `WorkspaceError` where there is none."""
    record = workspace.run(run)
    if record is None:
        raise WorkspaceError(f"There is no run “{run}” in this workspace.", "Compute it first.", "runs")
    if record.status != "done":
        raise WorkspaceError(f"The run {run} is not finished.", "Finish it first.", "runs")
    return record


def given_samples(indices: Sequence[int], total: int) -> np.ndarray:
    """The training indices, ascending, each once; `InvalidSpec` where there are none or one doesn't exist."""
    if not indices:
        raise InvalidSpec("No samples are given.", "Select some samples first.", "indices")
    wrong = next((index for index in indices if not 0 <= index < total), None)
    if wrong is not None:
        raise InvalidSpec(
            f"{wrong} is not a training index.", f"Give numbers from 0 to {total - 1:,}.", "indices"
        )
    return np.unique(np.array(indices, dtype=np.int64))


def landing(
    workspace: Workspace, asked: LandingQuestion, data: ImageData, fingerprint: str
) -> dict[str, Any]:
    """The answer to the question “landing” of `jobs/protocol.py`. Raises `CounError`.

    data, fingerprint: the dataset of these runs.
    """
    runs = finished_runs(workspace, asked.runs)
    if runs[0].spec.dataset_fingerprint != fingerprint:
        raise DataError("The dataset has changed since these runs were computed.", "Compute them again.")
    forget = _forget(workspace, asked.forget_hash, fingerprint)
    labels = np.asarray(data.train_labels)
    chosen = forget if asked.indices is None else given_samples(asked.indices, len(labels))
    retrains = [run for run in workspace.runs() if _is_retrain(run, asked.forget_hash, fingerprint)]
    reference = _reference(workspace, runs, retrains)
    target = None if reference is None else _target(_chances(reference, chosen), labels[chosen])
    forgotten = np.isin(np.arange(len(labels)), forget)
    return {
        "classes": list(data.class_names),
        "count": len(chosen),
        "reference": reference and reference.id,
        "listed": None if target is None else target.listed.tolist(),
        "rows": [
            {
                **_row(run, chosen, labels, None if run.id == (reference and reference.id) else target),
                **_clusters(run, chosen, labels, forgotten, len(data.class_names)),
            }
            for run in runs
        ],
        "null_band": None
        if reference is None or target is None
        else _null_band(reference, retrains, chosen, target),
    }


@dataclass(frozen=True)
class Target:
    """What the reference makes of the samples. chances: float64 [n, K]; listed: int64, classes in order."""

    chances: np.ndarray
    listed: np.ndarray


def _target(chances: np.ndarray, labels: np.ndarray) -> Target:
    return Target(chances, listed_classes(labels, chances.argmax(axis=1), chances.shape[1]))


def listed_classes(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """The classes that stand for all in a small table, ascending: int64 [at most LISTED].

    As in the paper's table 1: the true class, where the samples have one alone, and those that Retrain predicts
    most of the rest. labels, predicted: int64 [n], of the samples and by Retrain.
    """
    counts = np.bincount(predicted, minlength=classes)
    true = np.unique(labels)
    first = true if len(true) == 1 else true[:0]
    ranked = np.argsort(-counts, kind="stable")
    return np.sort(np.concatenate([first, ranked[~np.isin(ranked, first)]])[:LISTED])


def _forget(workspace: Workspace, wanted: str, fingerprint: str) -> np.ndarray:
    forget = workspace.forget(wanted)
    if forget_hash(fingerprint, forget) != wanted:
        raise WorkspaceError(
            f"The forget set {wanted} is not one of these runs' data.",
            "Start the experiment again to restore it.",
        )
    return forget


def _is_retrain(run: RunRecord, wanted: str, fingerprint: str) -> bool:
    spec = run.spec
    of_these = (spec.forget_hash, spec.dataset_fingerprint) == (wanted, fingerprint)
    return of_these and spec.method == RETRAIN and run.status == "done"


def _reference(
    workspace: Workspace, runs: Sequence[RunRecord], retrains: Sequence[RunRecord]
) -> RunRecord | None:
    """The first Retrain among the runs; else the one in the workspace that belongs to the first run."""
    known = {run.id for run in retrains}
    among = next((run for run in runs if run.id in known), None)
    if among is not None:
        return among
    first = runs[0].spec
    original = workspace.run(first.original or runs[0].id)
    if original is None:
        return None
    setting = first.model, original.spec.training, None
    found = [run for run in retrains if (run.spec.model, run.spec.training, run.spec.contrastive) == setting]
    return min(found, key=lambda run: (run.spec.seed != first.seed, run.spec.seed), default=None)


def _chances(run: RunRecord, chosen: np.ndarray) -> np.ndarray:
    """float64 [n, K]: the stored softmax of the chosen training samples."""
    return softmax(run.output("train/logits")[chosen])


def _row(run: RunRecord, chosen: np.ndarray, labels: np.ndarray, target: Target | None) -> dict[str, Any]:
    chances = _chances(run, chosen)
    predicted = chances.argmax(axis=1)
    compared = dict.fromkeys(COMPARED) if target is None else _compared(chances, target)
    return {
        "run": run.id,
        "shares": shares(predicted, chances.shape[1]).tolist(),
        **compared,
        "flow": [list(part) for part in flow(labels[chosen], predicted)],
    }


def _compared(chances: np.ndarray, target: Target) -> Mapping[str, float]:
    """How far two models' softmaxes of the same samples differ: percentage points, % and bits."""
    classes, listed = chances.shape[1], target.listed
    predicted, wanted = chances.argmax(axis=1), target.chances.argmax(axis=1)
    found, sought = shares(predicted, classes), shares(wanted, classes)
    return {
        "avg_diff_listed": average_difference(found[listed], sought[listed]),
        "avg_diff": average_difference(found, sought),
        "same_class": same_class(predicted, wanted),
        "js": float(jensen_shannon(chances, target.chances).mean()),
    }


def _clusters(
    run: RunRecord, chosen: np.ndarray, labels: np.ndarray, forgotten: np.ndarray, classes: int
) -> dict[str, Any]:
    """Distance to each retain class, None for one that is forgotten whole, and the flow to the nearest ones.

    Both are None where nothing has a distance.
    """
    features = run.output("train/features")
    centres = centroids(features[~forgotten], labels[~forgotten], classes)
    found = cluster_distances(features[chosen], centres)
    if np.isnan(found).all():
        return {"cluster": None, "cluster_flow": None}
    reached = nearest_clusters(features[chosen], centres)
    return {
        "cluster": [None if np.isnan(share) else float(share) for share in found],
        "cluster_flow": [list(part) for part in flow(labels[chosen], reached)],
    }


def _null_band(
    reference: RunRecord, retrains: Sequence[RunRecord], chosen: np.ndarray, target: Target
) -> dict[str, list[float]] | None:
    """[low, high] of each figure over the Retrains that differ from the reference in their seed alone."""
    seed = {"seed": reference.spec.seed}
    others = [
        run
        for run in retrains
        if run.id != reference.id and run.spec.model_copy(update=seed).id == reference.id
    ]
    if not others:
        return None
    found = [_compared(_chances(run, chosen), target) for run in others]
    return {key: [min(row[key] for row in found), max(row[key] for row in found)] for key in COMPARED}
