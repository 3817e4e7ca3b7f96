"""How fast three linked maps of 60,000 samples are drawn, coloured anew, pointed at and selected in.

    python tests/benchmarks/bench_map_drawing.py [samples] [--outlines] [--alone]

More than 200,000 samples are drawn as a density, and as samples once few enough are in view: 500000 --alone
tells how long both take. Machines differ: compare the ratios to pyqtgraph's ScatterPlotItem, which is measured
in the same run, unless `--alone` is given.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from statistics import median

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph as pg
from bench_machine import machine
from PySide6.QtCore import QPointF, QSizeF
from PySide6.QtWidgets import QApplication

from coun_gui.experiments.maps import MapSpec, SampleMap
from coun_gui.reports.colours import class_colour
from coun_gui.ui.embedding import colouring
from coun_gui.ui.embedding.map_column import Choice
from coun_gui.ui.embedding.map_row import MapRow
from coun_gui.ui.embedding.selection import in_polygon
from coun_gui.ui.theme import Theme

RUNS = ("retrain", "original", "coun")
SIZE = (1040, 600)
FRAMES = 40


def clusters(count: int) -> SampleMap:
    """Ten clusters a run, a tenth of the samples to be forgotten."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, count)
    centres = random.normal(size=(10, 2)) * 6
    xy = {run: (centres[labels] + random.normal(size=(count, 2))).astype(np.float32) for run in RUNS}
    same = {run: labels.astype(np.int64) for run in RUNS}
    sure = {run: np.full(count, 0.9, dtype=np.float32) for run in RUNS}
    spec = MapSpec(runs=RUNS, forget_hash="f")
    index = np.arange(count, dtype=np.int64)
    return SampleMap(spec, index, same[RUNS[0]], random.random(count) < 0.1, xy, same, sure, {})


def milliseconds(work: Callable[[int], None], times: int = FRAMES) -> float:
    """Median over `times` calls, after two to warm up."""
    work(0)
    work(1)
    taken = []
    for turn in range(times):
        start = time.perf_counter()
        work(turn)
        taken.append(time.perf_counter() - start)
    return 1e3 * median(taken)


class Ours:
    """The row of maps as it is in the window."""

    def __init__(self, application: QApplication, samples: SampleMap) -> None:
        self._application, self._samples = application, samples
        self.row = MapRow()
        self.row.resize(*SIZE)
        self.row.show_map(samples, [Choice(run, run, "#808080") for run in RUNS], list(RUNS))
        self.row.show()
        self.recolour(0)
        application.processEvents()

    def pan(self, turn: int) -> None:
        step = 6 if turn % 2 else -6
        self.row.frame.pan(QSizeF(self.row.views[0].size()), step, step)
        self._application.processEvents()

    def zoomed(self, turn: int) -> None:
        """Panned where a quarter of the samples at most is in view."""
        if turn == 0 and self.row.frame.zoom == 1:
            view = self.row.views[0]
            self.row.frame.zoom_at(QSizeF(view.size()), QPointF(view.rect().center()), 3.0)
        self.pan(turn)

    def zoom(self, turn: int) -> None:
        view = self.row.views[0]
        self.row.frame.zoom_at(QSizeF(view.size()), QPointF(100, 100), 1.05 if turn % 2 else 1 / 1.05)
        self._application.processEvents()

    def landmarks(self, outlined: bool) -> None:
        self.row.set_landmarks(outlined, True, [str(label) for label in range(10)], set())

    def recolour(self, turn: int) -> None:
        mode = ("class", "forget")[turn % 2]
        legend = colouring.entries(mode, [str(label) for label in range(10)], dark=False)
        shown = np.ones(len(self._samples.index), dtype=bool)
        code = {run: colouring.codes(self._samples, run, mode) for run in RUNS}
        self.row.paint(
            {run: colouring.colours(each, legend) for run, each in code.items()}, dict.fromkeys(RUNS, shown)
        )
        self._application.processEvents()

    def hover(self, turn: int) -> None:
        view = self.row.views[0]
        found = view.row_at(QPointF(40 + 5 * turn % 200, 40 + 7 * turn % 400))
        self.row.point_at(-1 if found is None else found, view)
        self._application.processEvents()

    def lasso(self, turn: int) -> None:
        angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
        corners = np.stack([np.cos(angle), np.sin(angle)], axis=1) * (5 + turn % 3)
        in_polygon(self._samples.xy[RUNS[0]], corners)


