"""The paper's figure: which columns and rows it has, and that it stays small with many points."""

from __future__ import annotations

import base64
import itertools
import os
import re
import zlib
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from builders import Bench, metrics
from PIL import Image

from coun_gui.errors import CounError
from coun_gui.experiments.maps import MapSpec, SampleMap, write_map
from coun_gui.experiments.spec import EmbeddingSpec, ForgetSpec
from coun_gui.reports.figure_file import save
from coun_gui.reports.map_points import MapPoints
from coun_gui.reports.paper_columns import Setting, paper_settings
from coun_gui.reports.paper_figure import paper_figure

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
TRUCK, RANDOM = "a" * 16, "b" * 16


def a_map(runs: tuple[str, ...], forget_hash: str, count: int = 60) -> SampleMap:
    """Ten clusters; the runs differ by a shift."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, count)
    angle = labels * np.pi / 5
    base = 10 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + random.normal(size=(count, 2))
    xy = {run: (base + place).astype(np.float32) for place, run in enumerate(runs)}
    same = dict.fromkeys(runs, labels)
    sure = dict.fromkeys(runs, np.full(count, 0.9, np.float32))
    spec = MapSpec(runs=runs, forget_hash=forget_hash)
    return SampleMap(spec, np.arange(count), labels, random.random(count) < 0.1, xy, same, sure, {})


def runs_of(bench: Bench, forget: ForgetSpec, forget_hash: str, methods: tuple[str, ...]) -> tuple[str, ...]:
    original = bench.add("original", metrics(100, 0, 95, 1))
    made = [
        bench.add(method, metrics(99, 5, 94, 11), forget=forget, forget_hash=forget_hash,
                  original=None if method == "retrain" else original.id)
        for method in methods
    ]  # fmt: skip
    return (made[0].id, original.id, *(record.id for record in made[1:]))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A workspace with maps of a class-wise and a random forget set."""
    made = Bench(tmp_path / "workspace")
    truck = ForgetSpec(kind="class", classes=("truck",))
    some = runs_of(made, ForgetSpec(), RANDOM, ("retrain", "coun"))
    of_class = runs_of(made, truck, TRUCK, ("retrain", "ft", "coun"))
    for found in (a_map(some, RANDOM), a_map(of_class, TRUCK)):
        write_map(found, made.workspace.map_path(found.spec.id))
    return made


def shown(bench: Bench, forget_hash: str) -> SampleMap:
    """The map in view: Retrain and CoUn of a forget set."""
    records = {r.spec.method: r.id for r in bench.workspace.runs() if forget_hash in r.metrics}
    return a_map((records["retrain"], records["coun"]), forget_hash)


def settings_of(bench: Bench, mine: SampleMap) -> list[Setting]:
    return paper_settings(bench.workspace.path, bench.workspace.runs(), mine)[0]


def test_columns_are_the_forget_settings_class_wise_first(bench: Bench) -> None:
    settings = settings_of(bench, shown(bench, RANDOM))
    assert [setting.title for setting in settings] == ["class truck", "10 % random"]
    assert list(settings[0].runs) == ["Retrain", "FT", "CoUn"]


def test_the_map_on_show_stands_for_its_own_forget_set(bench: Bench) -> None:
    mine = shown(bench, TRUCK)
    settings = settings_of(bench, mine)
    assert settings[0].sample_map is mine
    assert list(settings[0].runs) == ["Retrain", "CoUn"]


def test_of_two_maps_of_a_forget_set_the_newer_is_taken(bench: Bench) -> None:
    mine = shown(bench, TRUCK)
    newer = replace(shown(bench, RANDOM), spec=shown(bench, RANDOM).spec.model_copy(update={"points": 77}))
    path = bench.workspace.map_path(newer.spec.id)
    write_map(newer, path)
    later = max(each.stat().st_mtime_ns for each in path.parent.iterdir()) + 10**9
    os.utime(path, ns=(later, later))
    assert settings_of(bench, mine)[1].sample_map.spec.points == 77


def test_maps_of_other_data_and_damaged_ones_are_left_out(bench: Bench) -> None:
    (bench.workspace.path / "maps" / "bad.safetensors").write_bytes(b"nonsense")
    other = a_map(("no such run",), "c" * 16)
    write_map(other, bench.workspace.map_path(other.spec.id))
    assert len(settings_of(bench, shown(bench, RANDOM))) == 2


def test_rows_are_retrain_then_every_method_and_a_missing_one_is_left_empty(bench: Bench) -> None:
    figure = paper_figure(settings_of(bench, shown(bench, RANDOM)), CLASSES)
    labels = [axes.get_ylabel() for axes in figure.axes[::2]]
    titles = [axes.get_title(loc="left") for axes in figure.axes[:2]]
    assert labels == ["Retrain", "FT", "CoUn"]
    assert titles == ["class truck", "10 % random"]
    drawn = [bool(axes.findobj(MapPoints)) for axes in figure.axes]
    assert drawn == [True, True, True, False, True, True]


