"""What a workspace promises: one writer, nothing lost with the index, and damage told instead of met."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from digits_runs import Finished, experiment, one
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coun_gui.errors import WorkspaceError
from coun_gui.experiments.record import append_history, parse_record, read_record, write_record
from coun_gui.experiments.spec import ORIGINAL
from coun_gui.experiments.workspace import Workspace


@pytest.fixture
def copied(tmp_path: Path, finished: Finished) -> Path:
    """A workspace of finished runs that may be damaged."""
    return Path(shutil.copytree(finished.path, tmp_path / "workspace"))


def refusal(path: Path, writable: bool = False) -> str:
    with pytest.raises(WorkspaceError) as caught:
        Workspace(path, writable)
    assert caught.value.remedy
    return caught.value.sentence


def run_ids(path: Path, writable: bool = False) -> list[str]:
    with Workspace(path, writable) as opened:
        return [record.id for record in opened.runs()]


def changed(path: Path, **values: Any) -> None:
    content = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(content | values), "utf-8")


# Opening


def test_a_new_workspace_is_made_with_its_parents(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "workspace"
    with Workspace(path, writable=True) as opened:
        assert opened.runs() == []
        assert opened.experiments() == []
    with Workspace(path) as opened:
        assert opened.runs() == []


def test_a_second_writer_is_refused_until_the_first_has_closed(tmp_path: Path) -> None:
    with Workspace(tmp_path / "workspace", writable=True):
        assert "is open in another window or command" in refusal(tmp_path / "workspace", writable=True)
    Workspace(tmp_path / "workspace", writable=True).close()


def test_reading_needs_no_lock(copied: Path, finished: Finished) -> None:
    with Workspace(copied, writable=True):
        assert set(run_ids(copied)) == set(finished.plan.ids)


def test_closing_twice_is_harmless(tmp_path: Path) -> None:
    opened = Workspace(tmp_path / "workspace", writable=True)
    opened.close()
    opened.close()


def test_a_folder_of_somebody_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("…", "utf-8")

    assert "holds other files" in refusal(tmp_path, writable=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_what_is_no_workspace_is_not_read(tmp_path: Path) -> None:
    assert "is not a workspace" in refusal(tmp_path)
    assert "is not a workspace" in refusal(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_workspace(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    assert "is a file" in refusal(file, writable=True)
    assert "can't be written" in refusal(file / "workspace", writable=True)


# Damaged and foreign runs


def remove_record(folder: Path) -> None:
    (folder / "run.json").unlink()


def replace_by_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.touch()


def write(content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / "run.json").write_bytes(content) and None


def change(**values: Any) -> Callable[[Path], None]:
    return lambda folder: changed(folder / "run.json", **values)


DAMAGE: dict[str, Callable[[Path], None]] = {
    "without run.json": remove_record,
    "a file": replace_by_file,
    "empty": write(b""),
    "cut short": write(b'{"schema": 1, "id": '),
    "binary": write(bytes(range(256))),
    "a list": write(b"[]"),
    "null": write(b"null"),
    "nested without end": write(b"[" * 50_000),
    "other JSON": write(b'{"name": "package", "version": "1.0"}'),
    "of another schema": change(schema=2),
    "of another status": change(status="exploded"),
    "with a spec of another program": change(spec={"learning_rate": 0.1}),
    "with another id": change(id="0" * 16),
    "with a number for a date": change(created=5),
    "with a word for figures": change(metrics="none"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_run_is_told_and_the_others_are_read(
    copied: Path, finished: Finished, damage: Callable[[Path], None]
) -> None:
    victim, *others = finished.plan.ids
    damage(copied / "runs" / victim)

    with Workspace(copied, writable=True) as opened:
        assert {record.id for record in opened.runs()} == set(others)
        (problem,) = opened.problems
        assert victim in problem
        assert "\n" not in problem
        assert opened.run(victim) is None


def test_a_run_under_another_name_is_no_run(copied: Path, finished: Finished) -> None:
    shutil.copytree(copied / "runs" / finished.plan.ids[0], copied / "runs" / "copy")

    with Workspace(copied) as opened:
        assert {record.id for record in opened.runs()} == set(finished.plan.ids)
        assert opened.problems == ["The run folder copy holds another run than its name says."]


def test_a_run_whose_description_was_edited_is_no_longer_that_run(copied: Path, finished: Finished) -> None:
    path = copied / "runs" / finished.plan.ids[0] / "run.json"
    spec = json.loads(path.read_text("utf-8"))["spec"]
    changed(path, spec=spec | {"seed": 7})

    with Workspace(copied) as opened:
        assert len(opened.runs()) == len(finished.plan.ids) - 1
        assert "another run than its name says" in opened.problems[0]


def test_a_problem_is_told_once_and_gone_when_it_is_mended(copied: Path, finished: Finished) -> None:
    (copied / "runs" / "stray").mkdir()
    with Workspace(copied, writable=True) as opened:
        opened.runs()
        opened.runs()
        assert len(opened.problems) == 1
        (copied / "runs" / "stray").rmdir()
        opened.runs()
        assert opened.problems == []


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=100) | st.text(max_size=100).map(lambda text: json.dumps(text).encode()))
def test_whatever_bytes_stand_in_run_json_they_are_told(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "0123456789abcdef"
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_bytes(content)

    with pytest.raises(WorkspaceError, match=folder.name):
        read_record(folder)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=200, deadline=None)
@given(
    key=st.sampled_from(
        ["schema", "id", "status", "created", "epoch", "metrics", "versions", "error", "spec"]
    ),
    inner=st.sampled_from(["", "params", "seed", "training", "model", "dataset", "contrastive"]),
    value=JSON_VALUES,
)
def test_whatever_stands_in_a_field_the_record_is_read_or_told(
    finished: Finished, key: str, inner: str, value: Any
) -> None:
    folder = finished.record("ft").folder
    content = json.loads((folder / "run.json").read_text("utf-8"))
    content[key] = {**content["spec"], inner: value} if key == "spec" and inner else value
    try:
        found = parse_record(json.dumps(content), folder)
    except WorkspaceError as error:
        assert folder.name in str(error)  # noqa: PT017  it may be fine as well
    else:
        assert found.id == found.spec.id == folder.name
        sorted([found, finished.record("coun")], key=lambda record: (record.created, record.id))


def test_a_history_with_a_line_cut_short_is_read_without_it(copied: Path, finished: Finished) -> None:
    found = read_record(copied / "runs" / one("ft", finished.plan).id)
    whole = found.history()
    with (found.folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write('[1]\n"epoch"\n{"epoch": 3, "met')

    assert found.history() == whole


def test_the_history_is_appended_in_order(tmp_path: Path, finished: Finished) -> None:
    moved = replace(finished.record("ft"), folder=tmp_path)
    for epoch in range(3):
        append_history(tmp_path, {"epoch": epoch, "metrics": {"RA": 99.5}})

    assert [line["epoch"] for line in moved.history()] == [0, 1, 2]


# The index


def test_runs_are_listed_oldest_first(copied: Path, finished: Finished) -> None:
    for place, run_id in enumerate(reversed(finished.plan.ids)):
        changed(copied / "runs" / run_id / "run.json", created=f"2025-01-0{place + 1}T00:00:00+00:00")

    assert run_ids(copied, writable=True) == list(reversed(finished.plan.ids))


def delete_index(path: Path) -> None:
    for file in path.glob("index.sqlite*"):
        file.unlink()


def garbage_index(path: Path) -> None:
    delete_index(path)
    (path / "index.sqlite").write_bytes(b"garbage" * 1000)


def other_version(path: Path) -> None:
    with sqlite3.connect(path / "index.sqlite") as index:
        index.execute("DROP TABLE runs")
        index.execute("PRAGMA user_version = 99")
    index.close()


def other_table(path: Path) -> None:
    with sqlite3.connect(path / "index.sqlite") as index:
        index.execute("DROP TABLE runs")
        index.execute("CREATE TABLE runs (colour TEXT)")
    index.close()


def garbage_rows(path: Path) -> None:
    with sqlite3.connect(path / "index.sqlite") as index:
        index.execute("UPDATE runs SET content = 'garbage'")
    index.close()


@pytest.mark.parametrize("damage", [delete_index, garbage_index, other_version, other_table, garbage_rows])
def test_the_index_is_a_copy_that_may_be_lost(
    copied: Path, finished: Finished, damage: Callable[[Path], None]
) -> None:
    before = run_ids(copied, writable=True)
    damage(copied)

    with Workspace(copied, writable=True) as opened:
        assert [record.id for record in opened.runs()] == before
        assert opened.problems == []
    assert set(before) == set(finished.plan.ids)
    with sqlite3.connect(copied / "index.sqlite") as index:
        rows = dict(index.execute("SELECT id, content FROM runs"))
    index.close()
    assert set(rows) == set(finished.plan.ids)
    assert all(json.loads(content)["id"] == run_id for run_id, content in rows.items())


def test_a_run_that_is_not_changed_is_read_from_the_index(
    copied: Path, finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workspace(copied, writable=True) as opened:
        before = opened.runs()
        monkeypatch.setattr("coun_gui.experiments.workspace.read_record", lambda folder: pytest.fail("read"))
        assert opened.runs() == before


def test_a_change_on_disk_is_seen_at_once(copied: Path, finished: Finished) -> None:
    with Workspace(copied, writable=True) as opened:
        opened.runs()
        victim, changing = finished.plan.ids[-2:]
        shutil.rmtree(copied / "runs" / victim)
        found = opened.run(changing)
        assert found is not None
        write_record(replace(found, status="failed"))

        statuses = {record.id: record.status for record in opened.runs()}
    assert victim not in statuses
    assert statuses[changing] == "failed"


def test_only_a_writer_marks_what_a_killed_process_left(copied: Path, finished: Finished) -> None:
    original = one(ORIGINAL, finished.plan).id
    write_record(replace(read_record(copied / "runs" / original), status="running"))

    with Workspace(copied) as opened:
        assert {record.status for record in opened.runs()} == {"running", "done"}
    with Workspace(copied, writable=True) as opened:
        statuses = {record.id: record.status for record in opened.runs()}

    assert statuses.pop(original) == "interrupted"
    assert set(statuses.values()) == {"done"}


def test_a_workspace_whose_folders_were_removed_is_empty(copied: Path) -> None:
    for name in ("runs", "experiments"):
        shutil.rmtree(copied / name)

    with Workspace(copied) as opened:
        assert opened.runs() == []
        assert opened.experiments() == []


# Experiments and forget sets


def test_an_experiment_comes_back_with_its_runs(tmp_path: Path) -> None:
    spec = experiment("ft", "coun", name="mine λ", forget={"kind": "class", "classes": ["3"]})
    with Workspace(tmp_path / "workspace", writable=True) as opened:
        saved = opened.save_experiment(spec, ("a", "b"))
    with Workspace(tmp_path / "workspace") as opened:
        assert opened.experiments() == [saved]
    assert (saved.id, saved.spec, saved.runs) == (spec.id, spec, ("a", "b"))


def test_asking_for_an_experiment_again_keeps_its_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dates = iter(["2025-01-01T00:00:00+00:00", "2025-06-01T00:00:00+00:00", "2025-07-01T00:00:00+00:00"])
    monkeypatch.setattr("coun_gui.experiments.workspace.now", lambda: next(dates))
    with Workspace(tmp_path / "workspace", writable=True) as opened:
        opened.save_experiment(experiment("ft"), ("a",))
        opened.save_experiment(experiment("coun"), ("b",))
        opened.save_experiment(experiment("ft"), ("a",))

        assert [(found.created[:7], found.runs) for found in opened.experiments()] == [
            ("2025-01", ("a",)),
            ("2025-06", ("b",)),
        ]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"spec": {}}', b"\xff", b'{"spec": {"sedes": [1]}}'])
def test_a_damaged_experiment_is_told_and_the_others_are_read(tmp_path: Path, content: bytes) -> None:
    with Workspace(tmp_path / "workspace", writable=True) as opened:
        saved = opened.save_experiment(experiment("ft"), ("a",))
        (tmp_path / "workspace" / "experiments" / "broken.json").write_bytes(content)

        assert opened.experiments() == [saved]
        assert opened.problems == ["The experiment file broken.json can't be read."]


def test_a_forget_set_comes_back_as_it_was(tmp_path: Path) -> None:
    with Workspace(tmp_path / "workspace", writable=True) as opened:
        opened.save_forget("f" * 16, np.array([1, 5, 40_000], dtype=np.int32))
        found = opened.forget("f" * 16)

    assert found.dtype == np.int64
    assert found.tolist() == [1, 5, 40_000]
    assert [path.name for path in (tmp_path / "workspace" / "forget").iterdir()] == [f"{'f' * 16}.npy"]


@pytest.mark.parametrize("content", [None, b"", b"garbage", "pickled"])
def test_a_missing_or_damaged_forget_set_is_a_sentence(tmp_path: Path, content: bytes | str | None) -> None:
    with Workspace(tmp_path / "workspace", writable=True) as opened:
        path = tmp_path / "workspace" / "forget" / "0.npy"
        if content == "pickled":
            np.save(path, np.array([{}], dtype=object), allow_pickle=True)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        with pytest.raises(WorkspaceError, match="missing or damaged"):
            opened.forget("0")
