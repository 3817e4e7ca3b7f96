"""The states of the embedding page that `screenshots.py` pictures; each undoes what the one before has set."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "ui")]

import numpy as np  # noqa: E402
from map_data import rich_map, with_frames  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from coun_gui.experiments.events import Failed, Step  # noqa: E402
from coun_gui.experiments.maps import SampleMap, newest_map  # noqa: E402
from coun_gui.experiments.spec import EmbeddingSpec  # noqa: E402
from coun_gui.ui.actions import draw_map  # noqa: E402
from coun_gui.ui.main_window import MainWindow  # noqa: E402

State = Callable[[MainWindow], None]
CROWD = 250_000  # samples: more than are drawn one by one
MAPS_AT_FIRST, MAPS_AT_MOST = 3, 4


def settle(seconds: float) -> None:
    """Lets engines answer and layouts come to rest."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        QApplication.processEvents()
        time.sleep(0.01)


def embedding(window: MainWindow) -> None:
    """The kept map, with nothing selected, pinned or open."""
    window.pages.show_page("embedding")
    window.session.select(())
    panel: Any = window.page("embedding")
    for button in (panel.toolbar.look_button, panel.toolbar.map_button):
        button.popover.close()
    panel.strip.only_selected.setChecked(False)
    panel.strip.query.clear()
    panel.strip.show_error("")
    panel.strip.show_page("samples")
    panel.toolbar.look.outlines.setChecked(False)
    panel.maps.point_at(-1)
    panel.show_map(_kept(window))
    panel.toolbar.pick_preset("all")
    panel.toolbar.pick_mode("class")
    while len(panel.maps.open_columns) > MAPS_AT_FIRST:
        panel.maps.open_columns[-1].close_button.click()
    panel.pin(-1)


def selection(window: MainWindow) -> None:
    """Half of the forget set is selected, and one of it pinned."""
    embedding(window)
    panel: Any = window.page("embedding")
    forgotten = np.flatnonzero(panel.samples.forget)
    window.session.select(panel.samples.index[forgotten[::2]])
    panel.strip.only_selected.setChecked(True)
    panel.pin(int(forgotten[0]))


def fates(window: MainWindow) -> None:
    """The forget samples that the method still recognises, over the outlines of the retain clusters."""
    embedding(window)
    panel: Any = window.page("embedding")
    panel.toolbar.look.outlines.setChecked(True)
    panel.toolbar.pick_preset("kept")


def landing(window: MainWindow) -> None:
    """Where each model puts the forget set, as bars."""
    embedding(window)
    panel: Any = window.page("embedding")
    panel.strip.show_page("landing")
    panel.landing.bar.pick("Bars")


def flow(window: MainWindow) -> None:
    """The same as bands."""
    landing(window)
    panel: Any = window.page("embedding")
    panel.landing.bar.pick("Flow")


def four_maps(window: MainWindow) -> None:
    """As many as go side by side."""
    embedding(window)
    panel: Any = window.page("embedding")
    while len(panel.maps.open_columns) < MAPS_AT_MOST and panel.maps.can_add():
        panel.toolbar.add.click()


