"""A small world for the panels: a real workspace with finished runs; queue and desk do nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from coun_gui.experiments import maps
from coun_gui.experiments.maps import MapSpec, SampleMap
from coun_gui.experiments.record import RunRecord, append_history, write_record
from coun_gui.experiments.spec import (
    ORIGINAL,
    RETRAIN,
    ContrastiveSpec,
    DatasetSpec,
    ExperimentSpec,
    ForgetSpec,
    ModelSpec,
    RunSpec,
    TrainingSpec,
)
from coun_gui.experiments.workspace import Experiment, Workspace
from coun_gui.ui.embedding.panel import EmbeddingPanel
from coun_gui.ui.session import Session

FORGET = "f0f0f0f0f0f0f0f0"
CLASSES = [str(digit) for digit in range(10)]
FINAL = {
    "original": {"RA": 100.0, "UA": 0.0, "TA": 98.0, "MIA": 1.0},
    "retrain": {"RA": 100.0, "UA": 2.0, "TA": 97.0, "MIA": 9.0},
    "ft": {"RA": 99.8, "UA": 0.6, "TA": 97.4, "MIA": 3.4},
    "coun": {"RA": 99.9, "UA": 1.8, "TA": 97.2, "MIA": 7.4},
    "neggrad+": {"RA": 99.2, "UA": 3.1, "TA": 96.1, "MIA": 11.0},
}


class FakeQueue(QObject):
    """Remembers what was submitted and starts nothing."""

    added = Signal(str)
    changed = Signal(str)
    events = Signal(list)
    idle = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[str, Any] = {}

    def submit(self, jobs: Any) -> None:
        for job in jobs:
            self.orders[job.id] = job
            self.added.emit(job.id)

    def jobs(self) -> list[Any]:
        return list(self.orders.values())

    def job(self, job_id: str) -> Any:
        return self.orders[job_id]

    def cancel(self, job_id: str, keep: bool = True) -> None:
        """At once where it waits; an engine would take until its next checkpoint."""
        job = self.orders[job_id]
        if job.state == "running":
            job.stopping = "cancel"
        else:
            job.state = "cancelled"
        self.changed.emit(job_id)

    def close(self) -> None:
        """Nothing runs."""


class FakeDesk(QObject):
    """Answers nothing."""

    ready = Signal(dict)
    lost = Signal(str, str)

    def ask(self, question: dict[str, Any], answered: Any, failed: Any) -> int:
        return 0

    def close(self) -> None:
        """Nothing runs."""


@dataclass
class World:
    """A session over a workspace, with one experiment that is not in view yet."""

    session: Session
    workspace: Workspace
    experiment: Experiment
    specs: dict[tuple[str, int], RunSpec] = field(default_factory=dict)

    def run(self, method: str, seed: int = 0) -> str:
        return self.specs[method, seed].id

    def show(self) -> None:
        self.session.show(self.experiment)

    def describe(self, folder: Path | None = None) -> None:
        """What the desk would have told of the dataset."""
        answer: dict[str, Any] = {"classes": CLASSES}
        if folder is not None:
            answer["images"] = str(folder)
        self.session._described(answer)


def run_spec(method: str, seed: int, original: str | None = None, epochs: int = 20) -> RunSpec:
    switched = method in ("coun", "neggrad+")
    return RunSpec(
        dataset=DatasetSpec(name="digits"),
        dataset_fingerprint="digits-1",
        model=ModelSpec(name="small-cnn"),
        method=method,
        contrastive=ContrastiveSpec(weight=1.0, temperature=0.1) if switched else None,
        training=TrainingSpec(epochs=epochs),
        forget=ForgetSpec(),
        forget_hash=FORGET,
        seed=seed,
        original=original,
    )


def make_world(
    folder: Path,
    methods: tuple[str, ...] = ("ft", "coun", "neggrad+"),
    seeds: tuple[int, ...] = (0,),
    without: tuple[str, ...] = (),
    epochs: tuple[int, int] = (40, 20),
) -> World:
    """Original, Retrain and methods, done with plausible histories; those in `without` were never started."""
    workspace = Workspace(folder, writable=True)
    specs: dict[tuple[str, int], RunSpec] = {}
    for seed in seeds:
        original = run_spec(ORIGINAL, seed, epochs=epochs[0])
        specs[ORIGINAL, seed] = original
        specs[RETRAIN, seed] = run_spec(RETRAIN, seed, epochs=epochs[0])
        for method in methods:
            specs[method, seed] = run_spec(method, seed, original.id, epochs[1])
    for (method, seed), spec in specs.items():
        if method not in without:
            write_run(workspace, spec, seed)
    experiment = workspace.save_experiment(
        ExperimentSpec(name="digits", seeds=seeds), tuple(s.id for s in specs.values())
    )
    session = Session(workspace, FakeQueue(), FakeDesk())  # type: ignore[arg-type]
    return World(session, workspace, experiment, specs)


def write_run(workspace: Workspace, spec: RunSpec, seed: int) -> RunRecord:
    """A finished run, and the way there."""
    random = np.random.default_rng(seed + sum(map(ord, spec.method)))
    epochs = spec.training.epochs
    start = {"RA": 10.0, "UA": 90.0, "TA": 10.0, "MIA": 90.0} if spec.original is None else FINAL["original"]
    final = {key: value + random.normal() * 0.05 for key, value in FINAL[spec.method].items()}
    flops = 1e12 * epochs * (4 if spec.contrastive else 3)
    folder = workspace.folder(spec.id)
    record = RunRecord(
        id=spec.id, spec=spec, status="done", folder=folder, created=f"2026-01-01T00:00:{seed:02d}",
        epoch=epochs, seconds=2.0 * epochs, flops=flops, paper_flops=flops, metrics={spec.forget_hash: final},
    )  # fmt: skip
    write_record(record)
    for epoch in range(epochs + 1):
        share = 1 - np.exp(-4 * epoch / epochs)
        noise = 0.5 * (1 - share)
        metrics = {
            key: start[key] + (final[key] - start[key]) * share + random.normal() * noise for key in start
        }
        losses = {"CE": 2.3 * (1 - share) + 0.01}
        if spec.contrastive:
            losses["CL"] = 8 - 3 * share
        line = {
            "epoch": epoch,
            "metrics": final if epoch == epochs else metrics,
            "losses": losses if epoch else {},
        }
        append_history(folder, {**line, "lr": 0.01, "seconds": 2.0 * epoch, "flops": flops * epoch / epochs})
    return record


def sample_map(
    runs: tuple[str, ...], count: int = 300, forget_share: float = 0.1, seed: int = 0
) -> SampleMap:
    """Ten round clusters; the first run's forget samples lie in their clusters, later ones drift off."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, count)
    forget = random.random(count) < forget_share
    angle = labels * np.pi / 5
    base = np.stack([np.cos(angle), np.sin(angle)], axis=1) * 10 + random.normal(size=(count, 2))
    xy, predicted, confidence = {}, {}, {}
    for place, run in enumerate(runs):
        drift = np.where(forget[:, None], random.normal(size=(count, 2)) * 1.5 * place, 0)
        xy[run] = (base + drift + random.normal(size=(count, 2)) * 0.3).astype(np.float32)
        wrong = random.random(count) < np.where(forget, 0.1 * place + 0.05, 0.01)
        predicted[run] = np.where(wrong, (labels + 1) % 10, labels)
        confidence[run] = (
            np.where(wrong, 0.55, 0.97).astype(np.float32) - random.random(count).astype(np.float32) * 0.1
        )
    return SampleMap(
        spec=MapSpec(runs=runs, forget_hash=FORGET),
        index=np.arange(count, dtype=np.int64) * 2,
        labels=labels.astype(np.int64),
        forget=forget,
        xy=xy,
        predicted=predicted,
        confidence=confidence,
        quality={run: {"trustworthiness": 0.97, "knn_overlap": 0.41} for run in runs},
    )


def write_map(workspace: Workspace, samples: SampleMap) -> Path:
    """The file that an engine would have written."""
    path = workspace.map_path(samples.spec.id)
    maps.write_map(samples, path)
    return path


def write_images(folder: Path, count: int) -> Path:
    """Grey ramps, 8 × 8, whose brightness tells the index."""
    folder.mkdir(parents=True, exist_ok=True)
    images = np.broadcast_to(np.arange(count)[:, None, None] % 256, (count, 8, 8)).astype(np.uint8)
    np.save(folder / "train_images.npy", images)
    return folder


def opened(world: World, qtbot: QtBot) -> EmbeddingPanel:
    """The Embedding panel on the screen, with the world's experiment in view."""
    shown = EmbeddingPanel(world.session)
    qtbot.addWidget(shown)
    shown.resize(1100, 700)
    world.show()
    world.describe()
    shown.show()
    qtbot.waitExposed(shown)
    await_map(shown, qtbot)
    return shown


def await_map(panel: EmbeddingPanel, qtbot: QtBot) -> None:
    """Kept maps are read beside the window: returns when the one that is on its way is on show."""
    if panel.orders.reading:
        with qtbot.waitSignal(panel.orders.came):
            pass
