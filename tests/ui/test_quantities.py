"""Counts, FLOPs, times and sizes, as people read them."""

from __future__ import annotations

import pytest

from coun_gui.ui.quantities import duration, flops, size


@pytest.mark.parametrize(
    ("value", "text"), [(4.12e13, "41.2 TFLOPs"), (999, "999 FLOPs"), (2.737e16, "27.4 PFLOPs")]
)
def test_flops_are_told_with_three_figures(value, text):
    assert flops(value) == text


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (duration(0.2), "1 s"), (duration(40), "40 s"), (duration(300), "5 min"), (duration(9000), "2.5 h"),
        (size(0), "0 B"), (size(1_440), "1.4 kB"), (size(120e6), "120 MB"), (size(3.21e9), "3.2 GB"),
        (size(4e12), "4 TB"),
    ],
)  # fmt: skip
def test_quantities_are_short(shown, text):
    assert shown == text
