"""Downloads of published archives: with progress, a checksum before anything is read, and safe unpacking."""

from __future__ import annotations

import hashlib
import os
import tarfile
import urllib.request
from collections.abc import Generator
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

from coun_gui.errors import DataError
from coun_gui.unlearning.images import Progress

CHUNK = 1 << 18


def fetch(url: str, path: Path, sha256: str) -> Generator[Progress, None, None]:
    """Makes sure that `path` holds the file with this checksum; downloads it if not. Raises `DataError`."""
    name = url.rsplit("/", 1)[-1]
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        if path.exists() and _sha256(path) == sha256:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        yield from _download(url, part, f"downloading {name}")
        if _sha256(part) != sha256:
            raise DataError(
                f"{name} was downloaded, but its checksum is wrong.",
                "Try again; a proxy may have changed the file.",
            )
        part.replace(path)
    except (OSError, HTTPException) as error:  # the network, a proxy's page, or the disk
        raise DataError(
            f"{name} can't be downloaded ({getattr(error, 'reason', error)}).",
            f"Check the network and the disk, or put the file at {path} by hand.",
            "dataset.path",
        ) from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _download(url: str, part: Path, stage: str) -> Generator[Progress, None, None]:
    yield Progress(stage, 0.0)
    with urllib.request.urlopen(url, timeout=30) as response, part.open("wb") as file:
        total = int(response.headers.get("Content-Length") or 0)
        done = 0
        while chunk := response.read(CHUNK):
            file.write(chunk)
            done += len(chunk)
            yield Progress(stage, done / total if total else 0.0)


def read_members(archive: Path, wanted: tuple[str, ...]) -> dict[str, bytes]:
    """The content of the named members, without writing anything to disk. Raises `DataError` where one is missing."""
    found: dict[str, bytes] = {}
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            base = member.name.rsplit("/", 1)[-1]
            if base in wanted and member.isreg():
                file = tar.extractfile(member)
                found[base] = file.read() if file else b""
    missing = [name for name in wanted if name not in found]
    if missing:
        raise DataError(
            f"{archive.name} doesn't contain {missing[0]}.", "Delete it, so that it is downloaded again."
        )
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
