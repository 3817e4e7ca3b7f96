"""Which map belongs to the experiment in view, whether it is up to date, and the runs it can show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtGui import QPixmap

from coun_gui.experiments.chances import chances
from coun_gui.experiments.maps import SampleMap
from coun_gui.experiments.record import RunRecord
from coun_gui.experiments.spec import ORIGINAL, RETRAIN
from coun_gui.reports.colours import method_colour, run_title
from coun_gui.ui.embedding.card import LIKELY, LIKELY_OF_MANY, Likely, Sample, Verdict
from coun_gui.ui.embedding.map_column import Choice


def choices(samples: SampleMap, records: list[RunRecord], dark: bool) -> list[Choice]:
    """The runs of a map by title; the seed is told. Original and Retrain first."""
    known = {record.id: record.spec for record in records}
    listed = []
    for run in samples.spec.runs:
        spec = known.get(run)
        if spec is None:
            listed.append((2, Choice(run, f"run {run[:6]}", "#808080")))
            continue
        rank = {ORIGINAL: 0, RETRAIN: 1}.get(spec.method, 2)
        colour = method_colour(spec.method, spec.contrastive is not None, dark)
        listed.append((rank, Choice(run, run_title(spec), colour)))
    return [choice for _, choice in sorted(listed, key=lambda pair: pair[0])]


def headings(titles: Sequence[str]) -> list[str]:
    """What stands above or beside figures: the seed is named only where models of several seeds are there."""
    seeds = {title.partition(" · ")[2] for title in titles}
    return [title.partition(" · ")[0] if len(seeds) == 1 else title for title in titles]


def reference(samples: SampleMap, records: list[RunRecord]) -> str | None:
    """Retrain's run, where it is on the map."""
    retrained = {record.id for record in records if record.spec.method == RETRAIN}
    return next((run for run in samples.spec.runs if run in retrained), None)


def first_shown(listed: list[Choice], kept: list[str], at_most: int = 3) -> list[str]:
    """The runs on show at first, or those that were, where they are still there.

    Original and Retrain stand first in the list; the method that was asked for last is the one to look at.
    """
    runs = [choice.run for choice in listed]
    still = [run for run in kept if run in runs]
    return still or (runs if len(runs) <= at_most else [*runs[: at_most - 1], runs[-1]])


def left_out(samples: SampleMap, records: list[RunRecord]) -> int:
    """How many finished runs of the map's seeds are not on it, because they ended after it was drawn."""
    seeds = {record.spec.seed for record in records if record.id in samples.spec.runs}
    return sum(
        record.status == "done" and record.spec.seed in seeds and record.id not in samples.spec.runs
        for record in records
    )


def sample(
    samples: SampleMap,
    row: int,
    runs: list[Choice],
    names: list[str],
    image: QPixmap,
    pinned: bool,
    records: Sequence[RunRecord] = (),
) -> Sample:
    """What is known of one row of the map. `records`: the runs that are asked for what the map doesn't hold."""
    label = int(samples.labels[row])
    known = {record.id: record for record in records}
    verdicts = tuple(
        Verdict(choice.title, choice.colour, _likely(samples, choice.run, row, names, known.get(choice.run)))
        for choice in runs
    )
    index, forget = int(samples.index[row]), bool(samples.forget[row])
    return Sample(index, names[label], forget, image, verdicts, pinned)


def likely(samples: SampleMap) -> int:
    """How many of a model's classes are told: more of many, which a map has no whole softmaxes of."""
    return LIKELY if any(whole.shape[1] for whole in samples.probabilities.values()) else LIKELY_OF_MANY


def _likely(
    samples: SampleMap, run: str, row: int, names: list[str], record: RunRecord | None
) -> tuple[Likely, ...]:
    """The likeliest classes; the predicted one alone where its softmax is nowhere."""
    label, predicted = int(samples.labels[row]), int(samples.predicted[run][row])
    told = _softmax(samples, run, row, record)
    if told is None or len(told) > len(names):
        share = float(samples.confidence[run][row])
        return (Likely(names[predicted], share, predicted == label),)
    shares = told.copy()
    shares[predicted] += 1e-6  # in float16 others may look as likely as the predicted class
    order = np.argsort(-shares, kind="stable")[: likely(samples)]
    return tuple(Likely(names[each], float(told[each]), each == label) for each in order.tolist())


def _softmax(samples: SampleMap, run: str, row: int, record: RunRecord | None) -> np.ndarray | None:
    """float64 [K], out of the map or else out of the run's own outputs."""
    whole = samples.probabilities.get(run)
    if whole is not None and whole.shape[1]:
        return whole[row].astype(np.float64)
    return None if record is None else chances(record, int(samples.index[row]))