def test_a_column_shares_its_limits(bench: Bench) -> None:
    figure = paper_figure(settings_of(bench, shown(bench, RANDOM)), CLASSES)
    for column in (0, 1):
        limits = {
            (axes.get_xlim(), axes.get_ylim()) for axes in figure.axes[column::2] if axes.findobj(MapPoints)
        }
        assert len(limits) == 1


def test_maps_without_a_method_make_no_figure() -> None:
    with pytest.raises(CounError, match="No map shows"):
        paper_figure([Setting("", a_map(("o",), "f"), {})], CLASSES)


def test_of_each_kind_of_forget_set_there_is_one_column_and_saved_selections_are_none(bench: Bench) -> None:
    cat = ForgetSpec(kind="class", classes=("cat",))
    chosen = ForgetSpec(kind="indices", file="mine.txt")
    for forget, name in ((cat, "c" * 16), (chosen, "d" * 16)):
        found = a_map(runs_of(bench, forget, name, ("retrain", "coun")), name)
        write_map(found, bench.workspace.map_path(found.spec.id))
    assert len(settings_of(bench, shown(bench, RANDOM))) == 2
    titles = [setting.title for setting in settings_of(bench, shown(bench, "d" * 16))]
    assert titles[0].startswith("class ")
    assert titles[1:] == ["10 % random", "indices mine.txt"]


def test_a_column_of_another_layout_is_left_out_and_told(bench: Bench) -> None:
    mine = shown(bench, RANDOM)
    mine = replace(mine, spec=mine.spec.model_copy(update={"embedding": EmbeddingSpec(method="pacmap")}))
    settings, told = paper_settings(bench.workspace.path, bench.workspace.runs(), mine)
    assert [setting.title for setting in settings] == ["10 % random"]
    assert told == [
        "The map of the class-wise forget set is drawn with UMAP, this one with PaCMAP: "
        "draw it again in the same way to have both columns."
    ]


def test_each_panel_names_its_layout_and_how_far_it_can_be_trusted(bench: Bench) -> None:
    found = replace(shown(bench, RANDOM), quality={})
    found.quality.update({run: {"trustworthiness": 0.953, "knn_overlap": 0.41} for run in found.spec.runs})
    found = replace(found, spec=found.spec.model_copy(update={"embedding": EmbeddingSpec(method="tsne")}))
    runs = dict(zip(("Retrain", "CoUn"), found.spec.runs, strict=True))
    figure = paper_figure([Setting("10 % random", found, runs)], CLASSES)
    assert figure.axes[0].get_xlabel() == "t-SNE · trustworthiness 0.95 · k-NN 41 %"


def test_with_many_rows_the_figure_still_fits_on_a_page() -> None:
    names = tuple("abcdefgh")
    settings = [Setting("class truck", a_map(names, TRUCK), {name: name for name in names})] * 2
    width, height = paper_figure(settings, CLASSES).get_size_inches()
    assert width <= 7.2
    assert height <= 10


@pytest.mark.parametrize("columns", [1, 2])
def test_eleven_models_go_on_beside_each_other_and_no_words_run_into_others(columns: int) -> None:
    names = ("Retrain", "NegGrad+ + CL", *(f"method {number}" for number in range(9)))
    measured = {name: {"trustworthiness": 0.953, "knn_overlap": 0.41} for name in names}
    found = replace(a_map(names, TRUCK), quality=measured)
    setting = Setting("class truck", found, {name: name for name in names})
    figure = paper_figure([setting] * columns, CLASSES)
    figure.draw_without_rendering()
    panels = [axes for axes in figure.axes if axes.findobj(MapPoints)]
    words = [
        text.get_window_extent()
        for axes in panels
        for text in (axes.xaxis.label, axes.yaxis.label, axes.title)
        if text.get_text()
    ]

    assert len(panels) == columns * len(names)
    assert {axes.get_ylabel() for axes in panels} - {""} == set(names)
    assert min(axes.get_window_extent().width for axes in panels) / figure.dpi > 1
    assert not any(one.overlaps(other) for one, other in itertools.combinations(words, 2))
    assert max(figure.get_size_inches()) <= 10


def test_a_narrow_figure_names_the_layout_above_its_panels() -> None:
    names = tuple("abcdefghijk")
    setting = Setting("class truck", a_map(names, TRUCK), {name: name for name in names})
    figure = paper_figure([setting] * 2, CLASSES)

    assert figure.axes[0].get_title(loc="left") == "class truck · UMAP"


