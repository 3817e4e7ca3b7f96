"""The maps as they are on the screen, in the colours for white: what an export takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QSizeF

from coun_gui.experiments.maps import SampleMap
from coun_gui.ui.embedding import colouring
from coun_gui.ui.embedding.clusters import Cluster
from coun_gui.ui.embedding.fates import PRESETS
from coun_gui.ui.embedding.map_row import MapRow
from coun_gui.ui.embedding.map_view import MapView
from coun_gui.ui.embedding.scatter import Look
from coun_gui.ui.embedding.toolbar import Toolbar
from coun_gui.ui.quantities import counted

GROUND, INK = 0xFFFFFF, 0x1D2126  # of every export, whatever the theme


@dataclass(frozen=True)
class Landmarks:
    """Outlines and names of the classes on one map; those in `hidden` have neither. names: of all classes."""

    clusters: Sequence[Cluster]
    names: Sequence[str]
    hidden: Collection[int]
    outlined: bool
    named: bool


@dataclass(frozen=True)
class OnScreen:
    """samples: with the runs and places on show; titles: run -> title; colours: run -> uint32 [N];
    shown: run -> bool [N]; lines: title and colour of what the legend lists; told: what else is to be known;
    limits: left, right, bottom and top of what is in view, None for everything;
    look: sizes in device pixels, in the colours for white; ratio: device pixels a logical one; scale: logical pixels
    a unit of the plane;
    selected: bool [N]; pinned: the row that is ringed, None for none; landmarks: by run.
    """

    samples: SampleMap
    titles: Mapping[str, str]
    colours: Mapping[str, np.ndarray]
    shown: Mapping[str, np.ndarray]
    lines: Sequence[tuple[str, str]]
    told: Sequence[str]
    limits: tuple[float, float, float, float] | None
    look: Look
    ratio: float
    scale: float
    selected: np.ndarray
    pinned: int | None
    landmarks: Mapping[str, Landmarks]


def on_screen(
    samples: SampleMap,
    names: list[str],
    reference: str | None,
    toolbar: Toolbar,
    maps: MapRow,
    epoch: int | None = None,
) -> OnScreen:
    """What the row of maps shows. reference: Retrain's run; epoch: where the maps stand, None for the end."""
    mode = toolbar.mode.currentData()
    legend = colouring.entries(mode, names, dark=False)
    points = {column.run: column.view.points for column in maps.open_columns}
    codes = {run: colouring.codes(samples, run, mode, reference) for run in points}
    shown = {run: each.visible for run, each in points.items()}
    seen = set(np.unique(np.concatenate([codes[run][shown[run]] for run in points])).tolist())
    spec = samples.spec.model_copy(update={"runs": tuple(points)})
    view = maps.views[0]
    selected, pinned = view.points.selected, maps.pinned_row if maps.pinned_row >= 0 else None
    return OnScreen(
        replace(samples, spec=spec, xy={run: each.xy for run, each in points.items()}),
        {column.run: column.choice.title for column in maps.open_columns},
        {run: colouring.colours(code, legend) for run, code in codes.items()},
        shown,
        [(entry.title, entry.colour) for entry in legend if entry.code in seen],
        [
            *_told(mode, toolbar.preset.currentData(), len(legend), epoch),
            *_marked(samples, selected, pinned, list(shown.values())),
        ],
        _limits(maps),
        replace(view.look(), base=GROUND, ring=INK),
        view.devicePixelRatioF(),
        view.projection().scale,
        selected,
        pinned,
        {column.run: _landmarks(column.view) for column in maps.open_columns},
    )


def _told(mode: str, preset: str, lines: int, epoch: int | None) -> list[str]:
    many = f", {lines} classes" if mode in ("class", "predicted") and lines > 20 else ""
    told = [f"colour: {_inside(colouring.MODES[mode])}{many}"] if mode != "class" or many else []
    if preset != "all":
        told.append(f"forget samples: {_inside(PRESETS[preset].title)}")
    if epoch is not None:
        told.append(f"epoch {epoch}")
    return told


def _marked(
    samples: SampleMap, selected: np.ndarray, pinned: int | None, shown: Sequence[np.ndarray]
) -> list[str]:
    """What stands out, where any map shows it."""
    most = max(int((selected & each).sum()) for each in shown)
    told = [f"in full colour: {counted(most, 'selected sample')}"] if most else []
    if pinned is not None and any(each[pinned] for each in shown):
        told.append(f"ringed: sample {samples.index[pinned]}")
    return told


def _landmarks(view: MapView) -> Landmarks:
    """What is drawn of them: nothing while samples are elsewhere than on the map."""
    marks, still = view.landmarks, not view.points.moved
    return Landmarks(
        marks.clusters, marks.names, marks.hidden, marks.outlined and still, marks.named and still
    )


def _inside(title: str) -> str:
    """A title inside a sentence: names keep their capitals."""
    return title[0].lower() + title[1:]


def _limits(maps: MapRow) -> tuple[float, float, float, float] | None:
    """What the first map has in view; None where all of it is."""
    view = maps.views[0]
    projection = maps.frame.projection(QSizeF(view.size()))
    x, y = projection.centre
    across, down = (size / 2 / projection.scale for size in (view.width(), view.height()))
    limits = (x - across, x + across, y - down, y + down)
    places = np.concatenate([each.points.xy[each.points.finite] for each in maps.views])
    inside = (places >= (limits[0], limits[2])) & (places <= (limits[1], limits[3]))
    return None if inside.all() else limits
