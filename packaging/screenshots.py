"""Pictures of every panel and state of the window, light and dark, to be looked at after each change.

python packaging/screenshots.py OUT [--workspace DIR] [--only PART-OF-A-NAME]
python packaging/screenshots.py OUT --workspace DIR --readme      window-light.png and window-dark.png alone

The workspace holds a finished experiment with its map, as `coun demo --out X` leaves one in X/workspace; it
is copied, never written to. Without one, only the first start and the form are pictured.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "ui")]

from PIL import Image  # noqa: E402
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QSettings, Qt  # noqa: E402
from PySide6.QtGui import QImage, QPainter  # noqa: E402
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget  # noqa: E402
from screenshot_states import (  # noqa: E402
    CLOSER,
    DRAWING,
    OVERVIEW,
    State,
    embedding,
    four_maps,
    settle,
)
from window_fakes import FakeQueue  # noqa: E402

from coun_gui.assets import asset  # noqa: E402
from coun_gui.experiments.events import Epoch, Event, Failed, Finished, Message, Started, Step  # noqa: E402
from coun_gui.experiments.record import RunRecord  # noqa: E402
from coun_gui.experiments.spec import parse_experiment, read_toml  # noqa: E402
from coun_gui.experiments.workspace import Workspace  # noqa: E402
from coun_gui.jobs.desk import Desk  # noqa: E402
from coun_gui.reports.colours import method_title  # noqa: E402
from coun_gui.ui.actions import submit_plan  # noqa: E402
from coun_gui.ui.app import build_window, make_application  # noqa: E402
from coun_gui.ui.main_window import MainWindow  # noqa: E402
from coun_gui.ui.session import Session  # noqa: E402
from coun_gui.ui.setup.footer import device_title  # noqa: E402

SIZES = ((1280, 800), (1920, 1080))
SMALL = (1000, 640)
README_SIZE = (1440, 900)


def first_start(window: MainWindow) -> None:
    """As it is when the program is opened for the first time."""
    window.pages.show_page("metrics")
    window.setup.set_spec(read_toml(asset("presets", "digits.toml")))
    _top(window)


def random_share(window: MainWindow) -> None:
    window.setup.set_spec(read_toml(asset("presets", "digits-random.toml")))


def parameters(window: MainWindow) -> None:
    """Behind the gear of CoUn."""
    window.palette_list.dismiss()
    window.setup.set_spec(read_toml(asset("presets", "digits.toml")))
    row = next(row for row in window.setup.form.methods.rows if row.choice["name"] == "coun")
    row.gear.setChecked(True)
    _bring_into_view(row.details)


def wrong_value(window: MainWindow) -> None:
    window.setup.set_spec(read_toml(asset("presets", "digits.toml")))
    form = window.setup.form
    form.folds["training"].unfold()
    settle(0.3)
    editor: Any = form.training.editor("epochs")
    editor.setText("-3")
    editor.edited.emit()
    _bring_into_view(form.folds["training"])


def download(window: MainWindow) -> None:
    """CIFAR-10 is not in the folder that was given."""
    dataset = {"name": "cifar10", "path": str(window.session.workspace.path / "none")}
    forget, methods = {"kind": "random", "fraction": 0.1}, [{"name": "ft"}, {"name": "coun"}]
    content = {"dataset": dataset, "model": {"name": "resnet18"}, "forget": forget, "methods": methods}
    window.setup.set_spec(parse_experiment(content))
    _top(window)


def notice(window: MainWindow) -> None:
    first_start(window)
    window.session.told.emit("The engine ran out of memory on cuda:0.", "Halve the batch size and resume.")


def palette(window: MainWindow) -> None:
    window.notices.dismiss()
    window.open_palette()
    window.palette_list.line.setText("")


def metrics(window: MainWindow) -> None:
    window.palette_list.dismiss()
    window.pages.show_page("metrics")


def results(window: MainWindow) -> None:
    window.pages.show_page("results")


def log(window: MainWindow) -> None:
    """Of the run that failed."""
    window.pages.show_page("metrics")
    tree, model = window.jobs.tree, window.jobs.model
    group = model.index(0, 0)
    rows = [model.index(row, 0, group) for row in range(model.rowCount(group))]
    failed = next((index for index in rows if model.line(index).state == "failed"), rows[0])
    tree.setCurrentIndex(failed)
    tree.scrollTo(failed)
    window.jobs.show_log()


FRESH = (first_start, random_share, download, notice, palette, parameters, wrong_value)
RUNNING = (metrics, results, embedding, log)
FINISHED = (metrics, results, *OVERVIEW)


def _top(window: MainWindow) -> None:
    """What an earlier state has unfolded, and how far it has scrolled, is undone."""
    for fold in window.setup.form.folds.values():
        fold.title.setChecked(False)
    window.setup.form.verticalScrollBar().setValue(0)


def _bring_into_view(widget: QWidget) -> None:
    settle(0.1)
    area = widget
    while not isinstance(area, QScrollArea):
        area = area.parentWidget()
    area.ensureWidgetVisible(widget, 0, 16)


def answered(window: MainWindow) -> None:
    """Waits for what the form has asked the engine."""
    until = time.monotonic() + 20
    while window.setup.footer.estimate.text().startswith("Estimating") and time.monotonic() < until:
        settle(0.2)


def replay(session: Session, finished: Workspace) -> None:
    """The finished experiment once more, stopped half-way: some runs done, one running, one failed."""
    experiment = finished.experiments()[-1]
    records = [record for run in experiment.runs if (record := finished.run(run)) is not None]
    half = len(records) // 2
    for record in records[:half]:
        shutil.copytree(record.folder, session.workspace.folder(record.id), dirs_exist_ok=True)
    session.workspace.runs()
    planned = [
        {"id": record.id, "spec": record.spec.model_dump(mode="json"), "title": _title(record), "needs": []}
        for record in records
    ]
    submit_plan(session, experiment.spec, {"runs": planned})
    queue: Any = session.queue
    for place, record in enumerate(records[: half + 2]):
        queue.begin(record.id)
        share = 1.0 if place < half else 0.6
        for now, event in enumerate(_events(record, share)):
            queue.apply(event, now=now * 2.0)
    failure = Failed(records[half].id, "The loss became infinite in epoch 5.", "Use a smaller learning rate.",
                     "Traceback (most recent call last):\n  …\nTrainingDiverged: loss is inf")  # fmt: skip
    queue.apply(failure)


def _title(record: RunRecord) -> str:
    return f"{method_title(record.spec.method)}, seed {record.spec.seed}"


def _events(record: RunRecord, share: float) -> Iterator[Event]:
    run, history = record.id, record.history()
    epochs = record.spec.training.epochs
    yield Started(run, _title(record), epochs, device="cuda:0")
    yield Message(run, "Training on cuda:0.")
    for line in history[: round(len(history) * share)]:
        keys = ("epoch", "metrics", "losses", "lr", "seconds", "flops")
        yield Epoch(run=run, epochs=epochs, **{key: line[key] for key in keys})
        yield Step(run, "train", line["epoch"] / epochs, line["epoch"], samples_per_second=12_480.0)
    if share == 1.0:
        yield Finished(run, dict(next(iter(record.metrics.values()))))


class Studio:
    """Makes windows over workspaces of their own, which share one engine, and takes their pictures."""

    def __init__(self, out: Path, folder: Path, only: str) -> None:
        self.out, self.folder, self.only = out, folder, only
        self.desk = Desk()
        self.told: list[dict[str, Any]] = []
        self.windows: list[MainWindow] = []
        make_application()
        loop = QEventLoop()
        for ended in (self.desk.ready, self.desk.lost):
            ended.connect(loop.quit)
        self.desk.ready.connect(self.told.append)
        self.desk.start()
        loop.exec()

    def window(self, name: str, fill: Callable[[Session], None] = lambda _session: None) -> MainWindow:
        session = Session(Workspace(self.folder / name, writable=True), FakeQueue(), self.desk)  # type: ignore[arg-type]
        fill(session)
        settings = QSettings(str(self.folder / f"{name}.ini"), QSettings.Format.IniFormat)
        window = build_window(session, settings)
        window.header.set_device(device_title(self.told[0]["devices"][0]), "done")
        window.show()
        settle(1.0)
        self.windows.append(window)
        return window

    def close(self) -> None:
        """Takes the windows down one by one: left to the interpreter's end, they can take it down with them."""
        for window in self.windows:
            window.hide()
            window.deleteLater()
            QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)
        self.desk.close()

    def take(self, window: MainWindow, name: str, states: tuple[State, ...], sizes: Any = SIZES) -> None:
        for width, height in sizes:
            window.resize(width, height)
            for state in states:
                title = f"{name}-{state.__name__.replace('_', '-')}"
                state(window)
                if self.only not in title:
                    continue
                settle(0.8)
                answered(window)
                for mode in ("light", "dark"):
                    window.theme.set_mode(mode)
                    settle(0.1)
                    self.save(window, f"{title}-{mode}-{width}")

    def save(self, window: MainWindow, name: str) -> None:
        picture = window.grab().toImage()
        _draw_popovers(window, picture)
        picture.save(str(self.out / f"{name}.png"), "PNG", 40)  # type: ignore[call-overload]
        print(name, flush=True)


