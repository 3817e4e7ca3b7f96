"""The way from Original to unlearned: the slider, the playing, and the film of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from map_data import rich_map, trained_and_unlearned, with_frames
from panel_data import World, opened, write_map
from pytestqt.qtbot import QtBot

from coun_gui.experiments.maps import Frames
from coun_gui.experiments.spec import EmbeddingSpec
from coun_gui.ui.embedding.film import places
from coun_gui.ui.embedding.map_view import MapView
from coun_gui.ui.embedding.panel import EmbeddingPanel
from coun_gui.ui.embedding.playing import FINE, WHOLE, Player
from coun_gui.ui.metrics.panel import MetricsPanel

FRAMES = Frames(np.array([0, 2, 10]), np.array([0]), np.array([[[0, 0]], [[4, 0]], [[4, 8]]], np.float32))


@pytest.fixture
def panel(world: World, qtbot: QtBot) -> EmbeddingPanel:
    runs = (world.run("retrain"), world.run("original"), world.run("coun"))
    write_map(world.workspace, with_frames(rich_map(runs), runs[2:]))
    return opened(world, qtbot)


@pytest.mark.parametrize(
    ("epoch", "place"), [(0, (0, 0)), (1, (2, 0)), (2, (4, 0)), (6, (4, 4)), (10, (4, 8)), (99, (4, 8))]
)
def test_between_two_snapshots_samples_go_straight(epoch: float, place: tuple[float, float]) -> None:
    assert places(FRAMES, epoch)[0].tolist() == pytest.approx(place)


def test_the_slider_moves_what_is_followed_and_hides_the_rest(panel: EmbeddingPanel) -> None:
    samples = panel.samples
    original, retrain, coun = panel.maps.views
    frames = samples.frames[coun_run(panel)]
    panel.player.slider.setValue(0)
    assert np.allclose(coun.points.xy[frames.rows], frames.xy[0])
    assert np.flatnonzero(coun.points.visible).tolist() == frames.rows.tolist()
    assert retrain.points.visible.all()
    assert original.points.visible.all()
    panel.player.slider.setValue(FINE)
    assert coun.points.visible.all()
    assert np.array_equal(coun.points.xy, samples.xy[coun_run(panel)])


def coun_run(panel: EmbeddingPanel) -> str:
    return panel.maps.runs[2]


def test_original_and_retrain_stand_still_where_unlearning_is_shown(
    panel: EmbeddingPanel, world: World
) -> None:
    panel.show_map(trained_and_unlearned(world))
    assert panel.player.label.text() == "epoch 10 of 10"
    assert "Original to unlearned" in panel.player.button.toolTip()
    panel.player.slider.setValue(0)
    still, home = panel.maps.views[:2], panel.samples.xy
    for view, run in zip(still, panel.maps.runs, strict=False):
        assert np.array_equal(view.points.xy, home[run])
        assert view.points.visible.all()
    assert panel.maps.views[2].points.moved


def test_their_training_is_played_where_no_method_can_be(panel: EmbeddingPanel, world: World) -> None:
    whole = trained_and_unlearned(world)
    training = {run: frames for run, frames in whole.frames.items() if run != world.run("coun")}
    panel.show_map(replace(whole, frames=training))
    assert panel.player.label.text() == "epoch 40 of 40"
    assert panel.player.button.toolTip() == "Play the training"
    panel.player.slider.setValue(0)
    assert [view.points.moved for view in panel.maps.views] == [True, True, False]


def test_names_are_drawn_where_the_map_has_its_samples_and_not_on_the_way(
    panel: EmbeddingPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    named: list[MapView] = []
    for view in panel.maps.views:
        monkeypatch.setattr(view.landmarks, "draw", lambda *_, view=view: named.append(view))
    original, retrain, coun = panel.maps.views
    panel.player.slider.setValue(FINE // 2)
    for view in (original, retrain, coun):
        view.redraw()
        view.grab()
    assert named == [original, retrain]
    panel.player.slider.setValue(FINE)
    coun.grab()
    assert named == [original, retrain, coun]


def test_samples_are_found_where_they_are_shown(panel: EmbeddingPanel) -> None:
    panel.player.slider.setValue(FINE // 2)
    points = panel.maps.views[2].points
    row = int(panel.samples.frames[coun_run(panel)].rows[3])
    found = points.nearest(tuple(points.xy[row]), 1.0)
    assert found is not None
    assert np.allclose(points.xy[found], points.xy[row])


def test_the_other_panels_are_told_of_the_epoch(panel: EmbeddingPanel, world: World, qtbot: QtBot) -> None:
    told: list[int | None] = []
    world.session.epoch_shown.connect(told.append)
    panel.player.slider.setValue(FINE // 2)
    panel.player.slider.setValue(FINE)
    assert told == [5, None]
    assert panel.player.label.text() == "epoch 10 of 10"


@pytest.mark.parametrize("next_map", ["without frames", "none"])
def test_the_epoch_is_taken_back_when_another_map_comes(
    panel: EmbeddingPanel, world: World, next_map: str
) -> None:
    told: list[int | None] = []
    world.session.epoch_shown.connect(told.append)
    panel.player.slider.setValue(FINE // 2)
    plain = rich_map((world.run("retrain"), world.run("original"), world.run("coun")))
    panel.show_map(plain if next_map == "without frames" else None)
    assert told == [5, None]


def test_playing_goes_from_the_start_to_the_end_and_stops(qtbot: QtBot) -> None:
    player = Player()
    qtbot.addWidget(player)
    player.set_way([0, 5, 10], "")
    player.show()
    player.play_or_pause()
    assert player.playing
    assert player.slider.value() == 0
    player.advance(WHOLE / 4)
    assert player.slider.value() == FINE / 4
    player.advance(WHOLE)
    assert player.slider.value() == FINE
    assert not player.playing


def test_with_little_motion_it_jumps_from_snapshot_to_snapshot(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Player, "calm", property(lambda _: True))
    player = Player()
    qtbot.addWidget(player)
    player.set_way([0, 2, 10], "")
    player.slider.setValue(0)
    seen = []
    for _ in range(3):
        seen.append(player.slider.value())
        player.advance(1)
    assert seen == [0, FINE // 5, FINE]


def test_a_hidden_player_stops(qtbot: QtBot) -> None:
    player = Player()
    qtbot.addWidget(player)
    player.set_way([0, 10], "")
    player.show()
    player.play_or_pause()
    player.hide()
    assert not player.playing


def test_without_frames_there_is_no_player_but_a_way_to_have_them(
    panel: EmbeddingPanel, world: World
) -> None:
    assert panel.player.isVisible()
    assert "150 samples followed" in panel.player.note.text()
    panel.show_map(rich_map((world.run("retrain"), world.run("original"), world.run("coun"))))
    assert not panel.player.isVisible()
    panel.toolbar.form.way.click()
    (order,) = world.session.queue.jobs()
    assert order.request["spec"]["frames"] is True


def test_runs_without_snapshots_are_told(panel: EmbeddingPanel, world: World) -> None:
    plain = rich_map((world.run("retrain"), world.run("original"), world.run("coun")))
    panel.show_map(replace(plain, spec=plain.spec.model_copy(update={"frames": True})))
    assert panel.player.isVisible()
    assert "no snapshots" in panel.player.note.text()
    assert not panel.player.slider.isVisible()


def test_the_curves_show_the_epoch_that_the_maps_stand_at(world: World, qtbot: QtBot) -> None:
    curves = MetricsPanel(world.session)
    qtbot.addWidget(curves)
    world.show()
    world.session.epoch_shown.emit(5)
    plot = curves.grid.plots["UA"]
    assert plot.crosshair.isVisible()
    assert plot.crosshair.value() == 5
    world.session.epoch_shown.emit(None)
    assert not plot.crosshair.isVisible()


def test_a_stale_map_is_drawn_again_as_it_was(panel: EmbeddingPanel, world: World) -> None:
    spec = panel.samples.spec
    tuned = spec.model_copy(update={"points": 500, "embedding": EmbeddingSpec(method="pca")})
    panel.show_map(replace(panel.samples, spec=tuned))
    panel.stale.asked.emit()
    asked = world.session.queue.jobs()[-1].request["spec"]
    assert (asked["points"], asked["frames"], asked["embedding"]["method"]) == (500, True, "pca")


def test_the_map_is_drawn_again_as_the_form_says(panel: EmbeddingPanel, world: World, qtbot: QtBot) -> None:
    form = panel.toolbar.form
    form.method.setCurrentIndex(form.method.findData("tsne"))
    assert form.form.keys() == ["seed", "perplexity"]
    form.form.editor("perplexity").setText("12")
    form.form.editor("perplexity").edited.emit()
    form.points.editor("points").setText("500")
    form.points.editor("points").edited.emit()
    form.redraw.click()
    spec = world.session.queue.jobs()[-1].request["spec"]
    assert (spec["embedding"]["method"], spec["embedding"]["perplexity"]) == ("tsne", 12)
    assert (spec["points"], spec["frames"]) == (500, False)


def test_a_wrong_parameter_can_not_be_drawn_with(panel: EmbeddingPanel) -> None:
    form = panel.toolbar.form
    form.form.editor("neighbours").setText("1000")
    form.form.editor("neighbours").edited.emit()
    assert not form.redraw.isEnabled()
    form.method.setCurrentIndex(form.method.findData("pca"))
    assert form.redraw.isEnabled()
