"""Maps with everything that an engine tells of a sample, for the embedding explorer's tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from panel_data import World, sample_map

from coun_gui.experiments.maps import Frames, SampleMap


def rich_map(runs: tuple[str, ...], count: int = 300, seed: int = 0) -> SampleMap:
    """`sample_map` with softmaxes, membership and agreement; runs[0] is Retrain."""
    plain = sample_map(runs, count, seed=seed)
    random = np.random.default_rng(seed + 1)
    probabilities = {run: _softmax(plain.predicted[run], plain.confidence[run], random) for run in runs}
    membership = {run: random.normal(0.3, 0.7, count).astype(np.float32) for run in runs}
    target = probabilities[runs[0]].astype(np.float64)
    agreement = {run: _divergence(target, probabilities[run].astype(np.float64)) for run in runs[1:]}
    return replace(plain, probabilities=probabilities, membership=membership, agreement=agreement)


def with_frames(samples: SampleMap, runs: tuple[str, ...], epochs: tuple[int, ...] = (0, 5, 10)) -> SampleMap:
    """Snapshots of every other sample of some runs: straight from Original's place to the run's own."""
    rows = np.arange(0, len(samples.index), 2)
    start = samples.xy[samples.spec.runs[1]][rows]
    frames = {}
    for run in runs:
        end = samples.xy[run][rows]
        shares = np.array(epochs)[:, None, None] / epochs[-1]
        frames[run] = Frames(np.array(epochs), rows, (start + (end - start) * shares).astype(np.float32))
    return replace(samples, spec=samples.spec.model_copy(update={"frames": True}), frames=frames)


def trained_and_unlearned(world: World) -> SampleMap:
    """Original and Retrain have kept their own training, of 40 epochs from the first on; CoUn its 10."""
    runs = (world.run("retrain"), world.run("original"), world.run("coun"))
    plain = rich_map(runs)
    training = with_frames(plain, runs[:2], (1, 20, 40))
    return replace(training, frames=training.frames | with_frames(plain, runs[2:]).frames)


def _softmax(predicted: np.ndarray, confidence: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """float16 [N, 10]: the confidence for the predicted class, the rest shared out at random."""
    rest = random.random((len(predicted), 10)) ** 4
    rest[np.arange(len(predicted)), predicted] = 0
    spread = rest / rest.sum(axis=1, keepdims=True) * (1 - confidence)[:, None]
    spread[np.arange(len(predicted)), predicted] = confidence
    return spread.astype(np.float16)


def _divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """float32 [N], Jensen–Shannon in bits."""
    middle = (p + q) / 2

    def relative(one: np.ndarray) -> np.ndarray:
        terms = np.where(one > 0, one * np.log2(np.maximum(one, 1e-12) / np.maximum(middle, 1e-12)), 0)
        return terms.sum(axis=1)

    return ((relative(p) + relative(q)) / 2).clip(0, 1).astype(np.float32)
