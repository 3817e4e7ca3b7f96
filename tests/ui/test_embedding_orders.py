"""Which map is on show: ordered, being drawn, kept, out of date or damaged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from panel_data import World, await_map, make_world, sample_map, write_map
from pytestqt.qtbot import QtBot

from coun_gui.experiments.events import Artifact
from coun_gui.experiments.spec import EmbeddingSpec
from coun_gui.jobs.schedule import Job, State
from coun_gui.ui.actions import draw_map
from coun_gui.ui.embedding import orders
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
    await_map(panel, qtbot)
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
    job.state, job.message, job.remedy = "failed", "Out of memory.", "Pick PCA."
    world.session.queue.changed.emit("m1")
    assert panel.nothing.failure.text() == "The map could not be drawn."
    assert panel.nothing.sentence.text() == "Out of memory."
    assert panel.nothing.remedy.text() == "Pick PCA."
    assert panel.nothing.button.text() == "Draw again"


def write_and_tell(world: World, panel: EmbeddingPanel, qtbot: QtBot, path: Path) -> None:
    """An engine has written a map; waits until it is on show."""
    with qtbot.waitSignal(panel.orders.came):
        world.session.live.emit([Artifact("m1", "map", str(path))])


def test_a_map_that_an_engine_wrote_comes_into_view(world: World, qtbot: QtBot) -> None:
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    world.show()
    write_and_tell(world, panel, qtbot, write_map(world.workspace, sample_map(runs(world))))
    assert panel.samples is not None
    assert panel.pages.currentWidget() is panel.content


def test_a_newer_map_takes_the_place_of_the_one_on_show(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    more = sample_map(runs(world), 500, seed=1)
    more = replace(more, spec=more.spec.model_copy(update={"points": 500}))
    write_and_tell(world, panel, qtbot, write_map(world.workspace, more))
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
    assert not panel.orders.reading


def test_runs_that_are_not_on_the_map_make_it_stale(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    assert panel.stale.isVisible()
    assert "1 run has ended since" in panel.stale.sentence.text()


def test_a_damaged_map_is_told_and_can_be_drawn_again(world: World, qtbot: QtBot) -> None:
    (world.workspace.path / "maps" / "bad.safetensors").write_bytes(b"nonsense")
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    world.show()
    await_map(panel, qtbot)
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


def test_kept_maps_are_shown_without_being_drawn_and_as_often_as_they_are_asked_for(
    world: World, qtbot: QtBot
) -> None:
    world.show()
    for embedding in (UMAP, PCA):
        keep_map(world, embedding)
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    await_map(panel, qtbot)
    for embedding in (UMAP, PCA, UMAP):
        with qtbot.waitSignal(panel.orders.came):
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


def end(world: World, panel: EmbeddingPanel, path: Path) -> None:
    """The engine has drawn what was ordered first."""
    (job,) = world.session.queue.jobs()
    world.session.live.emit([Artifact(job.id, "map", str(path))])
    job.state = "done"
    world.session.queue.changed.emit(job.id)


def ordered_and_left(world: World, qtbot: QtBot) -> tuple[EmbeddingPanel, Path]:
    """A t-SNE is being drawn; meanwhile a kept PCA is picked. And the file that the t-SNE will be in."""
    panel = shown(world, qtbot)
    keep_map(world, PCA)
    tsne = keep_map(world, EmbeddingSpec(method="tsne"))
    drawn = tsne.read_bytes()
    tsne.unlink()
    panel.draw(EmbeddingSpec(method="tsne"))
    with qtbot.waitSignal(panel.orders.came):
        panel.draw(PCA)
    tsne.write_bytes(drawn)
    return panel, tsne


def test_a_map_that_was_drawn_meanwhile_leaves_the_one_that_was_picked_since(
    world: World, qtbot: QtBot
) -> None:
    panel, tsne = ordered_and_left(world, qtbot)
    assert not panel.stale.show_it.isVisible()
    end(world, panel, tsne)
    assert not panel.orders.reading
    assert method(panel) == "pca"
    assert panel.stale.sentence.text() == "A newer map is ready: t-SNE."
    assert panel.stale.show_it.isVisible()
    assert not panel.stale.button.isVisible()


def test_the_map_that_waits_is_shown_when_it_is_asked_for(world: World, qtbot: QtBot) -> None:
    panel, tsne = ordered_and_left(world, qtbot)
    end(world, panel, tsne)
    with qtbot.waitSignal(panel.orders.came):
        panel.stale.show_it.click()
    assert method(panel) == "tsne"
    assert not panel.stale.show_it.isVisible()
    assert "ready" not in panel.stale.sentence.text()


def test_the_map_that_was_ordered_last_comes_by_itself(world: World, qtbot: QtBot) -> None:
    panel, tsne = ordered_and_left(world, qtbot)
    panel.draw(UMAP)
    write_and_tell(world, panel, qtbot, keep_map(world, UMAP, seed=3))
    assert method(panel) == "umap"
    end_of_first = Artifact("t", "map", str(tsne))
    world.session.live.emit([end_of_first])
    assert not panel.orders.reading
    assert method(panel) == "umap"


def test_another_experiment_asks_for_its_newest_map_again(world: World, qtbot: QtBot) -> None:
    panel, tsne = ordered_and_left(world, qtbot)
    end(world, panel, tsne)
    world.session.show(None)
    assert panel.orders.waiting is None
    world.show()
    await_map(panel, qtbot)
    assert method(panel) == "tsne"
    assert not panel.stale.show_it.isVisible()


def test_of_two_kept_maps_that_are_picked_at_once_the_last_one_comes(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    for embedding in (UMAP, PCA):
        keep_map(world, embedding)
    came: list[str] = []
    panel.orders.came.connect(lambda samples, _ready: came.append(samples.spec.embedding.method))
    panel.draw(UMAP)
    panel.draw(PCA)
    qtbot.waitUntil(lambda: not panel.orders.reading)
    assert came == ["pca"]


def test_a_picked_map_that_can_not_be_read_is_told_and_leaves_the_one_on_show(
    world: World, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = shown(world, qtbot)
    keep_map(world, PCA)
    monkeypatch.setattr(orders, "read_map", lambda _path: 1 / 0)
    with qtbot.waitSignal(world.session.told) as told:
        panel.draw(PCA)
    assert told.args[0].startswith("The map can't be read: ")
    assert method(panel) == "umap"
    assert not panel.orders.reading


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