class Theirs:
    """Three plots with one ScatterPlotItem each, brushes shared, views linked."""

    def __init__(self, application: QApplication, samples: SampleMap) -> None:
        self._application = application
        self.layout = pg.GraphicsLayoutWidget()
        self.layout.resize(*SIZE)
        self._brushes = np.array([pg.mkBrush(class_colour(label, 10)) for label in range(10)])
        self._labels = samples.labels
        self.items, plots = [], []
        for run in RUNS:
            plot = self.layout.addPlot()
            brush = list(self._brushes[samples.labels])
            item = pg.ScatterPlotItem(*samples.xy[run].T, size=3, pen=None, brush=brush, pxMode=True)
            plot.addItem(item)
            plot.hideAxis("left")
            plot.hideAxis("bottom")
            plot.disableAutoRange()
            if plots:
                plot.setXLink(plots[0])
                plot.setYLink(plots[0])
            plots.append(plot)
            self.items.append(item)
        self._first = plots[0].getViewBox()
        self.layout.show()
        application.processEvents()

    def pan(self, turn: int) -> None:
        step = 0.2 if turn % 2 else -0.2
        self._first.translateBy(x=step, y=step)
        self._application.processEvents()

    def zoom(self, turn: int) -> None:
        self._first.scaleBy((1.05, 1.05) if turn % 2 else (1 / 1.05, 1 / 1.05))
        self._application.processEvents()

    def recolour(self, turn: int) -> None:
        brushes = list(self._brushes[(self._labels + turn) % 10])
        for item in self.items:
            item.setBrush(brushes)
        self._application.processEvents()

    def hover(self, turn: int) -> None:
        self.items[0].pointsAt(QPointF(0.1 * turn - 5, 0.1 * turn))


def main() -> None:
    """Prints a line a figure."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("samples", nargs="?", type=int, default=60_000)
    options.add_argument(
        "--outlines", action="store_true", help="with density outlines, names alone otherwise"
    )
    options.add_argument("--alone", action="store_true", help="without pyqtgraph beside it")
    wanted = options.parse_args()
    print(machine())
    application = QApplication.instance() or QApplication([])
    theme = Theme(application)
    theme.set_mode("light")
    samples = clusters(wanted.samples)
    ours = Ours(application, samples)
    ours.landmarks(wanted.outlines)
    theirs = None if wanted.alone else Theirs(application, samples)
    print(f"{wanted.samples:,} samples in each of three maps, {SIZE[0]} × {SIZE[1]} pixels together")
    for name in ("pan", "zoom", "recolour", "hover"):
        own = milliseconds(getattr(ours, name))
        rate = f"{1e3 / own:6.0f} fps" if name in ("pan", "zoom") else " " * 10
        print(f"{name:9} {own:8.1f} ms {rate}", end="")
        other = milliseconds(getattr(theirs, name), 10) if theirs else 0.0
        print(f"   ScatterPlotItem {other:8.1f} ms   ratio {other / own:6.1f}" if theirs else "")
    own = milliseconds(ours.zoomed)
    print(f"zoomed in {own:8.1f} ms {1e3 / own:6.0f} fps")
    print(f"lasso     {milliseconds(ours.lasso):8.1f} ms")
    ours.row.close()
    if theirs:
        theirs.layout.close()


if __name__ == "__main__":
    main()
