"""Random numbers that are the same on every machine and independent from purpose to purpose."""

from __future__ import annotations

import hashlib


def derived(seed: int, purpose: str) -> int:
    """A seed of its own for each purpose, the same on every machine."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:7], "big")
