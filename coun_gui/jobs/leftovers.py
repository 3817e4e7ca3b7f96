"""What becomes of a run's folder when no engine is left to see to it: it was killed, or has died."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from coun_gui.errors import WorkspaceError
from coun_gui.experiments.record import RunRecord, Status, read_record, write_record
from coun_gui.jobs.protocol import Message


def mark(request: Message, run: str, status: Status, error: dict[str, str] | None = None) -> None:
    """Writes into the record how an unfinished run ended. Where that fails, opening the workspace does."""
    record = _unfinished(request, run)
    if record is not None:
        with suppress(WorkspaceError):
            write_record(replace(record, status=status, error=error or {}))


def discard(request: Message, run: str) -> None:
    """Removes the folder of an unfinished run."""
    record = _unfinished(request, run)
    if record is not None:
        shutil.rmtree(record.folder, ignore_errors=True)


def _unfinished(request: Message, run: str) -> RunRecord | None:
    """None for a map, for a run that wrote nothing yet, and for one that is done."""
    if request.get("do") != "run":
        return None
    try:
        record = read_record(Path(request["workspace"]) / "runs" / run)
    except (WorkspaceError, KeyError):
        return None
    return None if record.status == "done" else record
