"""The columns of the results table, stated once for the window and every export, and their cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from coun_gui.experiments.spec import RETRAIN
from coun_gui.reports.names import title
from coun_gui.reports.reference import METRICS
from coun_gui.reports.rows import ResultRow

MISSING = "–"
_COST_UNITS = ((1e15, "PFLOPs"), (1e12, "TFLOPs"), (1e9, "GFLOPs"), (1e6, "MFLOPs"), (1.0, "FLOPs"))


@dataclass(frozen=True)
class Column:
    """A figure of each row. `scale`: what the stored value is divided by to stand in `unit`.

    direction: "↓" less is better, "→Retrain" the nearer to Retrain the better
    group: the heading that neighbouring columns share, in the paper's words
    caution: what a figure that surprises may come from
    printed: in the paper's table too; the others are in the window and the data formats alone
    """

    key: str
    title: str
    unit: str
    direction: Literal["↓", "↑", "→Retrain"]
    help: str
    group: str = ""
    scale: float = 1.0
    decimals: int = 2
    printed: bool = True
    caution: str = ""

    @property
    def heading(self) -> str:
        """In one line: “Retain (Δ↓)”, “Avg. Gap ↓”, “Cost (PFLOPs) ↓”."""
        if self.direction == "→Retrain":
            return f"{self.title} (Δ↓)"
        unit = "" if self.unit == "%" else f" ({self.unit})"
        return f"{self.title}{unit} {self.direction}"


@dataclass(frozen=True)
class Cell:
    """A figure as text: mean, ± standard deviation, distance to Retrain; empty where there is none.

    mark: the sign of the note that explains the figure
    """

    mean: str = MISSING
    std: str = ""
    gap: str = ""
    best: bool = False
    mark: str = ""

    @property
    def text(self) -> str:
        """“99.99 ± 0.00 (0.01)”"""
        spread = f" ± {self.std}" if self.std else ""
        return f"{self.mean}{self.mark}{spread}" + (f" ({self.gap})" if self.gap else "")


_COLUMNS = (
    Column("RA", "Retain", "%", "→Retrain", "RA: accuracy on the retain set.", "Accuracy (%)"),
    Column("UA", "Unlearn", "%", "→Retrain", "UA: 100 minus the accuracy on the forget set.", "Accuracy (%)"),
    Column("TA", "Test", "%", "→Retrain", "TA: accuracy on the test set.", "Accuracy (%)"),
    Column(
        "MIA",
        "MIA",
        "%",
        "→Retrain",
        "Share of forget samples that a membership inference attack takes for never seen.",
        "Efficacy (%)",
        caution="The attack may take a confidence near 0, where it has learnt from few samples or none, for a "
        "member’s; MIA can then be near 0 while UA is near 100.",
    ),
    Column("gap", "Avg. Gap", "%", "↓", "Mean distance of RA, UA, TA and MIA to Retrain’s, in points."),
    Column("cost_flops", "Cost", "FLOPs", "↓", "Everything that the method computed, counted while it ran."),
    Column(
        "paper_cost_flops",
        "Cost, paper’s convention",
        "FLOPs",
        "↓",
        "The same as the paper charges it: only the forward pass of the second view.",
        printed=False,
    ),
    Column("seconds", "Time", "s", "↓", "Training time, without evaluation.", decimals=1, printed=False),
)


def metric_columns(rows: Sequence[ResultRow] = (), costs: Sequence[float] = ()) -> tuple[Column, ...]:
    """All columns, left to right; costs in the unit that fits the largest of `rows` and of `costs` in FLOPs."""
    costs = [
        *costs,
        *(row.spread(key).mean or 0.0 for row in rows for key in ("cost_flops", "paper_cost_flops")),
    ]
    scale, unit = cost_unit(max(costs, default=0.0))
    return tuple(
        replace(column, scale=scale, unit=unit) if column.unit == "FLOPs" else column for column in _COLUMNS
    )


def cost_unit(flops: float) -> tuple[float, str]:
    """The largest unit that `flops` holds at least once: (FLOPs in it, its name)."""
    return next((unit for unit in _COST_UNITS if flops >= unit[0]), _COST_UNITS[0 if flops == 0 else -1])


def cautions(rows: Sequence[ResultRow]) -> list[str]:
    """Where the attack misses nearly all that accuracy calls forgotten; and where Retrain has other seeds."""
    retrained = {row.setting: row.seeds for row in rows if row.method == RETRAIN}
    uneven = [
        row.label
        for row in rows
        if row.approximate and row.gap is not None and row.seeds != retrained.get(row.setting, row.seeds)
    ]
    told = [f"{', '.join(uneven)}: held against the Retrains of the same seeds alone."] if uneven else []
    surprising = any(
        (row.spread("UA").mean or 0.0) - mia > 50
        for row in rows
        if (mia := row.spread("MIA").mean) is not None
    )
    return told + [
        f"{column.title}: {column.caution}" for column in _COLUMNS if column.caution and surprising
    ]


def cell(row: ResultRow, column: Column, best: bool = False) -> Cell:
    """What stands at that place in the paper's layout."""
    figure = row.spread(column.key)
    if figure.mean is None:
        return Cell()
    delta = row.deltas.get(column.key)
    with_std = figure.std is not None and column.key in METRICS
    return Cell(
        mean=number(figure.mean, column),
        std=number(figure.std or 0.0, column) if with_std else "",
        gap="" if delta is None else number(abs(delta), column),
        best=best,
    )


def best_gaps(rows: Sequence[ResultRow]) -> frozenset[int]:
    """Positions of the rows with the smallest average gap of their setting, among the approximate methods.

    Gaps that print alike are equally good.
    """
    column = next(column for column in _COLUMNS if column.key == "gap")
    printed = {
        position: (row.setting, number(row.gap, column))
        for position, row in enumerate(rows)
        if row.approximate and row.gap is not None
    }
    least: dict[str, float] = {}
    for setting, text in printed.values():
        least[setting] = min(float(text), least.get(setting, float("inf")))
    return frozenset(place for place, (setting, text) in printed.items() if float(text) == least[setting])


def setting_titles(row: ResultRow) -> tuple[str, str, str]:
    """Dataset, model and forget set, as people call them."""
    return row.dataset_title, title(row.model), row.forget


def number(value: float, column: Column) -> str:
    """In the column's unit and precision."""
    shown = value / column.scale
    least = 10.0**-column.decimals
    if column.scale > 1 and 0 < shown < least / 2:
        return f"<{least:.{column.decimals}f}"
    return f"{shown:.{column.decimals}f}"
