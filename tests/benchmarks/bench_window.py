"""Start-up against `import torch`, and how long the window's event loop stalls while a job trains.

    python tests/benchmarks/bench_window.py [seconds of training watched]

Peers are measured in the same run, in turn, in fresh processes; the median is what counts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROUNDS = 5
TICK_MS = 5


def main() -> None:
    if sys.argv[1:2] == ["--start"]:
        start_and_tell(float(sys.argv[2]), Path(sys.argv[3]))
    cold_start()
    event_loop(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)


def cold_start() -> None:
    """Median seconds from the start of a process to the first paint and to a form that can be used."""
    torch, paint, form = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            begin = time.time()
            subprocess.run([sys.executable, "-c", "import torch"], check=True)
            torch.append(time.time() - begin)
            call = [sys.executable, __file__, "--start", str(time.time()), str(Path(folder) / "workspace")]
            told = subprocess.run(call, check=True, capture_output=True, text=True).stdout.split()
            paint.append(float(told[-2]))
            form.append(float(told[-1]))
    peer = median(torch)
    print(f"import torch              {peer:6.2f} s")
    print(
        f"first paint               {median(paint):6.2f} s   {median(paint) / peer:.2f} × import torch (at most 0.4)"
    )
    print(
        f"a form that can be used   {median(form):6.2f} s   {median(form) / peer:.2f} × import torch (at most 0.8)"
    )


def start_and_tell(begin: float, workspace: Path) -> None:
    """Opens the window as the program does, and prints when it was painted and when it answered a key."""
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QSpinBox

    from coun_gui.experiments.workspace import Workspace
    from coun_gui.jobs.desk import Desk
    from coun_gui.jobs.queue import JobQueue
    from coun_gui.ui.app import build_window, make_application, start_engines
    from coun_gui.ui.session import Session

    application = make_application()
    session = Session(Workspace(workspace, writable=True), JobQueue(), Desk())
    window = build_window(session)
    painted: list[float] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if watched is window and event.type() == QEvent.Type.Paint and not painted:
                painted.append(time.time() - begin)
            return False

    watch = Watch()
    window.installEventFilter(watch)

    def usable() -> None:
        window.findChild(QSpinBox, "seeds_spin").setValue(5)
        assert len(window.setup.spec().seeds) == 5
        assert window.findChild(QObject, "start_button").isEnabled()
        print(painted[0], time.time() - begin, flush=True)
        os._exit(0)

    window.pages_ready.connect(lambda: QTimer.singleShot(0, usable))
    window.painted.connect(lambda: start_engines(session))
    window.show()
    application.exec()


def event_loop(seconds: float) -> None:
    """Gaps between ticks of a fast timer: idle first, then while an engine trains and curves are drawn."""
    from PySide6.QtCore import QEventLoop, Qt, QTimer

    from coun_gui.experiments.spec import parse_experiment
    from coun_gui.experiments.workspace import Workspace
    from coun_gui.jobs.desk import Desk
    from coun_gui.jobs.queue import JobQueue
    from coun_gui.ui import actions
    from coun_gui.ui.app import build_window, make_application, start_engines
    from coun_gui.ui.session import Session

    make_application()
    with tempfile.TemporaryDirectory() as folder:
        session = Session(Workspace(Path(folder) / "workspace", writable=True), JobQueue(), Desk())
        window = build_window(session)
        window.resize(1440, 900)
        window.show()

        def watched(duration: float) -> list[float]:
            gaps: list[float] = []
            last = time.perf_counter()

            def tick() -> None:
                nonlocal last
                now = time.perf_counter()
                gaps.append(1000 * (now - last) - TICK_MS)
                last = now

            timer = QTimer()
            timer.setTimerType(Qt.TimerType.PreciseTimer)
            timer.timeout.connect(tick)
            timer.start(TICK_MS)
            loop = QEventLoop()
            QTimer.singleShot(int(1000 * duration), loop.quit)
            loop.exec()
            timer.stop()
            return sorted(gaps)

        def wait_for(signal: object) -> None:
            loop = QEventLoop()
            signal.connect(loop.quit)  # type: ignore[attr-defined]
            loop.exec()

        start_engines(session)
        wait_for(session.desk.ready)
        watched(3)
        report("idle", watched(5))
        training = {"epochs": 2000, "lr": 0.1, "batch_size": 64}
        spec = parse_experiment({"training": training, "methods": [{"name": "coun"}]})
        actions.start_experiment(session, spec)
        wait_for(session.live)
        watched(2)
        report("a job trains", watched(seconds))
        session.close()
        window.close()


def report(title: str, gaps: list[float]) -> None:
    """Percentiles of the event loop's lateness, in ms."""
    p50, p99 = gaps[len(gaps) // 2], gaps[int(len(gaps) * 0.99)]
    print(f"event loop, {title:12}  late by {p50:5.1f} ms at p50, {p99:5.1f} at p99, {gaps[-1]:5.1f} at most")


if __name__ == "__main__":
    main()
