"""A science whose every order ends its engine."""

from __future__ import annotations

import os
from typing import Any

from fake_science import answer, discard, load

__all__ = ["answer", "discard", "load", "work"]


def work(order: dict[str, Any]) -> Any:
    os._exit(4)
    yield