def _lighten(path: Path) -> None:
    """256 colours, for pages that load it first."""
    picture = Image.open(path).convert("RGB")
    few = picture.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def _draw_popovers(window: MainWindow, picture: QImage) -> None:
    """What is open above the window is a window of its own, which `grab` leaves out."""
    painter = QPainter(picture)
    for widget in QApplication.topLevelWidgets():
        if widget.isVisible() and widget.windowType() == Qt.WindowType.Popup:
            painter.drawPixmap(window.mapFromGlobal(widget.pos()), widget.grab())
    painter.end()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--readme", action="store_true")
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        studio = Studio(wanted.out, folder, wanted.only)
        try:
            picture(studio, folder, wanted.workspace, wanted.readme)
        finally:
            studio.close()


def picture(studio: Studio, folder: Path, workspace: Path | None, readme: bool) -> None:
    if workspace is not None:
        for name in ("digits", "drawing"):
            shutil.copytree(workspace, folder / name)
    if readme:
        window = studio.window("digits")
        window.resize(*README_SIZE)
        embedding(window)
        answered(window)
        for mode in ("light", "dark"):
            window.theme.set_mode(mode)
            settle(2)
            studio.save(window, f"window-{mode}")
            _lighten(studio.out / f"window-{mode}.png")
        return
    studio.take(studio.window("first"), "fresh", FRESH)
    if workspace is not None:
        window = studio.window("digits")
        studio.take(window, "done", FINISHED)
        studio.take(window, "done", CLOSER, SIZES[:1])
        studio.take(window, "done", (four_maps,), (SMALL,))
        studio.take(studio.window("drawing"), "drawing", DRAWING, SIZES[:1])
        finished = window.session.workspace
        studio.take(studio.window("running", lambda session: replay(session, finished)), "running", RUNNING)


if __name__ == "__main__":
    main()