def pointed_at(window: MainWindow) -> None:
    """One sample is pinned and another under the pointer; lines join both through the maps."""
    embedding(window)
    panel: Any = window.page("embedding")
    forgotten = np.flatnonzero(panel.samples.forget)
    panel.pin(int(forgotten[0]))
    panel.maps.point_at(int(forgotten[len(forgotten) // 2]), panel.maps.views[1])


def half_way(window: MainWindow) -> None:
    """The epochs are being played, and stand in the middle."""
    embedding(window)
    panel: Any = window.page("embedding")
    panel.show_map(with_frames(panel.samples, panel.samples.spec.runs[2:]))
    panel.player.slider.setValue(panel.player.slider.maximum() // 2)


def by_agreement(window: MainWindow) -> None:
    """Coloured by a figure, which the legend explains."""
    embedding(window)
    panel: Any = window.page("embedding")
    panel.toolbar.pick_mode("agreement")


def by_membership(window: MainWindow) -> None:
    """The same in colours that part at 0."""
    embedding(window)
    panel: Any = window.page("embedding")
    panel.toolbar.pick_mode("membership")


def look_open(window: MainWindow) -> None:
    """How the samples are drawn."""
    embedding(window)
    panel: Any = window.page("embedding")
    panel.toolbar.look_button.click()


def map_open(window: MainWindow) -> None:
    """How the map is laid out."""
    embedding(window)
    panel: Any = window.page("embedding")
    panel.toolbar.map_button.click()


def query_error(window: MainWindow) -> None:
    """A word that a query doesn't know."""
    embedding(window)
    panel: Any = window.page("embedding")
    panel.strip.query.setText("true=8 predicted=3 forget")
    panel.strip.query.returnPressed.emit()


def images(window: MainWindow) -> None:
    """The images of the forget set, one of them pinned."""
    embedding(window)
    panel: Any = window.page("embedding")
    forgotten = np.flatnonzero(panel.samples.forget)
    window.session.select(panel.samples.index[forgotten])
    panel.strip.show_page("images")
    panel.pin(int(forgotten[1]))


def without_places(window: MainWindow) -> None:
    """A model whose features broke down for some samples."""
    embedding(window)
    panel: Any = window.page("embedding")
    samples: SampleMap = panel.samples
    run = panel.maps.runs[-1]
    spoilt = samples.xy[run].copy()
    spoilt[:: len(spoilt) // 12] = np.nan
    panel.show_map(replace(samples, xy=samples.xy | {run: spoilt}))


def crowd(window: MainWindow) -> None:
    """More samples than are drawn one by one."""
    embedding(window)
    panel: Any = window.page("embedding")
    samples: SampleMap = panel.samples
    many = rich_map(samples.spec.runs, CROWD)
    panel.show_map(replace(many, spec=samples.spec, index=np.arange(CROWD)))


def computing(window: MainWindow) -> None:
    """The first map is being drawn."""
    embedding(window)
    _drawing(window)
    settle(0.5)  # what is told of the dataset brings the kept map back
    panel: Any = window.page("embedding")
    panel.show_map(None)


def newer_map(window: MainWindow) -> None:
    """Another map is being drawn while one is on show."""
    embedding(window)
    _drawing(window)


def failed(window: MainWindow) -> None:
    """The first map could not be drawn."""
    embedding(window)
    queue: Any = window.session.queue
    sentence, remedy = "The engine ran out of memory on cuda:0.", "Show fewer samples, or pick PCA."
    queue.apply(Failed(_drawing(window), sentence, remedy, "Traceback (most recent call last):\n  …"))
    panel: Any = window.page("embedding")
    panel.show_map(None)


def outdated(window: MainWindow) -> None:
    """A run has ended since the map was drawn."""
    embedding(window)
    panel: Any = window.page("embedding")
    samples: SampleMap = panel.samples
    spec = samples.spec.model_copy(update={"runs": samples.spec.runs[:-1]})
    panel.show_map(replace(samples, spec=spec))


def _kept(window: MainWindow) -> SampleMap | None:
    session = window.session
    return newest_map(session.workspace.path, session.experiment.runs) if session.experiment else None


def _drawing(window: MainWindow) -> str:
    """A map of other samples is under way; its job's id."""
    queue: Any = window.session.queue
    asked = draw_map(window.session, EmbeddingSpec(method="tsne"), points=1_000)
    assert asked is not None
    if queue.job(asked.id).state != "running":
        queue.begin(asked.id)
    for now, share in ((0.0, 0.1), (30.0, 0.4)):
        queue.apply(Step(asked.id, "neighbours", share), now=now)
    return asked.id


# Some are pictured in each size, all others in the smaller one.
OVERVIEW: tuple[State, ...] = (embedding, selection, fates, landing, flow)
CLOSER: tuple[State, ...] = (
    four_maps, pointed_at, half_way, by_agreement, by_membership, look_open, map_open, query_error, images,
    without_places, crowd, outdated,
)  # fmt: skip
DRAWING: tuple[State, ...] = (computing, newer_map, failed)
