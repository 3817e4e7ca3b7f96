"""What is shown of a map and how, apart from drawing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from coun_gui.experiments.maps import SampleMap
from coun_gui.reports.colours import class_colour

Limits = tuple[float, float, float, float]  # left, right, bottom, top
NAMED_CLASSES = 20  # beyond, a legend is longer than it helps


@dataclass(frozen=True)
class Dots:
    """How samples are drawn: diameters, and the width of the rings around forget samples.

    Lengths are of the map's plane, so that a figure of any size is as full as the screen.
    opacity: of a single retain sample; ink: the rings' colour; strength: less than 1 mixes the sample's colour in
    """

    retain: float
    forget: float
    ring: float
    opacity: float
    ink: str
    strength: float = 1.0


@dataclass(frozen=True)
class Chosen:
    """Samples that lie on top of all others, drawn in their own way. rows: bool [N]."""

    rows: np.ndarray
    dots: Dots


@dataclass(frozen=True)
class Landmark:
    """A class on one map. centre: float [2], None for no name; outlines: float [S, 2, 2] line pieces, and widths."""

    name: str
    colour: str
    centre: np.ndarray | None
    outlines: Sequence[tuple[np.ndarray, float]] = ()


@dataclass(frozen=True)
class Ring:
    """Around one sample, in all maps. diameter: of the map's plane."""

    row: int
    colour: str
    diameter: float


@dataclass(frozen=True)
class MapView:
    """What is shown of a map, and how.

    colours: run id -> uint8 [N, 3]; shown: run id -> bool [N]
    lines:   what the colours mean, title and colour
    told:    sentences that the legend says after that
    limits:  the part of the plane that is in view; None for all
    dots:    run id -> how samples are drawn; without, in sizes that suit their number
    chosen:  those that are drawn over the others
    landmarks: run id -> names and outlines of classes, the largest class first
    """

    colours: Mapping[str, np.ndarray]
    shown: Mapping[str, np.ndarray]
    lines: Sequence[tuple[str, str]]
    told: Sequence[str] = ()
    limits: Limits | None = None
    dots: Mapping[str, Dots] = field(default_factory=dict)
    chosen: Chosen | None = None
    landmarks: Mapping[str, Sequence[Landmark]] = field(default_factory=dict)
    ring: Ring | None = None


def class_view(
    sample_map: SampleMap, class_names: Sequence[str], colour_by: Literal["true", "predicted"] = "true"
) -> MapView:
    """All samples, by their true class or by the class that the panel's own model predicts."""
    count = len(class_names)
    palette = np.array([channels(class_colour(index, count)) for index in range(count)], dtype=np.uint8)
    classes = dict.fromkeys(sample_map.xy, sample_map.labels) if colour_by == "true" else sample_map.predicted
    return MapView(
        {run: palette[each] for run, each in classes.items()},
        dict.fromkeys(sample_map.xy, np.ones(len(sample_map.index), dtype=bool)),
        [(name, class_colour(index, count)) for index, name in enumerate(class_names)],
        (f"colour: {colour_by} class, {count} classes",) if count > NAMED_CLASSES else (),
    )


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of “#rrggbb”, 0…255."""
    red, green, blue = bytes.fromhex(colour.lstrip("#"))
    return red, green, blue
