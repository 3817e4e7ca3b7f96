"""What a plan will cost: FLOPs by counting, time by a short measured probe on the device, disk by what runs leave."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch

from coun_gui.experiments.images import drained
from coun_gui.experiments.machine import choose_device, load, set_threads
from coun_gui.experiments.plan import Plan, built, method_of
from coun_gui.experiments.snapshots import SAMPLES, chosen_epochs
from coun_gui.experiments.spec import ORIGINAL, ModelSpec, RunSpec
from coun_gui.unlearning.augment import ImageStore
from coun_gui.unlearning.evaluation import outputs
from coun_gui.unlearning.forgetting import split
from coun_gui.unlearning.images import ImageData
from coun_gui.unlearning.methods import Pass
from coun_gui.unlearning.methods.ft import FineTuning
from coun_gui.unlearning.metrics.scores import scores
from coun_gui.unlearning.parameters import TrainingSpec
from coun_gui.unlearning.training import Trainer, forward_flops, kept_bytes

STEPS = 3
PROBED = 2e10  # FLOPs of a probing step's forward pass on a CPU: enough to keep it busy, and soon over


@dataclass(frozen=True)
class Speed:
    """Seconds an image takes: forward, backward and update; and evaluation. bytes: of the weights; width: of z."""

    training: float
    evaluation: float
    bytes: int
    width: int


@dataclass(frozen=True)
class Estimate:
    """Of those runs that are still to be done, on one device, small models side by side."""

    seconds: float
    bytes: int


CONTEXT = 0.8e9  # bytes of device memory that a process takes before it computes anything
SLACK = 1.3  # of what the allocator takes and what is in use


def device_memory(work: Plan) -> float:
    """Bytes that a run of the plan takes on a GPU at most: images, weights, and what gradients of two views need.

    What one image keeps is measured on the CPU in fp32, which bf16 stays below.
    """
    data = work.images.data
    network = built(work.runs[0].model, data)
    weights = sum(parameter.numel() * parameter.element_size() for parameter in network.parameters())
    batch = max(run.training.batch_size for run in work.runs)
    kept = 2 * batch * kept_bytes(network, _store(data, 2, torch.device("cpu")))
    pixels = data.train_images.nbytes + data.test_images.nbytes
    return (
        CONTEXT + pixels + SLACK * (4 * weights + kept)
    )  # weights, slopes, momentum, and θ_o where it teaches


def image_flops(work: Plan) -> float:
    """FLOPs of one image's forward pass."""
    data = work.images.data
    return forward_flops(built(work.runs[0].model, data), _store(data, 1, torch.device("cpu")))


def plan_flops(work: Plan, forward: float, done: Iterable[str] = ()) -> float:
    """FLOPs of what is still to be done: three forward passes a trained sample, and three more for a second view."""
    ended = set(done)
    return float(sum(3 * forward * _samples(run, work) for run in work.runs if run.id not in ended))


def estimate(work: Plan, done: Iterable[str], device: str = "auto") -> Estimate:
    """Time and disk of the runs that aren't `done` (ids). Takes a few seconds the first time for a model."""
    left = [run for run in work.runs if run.id not in set(done)]
    if not left:
        return Estimate(0.0, 0)
    data = work.images.data
    there = choose_device(device)
    speed = _probed(left[0].model, left[0].training, work, there)
    looking = (len(data.train_labels) + len(data.test_labels)) * speed.evaluation + _attack(work)
    seconds = sum(_samples(run, work) * speed.training + _evaluations(run) * looking for run in left)
    outputs_of = (len(data.train_labels) + len(data.test_labels)) * (
        4 * len(data.class_names) + 2 * speed.width
    )
    at_once = load(image_flops(work), there)
    kept = sum(_snapshots(run, len(data.train_labels), speed.width) for run in left)
    return Estimate(seconds * at_once, len(left) * (outputs_of + speed.bytes) + kept)


def _snapshots(run: RunSpec, total: int, width: int) -> int:
    """Bytes of the features that a run keeps of its epochs; only what starts from the Original has an epoch 0."""
    epochs = chosen_epochs(run.epochs, run.evaluation.every)
    if run.epochs and not run.original:
        epochs -= {0}
    return min(total, SAMPLES) * (8 + 2 * width * len(epochs))


def _samples(run: RunSpec, work: Plan) -> int:
    """Forward-and-backward passes of single images over the whole run."""
    total, forget = len(work.images.data.train_labels), len(work.forget)
    if run.weights:
        return 0
    method = method_of(run)
    if not method.trains:
        return total + forget
    retain = total if run.method == ORIGINAL else total - forget
    views = 2 if method.module(run.contrastive) else 1
    size = {Pass.RETAIN: retain * views, Pass.FORGET: forget, Pass.BOTH: retain * (views + 1)}
    return sum(size[kind] for epoch in range(run.training.epochs) for kind in method.passes(epoch))


def _evaluations(run: RunSpec) -> int:
    """How often the whole dataset is looked at: at the start from θ_o, every so many epochs, and at the end."""
    return -(-run.epochs // run.evaluation.every) + bool(run.original or run.weights)


_speeds: dict[str, Speed] = {}


def _probed(model: ModelSpec, recipe: TrainingSpec, work: Plan, device: torch.device) -> Speed:
    """Measured once a process for each model, image size and device."""
    data = work.images.data
    key = f"{model.model_dump_json()} {data.shape} {len(data.class_names)} {recipe.precision} {device}"
    if key not in _speeds:
        _speeds[key] = _measured(model, recipe, data, device)
    return _speeds[key]


def _measured(model: ModelSpec, recipe: TrainingSpec, data: ImageData, device: torch.device) -> Speed:
    network = built(model, data)
    size = min(recipe.batch_size, len(data.train_labels) // STEPS)
    if device.type == "cpu":
        flops = forward_flops(network, _store(data, 1, device))
        size = min(size, max(4, round(PROBED / flops)))
    store = _store(data, size * STEPS, device)
    short = recipe.model_copy(update={"batch_size": max(size, 2)})
    whole, nothing = np.arange(len(store)), np.arange(0)
    trainer = Trainer(network, FineTuning(FineTuning.Params()), store, whole, nothing, short, None, 0)
    set_threads(trainer.forward_flops, device)
    ends = [trainer.seconds]
    ends += [trainer.seconds for _ in trainer.train_epoch()]
    start = time.perf_counter()
    width = drained(outputs(network, store, size)).features.shape[1]
    looked = (time.perf_counter() - start) / len(store)
    weights = sum(value.numel() * value.element_size() for value in network.state_dict().values())
    return Speed(float(np.diff(ends).min()) / size, looked, weights, width)


_attacks: dict[tuple[str, int], float] = {}


def _attack(work: Plan) -> float:
    """Seconds that the figures of one evaluation take, the attack above all; measured on random logits."""
    key = (work.images.fingerprint, len(work.forget))
    if key not in _attacks:
        data, random = work.images.data, np.random.default_rng(0)
        logits = [
            random.normal(0, 3, (len(labels), len(data.class_names))).astype(np.float32)
            for labels in (data.train_labels, data.test_labels)
        ]
        start = time.perf_counter()
        scores(logits[0], logits[1], data, split(data, work.forget))
        _attacks[key] = time.perf_counter() - start
    return _attacks[key]


def _store(data: ImageData, count: int, device: torch.device) -> ImageStore:
    some = slice(0, min(count, len(data.train_labels)))
    return ImageStore(data.train_images[some], data.train_labels[some], data.augmentation, device)
