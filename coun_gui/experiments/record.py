"""The record of one run: the folder `runs/<id>/`, written by whoever computes and read by everybody else.

run.json             spec, status, versions, device, figures
metrics.jsonl        one line an evaluated epoch, append-only
model.safetensors    the weights
outputs.safetensors  train/logits, test/logits float32 [N, K]; train/features, test/features float16 [N, D],
                     rows in dataset order
snapshots.safetensors  features of some samples at some epochs, see `snapshots.py`
checkpoint.pt        what a resume needs; gone once the run is done
log.txt              the traceback of a failed run
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open

from coun_gui.errors import WorkspaceError
from coun_gui.experiments.spec import RunSpec

Status = Literal["running", "done", "failed", "cancelled", "interrupted"]
STATUSES: tuple[Status, ...] = ("running", "done", "failed", "cancelled", "interrupted")
RECORD_SCHEMA = 1


@dataclass(frozen=True)
class RunRecord:
    """What `run.json` says. `metrics` in %, by forget-set hash: the Original serves several forget sets."""

    id: str
    spec: RunSpec
    status: Status
    folder: Path
    created: str = ""
    finished: str = ""
    device: str = ""
    precision: str = ""
    epoch: int = 0
    seconds: float = 0.0
    flops: float = 0.0
    paper_flops: float = 0.0
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    git: str = ""
    error: Mapping[str, str] = field(default_factory=dict)

    def history(self) -> list[dict[str, Any]]:
        """The evaluated epochs, oldest first. A line cut short by a crash is left out."""
        return list(_json_lines(self.folder / "metrics.jsonl"))

    def output(self, name: str) -> np.ndarray:
        """One array of outputs.safetensors, such as `test/logits`; `WorkspaceError` where it isn't there."""
        path = self.folder / "outputs.safetensors"
        try:
            with safe_open(path, framework="numpy") as file:
                array: np.ndarray = file.get_tensor(name)
                return array
        except (OSError, SafetensorError) as error:
            raise WorkspaceError(
                f"The stored outputs of run {self.id} can't be read ({error}).",
                "Delete the run and compute it again.",
            ) from None

    @property
    def resumable(self) -> bool:
        return self.status != "done" and (self.folder / "checkpoint.pt").exists()

    def as_json(self) -> dict[str, Any]:
        content = {key: getattr(self, key) for key in _PLAIN_KEYS}
        return {"schema": RECORD_SCHEMA, **content, "spec": self.spec.model_dump(mode="json")}


_RECORD = TypeAdapter(RunRecord)
_PLAIN_KEYS = (
    "id", "status", "created", "finished", "device", "precision", "epoch", "seconds", "flops", "paper_flops", "metrics",
    "versions", "git", "error",
)  # fmt: skip


def read_record(folder: Path) -> RunRecord:
    """The record in a run folder; `WorkspaceError` for a corrupt or foreign one."""
    try:
        return parse_record((folder / "run.json").read_text(encoding="utf-8"), folder)
    except (OSError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"The run folder {folder.name} has no readable run.json ({error}).") from None


def parse_record(text: str, folder: Path) -> RunRecord:
    """Checks and builds a record from the text of run.json."""
    try:
        content = json.loads(text)
        if content.pop("schema") != RECORD_SCHEMA:
            raise ValueError("written by another version")
        record = _RECORD.validate_python({**content, "folder": folder})
        expected = record.spec.id
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = _first_complaint(error)
        raise WorkspaceError(
            f"The run folder {folder.name} is not a run of this program ({reason})."
        ) from None
    if not record.id == expected == folder.name:
        raise WorkspaceError(f"The run folder {folder.name} holds another run than its name says.")
    return record


def _first_complaint(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error).partition("\n")[0] or type(error).__name__


def write_record(record: RunRecord) -> None:
    """Puts run.json in place in one step."""
    with writing():
        record.folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record.as_json(), indent=1, ensure_ascii=False)
    with replacing(record.folder / "run.json") as temporary:
        temporary.write_text(text, encoding="utf-8")


def append_history(folder: Path, line: Mapping[str, Any]) -> None:
    """Adds one evaluated epoch to metrics.jsonl."""
    with writing(), (folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def cut_history(folder: Path, epoch: int) -> None:
    """Drops what lies after `epoch`, which a resumed run will write again."""
    path = folder / "metrics.jsonl"
    kept = [line for line in _json_lines(path) if line["epoch"] <= epoch]
    with replacing(path) as temporary:
        temporary.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")


@contextmanager
def replacing(path: Path, what: str = "The workspace") -> Iterator[Path]:
    """A temporary path beside `path`: flushed and renamed on success, removed on failure. what: see `writing`."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with writing(what):
        try:
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def writing(what: str = "The workspace") -> Iterator[None]:
    """Turns a full disk or a forbidden folder into a sentence.

    On a full disk torch raises RuntimeError, and safetensors an error of its own.
    """
    try:
        yield
    except (OSError, SafetensorError, RuntimeError) as error:
        raise WorkspaceError(
            f"{what} can't be written: {getattr(error, 'strerror', None) or error}.",
            "Free some space or choose another folder; what was saved before is intact.",
        ) from error


def now() -> str:
    """UTC, ISO 8601; to the millisecond, since short runs of one second are listed in their order too."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            content = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(content, dict) and "epoch" in content:
            yield content
