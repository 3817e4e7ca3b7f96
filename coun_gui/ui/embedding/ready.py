"""What a map needs before it can be drawn: worked out where it is read, in a thread beside the window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coun_gui.experiments.maps import SampleMap
from coun_gui.ui.embedding.clusters import Cluster, clusters
from coun_gui.ui.embedding.points import Points


@dataclass(frozen=True)
class Ready:
    """By run: its samples sorted as they are drawn, and where the classes lie."""

    points: Mapping[str, Points]
    clusters: Mapping[str, list[Cluster]]


def ready_map(samples: SampleMap, outlined: bool = False) -> Ready:
    """`outlined`: the outlines of the classes are to be drawn, too."""
    points = {run: Points(samples.xy[run], samples.forget) for run in samples.spec.runs}
    for each in points.values():
        each.prepare()
    found = {run: clusters(samples.xy[run], samples.labels, ~samples.forget) for run in points}
    if outlined:
        for cluster in (cluster for each in found.values() for cluster in each):
            _ = cluster.outlines
    return Ready(points, found)
