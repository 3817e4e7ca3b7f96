"""Maps: one frame for several runs, drawn once, and never half."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from digits_runs import Finished, one
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from coun_gui.errors import WorkspaceError
from coun_gui.experiments import draw as drawing
from coun_gui.experiments import maps
from coun_gui.experiments.draw import draw
from coun_gui.experiments.events import Artifact, Event, Failed, Started, Step
from coun_gui.experiments.events import Finished as FinishedEvent
from coun_gui.experiments.maps import MapSpec, SampleMap, newest_map, read_map, read_spec
from coun_gui.experiments.record import read_record, write_record
from coun_gui.experiments.spec import ORIGINAL, RETRAIN, EmbeddingSpec
from coun_gui.experiments.workspace import Workspace

PCA = EmbeddingSpec(method="pca")


@pytest.fixture
def copied(tmp_path: Path, finished: Finished) -> Path:
    return Path(shutil.copytree(finished.path, tmp_path / "workspace"))


def asked(finished: Finished, **changes: Any) -> MapSpec:
    runs = tuple(one(method, finished.plan).id for method in (RETRAIN, ORIGINAL, "coun"))
    usual: dict[str, Any] = {
        "runs": runs, "forget_hash": finished.plan.runs[0].forget_hash, "embedding": PCA, "points": 300,
    }  # fmt: skip
    return MapSpec(**usual | changes)


def drawn(spec: MapSpec, workspace: Path) -> list[Event]:
    return list(draw(spec, workspace, "cpu"))


def the_map(spec: MapSpec, workspace: Path) -> SampleMap:
    last = drawn(spec, workspace)[-1]
    assert isinstance(last, FinishedEvent), last
    return read_map(workspace / "maps" / f"{spec.id}.safetensors")


def failure(spec: MapSpec, workspace: Path) -> Failed:
    last = drawn(spec, workspace)[-1]
    assert isinstance(last, Failed)
    assert list((workspace / "maps").iterdir()) == []
    return last


@pytest.mark.parametrize("method", ["pca", "umap"])
def test_a_map_lays_out_the_same_samples_for_every_run(copied: Path, finished: Finished, method: Any) -> None:
    spec = asked(finished, embedding=EmbeddingSpec(method=method))

    found = the_map(spec, copied)

    assert found.spec == spec
    for name, dtype in (("index", "int64"), ("labels", "int64"), ("forget", "bool")):
        assert (getattr(found, name).shape, getattr(found, name).dtype) == ((300,), dtype)
    parts = {"xy": ("float32", (300, 2)), "predicted": ("int64", (300,)), "confidence": ("float32", (300,))}
    for part, (dtype, shape) in parts.items():
        arrays = getattr(found, part)
        assert tuple(arrays) == spec.runs
        assert {(array.shape, str(array.dtype)) for array in arrays.values()} == {(shape, dtype)}
    assert all(np.isfinite(xy).all() for xy in found.xy.values())
    for quality in found.quality.values():
        assert set(quality) == {"trustworthiness", "knn_overlap"}
        assert all(0 <= value <= 1 for value in quality.values())


def test_labels_predictions_and_confidence_are_those_of_the_stored_outputs(
    copied: Path, finished: Finished
) -> None:
    spec = asked(finished)
    found = the_map(spec, copied)

    assert (np.diff(found.index) > 0).all()
    np.testing.assert_array_equal(found.labels, finished.plan.images.data.train_labels[found.index])
    np.testing.assert_array_equal(found.forget, np.isin(found.index, finished.plan.forget))
    logits = finished.record("coun").output("train/logits")[found.index].astype(np.float64)
    softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_array_equal(found.predicted[spec.runs[2]], softmax.argmax(axis=1))
    np.testing.assert_allclose(found.confidence[spec.runs[2]], softmax.max(axis=1), rtol=1e-4)


def test_a_small_map_holds_every_forget_sample(copied: Path, finished: Finished) -> None:
    found = the_map(asked(finished, points=300), copied)  # 144 are forgotten

    assert set(finished.plan.forget) <= set(found.index)
    assert found.forget.sum() == 144
    assert len(found.index) == 300


def test_a_map_is_drawn_once(copied: Path, finished: Finished, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = asked(finished)
    first = drawn(spec, copied)
    assert [type(event) for event in first[:1] + first[-2:]] == [Started, Artifact, FinishedEvent]
    assert {type(event) for event in first[1:-2]} == {Step}
    monkeypatch.setattr(drawing, "shared_frame", lambda *_: pytest.fail("drawn again"))

    artifact, last = drawn(spec, copied)

    assert isinstance(artifact, Artifact)
    assert Path(artifact.path) == copied / "maps" / f"{spec.id}.safetensors"
    assert isinstance(last, FinishedEvent)
    assert last.cached


def test_the_same_map_comes_out_the_same(copied: Path, finished: Finished) -> None:
    spec = asked(finished, embedding=EmbeddingSpec(method="umap"))
    first = the_map(spec, copied)
    (copied / "maps" / f"{spec.id}.safetensors").unlink()

    second = the_map(spec, copied)

    for run in spec.runs:
        np.testing.assert_array_equal(first.xy[run], second.xy[run])


@pytest.mark.parametrize(
    "changes",
    [{"points": 200}, {"embedding": EmbeddingSpec(method="pca", seed=1)}, {"forget_hash": "0" * 16}],
)
def test_another_question_is_another_map(finished: Finished, changes: dict[str, Any]) -> None:
    assert asked(finished, **changes).id != asked(finished).id


@pytest.mark.parametrize("method", ["pca", "umap"])
def test_a_sample_without_numbers_in_one_model_is_left_out_of_that_map_alone(
    copied: Path, finished: Finished, method: Any
) -> None:
    spec = asked(finished, embedding=EmbeddingSpec(method=method))
    whole = the_map(spec, copied)
    (copied / "maps" / f"{spec.id}.safetensors").unlink()
    spoil(copied / "runs" / spec.runs[2] / "outputs.safetensors", whole.index[[7, 70]].tolist())

    found = the_map(spec, copied)

    lost = {run: np.flatnonzero(np.isnan(xy).any(axis=1)).tolist() for run, xy in found.xy.items()}
    assert lost == dict(zip(spec.runs, ([], [], [7, 70]), strict=True))
    assert 0.5 < found.quality[spec.runs[2]]["trustworthiness"] <= 1


@pytest.mark.parametrize("method", ["pca", "umap"])
def test_a_model_without_any_numbers_has_an_empty_map(copied: Path, finished: Finished, method: Any) -> None:
    spec = asked(finished, embedding=EmbeddingSpec(method=method))
    spoil(copied / "runs" / spec.runs[0] / "outputs.safetensors", slice(None))

    found = the_map(spec, copied)

    assert [np.isfinite(found.xy[run]).all() for run in spec.runs] == [False, True, True]
    assert np.isnan(found.xy[spec.runs[0]]).all()
    assert np.isnan(found.quality[spec.runs[0]]["trustworthiness"])


def spoil(path: Path, samples: Any) -> None:
    """Puts a NaN into the stored features of these samples."""
    tensors = load_file(path)
    tensors["train/features"][samples, 1] = np.nan
    with safe_open(path, "numpy") as file:
        about = file.metadata()
    path.unlink()  # a link to the file that all tests share would be written through
    save_file(tensors, path, about)


def test_stopping_leaves_nothing(copied: Path, finished: Finished) -> None:
    spec = asked(finished, embedding=EmbeddingSpec(method="umap"))
    steps = sum(isinstance(event, Step) for event in drawn(spec, copied))
    (copied / "maps" / f"{spec.id}.safetensors").unlink()
    for stop in {1, steps // 2, steps}:
        stream: Any = draw(spec, copied, "cpu")
        for _ in range(1 + stop):
            next(stream)
        stream.close()

        assert list((copied / "maps").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x08\0\0\0\0\0\0\0{}      ", b"\xff" * 100])
def test_a_corrupt_map_is_a_sentence_and_is_drawn_again(
    copied: Path, finished: Finished, content: bytes
) -> None:
    spec = asked(finished)
    path = copied / "maps" / f"{spec.id}.safetensors"
    path.write_bytes(content)

    with pytest.raises(WorkspaceError, match=r"The map .* can't be read"):
        read_map(path)
    assert the_map(spec, copied).spec == spec


def test_another_safetensors_file_is_no_map(finished: Finished) -> None:
    with pytest.raises(WorkspaceError, match="can't be read"):
        read_map(finished.record("ft").folder / "outputs.safetensors")


def test_a_map_cut_short_is_a_sentence(copied: Path, finished: Finished) -> None:
    spec = asked(finished)
    the_map(spec, copied)
    path = copied / "maps" / f"{spec.id}.safetensors"
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-10])

    with pytest.raises(WorkspaceError, match="can't be read"):
        read_map(path)


def test_what_a_map_was_asked_for_is_read_without_the_map(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = (made_up(tmp_path, (run,)) for run in ("mine", "other"))
    os.utime(tmp_path / "maps" / f"{other.id}.safetensors", (2e9, 2e9))
    whole: list[Path] = []
    read = maps.read_map
    monkeypatch.setattr(maps, "read_map", lambda path: whole.append(path) or read(path))

    assert read_spec(tmp_path / "maps" / f"{mine.id}.safetensors") == mine
    found = newest_map(tmp_path, {"mine"})
    assert found is not None
    assert found.spec == mine
    assert [path.stem for path in whole] == [mine.id]  # not the newer one of other runs


def made_up(workspace: Path, runs: tuple[str, ...]) -> MapSpec:
    """A kept map of two samples."""
    spec, pair = MapSpec(runs=runs, forget_hash="f"), np.arange(2)
    by_run = ({run: np.zeros((2, 2), np.float32) for run in runs}, dict.fromkeys(runs, pair))
    samples = SampleMap(spec, pair, pair, pair > 0, *by_run, dict.fromkeys(runs, pair.astype(np.float32)), {})
    path = workspace / "maps" / f"{spec.id}.safetensors"
    path.parent.mkdir(exist_ok=True)
    maps.write_map(samples, path)
    return spec


def test_an_unfinished_run_has_no_map(copied: Path, finished: Finished) -> None:
    run_id = one("coun", finished.plan).id
    write_record(replace(read_record(copied / "runs" / run_id), status="interrupted"))

    assert failure(asked(finished), copied).sentence == "A run of this map is not finished."


def test_an_unknown_run_has_no_map(copied: Path, finished: Finished) -> None:
    assert failure(asked(finished, runs=("0" * 16,)), copied).remedy == "Finish it first."


def test_an_unknown_forget_set_has_no_map(copied: Path, finished: Finished) -> None:
    assert "forget set" in failure(asked(finished, forget_hash="0" * 16), copied).sentence


def test_lost_outputs_are_a_sentence(copied: Path, finished: Finished) -> None:
    (copied / "runs" / one("coun", finished.plan).id / "outputs.safetensors").unlink()

    found = failure(asked(finished), copied)
    assert "can't be read" in found.sentence
    assert "Traceback" in found.log


def test_a_full_disk_leaves_no_half_map(
    copied: Path, finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(maps, "save_file", full)

    assert "can't be written: No space left" in failure(asked(finished), copied).sentence


def test_the_place_of_a_map_follows_from_its_id(copied: Path) -> None:
    with Workspace(copied) as opened:
        assert opened.map_path("abc") == copied / "maps" / "abc.safetensors"
