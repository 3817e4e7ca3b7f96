"""A workspace: a folder of runs, forget sets, experiments and maps, with an index that can be rebuilt from them.

runs/<id>/            one folder a run, see `record.py`
forget/<hash>.npy     sorted int64 training indices
experiments/<id>.json what was asked for, and which runs it led to
maps/<hash>.*         2-D maps
index.sqlite          a cache; deleting it loses nothing
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from filelock import FileLock, Timeout
from pydantic import ValidationError

from coun_gui.errors import CounError, WorkspaceError
from coun_gui.experiments.record import (
    RunRecord,
    now,
    parse_record,
    read_record,
    replacing,
    write_record,
    writing,
)
from coun_gui.experiments.spec import ExperimentSpec

INDEX_VERSION = 1
MARK = "coun-workspace.json"


@dataclass(frozen=True)
class Experiment:
    """An experiment that was started here: its description and the ids of its runs, in order."""

    id: str
    spec: ExperimentSpec
    runs: tuple[str, ...]
    created: str


class Workspace:
    """An open workspace. `writable` takes the lock that one front-end at a time may hold."""

    def __init__(self, path: Path, writable: bool = False) -> None:
        """Raises `WorkspaceError` where the folder can't be used or another program holds it."""
        self.path = path.expanduser().resolve()
        self.problems: list[str] = []
        self._lock: FileLock | None = None
        if writable:
            self._prepare()
        elif not (self.path / MARK).exists():
            raise WorkspaceError(
                f"{self.path} is not a workspace.", "Give the folder that `coun run` filled."
            )
        self._index = _open_index(self.path / "index.sqlite" if writable else None)
        if writable:
            self._mark_interrupted()

    def _prepare(self) -> None:
        if self.path.is_file():
            raise WorkspaceError(f"{self.path} is a file.", "Choose a folder for the workspace.")
        if self.path.is_dir() and any(self.path.iterdir()) and not (self.path / MARK).exists():
            raise WorkspaceError(f"{self.path} holds other files.", "Choose an empty folder or a workspace.")
        with writing():
            for name in ("runs", "forget", "experiments", "maps"):
                (self.path / name).mkdir(parents=True, exist_ok=True)
            (self.path / MARK).write_text('{"workspace": 1}\n', encoding="utf-8")
        self._lock = FileLock(self.path / ".lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise WorkspaceError(
                f"The workspace {self.path} is open in another window or command.", "Close that one first."
            ) from None

    def close(self) -> None:
        """Gives the lock back. Closing twice is harmless."""
        self._index.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Runs

    def folder(self, run_id: str) -> Path:
        return self.path / "runs" / run_id

    def run(self, run_id: str) -> RunRecord | None:
        """The record as it is on disk now; None where there is none or it can't be read."""
        try:
            return read_record(self.folder(run_id))
        except WorkspaceError:
            return None

    def runs(self) -> list[RunRecord]:
        """Every readable run, oldest first. What can't be read is told in `problems`."""
        self.problems = []
        records = []
        known = {row[0]: row[1:] for row in self._index.execute("SELECT id, stamp, content FROM runs")}
        for folder in sorted((self.path / "runs").glob("*")):
            if folder.name.startswith("."):
                continue
            try:
                records.append(self._indexed(folder, known.pop(folder.name, None)))
            except (WorkspaceError, OSError) as error:
                self.problems.append(str(error))
        for gone in known:
            self._index.execute("DELETE FROM runs WHERE id = ?", (gone,))
        self._index.commit()
        return sorted(records, key=lambda record: (record.created, record.id))

    def _indexed(self, folder: Path, cached: tuple[str, str] | None) -> RunRecord:
        path = folder / "run.json"
        if not path.is_file():
            raise WorkspaceError(f"The run folder {folder.name} has no run.json.")
        status = path.stat()  # each writing makes another file, even within one tick of the clock
        stamp = f"{status.st_mtime_ns} {status.st_ino}"
        if cached and cached[0] == stamp:
            with suppress(WorkspaceError):  # a damaged row is read afresh
                return parse_record(cached[1], folder)
        record = read_record(folder)
        content = json.dumps(record.as_json())
        self._index.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", (folder.name, stamp, content))
        return record

    def _mark_interrupted(self) -> None:
        for record in self.runs():
            if record.status == "running":
                write_record(replace(record, status="interrupted"))

    # Forget sets

    def save_forget(self, forget_hash: str, indices: np.ndarray) -> None:
        """Keeps the sorted training indices of a forget set under its hash."""
        path = self.path / "forget" / f"{forget_hash}.npy"
        if not path.exists():
            with replacing(path) as temporary, temporary.open("wb") as file:
                np.save(file, np.asarray(indices, dtype=np.int64), allow_pickle=False)

    def forget(self, forget_hash: str) -> np.ndarray:
        """int64 [n], sorted; `WorkspaceError` where it is missing or damaged."""
        try:
            indices: np.ndarray = np.load(self.path / "forget" / f"{forget_hash}.npy", allow_pickle=False)
            return indices
        except (OSError, ValueError, EOFError):
            raise WorkspaceError(
                f"The forget set {forget_hash} is missing or damaged.",
                "Start the experiment again to restore it.",
            ) from None

    # Experiments

    def save_experiment(self, spec: ExperimentSpec, runs: tuple[str, ...]) -> Experiment:
        """Remembers what was asked for; asking again keeps the first date."""
        known = {experiment.id: experiment.created for experiment in self.experiments()}
        experiment = Experiment(spec.id, spec, runs, known.get(spec.id, now()))
        content: dict[str, Any] = {
            "spec": spec.model_dump(mode="json"),
            "runs": runs,
            "created": experiment.created,
        }
        with replacing(self.path / "experiments" / f"{spec.id}.json") as temporary:
            temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
        return experiment

    def experiments(self) -> list[Experiment]:
        """Oldest first; damaged files are told in `problems`."""
        found = []
        for path in (self.path / "experiments").glob("*.json"):
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
                spec = ExperimentSpec.model_validate(content["spec"])
                found.append(Experiment(spec.id, spec, tuple(content["runs"]), content["created"]))
            except (OSError, ValueError, KeyError, TypeError, ValidationError, CounError):
                problem = f"The experiment file {path.name} can't be read."
                self.problems += [problem] if problem not in self.problems else []
        return sorted(found, key=lambda experiment: (experiment.created, experiment.id))

    # Maps

    def map_path(self, map_id: str) -> Path:
        """Where a map with this id is kept: a safetensors file."""
        return self.path / "maps" / f"{map_id}.safetensors"


def _open_index(path: Path | None) -> sqlite3.Connection:
    """The index, in memory where `path` is None; one that is damaged or of another version is made anew."""
    if path is None:
        return _created(sqlite3.connect(":memory:"))
    try:
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode = WAL")
        if connection.execute("PRAGMA user_version").fetchone()[0] == INDEX_VERSION:
            connection.execute("SELECT id, stamp, content FROM runs LIMIT 1")
            return connection
        connection.close()
    except sqlite3.DatabaseError:
        pass
    for leftover in path.parent.glob(f"{path.name}*"):
        leftover.unlink()
    return _created(sqlite3.connect(path))


def _created(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE runs (id TEXT PRIMARY KEY, stamp TEXT NOT NULL, content TEXT NOT NULL)")
    connection.execute(f"PRAGMA user_version = {INDEX_VERSION}")
    connection.commit()
    return connection
