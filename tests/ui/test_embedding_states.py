"""While a map is being drawn: stage, share, time left, and the button that stops it."""

from __future__ import annotations

import pytest
from panel_data import World, await_map, sample_map, write_map
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from coun_gui.jobs.schedule import Job
from coun_gui.ui.embedding.panel import EmbeddingPanel


@pytest.fixture
def panel(world: World, qtbot: QtBot) -> EmbeddingPanel:
    shown = EmbeddingPanel(world.session)
    qtbot.addWidget(shown)
    world.show()
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def order(world: World) -> Job:
    job = Job("m1", "Map", {"do": "map"}, experiment=world.experiment.id)
    world.session.queue.submit([job])
    return job


def runs_on(world: World, job: Job, eta: float | None = 130.0) -> None:
    job.state, job.stage, job.share, job.eta = "running", "neighbours", 0.4, eta
    world.session.queue.changed.emit(job.id)


def test_stage_share_and_time_left_are_told(panel: EmbeddingPanel, world: World) -> None:
    runs_on(world, order(world))
    assert panel.pages.currentWidget() is panel.computing
    assert panel.computing.stage.text() == "Drawing the map: neighbours"
    assert panel.computing.left.text() == "40 %, about 2 min left"
    assert panel.computing.bar.value() == 400


def test_what_is_not_known_yet_is_left_out(panel: EmbeddingPanel, world: World) -> None:
    job = order(world)
    world.session.queue.changed.emit(job.id)
    assert panel.computing.stage.text() == "The map waits for an engine"
    assert not panel.computing.bar.isVisible()  # there is no progress to show, and no gap where it would be
    assert not panel.computing.left.isVisible()
    runs_on(world, job, eta=None)
    assert panel.computing.bar.isVisible()
    assert panel.computing.left.text() == "40 %"


def test_a_map_that_waits_is_stopped_at_once_and_can_be_ordered_again(
    panel: EmbeddingPanel, world: World
) -> None:
    job = order(world)
    world.session.queue.changed.emit(job.id)
    panel.computing.stop.click()
    assert job.state == "cancelled"
    assert panel.pages.currentWidget() is panel.nothing
    assert panel.nothing.button.isEnabled()


def test_a_map_that_is_being_drawn_is_stopped_once(panel: EmbeddingPanel, world: World) -> None:
    job = order(world)
    runs_on(world, job)
    panel.computing.stop.click()
    assert job.stopping == "cancel"
    assert panel.computing.left.text() == "stopping"
    assert not panel.computing.stop.isEnabled()
    assert panel.computing.stop.toolTip()


def test_a_failure_is_read_in_lines_of_bearable_length(panel: EmbeddingPanel, world: World) -> None:
    panel.resize(1400, 800)
    job = order(world)
    job.state, job.message, job.remedy = "failed", "The engine ran out of memory. " * 6, "Pick PCA. " * 20
    world.session.queue.changed.emit(job.id)
    QApplication.processEvents()
    page = panel.nothing
    stack = (page.failure, page.sentence, page.remedy, page.button)
    for label in stack[:3]:
        assert label.isVisible()
        assert label.width() <= 440
        assert abs(label.geometry().center().x() - page.rect().center().x()) <= 1
        assert label.height() >= label.heightForWidth(label.width())  # no line is cut off
    tops = [each.geometry().top() for each in stack]
    bottoms = [each.geometry().bottom() for each in stack]
    assert all(below > above for above, below in zip(bottoms, tops[1:], strict=False))
    job.state = "cancelled"
    world.session.queue.changed.emit(job.id)
    assert not page.failure.isVisible()
    assert not page.remedy.isVisible()
    assert not page.other.isVisible()


def test_after_a_failure_another_map_can_be_ordered(panel: EmbeddingPanel, world: World) -> None:
    job = order(world)
    job.state, job.message, job.remedy = "failed", "The engine ran out of memory.", "Pick PCA."
    world.session.queue.changed.emit(job.id)
    popover = panel.toolbar.map_button.popover
    panel.nothing.other.click()
    assert popover.isVisible()
    form = panel.toolbar.form
    form.method.setCurrentIndex(form.method.findData("pca"))
    form.redraw.click()
    assert not popover.isVisible()
    assert world.session.queue.jobs()[-1].request["spec"]["embedding"]["method"] == "pca"


def test_a_newer_map_is_told_above_the_present_one_and_can_be_stopped(world: World, qtbot: QtBot) -> None:
    write_map(world.workspace, sample_map((world.run("retrain"), world.run("original"))))
    panel = EmbeddingPanel(world.session)
    qtbot.addWidget(panel)
    world.show()
    panel.show()
    qtbot.waitExposed(panel)
    await_map(panel, qtbot)
    assert not panel.stale.stop.isVisible()
    job = order(world)
    runs_on(world, job)
    assert panel.stale.sentence.text() == "A newer map: neighbours, 40 %, about 2 min left"
    assert panel.stale.stop.isVisible()
    assert not panel.stale.button.isVisible()
    panel.stale.stop.click()
    assert job.stopping == "cancel"
    assert panel.stale.sentence.text() == "A newer map: neighbours, stopping"
    job.state, job.stopping = "cancelled", ""
    world.session.queue.changed.emit(job.id)
    assert not panel.stale.stop.isVisible()
    assert "ended since" in panel.stale.sentence.text()
