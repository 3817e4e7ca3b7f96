"""The maps as they are on the screen, in the colours for white: what an export takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QSizeF

from coun_gui.experiments.maps import SampleMap
from coun_gui.ui.embedding import colouring
from coun_gui.ui.embedding.fates import PRESETS
from coun_gui.ui.embedding.map_row import MapRow
from coun_gui.ui.embedding.toolbar import Toolbar


@dataclass(frozen=True)
class OnScreen:
    """samples: with the runs and places on show; titles: run -> title; colours: run -> uint32 [N];
    shown: run -> bool [N]; lines: title and colour of what the legend lists; told: what else is to be known;
    limits: left, right, bottom and top of what is in view, None for everything.
    """

    samples: SampleMap
    titles: Mapping[str, str]
    colours: Mapping[str, np.ndarray]
    shown: Mapping[str, np.ndarray]
    lines: Sequence[tuple[str, str]]
    told: Sequence[str]
    limits: tuple[float, float, float, float] | None


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
    return OnScreen(
        replace(samples, spec=spec, xy={run: each.xy for run, each in points.items()}),
        {column.run: column.choice.title for column in maps.open_columns},
        {run: colouring.colours(code, legend) for run, code in codes.items()},
        shown,
        [(entry.title, entry.colour) for entry in legend if entry.code in seen],
        _told(mode, toolbar.preset.currentData(), len(legend), epoch),
        _limits(maps),
    )


def _told(mode: str, preset: str, lines: int, epoch: int | None) -> list[str]:
    many = f", {lines} classes" if mode in ("class", "predicted") and lines > 20 else ""
    told = [f"colour: {_inside(colouring.MODES[mode])}{many}"] if mode != "class" or many else []
    if preset != "all":
        told.append(f"forget samples: {_inside(PRESETS[preset].title)}")
    if epoch is not None:
        told.append(f"epoch {epoch}")
    return told


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
