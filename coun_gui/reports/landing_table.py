"""Where each model puts the forget set: the paper's table 1, beside what two Retrains differ by."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coun_gui.experiments.record import replacing

JUDGED = ("avg_diff_listed", "avg_diff", "same_class", "js")  # the figures that a null band exists for
NO_BAND = "No second Retrain seed: add seeds to judge this."
NO_REFERENCE = "Retrain is missing for this forget set, so nothing is compared with it."

Flow = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class LandingRow:
    """One model. Shares in % by predicted class; same_class in %; js in bits; None where there is no Retrain.

    avg_diff_listed, avg_diff: over the listed classes, and over all, in percentage points.
    flow: (true, predicted, count); cluster_flow: (true, nearest retain cluster, count).
    cluster: distance to each retain class's centroid, normalised over the classes; None for one without samples.
    """

    run: str
    title: str
    shares: tuple[float, ...]
    avg_diff_listed: float | None
    avg_diff: float | None
    same_class: float | None
    js: float | None
    flow: Flow
    cluster: tuple[float | None, ...] | None
    cluster_flow: Flow | None


@dataclass(frozen=True)
class LandingTable:
    """All models on the same samples. band: (low, high) between Retrains that differ in their seed alone.

    listed: the classes that the paper's table would list; none where there is no Retrain.
    """

    classes: tuple[str, ...]
    count: int
    reference: str | None
    rows: tuple[LandingRow, ...]
    band: Mapping[str, tuple[float, float]] | None
    listed: tuple[int, ...] = ()

    def best(self, key: str = "avg_diff") -> frozenset[str]:
        """The runs whose Avg. Diff is the smallest, as printed; Retrain itself has none."""
        values = {row.run: getattr(row, key) for row in self.rows}
        told = {run: round(value, 2) for run, value in values.items() if value is not None}
        told.pop(self.reference or "", None)
        return frozenset(run for run, value in told.items() if value == min(told.values()))

    def within(self, row: LandingRow, key: str) -> bool:
        """Whether a figure is one that another seed of Retrain might have had as well."""
        value = getattr(row, key)
        if self.band is None or key not in self.band or value is None or row.run == self.reference:
            return False
        low, high = self.band[key]
        return bool(value >= low if key == "same_class" else value <= high)

    def largest(self, at_most: int) -> list[int]:
        """The classes that any model puts the largest shares into, in the classes' own order."""
        peak = [
            max((row.shares[label] for row in self.rows), default=0.0) for label in range(len(self.classes))
        ]
        ranked = sorted(range(len(peak)), key=lambda label: -peak[label])
        return sorted(ranked[:at_most])

    def nearest(self, at_most: int) -> list[int]:
        """The classes whose retain cluster is nearest in any model, in the classes' own order."""
        known = [row.cluster for row in self.rows if row.cluster is not None]

        def least(label: int) -> float:
            found = (cluster[label] for cluster in known)
            return min((distance for distance in found if distance is not None), default=1.0)

        return sorted(sorted(range(len(self.classes)), key=least)[:at_most])


def landing_table(answer: Mapping[str, Any], titles: Mapping[str, str]) -> LandingTable:
    """Out of an engine's answer to the question “landing”; the rows are in the order of `titles`."""
    found = {row["run"]: row for row in answer["rows"]}
    rows = tuple(_row(found[run], title) for run, title in titles.items() if run in found)
    band = answer["null_band"]
    return LandingTable(
        tuple(answer["classes"]),
        int(answer["count"]),
        answer["reference"],
        rows,
        None if band is None else {key: (band[key][0], band[key][1]) for key in JUDGED if key in band},
        tuple(answer["listed"] or ()),
    )


def _row(content: Mapping[str, Any], title: str) -> LandingRow:
    cluster, cluster_flow = content["cluster"], content["cluster_flow"]
    return LandingRow(
        content["run"],
        title,
        tuple(content["shares"]),
        content["avg_diff_listed"],
        content["avg_diff"],
        content["same_class"],
        content["js"],
        _flow(content["flow"]),
        None if cluster is None else tuple(cluster),
        None if cluster_flow is None else _flow(cluster_flow),
    )


def _flow(content: Sequence[Sequence[int]]) -> Flow:
    return tuple((true, reached, count) for true, reached, count in content)


def landing_csv(table: LandingTable) -> str:
    """A line a model, then the low and the high end of the null band, where there is one.

    avg_diff_listed_pp is over the classes in the column “listed”, avg_diff_pp over all.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    shares = [f"share_{name}_pct" for name in table.classes]
    distances = [f"distance_{name}" for name in table.classes]
    listed = " ".join(table.classes[label] for label in table.listed)
    judged = ["avg_diff_listed_pp", "avg_diff_pp", "same_class_pct", "js_bits"]  # in the order of JUDGED
    writer.writerow(["model", "samples", "listed", *shares, *judged, *distances])
    blank = [""] * len(table.classes)
    for row in table.rows:
        figures = _figures([getattr(row, key) for key in JUDGED])
        distance = blank if row.cluster is None else _figures(row.cluster)
        writer.writerow([row.title, table.count, listed, *_figures(row.shares), *figures, *distance])
    for place, end in enumerate(("low", "high")):
        if table.band is not None:
            ends = [table.band[key][place] if key in table.band else None for key in JUDGED]
            writer.writerow([f"Retrain, other seeds ({end})", "", listed, *blank, *_figures(ends), *blank])
    return text.getvalue()


def _figures(values: Sequence[float | None]) -> list[str]:
    return ["" if value is None else f"{value:.6g}" for value in values]


def write_landing(table: LandingTable, path: Path) -> None:
    """The table as CSV; `WorkspaceError` where it can't be written."""
    with replacing(path, f"The file {path.name}") as temporary:
        temporary.write_text(landing_csv(table), encoding="utf-8")
