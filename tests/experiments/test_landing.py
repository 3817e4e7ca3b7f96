"""Landing and neighbours: counted by hand on runs of a few samples, and asked of a real engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from digits_runs import Finished, one
from scipy.spatial.distance import jensenshannon
from shelf import FEATURES, LABELS, Shelf
from sklearn.neighbors import NearestNeighbors

from coun_gui.errors import DataError, InvalidSpec, WorkspaceError
from coun_gui.experiments import landing as landings
from coun_gui.experiments.spec import (
    ORIGINAL,
    RETRAIN,
    ModelSpec,
    TrainingSpec,
)
from coun_gui.jobs.engine_client import EngineClient

# Landing


def test_shares_and_differences_are_those_counted_by_hand(shelf: Shelf) -> None:
    retrain = shelf.add([1, 1, 1, 2, 1, 1, 2, 2])
    other = shelf.add([1, 1, 2, 0, 1, 1, 2, 2], "ft", original="gone")

    found = shelf.ask(retrain, other)

    assert (found["classes"], found["count"], found["reference"]) == (["cat", "dog", "ship"], 4, retrain)
    assert [row["run"] for row in found["rows"]] == [retrain, other]
    assert [row["shares"] for row in found["rows"]] == [[0, 75, 25], [25, 50, 25]]
    row = found["rows"][1]
    assert row["avg_diff"] == pytest.approx((25 + 25 + 0) / 3)
    assert row["same_class"] == 50  # the first two
    assert row["js"] == pytest.approx(0.5)  # one bit for each of the last two
    assert row["flow"] == [[0, 0, 1], [0, 1, 2], [0, 2, 1]]


def test_the_reference_is_compared_with_nothing(shelf: Shelf) -> None:
    found = shelf.ask(shelf.add([1] * 8))

    assert [found["rows"][0][key] for key in landings.COMPARED] == [None] * 4
    assert found["null_band"] is None


def test_distances_are_shares_over_the_classes_that_are_kept(shelf: Shelf) -> None:
    even = shelf.add([1] * 8)
    moved = FEATURES.copy()
    moved[4:6] = [[0, 15], [0, 15]]
    far = shelf.add([1] * 8, "ft", features=moved, original="gone")

    found = [row["cluster"] for row in shelf.ask(even, far)["rows"]]

    assert found[0] == [None, pytest.approx(1 / 2), pytest.approx(1 / 2)]
    assert found[1] == [None, pytest.approx(15 / 20), pytest.approx(5 / 20)]


def test_the_flow_to_the_nearest_cluster_never_reaches_a_class_that_is_forgotten_whole(shelf: Shelf) -> None:
    features = FEATURES.copy()
    features[2:4] = [
        [0, 5],
        [1, 5],
    ]  # by the ships' centre; the other cats are as near to both, so to the first
    rows = shelf.ask(shelf.add([0] * 8, features=features))["rows"]

    assert rows[0]["flow"] == [[0, 0, 4]]
    assert rows[0]["cluster_flow"] == [[0, 1, 2], [0, 2, 2]]


def test_the_listed_classes_are_the_true_one_and_those_that_retrain_predicts_most() -> None:
    predicted = np.repeat([1, 2, 3, 4, 5], [50, 9, 20, 12, 10])
    only = np.zeros(len(predicted), dtype=np.int64)

    assert landings.listed_classes(only, predicted, 6).tolist() == [0, 1, 3, 4]
    assert landings.listed_classes(predicted, predicted, 6).tolist() == [1, 3, 4, 5]
    assert landings.listed_classes(only, predicted % 3, 3).tolist() == [0, 1, 2]


def test_the_paper_s_average_is_over_the_listed_classes_alone(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landings, "LISTED", 2)
    retrain = shelf.add([1, 1, 1, 2, 1, 1, 2, 2])
    other = shelf.add([1, 1, 2, 0, 1, 1, 2, 2], "ft", original="gone")

    found = shelf.ask(retrain, other)

    assert found["listed"] == [0, 1]  # the cat, and what Retrain takes it for most
    assert found["rows"][1]["avg_diff_listed"] == pytest.approx((25 + 25) / 2)
    assert found["rows"][1]["avg_diff"] == pytest.approx((25 + 25 + 0) / 3)


def test_features_that_are_all_alike_have_no_distances(shelf: Shelf) -> None:
    same = shelf.add([1] * 8, features=np.ones((8, 2), np.float16))

    assert shelf.ask(same)["rows"][0]["cluster"] is None


def test_a_selection_is_looked_at_instead_of_the_forget_set(shelf: Shelf) -> None:
    retrain = shelf.add([1, 1, 1, 2, 1, 1, 2, 2])
    other = shelf.add([1, 1, 1, 2, 1, 0, 2, 2], "ft", original="gone")

    found = shelf.ask(retrain, other, indices=(6, 5, 5))

    assert found["count"] == 2
    assert [row["shares"] for row in found["rows"]] == [[0, 50, 50], [50, 0, 50]]
    assert found["rows"][1]["flow"] == [[1, 0, 1], [2, 2, 1]]
    assert found["rows"][1]["same_class"] == 50


def test_the_null_band_is_that_of_retrains_of_other_seeds(shelf: Shelf) -> None:
    retrain = shelf.add([1, 1, 1, 2, 1, 1, 2, 2])
    shelf.add([1, 1, 2, 2, 1, 1, 2, 2], seed=1)  # 25 points of two of three classes; three of four alike
    shelf.add([2, 2, 2, 1, 1, 1, 2, 2], seed=2)  # 50 points of two of three classes; none alike
    shelf.add([0, 0, 0, 0, 0, 0, 0, 0], seed=3, training=TrainingSpec(epochs=2))
    shelf.add([0, 0, 0, 0, 0, 0, 0, 0], seed=4, model=ModelSpec(name="resnet18"))
    shelf.add([0, 0, 0, 0, 0, 0, 0, 0], seed=5, forget_hash="0" * 16)
    shelf.add([0, 0, 0, 0, 0, 0, 0, 0], seed=6, status="interrupted")
    shelf.add([0, 0, 0, 0, 0, 0, 0, 0], "ft", seed=7)

    band = shelf.ask(retrain)["null_band"]

    assert band["avg_diff"] == pytest.approx([50 / 3, 100 / 3])
    assert band["same_class"] == [0, 75]
    assert band["js"] == pytest.approx([0.25, 1])


def test_a_retrain_that_was_not_named_is_found_in_the_workspace(shelf: Shelf) -> None:
    original = shelf.add(LABELS, ORIGINAL, seed=1)
    shelf.add([2] * 8, training=TrainingSpec(epochs=2), seed=1)  # of another recipe
    shelf.add([2] * 8, seed=0)
    retrain = shelf.add([1, 1, 1, 2, 1, 1, 2, 2], seed=1)
    method = shelf.add(
        [1, 1, 1, 1, 1, 1, 2, 2], "ft", original=original, training=TrainingSpec(epochs=3), seed=1
    )

    for runs in ((method,), (original, method)):
        found = shelf.ask(*runs)
        assert found["reference"] == retrain
        assert [row["run"] for row in found["rows"]] == list(runs)
        assert found["rows"][-1]["avg_diff"] == pytest.approx(50 / 3)


def test_without_a_retrain_nothing_is_compared(shelf: Shelf) -> None:
    original = shelf.add(LABELS, ORIGINAL)

    found = shelf.ask(original)

    assert (found["reference"], found["null_band"]) == (None, None)
    assert [found["rows"][0][key] for key in landings.COMPARED] == [None] * 4
    assert found["listed"] is None
    assert found["rows"][0]["shares"] == [100, 0, 0]


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ({"indices": (1, 8)}, "8 is not a training index. Give numbers from 0 to 7."),
        ({"indices": (-1,)}, "-1 is not a training index."),
        ({"indices": (10**30,)}, "is not a training index."),
        ({"indices": ()}, "No samples are given. Select some samples first."),
        ({"forget_hash": "0" * 16}, "The forget set 0000000000000000 is missing or damaged."),
        ({"forget_hash": "other"}, "The forget set other is not one of these runs' data."),
        ({"runs": ("unknown",)}, "There is no run “unknown” in this workspace. Compute it first."),
    ],
)
def test_what_can_not_be_answered_is_said_in_a_sentence(
    shelf: Shelf, question: dict[str, Any], sentence: str
) -> None:
    shelf.workspace.save_forget("other", np.array([70]))
    run = shelf.add(LABELS)

    with pytest.raises((InvalidSpec, WorkspaceError)) as refused:
        shelf.ask(run, **question)

    assert sentence in str(refused.value)


def test_a_run_that_is_not_finished_is_refused(shelf: Shelf) -> None:
    run = shelf.add(LABELS, status="interrupted")

    with pytest.raises(WorkspaceError, match=f"The run {run} is not finished. Finish it first."):
        shelf.ask(run)
    with pytest.raises(WorkspaceError, match="is not finished"):
        shelf.near(run, [0], 1)


def test_runs_of_several_datasets_are_refused(shelf: Shelf) -> None:
    runs = shelf.add(LABELS), shelf.add(LABELS, dataset_fingerprint="another")

    with pytest.raises(WorkspaceError, match=r"These runs are of different data\."):
        shelf.ask(*runs)


def test_a_dataset_that_has_changed_is_refused(shelf: Shelf) -> None:
    with pytest.raises(DataError, match="The dataset has changed"):
        shelf.ask(shelf.add(LABELS, dataset_fingerprint="earlier"))


def test_lost_outputs_are_refused(shelf: Shelf) -> None:
    run = shelf.add(LABELS)
    (shelf.workspace.folder(run) / "outputs.safetensors").unlink()

    with pytest.raises(WorkspaceError, match="can't be read"):
        shelf.ask(run)


# A real engine on real runs


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineClient]:
    client = EngineClient()
    assert client.receive(120) == {"ready": True}
    yield client
    client.close()


def reply(engine: EngineClient, **question: Any) -> dict[str, Any]:
    engine.send({"id": 1, **question})
    found = engine.receive(60)
    assert found is not None
    return found


def test_an_engine_answers_out_of_the_stored_outputs(engine: EngineClient, finished: Finished) -> None:
    runs = [one(method, finished.plan).id for method in (RETRAIN, ORIGINAL, "coun")]
    wanted = finished.plan.runs[0].forget_hash

    found = reply(engine, ask="landing", workspace=str(finished.path), runs=runs, forget_hash=wanted)[
        "answer"
    ]

    assert (found["count"], found["reference"], found["null_band"]) == (
        len(finished.plan.forget),
        runs[0],
        None,
    )
    logits = [finished.record(method).output("train/logits")[finished.plan.forget].astype(float)
              for method in (RETRAIN, "coun")]  # fmt: skip
    predicted = [part.argmax(axis=1) for part in logits]
    softmax = [np.exp(part) / np.exp(part).sum(axis=1, keepdims=True) for part in logits]
    row = found["rows"][2]
    counted = [np.array([100 * np.mean(part == label) for label in range(10)]) for part in predicted]
    assert row["shares"] == pytest.approx(counted[1].tolist())
    assert row["avg_diff"] == pytest.approx(np.abs(counted[1] - counted[0]).mean())
    assert row["same_class"] == pytest.approx(100 * np.mean(predicted[0] == predicted[1]))
    assert row["js"] == pytest.approx((jensenshannon(*softmax, axis=1, base=2) ** 2).mean())
    assert sum(row["cluster"]) == pytest.approx(1)
    assert sum(count for _, _, count in row["flow"]) == found["count"]


def test_an_engine_finds_the_neighbours_that_scikit_learn_finds(
    engine: EngineClient, finished: Finished
) -> None:
    run = one("coun", finished.plan)
    features = finished.record("coun").output("train/features").astype(float)
    search = NearestNeighbors(n_neighbors=6, metric="cosine").fit(features)
    wanted = search.kneighbors(features[[17]])[1][0, 1:]

    found = reply(engine, ask="neighbours", workspace=str(finished.path), run=run.id, indices=[17], count=5)

    assert found["answer"] == {"indices": wanted.tolist()}


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ({"ask": "landing", "runs": ["x"], "forget_hash": "0"}, "There is no run “x” in this workspace."),
        ({"ask": "landing", "runs": [], "forget_hash": "0"}, "runs: tuple should have at least 1 item"),
        ({"ask": "landing", "forget_hash": "0"}, "runs: field required"),
        (
            {"ask": "neighbours", "run": "x", "indices": [1], "count": 0},
            "count: input should be greater than",
        ),
        (
            {"ask": "neighbours", "run": "x", "indices": ["a"], "count": 1},
            "indices.0: input should be a valid",
        ),
    ],
)
def test_an_engine_refuses_in_a_sentence(
    engine: EngineClient, finished: Finished, question: dict[str, Any], sentence: str
) -> None:
    assert sentence in reply(engine, workspace=str(finished.path), **question)["error"]["sentence"]
