"""Figures can be printed, edited and trusted to be the same tomorrow."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from builders import Bench, metrics
from matplotlib.figure import Figure

from coun_gui.errors import CounError, WorkspaceError
from coun_gui.experiments.maps import MapSpec, SampleMap
from coun_gui.reports.figures import gap_figure, map_figure, metrics_figure, save
from coun_gui.reports.map_points import MapPoints
from coun_gui.reports.rows import result_rows

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck $5"]


def sample_map(count: int, runs: tuple[str, ...] = ("a", "b", "c"), classes: int = 10) -> SampleMap:
    random = np.random.default_rng(0)
    labels = random.integers(0, classes, count)
    centres = random.normal(0, 8, (classes, 2))
    return SampleMap(
        spec=MapSpec(runs=runs, forget_hash="f"),
        index=np.arange(count),
        labels=labels,
        forget=random.random(count) < 0.1,
        xy={run: (centres[labels] + random.normal(0, 1, (count, 2))).astype(np.float32) for run in runs},
        predicted=dict.fromkeys(runs, (labels + 1) % classes),
        confidence={run: np.ones(count, dtype=np.float32) for run in runs},
        quality={run: {"trustworthiness": 0.955} for run in runs},
    )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path / "workspace")
    for seed in (0, 1):
        original = bench.add("original", metrics(100, 0, 95, 1), seed=seed)
        bench.add("retrain", metrics(100, 5, 95, 11), seed=seed)
        for method in ("ft", "l1-sparse", "coun"):
            history = [
                {
                    "epoch": epoch,
                    "metrics": metrics(99, epoch + seed, 94, 9),
                    "losses": {"supervised": 1 / (1 + epoch)},
                }
                for epoch in range(4)
            ]
            bench.add(method, metrics(99, 3, 94, 9), seed=seed, original=original.id, history=history)
    return bench


@pytest.fixture
def three(bench: Bench) -> dict[str, Figure]:
    return {
        "metrics": metrics_figure(bench.workspace.runs()),
        "map": map_figure(sample_map(500), {"a": "Original", "b": "Retrain", "c": "CoUn"}, CLASSES),
        "gap": gap_figure(result_rows(bench.workspace)),
    }


def test_figures_are_as_wide_as_two_columns_of_a_journal(three: dict[str, Figure]) -> None:
    assert [figure.get_figwidth() for figure in three.values()] == pytest.approx([7.2] * 3)


def test_no_text_is_cut_off_or_covered_by_a_legend(three: dict[str, Figure]) -> None:
    for name, figure in three.items():
        figure.draw_without_rendering()
        page = figure.bbox
        for legend in [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]:
            box = legend.get_window_extent()
            assert page.x0 <= box.x0 < box.x1 <= page.x1, name
            assert page.y0 <= box.y0 < box.y1 <= page.y1, name
            drawn = [axes.get_window_extent() for axes in figure.axes if axes.axison]
            assert not any(box.overlaps(panel) for panel in drawn), name


def test_text_stays_text(three: dict[str, Figure], tmp_path: Path) -> None:
    for name, figure in three.items():
        save(figure, tmp_path / f"{name}.svg")
        save(figure, tmp_path / f"{name}.pdf")
        assert b"/FontType 3" not in (tmp_path / f"{name}.pdf").read_bytes()
    texts = {
        name: " ".join(re.findall(r"<text[^>]*>(.*?)</text>", _read(tmp_path / f"{name}.svg")))
        for name in three
    }
    assert "Unlearn UA (%)" in texts["metrics"]
    assert "sparse" in texts["gap"]
    assert "trustworthiness 0.95" in texts["map"]
    assert "truck $5" in texts["map"]


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_same_figure_gives_the_same_bytes(bench: Bench, tmp_path: Path, ending: str) -> None:
    for name in ("one", "two"):
        save(gap_figure(result_rows(bench.workspace)), tmp_path / f"{name}.{ending}")
    assert (tmp_path / f"one.{ending}").read_bytes() == (tmp_path / f"two.{ending}").read_bytes()


def test_a_png_has_the_resolution_asked_for(three: dict[str, Figure], tmp_path: Path) -> None:
    save(three["gap"], tmp_path / "gap.png")
    width = struct.unpack(">I", (tmp_path / "gap.png").read_bytes()[16:20])[0]
    assert width == 2160  # 7.2 inches at 300 dpi
    save(three["gap"], tmp_path / "small.PNG", dpi=100)
    assert struct.unpack(">I", (tmp_path / "small.PNG").read_bytes()[16:20])[0] == 720


def test_a_map_of_60000_points_is_small(tmp_path: Path) -> None:
    figure = map_figure(sample_map(60_000), {"a": "Original", "b": "Retrain", "c": "CoUn"}, CLASSES)
    for ending in ("svg", "pdf"):
        save(figure, tmp_path / f"map.{ending}")
        assert (tmp_path / f"map.{ending}").stat().st_size < 2e6


def test_all_panels_of_a_map_share_one_frame(three: dict[str, Figure]) -> None:
    limits = {(axes.get_xlim(), axes.get_ylim()) for axes in three["map"].axes}
    assert len(limits) == 1
    (low, high), _ = limits.pop()
    points = np.concatenate(list(sample_map(500).xy.values()))
    assert low < points[:, 0].min()
    assert high > points[:, 0].max()


def test_forget_samples_are_larger_ringed_and_on_top(three: dict[str, Figure]) -> None:
    (points,) = three["map"].axes[0].findobj(MapPoints)
    retain, forget = points.marks  # the last is on top
    assert forget.diameter > retain.diameter
    assert forget.ring > 0
    assert forget.diamond
    assert not retain.diamond
    assert len(forget.xy) + len(retain.xy) == 500


def test_a_map_is_coloured_by_truth_or_by_prediction() -> None:
    samples = sample_map(50, ("a",))
    colours = [
        map_figure(samples, {"a": "FT"}, CLASSES, by).findobj(MapPoints)[0].marks[0].colours
        for by in ("true", "predicted")  # type: ignore[arg-type]
    ]
    assert not np.array_equal(*colours)


def test_samples_without_a_place_are_left_out_and_told() -> None:
    samples = sample_map(500)
    samples.xy["a"][:3] = np.nan
    figure = map_figure(samples, {"a": "Original", "b": "Retrain"}, CLASSES)
    (points,) = figure.axes[0].findobj(MapPoints)
    assert sum(len(marks.xy) for marks in points.marks) == 497
    assert [text.get_text() for text in figure.axes[0].texts] == ["3 without a place (NaN)"]
    assert not figure.axes[1].texts
    assert np.isfinite(figure.axes[0].get_xlim()).all()


def test_a_map_without_samples_is_a_figure_too(tmp_path: Path) -> None:
    save(map_figure(sample_map(0), {"a": "FT"}, CLASSES), tmp_path / "map.png")
    assert (tmp_path / "map.png").exists()


def test_only_models_with_a_title_are_drawn() -> None:
    figure = map_figure(sample_map(50), {"b": "Retrain"}, CLASSES)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Retrain"]
    with pytest.raises(CounError, match="None of the map's models"):
        map_figure(sample_map(50), {}, CLASSES)


def test_a_hundred_classes_are_counted_not_listed() -> None:
    figure = map_figure(sample_map(500, classes=100), {"a": "FT"}, [str(i) for i in range(100)])
    assert [text.get_text() for text in figure.legends[0].get_texts()][2:] == [
        "colour: true class, 100 classes"
    ]


def test_bars_are_labelled_with_the_tables_figures(three: dict[str, Figure]) -> None:
    left, right = three["gap"].axes
    assert [text.get_text() for text in left.texts] == ["0.00", "1.50", "1.50", "1.50"]
    assert [text.get_text() for text in right.texts] == ["6.00"] * 4
    three["gap"].draw_without_rendering()
    boxes = [text.get_window_extent() for text in left.texts]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_variants_of_a_method_share_its_colour_but_not_the_dash(bench: Bench) -> None:
    start = next(record.id for record in bench.workspace.runs() if record.spec.method == "original")
    for weight in (0.5, 2.0):
        bench.add("coun", metrics(99, 3, 94, 9), original=start, params={"weight": weight})
    figure = metrics_figure(bench.workspace.runs())
    legend = next(legend for axes in figure.axes if (legend := axes.get_legend()))
    lines = [line for line in legend.get_lines() if str(line.get_label()).startswith("CoUn")]
    assert len(lines) == 3
    assert len({line.get_color() for line in lines}) == 1
    assert len({str(line._dash_pattern) for line in lines}) == 3


def test_around_a_single_epoch_there_are_no_fractions_of_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "workspace")
    original = bench.add("original", metrics(100, 0, 95, 1))
    bench.add("ft", metrics(99, 5, 94, 9), original=original.id,
              history=[{"epoch": 1, "metrics": metrics(99, 5, 94, 9), "losses": {"CE": 0.5}}])  # fmt: skip

    figure = metrics_figure(bench.workspace.runs())

    loss = next(axes for axes in figure.axes if "CE" in axes.get_title(loc="left"))
    assert list(loss.get_xticks()) == [1]


def test_a_gap_figure_of_nothing_is_refused() -> None:
    with pytest.raises(CounError, match="no results"):
        gap_figure([])


def test_an_unknown_ending_names_the_known_ones(three: dict[str, Figure], tmp_path: Path) -> None:
    with pytest.raises(CounError) as caught:
        save(three["gap"], tmp_path / "gap.bmp")
    assert caught.value.remedy == "End the name in .pdf, .png, .svg."


def test_a_folder_that_cannot_be_written_is_a_sentence(three: dict[str, Figure], tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="can't be written"):
        save(three["gap"], tmp_path / "missing" / "gap.png")
    (tmp_path / "file").touch()
    with pytest.raises(WorkspaceError, match="can't be written"):
        save(three["gap"], tmp_path / "file" / "gap.png")


def test_tables_and_colours_come_without_matplotlib_and_torch() -> None:
    code = "import sys, coun_gui.reports.tables, coun_gui.reports.colours; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"matplotlib", "torch", "sklearn", "umap", "PySide6"} & set(loaded)


def test_figures_come_without_pyplot_and_torch() -> None:
    code = "import sys, coun_gui.reports.figures; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"matplotlib.pyplot", "torch", "sklearn", "umap", "PySide6"} & set(loaded)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
