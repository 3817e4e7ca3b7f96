"""Which map is on show: ordered, being drawn, kept, out of date or damaged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from panel_data import World, make_world, sample_map, write_map
from pytestqt.qtbot import QtBot

from coun_gui.experiments.events import Artifact
from coun_gui.experiments.spec import EmbeddingSpec
from coun_gui.jobs.schedule import Job, State
from coun_gui.ui.actions import draw_map
from coun_gui.ui.embedding.panel import EmbeddingPanel


def runs(world: World) -> tuple[str, ...]:
    return world.run("retrain"), world.run("original"), world.run("ft"), world.run("coun")


def shown(world: World, qtbot: QtBot) -> EmbeddingPanel:
    """The panel with a map, as in the window."""
    write_map(world.workspace, sample_map(runs(world)))
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    panel.resize(1100, 700)
    world.show()
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def test_without_an_experiment_it_says_what_to_do(world: World, qtbot: QtBot) -> None:
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    assert panel.pages.currentWidget() is panel.nothing
    assert "Start one" in panel.nothing.sentence.text()


def test_without_a_map_one_button_orders_it(world: World, qtbot: QtBot) -> None:
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    world.show()
    panel.nothing.button.click()
    orders = world.session.queue.jobs()
    assert [order.request["do"] for order in orders] == ["map"]
    assert panel.pages.currentWidget() is panel.computing


def test_the_button_says_why_it_can_not_be_pressed(tmp_path: Path, qtbot: QtBot) -> None:
    world = make_world(tmp_path / "w", without=("original", "retrain", "ft", "coun", "neggrad+"))
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    world.show()
    assert not panel.nothing.button.isEnabled()
    assert "finished run" in panel.nothing.button.toolTip()
    world.session.close()


def map_order(world: World) -> Job:
    job = Job("m1", "Map", {"do": "map"}, experiment=world.experiment.id)
    world.session.queue.submit([job])
    return job


def test_progress_and_failure_are_told(world: World, qtbot: QtBot) -> None:
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    world.show()
    job = map_order(world)
    job.state, job.stage, job.share = "running", "neighbours", 0.4
    world.session.queue.changed.emit("m1")
    assert "neighbours" in panel.computing.stage.text()
    assert panel.computing.bar.value() == 400
    job.state, job.message = "failed", "Out of memory."
    world.session.queue.changed.emit("m1")
    assert "Out of memory." in panel.nothing.sentence.text()
    assert panel.nothing.button.text() == "Draw again"


def test_a_map_that_an_engine_wrote_comes_into_view(world: World, qtbot: QtBot) -> None:
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    world.show()
    path = write_map(world.workspace, sample_map(runs(world)))
    world.session.live.emit([Artifact("m1", "map", str(path))])
    assert panel.samples is not None
    assert panel.pages.currentWidget() is panel.content


def test_a_newer_map_takes_the_place_of_the_one_on_show(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    more = sample_map(runs(world), 500, seed=1)
    more = replace(more, spec=more.spec.model_copy(update={"points": 500}))
    path = write_map(world.workspace, more)
    world.session.live.emit([Artifact("m2", "map", str(path))])
    assert sum(int(row.note.replace(",", "")) for row in panel.legend.rows) == 500
    assert len(panel.maps.views[0].points.xy) == 500
    assert panel.table.samples.rowCount() == 500


def test_a_map_of_another_experiment_is_left_alone(world: World, qtbot: QtBot) -> None:
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    world.show()
    path = write_map(world.workspace, sample_map(("0123456789abcdef",)))
    world.session.live.emit([Artifact("m1", "map", str(path))])
    assert panel.samples is None


def test_runs_that_are_not_on_the_map_make_it_stale(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    assert panel.stale.isVisible()
    assert "1 run has ended since" in panel.stale.sentence.text()


def test_a_damaged_map_is_told_and_can_be_drawn_again(world: World, qtbot: QtBot) -> None:
    (world.workspace.path / "maps" / "bad.safetensors").write_bytes(b"nonsense")
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    world.show()
    assert "can't be read" in panel.nothing.sentence.text()
    assert panel.nothing.button.text() == "Draw again"


PCA, UMAP = EmbeddingSpec(method="pca"), EmbeddingSpec(method="umap")


def keep_map(world: World, embedding: EmbeddingSpec, seed: int = 0) -> Path:
    """What an engine would write for this order."""
    asked = draw_map(world.session, embedding)
    world.session.queue.orders.clear()
    return write_map(world.workspace, replace(sample_map(asked.runs, seed=seed), spec=asked))


def method(panel: EmbeddingPanel) -> str:
    return panel.samples.spec.embedding.method


def test_kept_maps_are_shown_at_once_and_as_often_as_they_are_asked_for(world: World, qtbot: QtBot) -> None:
    world.show()
    for embedding in (UMAP, PCA):
        keep_map(world, embedding)
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    for embedding in (UMAP, PCA, UMAP):
        panel.draw(embedding)
        assert method(panel) == embedding.method
    assert not world.session.queue.jobs()


@pytest.mark.parametrize("harm", ["missing", "nonsense", "cut short"])
def test_a_kept_map_that_is_gone_or_damaged_is_drawn_even_if_it_was_before(
    world: World, qtbot: QtBot, harm: str
) -> None:
    panel = shown(world, qtbot)
    path = keep_map(world, PCA)
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(b"nonsense" if harm == "nonsense" else path.read_bytes()[:-100])
    panel.draw(PCA)
    (order,) = world.session.queue.jobs()
    assert order.request["spec"]["embedding"]["method"] == "pca"
    assert order.renew
    assert method(panel) == "umap"


def ordered(world: World, name: str, state: State, stage: str, ended: float | None = None) -> Job:
    job = Job(name, "Map", {"do": "map"}, experiment=world.experiment.id)
    job.state, job.stage, job.ended = state, stage, ended
    world.session.queue.submit([job])
    return job


def test_an_older_map_that_is_retried_shows_its_progress(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    old = ordered(world, "old", "failed", "", ended=1.0)
    ordered(world, "new", "done", "", ended=2.0)
    old.state, old.stage, old.share = "running", "neighbours", 0.25
    world.session.queue.changed.emit("old")
    assert panel.stale.sentence.text() == "A newer map: neighbours, 25 %"
    old.state, old.ended = "done", 3.0
    world.session.queue.changed.emit("old")
    assert "A newer map" not in panel.stale.sentence.text()


def test_of_two_maps_under_way_the_one_that_runs_is_told(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    ordered(world, "next", "waiting", "")
    ordered(world, "now", "running", "layout")
    world.session.queue.changed.emit("now")
    assert "layout" in panel.stale.sentence.text()


def test_the_failure_that_is_told_is_the_last_one(world: World, qtbot: QtBot) -> None:
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    world.show()
    ordered(world, "retried", "failed", "", ended=5.0).message = "The disk is full."
    ordered(world, "other", "failed", "", ended=2.0).message = "Out of memory."
    world.session.queue.changed.emit("retried")
    assert "The disk is full." in panel.nothing.sentence.text()
