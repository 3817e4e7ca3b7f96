"""How every exported figure looks, on white whatever the window's theme."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.font_manager import fontManager
from matplotlib.ticker import MaxNLocator

WIDTH = 7.2  # inches: two columns of a journal
INK, QUIET, LINE = "#1d2126", "#667079", "#d6dade"
_ENTRY, _SIGN = 0.45, 0.06  # inches that a legend takes for an entry without its text, and for a letter
_SANS = ("Helvetica", "Arial", "Liberation Sans", "Nimbus Sans")
_SETTINGS = RLock()  # matplotlib's settings are the process's, and figures are also drawn in threads


@contextmanager
def journal_style() -> Iterator[None]:
    """Within it, figures are made with small quiet axes and in a journal's sans-serif; one thread at a time."""
    with _SETTINGS, matplotlib.rc_context(_settings()):
        yield


def panel_title(axes: Axes, text: str) -> None:
    """Flush left above the panel."""
    axes.set_title(text, loc="left")


def legend_columns(labels: Sequence[str], width: float = WIDTH) -> int:
    """How many columns of a legend fit side by side in `width` inches."""
    lengths = [len(label) for label in labels]
    for count in range(len(labels), 1, -1):
        parts = np.array_split(lengths, count)
        if sum(_ENTRY + _SIGN * int(max(part)) for part in parts) <= width:
            return count
    return 1


def round_ticks(axis: Axis, count: int, integer: bool = False) -> None:
    """About `count` ticks at round numbers."""
    axis.set_major_locator(MaxNLocator(nbins=count, integer=integer, steps=[1, 2, 2.5, 5, 10]))


def _settings() -> Any:
    """matplotlib settings; its stubs from 3.11 on list the keys as literals, older ones as str."""
    installed = {font.name for font in fontManager.ttflist}
    family = next((name for name in _SANS if name in installed), None)
    return {
        # DejaVu comes with matplotlib and has the signs that others lack, such as ℓ.
        "font.family": [*([family] if family else []), "DejaVu Sans"],
        "font.size": 7,
        "axes.titlesize": 7.5,
        "axes.titleweight": "bold",
        "axes.titlepad": 5,
        "axes.labelsize": 7,
        "axes.labelcolor": QUIET,
        "axes.edgecolor": QUIET,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.grid": False,
        "axes.grid.axis": "y",
        "grid.color": LINE,
        "grid.linewidth": 0.5,
        "xtick.color": QUIET,
        "ytick.color": QUIET,
        "xtick.labelsize": 6.5,
        "ytick.labelsize": 6.5,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "text.color": INK,
        "text.parse_math": False,  # a class may be called $5
        "legend.frameon": False,
        "legend.fontsize": 7,
        "lines.linewidth": 1.2,
        "lines.solid_capstyle": "round",
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "figure.constrained_layout.h_pad": 0.06,
        "figure.constrained_layout.w_pad": 0.06,
        "svg.fonttype": "none",
        "svg.hashsalt": "coun",
        "pdf.fonttype": 42,
    }
