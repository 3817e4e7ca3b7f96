"""Where the bands of a flow begin and end, whatever draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Band:
    """Samples of one true class in one predicted class or nearest cluster, both sides on a scale of 0…1."""

    true: int
    predicted: int
    left: tuple[float, float]
    right: tuple[float, float]


def bands(flow: Sequence[tuple[int, int, int]]) -> list[Band]:
    """Each flow's place at the left, among its true class, and at the right, among its predicted class.

    Bands leave and arrive in the order of the classes, so that they cross as little as they can.
    """
    total = sum(count for *_, count in flow)
    if not total:
        return []
    left, right = _starts(flow, 0), _starts(flow, 1)
    made = []
    for true, predicted, count in sorted(flow):
        made.append(
            Band(
                true,
                predicted,
                (left[true] / total, (left[true] + count) / total),
                (right[predicted] / total, (right[predicted] + count) / total),
            )
        )
        left[true] += count
        right[predicted] += count
    return made


def _starts(flow: Sequence[tuple[int, int, int]], side: int) -> dict[int, int]:
    """Where each class begins, in samples."""
    sums: dict[int, int] = {}
    for entry in flow:
        sums[entry[side]] = sums.get(entry[side], 0) + entry[2]
    starts, before = {}, 0
    for label in sorted(sums):
        starts[label] = before
        before += sums[label]
    return starts
