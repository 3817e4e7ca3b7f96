"""Kept maps are read and made ready in a thread: the window goes on meanwhile, and shows nothing of another one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import scipy.spatial
from panel_data import World, await_map, opened, sample_map, write_map
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from coun_gui.experiments.spec import EmbeddingSpec
from coun_gui.ui.actions import draw_map
from coun_gui.ui.demo import until_read
from coun_gui.ui.embedding import clusters, orders, ready
from coun_gui.ui.embedding.frame import Projection
from coun_gui.ui.embedding.panel import EmbeddingPanel
from coun_gui.ui.embedding.points import Points
from coun_gui.ui.embedding.scatter import Canvas, Look

PCA = EmbeddingSpec(method="pca")
LOOK = Look(radius=1.0, forget_radius=3.0, opacity=1.0, base=0xFFFFFF, ring=0)


def shown(world: World, qtbot: QtBot) -> EmbeddingPanel:
    """With a kept map, and another one by PCA."""
    world.show()
    asked = draw_map(world.session, PCA)
    write_map(world.workspace, replace(sample_map(asked.runs), spec=asked))
    world.session.queue.orders.clear()
    write_map(world.workspace, sample_map(asked.runs))
    return opened(world, qtbot)


WORK = ((orders, "read_map"), (orders, "newest_map"), (ready, "Points"), (ready, "clusters"))


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[int]]:
    """Which threads read a map, sort its samples, and look for its clusters; empty sets at first."""
    seen: dict[str, set[int]] = {name: set() for _, name in WORK}

    def noting(name: str, work: Callable[..., object]) -> Callable[..., object]:
        def noted(*arguments: object) -> object:
            seen[name].add(threading.get_ident())
            return work(*arguments)

        return noted

    for module, name in WORK:
        monkeypatch.setattr(module, name, noting(name, getattr(module, name)))
    return seen


def test_the_window_does_not_read_or_prepare_a_picked_map_itself(
    world: World, qtbot: QtBot, threads: dict[str, set[int]]
) -> None:
    panel = shown(world, qtbot)
    for seen in threads.values():
        seen.clear()
    with qtbot.waitSignal(panel.orders.came):
        panel.draw(PCA)
    for name in ("read_map", "Points", "clusters"):
        assert threads[name]
        assert threading.get_ident() not in threads[name]


def test_the_window_does_not_read_or_prepare_the_map_of_an_experiment_that_is_opened(
    world: World, qtbot: QtBot, threads: dict[str, set[int]]
) -> None:
    panel = shown(world, qtbot)
    assert panel.samples is not None
    for name in ("newest_map", "Points", "clusters"):
        assert threads[name]
        assert threading.get_ident() not in threads[name]


def test_what_is_ready_is_drawn_and_pointed_at_without_being_sorted_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    samples = sample_map(("one", "other"))
    made = ready.ready_map(samples)
    monkeypatch.setattr(Points, "_split", lambda _: pytest.fail("sorted again"))
    monkeypatch.setattr(scipy.spatial, "cKDTree", lambda *_: pytest.fail("searched anew"))
    for run, points in made.points.items():
        points.select(np.zeros(len(points.xy), dtype=bool))
        points.paint(np.full(len(points.xy), 0xFF0000, dtype=np.uint32))
        points.draw(Canvas(50, 50), Projection((0.0, 0.0), 1.0, (25.0, 25.0)), LOOK, 1.0)
        assert points.nearest(tuple(samples.xy[run][4].tolist()), 1e-3) == 4


@pytest.fixture
def outlining(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The threads in which outlines of classes are worked out, one entry an outline."""
    seen: list[int] = []
    work = clusters.isolines

    def noted(field: np.ndarray, level: float) -> np.ndarray:
        seen.append(threading.get_ident())
        return work(field, level)

    monkeypatch.setattr(clusters, "isolines", noted)
    return seen


def test_outlines_are_not_worked_out_before_they_are_to_be_seen(
    world: World, qtbot: QtBot, outlining: list[int]
) -> None:
    panel = shown(world, qtbot)
    panel.grab()
    assert outlining == []
    panel.toolbar.look.outlines.setChecked(True)
    panel.grab()
    assert len(outlining) == 2 * 10 * len(panel.maps.views)
    panel.toolbar.look.outlines.setChecked(False)
    panel.toolbar.look.outlines.setChecked(True)
    panel.grab()
    assert len(outlining) == 2 * 10 * len(panel.maps.views)  # once each


def test_a_map_comes_with_its_outlines_where_they_are_to_be_seen(
    world: World, qtbot: QtBot, outlining: list[int]
) -> None:
    panel = shown(world, qtbot)
    panel.toolbar.look.outlines.setChecked(True)
    panel.grab()
    outlining.clear()
    with qtbot.waitSignal(panel.orders.came):
        panel.draw(PCA)
    panel.grab()
    assert outlining
    assert threading.get_ident() not in outlining


def test_while_the_map_of_an_experiment_is_read_nothing_of_another_one_is_seen(
    world: World, qtbot: QtBot
) -> None:
    panel = shown(world, qtbot)
    other = replace(world.experiment, id="another")
    world.session.show(other)
    assert panel.samples is None
    assert panel.pages.currentWidget() is panel.nothing
    assert panel.nothing.sentence.text() == "Reading the map …"
    assert panel.nothing.button.isHidden()
    await_map(panel, qtbot)
    assert panel.pages.currentWidget() is panel.content


def test_of_an_experiment_that_is_left_before_its_map_is_read_nothing_comes(
    world: World, qtbot: QtBot
) -> None:
    panel = shown(world, qtbot)
    world.session.show(None)
    world.show()
    world.session.show(None)
    came: list[object] = []
    panel.orders.came.connect(lambda samples, _ready: came.append(samples))
    qtbot.waitUntil(lambda: not panel.orders.busy)
    assert came == []
    assert panel.nothing.sentence.text().startswith("No experiment in view.")


def test_without_a_kept_map_nothing_is_read(world: World, qtbot: QtBot) -> None:
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    world.show()
    assert not panel.orders.reading
    assert panel.nothing.button.text() == "Draw map"


def test_the_demo_waits_for_the_map_before_it_takes_its_picture(world: World, qtbot: QtBot) -> None:
    write_map(world.workspace, sample_map((world.run("retrain"), world.run("original"))))
    window = QWidget()
    qtbot.addWidget(window)
    panel = EmbeddingPanel(world.session, window)
    world.show()
    assert panel.orders.reading
    until_read(window)
    assert panel.samples is not None
    assert panel.pages.currentWidget() is panel.content
