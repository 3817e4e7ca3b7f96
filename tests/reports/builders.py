"""Small real workspaces, written as a run writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from coun_gui.experiments.record import RunRecord, append_history, write_record
from coun_gui.experiments.spec import (
    ORIGINAL,
    RETRAIN,
    ContrastiveSpec,
    DatasetSpec,
    ForgetSpec,
    ModelSpec,
    RunSpec,
    TrainingSpec,
    UnlearningSpec,
)
from coun_gui.experiments.workspace import Workspace

PAPER_COLUMNS = ("RA", "UA", "TA", "MIA")
# CoUn, arXiv 2509.16391, table 2: CIFAR-10, ResNet-18, 10 % random.
# RA, UA, TA, MIA in %, average gap, PFLOPs.
PAPER = {
    "retrain": ((100.00, 4.81, 94.67, 11.02), 0.00, 27.37),
    "ft": ((99.99, 3.76, 94.70, 9.51), 0.65, 6.32),
    "neggrad+": ((99.95, 4.82, 94.32, 9.09), 0.58, 6.02),
    "l1-sparse": ((99.97, 5.40, 93.81, 10.97), 0.38, 6.92),
    "salun": ((99.10, 4.31, 93.84, 11.15), 0.59, 8.66),
    "not": ((99.99, 4.19, 94.65, 10.45), 0.30, 7.52),
    "coun": ((99.99, 4.12, 94.57, 10.81), 0.25, 8.02),
}
FORGET = "f" * 16


def metrics(*values: float) -> dict[str, float]:
    return dict(zip(PAPER_COLUMNS, values, strict=True))


class Bench:
    """Writes finished runs into a workspace; everything has a default that makes runs comparable."""

    def __init__(self, path: Path) -> None:
        self.workspace = Workspace(path, writable=True)
        self._count = 0

    def add(
        self,
        method: str,
        values: Mapping[str, float],
        *,
        seed: int = 0,
        original: str | None = None,
        contrastive: bool = False,
        training: Mapping[str, Any] | None = None,
        forget_hash: str = FORGET,
        forget: ForgetSpec | None = None,
        params: Mapping[str, Any] | None = None,
        status: Any = "done",
        flops: float = 6e15,
        paper_flops: float = 0.0,
        history: Iterable[Mapping[str, Any]] = (),
        dataset: DatasetSpec | None = None,
    ) -> RunRecord:
        recipe = TrainingSpec if method in (ORIGINAL, RETRAIN) else UnlearningSpec
        spec = RunSpec(
            dataset=dataset or DatasetSpec(name="cifar10"),
            dataset_fingerprint="data",
            model=ModelSpec(name="resnet18"),
            method=method,
            params=dict(params or {}),
            contrastive=ContrastiveSpec() if contrastive else None,
            training=recipe(**(training or {})),
            forget=forget or ForgetSpec(),
            forget_hash=forget_hash,
            seed=seed,
            original=original,
        )
        self._count += 1
        record = RunRecord(
            id=spec.id,
            spec=spec,
            status=status,
            folder=self.workspace.folder(spec.id),
            created=f"2025-01-01T00:{self._count // 60:02d}:{self._count % 60:02d}+00:00",
            flops=flops,
            paper_flops=paper_flops,
            seconds=60.0,
            metrics={forget_hash: values},
        )
        write_record(record)
        for line in history:
            append_history(record.folder, line)
        return record

    def paper(self, seed: int = 0) -> None:
        """The paper's first table, as if its means were the figures of one seed."""
        original = self.add("original", metrics(100, 0, 94.9, 0.9), seed=seed, flops=30.4e15)
        for method, (values, _, cost) in PAPER.items():
            start = None if method == RETRAIN else original.id
            self.add(method, metrics(*values), seed=seed, original=start, flops=cost * 1e15)