def crowded(runs: tuple[str, ...], count: int, mixed: bool) -> SampleMap:
    """mixed: classes all over the place, which compresses worst."""
    found = a_map(runs, TRUCK, count)
    if not mixed:
        return found
    everywhere = np.random.default_rng(1).random((count, 2)).astype(np.float32)
    return replace(found, xy=dict.fromkeys(runs, everywhere))


@pytest.mark.parametrize(
    ("rows", "mixed"), [(3, True), (8, False), (8, True)], ids=["3 everywhere", "8 clusters", "8 everywhere"]
)
def test_with_60000_points_it_is_small_and_its_words_are_words(
    tmp_path: Path, rows: int, mixed: bool
) -> None:
    names = ("Retrain", "FT", "CoUn", "NoT", "SalUn", "SCRUB", "SSD", "GA")[:rows]
    many = crowded(names, 60_000, mixed)
    runs = {name: name for name in names}
    figure = paper_figure([Setting("class truck", many, runs), Setting("10 % random", many, runs)], CLASSES)
    for ending in ("png", "pdf", "svg"):
        save(figure, tmp_path / f"figure.{ending}")
        assert (tmp_path / f"figure.{ending}").stat().st_size < 2_000_000
    with Image.open(tmp_path / "figure.png") as picture:
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert "class truck</text>" in (tmp_path / "figure.svg").read_text(encoding="utf-8")
    assert "class truck" in words_of(tmp_path / "figure.pdf")


def words_of(path: Path) -> str:
    """The text of a PDF with TrueType fonts, whose strings are the letters themselves."""
    content = path.read_bytes()
    assert b"/FontType 3" not in content
    assert b"/TrueType" in content or b"/CIDFontType2" in content
    page = b""
    for part in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        with suppress(zlib.error):
            page += zlib.decompress(part)
    lines = re.findall(rb"\[([^\[]*?)\]\s*TJ|\(([^()]*)\) Tj", page, re.DOTALL)
    letters = (b"".join(re.findall(rb"\((.*?)\)", array, re.DOTALL)) or plain for array, plain in lines)
    return "\n".join(each.replace(b"\0", b"").decode("latin-1") for each in letters)


def test_the_points_lie_where_the_map_has_them_in_every_format(tmp_path: Path) -> None:
    found = a_map(("r",), TRUCK, 2)
    found.xy["r"][:] = [[0, 10], [10, 0]]  # top left and bottom right
    found = replace(found, labels=np.array([0, 1]), forget=np.array([True, True]))
    figure = paper_figure([Setting("class truck", found, {"Retrain": "r"})], CLASSES)
    (points,) = figure.findobj(MapPoints)
    pixels = points.picture(100, 100, 1.0)
    assert (pixels[:20, :20] != 255).any()
    assert (pixels[-20:, -20:] != 255).any()
    assert (pixels[:50, 50:] == 255).all()
    save(figure, tmp_path / "figure.png")
    save(figure, tmp_path / "figure.svg")
    drawn = re.search(r'base64,([^"]+)"', (tmp_path / "figure.svg").read_text(encoding="utf-8"))
    assert drawn is not None
    with Image.open(BytesIO(base64.b64decode(drawn[1]))) as inside:
        assert "scale(1 -1)" in (tmp_path / "figure.svg").read_text(encoding="utf-8")  # upside down
        _at_corners(np.asarray(inside.convert("RGB"))[::-1])
    box = points.axes.get_position()
    with Image.open(tmp_path / "figure.png") as picture:
        whole = np.asarray(picture.convert("RGB"))
    left, right = (round(x * whole.shape[1]) for x in (box.x0, box.x1))
    top, bottom = (round((1 - y) * whole.shape[0]) for y in (box.y1, box.y0))
    _at_corners(whole[top + 4 : bottom - 4, left + 4 : right - 4])


def _at_corners(pixels: np.ndarray) -> None:
    """Something top left and bottom right, nothing elsewhere; airplane's blue is top left."""
    height, width = (size // 2 for size in pixels.shape[:2])
    assert (pixels[:height, :width] != 255).any()
    assert (pixels[:height, width:] == 255).all()
    assert (pixels[height:, :width] == 255).all()


def test_without_any_place_there_is_a_figure_that_says_so() -> None:
    lost, empty = a_map(("r",), TRUCK, 5), a_map(("r",), RANDOM, 0)
    lost.xy["r"][:] = np.nan
    settings = [
        Setting("class truck", lost, {"Retrain": "r"}),
        Setting("10 % random", empty, {"Retrain": "r"}),
    ]
    figure = paper_figure(settings, CLASSES)
    figure.draw_without_rendering()
    told = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert told == ["5 without a place (NaN)", "no samples"]
