"""Live curves in the window."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from panel_data import FORGET, World, make_world
from pytestqt.qtbot import QtBot

from coun_gui.experiments.events import Epoch, Started, Step
from coun_gui.experiments.spec import ORIGINAL, RETRAIN
from coun_gui.ui.metrics.curves import GAP, Curves, Series, band
from coun_gui.ui.metrics.export import save_curves
from coun_gui.ui.metrics.panel import MetricsPanel


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "workspace", seeds=(0, 1))
    yield made
    made.session.close()


def shown(world: World, qtbot: QtBot) -> MetricsPanel:
    panel = MetricsPanel(world.session)
    qtbot.addWidget(panel)
    panel.resize(1200, 700)
    world.show()
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def group(panel: MetricsPanel, title: str) -> str:
    return next(key for key, name in panel.curves.titles().items() if name == title)


def queued(world: World, method: str, seed: int = 0) -> str:
    """A run that was given to the queue, and has no record yet."""
    spec = world.specs[method, seed]
    world.session.queue.orders[spec.id] = SimpleNamespace(
        id=spec.id,
        request={"do": "run", "spec": spec.model_dump(mode="json")},
        experiments=[world.experiment.id],
    )
    return spec.id


def epoch(run: str, number: int, **metrics: float) -> Epoch:
    return Epoch(run, number, 20, metrics, {"CE": 1.0 / (number + 1)}, 0.01, 1.0, 1.0)


def test_without_an_experiment_it_says_what_to_do(world: World, qtbot: QtBot) -> None:
    panel = MetricsPanel(world.session)
    qtbot.addWidget(panel)
    assert panel.pages.currentWidget() is panel.empty
    assert "Start one" in panel.empty.sentence.text()


def test_a_plot_for_each_metric_the_gap_and_each_part_of_the_loss(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    assert list(panel.grid.plots) == ["RA", "UA", "TA", "MIA", "gap", "loss CE", "loss CL"]


def test_methods_show_alone_so_that_long_runs_do_not_squash_them(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    assert panel.kind == "unlearning"
    plot = panel.grid.plots["RA"]
    assert plot.getPlotItem().getViewBox().viewRange()[0][1] == pytest.approx(20, rel=0.1)
    panel.kinds["all"].click()
    assert plot.getPlotItem().getViewBox().viewRange()[0][1] == pytest.approx(40, rel=0.1)
    assert plot.groups[group(panel, "Original")].visible


def test_retrain_is_the_target(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    ends = [world.workspace.run(world.run("retrain", seed)) for seed in (0, 1)]
    expected = np.mean([end.metrics[end.spec.forget_hash]["UA"] for end in ends if end])
    plot = panel.grid.plots["UA"]
    assert plot.target.value() == pytest.approx(expected)
    plot.resize(400, 200)
    assert plot.title.endswith(f"→ Retrain {expected:.2f}")
    plot.resize(120, 200)
    assert plot.title.endswith(f"% → {expected:.2f}")


def test_the_gap_is_a_quarter_of_the_four_distances(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    run = panel.curves.runs[world.run("ft")]
    retrain = world.workspace.run(world.run("retrain"))
    reference = retrain.metrics[retrain.spec.forget_hash]
    by_hand = sum(abs(run.metrics[7][key] - reference[key]) for key in ("RA", "UA", "TA", "MIA")) / 4
    series = panel.curves.series(run, GAP)
    assert series.values[series.epochs == 7] == pytest.approx(by_hand)


def test_where_retrain_is_not_done_there_is_no_gap_and_it_says_why(tmp_path: Path, qtbot: QtBot) -> None:
    world = make_world(tmp_path / "w", without=("retrain",))
    panel = shown(world, qtbot)
    assert panel.note.text() == "No gap for seed 0: Retrain is not done."
    assert panel.grid.plots["gap"].note.text == panel.note.text()
    assert not panel.grid.plots["RA"].target.isVisible()
    world.session.close()


def test_epochs_appear_as_they_are_told(tmp_path: Path, qtbot: QtBot) -> None:
    world = make_world(tmp_path / "w", without=("ft",))
    panel = shown(world, qtbot)
    run = queued(world, "ft")
    world.session.live.emit([Started(run, "FT", 20), epoch(run, 0, RA=90.0), epoch(run, 1, RA=95.0)])
    lines = panel.grid.plots["RA"].groups[group(panel, "FT")]
    assert lines.series[0].epochs.tolist() == [0, 1]
    assert lines.series[0].values.tolist() == [90.0, 95.0]
    assert panel.legend.rows[group(panel, "FT")].note == "1 / 20"
    world.session.close()


def test_the_legend_counts_the_seeds_that_are_done(tmp_path: Path, qtbot: QtBot) -> None:
    world = make_world(tmp_path / "half", seeds=(0, 1))
    shutil.rmtree(world.workspace.folder(world.run("ft", 1)))
    panel = shown(world, qtbot)
    assert panel.legend.rows[group(panel, "FT")].note == "1/2 seeds"
    assert panel.legend.rows[group(panel, "CoUn")].note == "2 seeds"
    world.session.close()


def test_only_what_changed_is_drawn_again(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    run = world.run("ft")
    before = panel.redrawn
    world.session.live.emit([Step(run, "training", 0.5)])
    assert panel.redrawn == before
    world.session.live.emit([epoch("0123456789abcdef", 3, RA=50.0)])  # of another experiment
    assert panel.redrawn == before
    world.session.live.emit([epoch(run, 3, RA=50.0)])
    assert panel.redrawn == before + len(panel.grid.plots)  # one method in each plot


def test_a_resumed_run_forgets_what_it_will_tell_again(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    run = world.run("ft")
    world.session.live.emit([Started(run, "FT", 20, epoch=5)])
    assert panel.curves.runs[run].last_epoch == 5
    world.session.live.emit([Started(run, "FT", 20)])
    assert not panel.curves.runs[run].metrics


def test_several_seeds_make_a_mean_and_a_band() -> None:
    one = Series("a", np.array([0, 1, 2]), np.array([1.0, 2.0, 3.0]))
    other = Series("b", np.array([1, 2, 3]), np.array([4.0, 3.0, 9.0]))
    made = band([one, other])
    assert made is not None
    assert made.epochs.tolist() == [1, 2]  # a mean over changing seeds would jump
    assert made.mean.tolist() == [3.0, 3.0]
    assert made.std.tolist() == pytest.approx([np.sqrt(2), 0.0])
    assert band([one]) is None


def test_switches_hide_a_method_and_the_range_follows(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    plot = panel.grid.plots["MIA"]
    high = plot.getPlotItem().getViewBox().viewRange()[1][1]
    key = group(panel, "NegGrad+ + CL")
    panel.legend.rows[key].click()
    assert not plot.groups[key].visible
    assert plot.getPlotItem().getViewBox().viewRange()[1][1] < high


def test_pointing_at_a_curve_thickens_it_everywhere(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    key = group(panel, "CoUn")
    with qtbot.waitSignal(world.session.run_hovered) as told:
        panel.grid.hovered.emit(key)
    assert told.args == [world.run("coun")]
    assert all(plot.groups[key].emphasised for plot in panel.grid.plots.values())
    assert panel.legend.rows[key].emphasised
    world.session.run_hovered.emit("")
    assert not panel.legend.rows[key].emphasised


def test_the_curve_under_the_pointer_is_found(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    panel.grab()
    plot, key = panel.grid.plots["MIA"], group(panel, "CoUn")
    value = plot.groups[key].value_at(15)
    assert value is not None
    place = plot.getPlotItem().getViewBox().mapViewToScene(_point(15, value[0]))
    assert plot.curve_at(place) == key
    assert plot.epoch_at(place) == 15


def _point(x: float, y: float):
    from PySide6.QtCore import QPointF

    return QPointF(x, y)


def test_the_readout_lists_the_values_highest_first(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    panel.grid.plots["MIA"].pointed.emit(panel.grid.plots["MIA"], 20, None)
    readout = panel.grid.readout
    assert readout.heading == "epoch 20"
    assert [value.title for value in readout.values] == ["NegGrad+ + CL", "CoUn", "FT"]
    assert "±" in readout.values[0].text
    assert all(plot.crosshair.isVisible() for plot in panel.grid.plots.values())
    panel.grid.plots["MIA"].pointed.emit(panel.grid.plots["MIA"], None, None)
    assert not readout.isVisible()


def test_another_experiment_clears_the_curves(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    world.session.show(None)
    assert not panel.curves.runs
    assert panel.pages.currentWidget() is panel.empty


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_curves_are_exported(world: World, tmp_path: Path, ending: str) -> None:
    world.show()
    path = tmp_path / f"metrics.{ending}"
    save_curves(world.session, path)
    assert path.stat().st_size > 1000


def test_both_themes_paint(world: World, qtbot: QtBot) -> None:
    panel = shown(world, qtbot)
    for dark in (True, False):
        panel.set_dark(dark)
        assert not panel.grab().isNull()


def test_an_original_that_was_watched_on_another_forget_set_shows_what_it_ends_with_on_this_one(
    world: World,
) -> None:
    mine, other = {"RA": 77.6, "UA": 7.6, "TA": 70.8, "MIA": 8.0}, "0123456789abcdef"
    records = list(world.session.workspace.runs())
    for place, record in enumerate(records):
        if record.spec.method == ORIGINAL:
            elsewhere = record.spec.model_copy(update={"forget_hash": other})
            metrics = {other: dict.fromkeys(mine, 50.0), record.spec.forget_hash: mine}
            records[place] = replace(record, spec=elsewhere, metrics=metrics)
    curves = Curves()
    curves.set_records(records, records)

    originals = [run for run in curves.runs.values() if run.kind == ORIGINAL]
    ends = [{key: curves.series(run, key).values.tolist() for key in mine} for run in originals]
    gaps = [curves.series(run, GAP).values.tolist() for run in originals]
    retrains = {
        record.spec.seed: record.metrics[FORGET] for record in records if record.spec.method == RETRAIN
    }
    by_hand = [
        [pytest.approx(sum(abs(mine[key] - retrains[run.spec.seed][key]) for key in mine) / 4)]
        for run in originals
    ]
    assert len(originals) == 2
    assert ends == [{key: [value] for key, value in mine.items()}] * 2
    assert gaps == by_hand
