"""Counts, FLOPs, times and sizes, as people read them."""

from __future__ import annotations


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun: 1 run, 1,293 runs."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def numeral(value: float) -> str:
    """A number as it stands in a text: 0.01, 256, and with commas from 10,000 up where it is a whole one."""
    whole = float(value).is_integer() and abs(value) >= 10_000
    return f"{value:,.0f}" if whole else f"{value:g}"


def flops(value: float) -> str:
    """FLOPs with three figures and a prefix: 41.2 TFLOPs."""
    for prefix in ("", "k", "M", "G", "T", "P"):
        if value < 999.5:
            return f"{value:.3g} {prefix}FLOPs"
        value /= 1000
    return f"{value:,.3g} EFLOPs"


def duration(seconds: float) -> str:
    """To the precision that an estimate warrants."""
    if seconds < 60:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} d"


def size(count: float) -> str:
    """Bytes with two figures: 120 MB."""
    for prefix in ("", "k", "M", "G"):
        if count < 999.5:
            return f"{count:.2g} {prefix}B" if count < 10 else f"{count:.0f} {prefix}B"
        count /= 1000
    return f"{count:.2g} TB"
