"""How long the figures of maps and the film take to write, and how large they are.

    python tests/benchmarks/bench_figures.py [samples] [--no-film]

3 × 2 and 8 × 2 panels of 60,000 samples, in clusters and, which compresses worst, of all colours all over the
place; each figure is drawn anew for each format. The film has three maps, one of which moves.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from bench_machine import machine
from PySide6.QtGui import QGuiApplication

from coun_gui.experiments.maps import Frames, MapSpec, SampleMap
from coun_gui.reports.figure_file import save
from coun_gui.reports.paper_figure import Setting, paper_figure
from coun_gui.ui.embedding import film

CLASSES = [f"class {label}" for label in range(10)]
MODELS = ("Retrain", "FT", "CoUn", "NoT", "SalUn", "SCRUB", "SSD", "GA")
FORMATS = ("png", "pdf", "svg")


def samples(count: int, runs: tuple[str, ...], mixed: bool) -> SampleMap:
    """Ten clusters, or classes all over the place; a tenth is to be forgotten."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, count)
    centres = random.normal(size=(10, 2)) * 6
    clusters = centres[labels] + random.normal(size=(count, 2))
    places = (random.random((count, 2)) if mixed else clusters).astype(np.float32)
    same = dict.fromkeys(runs, labels)
    quality = {run: {"trustworthiness": 0.95, "knn_overlap": 0.4} for run in runs}
    sure = dict.fromkeys(runs, np.full(count, 0.9, dtype=np.float32))
    spec = MapSpec(runs=runs, forget_hash="f")
    forget = random.random(count) < 0.1
    return SampleMap(spec, np.arange(count), labels, forget, dict.fromkeys(runs, places), same, sure, quality)


def tell_figures(count: int, folder: Path) -> None:
    """A line a figure and format."""
    for rows in (3, 8):
        for mixed in (False, True):
            found = samples(count, MODELS[:rows], mixed)
            runs = {model: model for model in MODELS[:rows]}
            settings = [Setting("class truck", found, runs), Setting("10 % random", found, runs)]
            for ending in FORMATS:
                path = folder / f"figure.{ending}"
                start = time.perf_counter()
                save(paper_figure(settings, CLASSES), path)
                taken, kind = time.perf_counter() - start, "everywhere" if mixed else "clusters"
                print(f"{rows} × 2 {kind:10} {ending}  {taken:6.2f} s  {path.stat().st_size / 1e6:5.2f} MB")


def tell_film(count: int, folder: Path) -> None:
    """A line, with the longest from one step to the next.

    The window doesn't wait: it has films written in a thread, which looks between two steps whether it is to stop.
    """
    application = QGuiApplication.instance() or QGuiApplication([])
    runs = ("Original", "Retrain", "CoUn")
    found = samples(count, runs, mixed=False)
    start = np.roll(found.xy["CoUn"], 1, axis=0)
    way = Frames(np.array([0, 10]), np.arange(count), np.stack([start, found.xy["CoUn"]]))
    found = replace(found, frames={"CoUn": way})
    colours = dict.fromkeys(runs, (found.labels * 1_500_000).astype(np.uint32))
    shown = dict.fromkeys(runs, np.ones(count, dtype=bool))
    scene = film.Scene(found, {run: run for run in runs}, colours, shown, found.frames)
    path, steps = folder / "film.gif", [time.perf_counter()]
    for _ in film.record(scene, path):
        steps.append(time.perf_counter())
    size, longest = path.stat().st_size / 1e6, max(np.diff(steps))
    print(f"film of {film.STEPS} pictures gif {steps[-1] - steps[0]:6.2f} s  {size:5.2f} MB", end="")
    print(f"  stops within {longest:.2f} s")
    application.quit()


def main() -> None:
    """Prints a line a figure."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("samples", nargs="?", type=int, default=60_000)
    options.add_argument("--no-film", action="store_true", help="figures alone")
    wanted = options.parse_args()
    print(machine())
    print(f"{wanted.samples:,} samples in each panel")
    with TemporaryDirectory() as folder:
        tell_figures(wanted.samples, Path(folder))
        if not wanted.no_film:
            tell_film(wanted.samples, Path(folder))


if __name__ == "__main__":
    main()
