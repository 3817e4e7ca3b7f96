"""The one training loop that the Original, Retrain and every unlearning method use."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from coun_gui.errors import TrainingDiverged
from coun_gui.unlearning.augment import ImageStore
from coun_gui.unlearning.contrastive import contrastive_loss
from coun_gui.unlearning.methods import Batch, Method, Pass, Samples
from coun_gui.unlearning.models import Classifier, evaluating
from coun_gui.unlearning.parameters import ContrastiveSpec, TrainingSpec
from coun_gui.unlearning.precision import Precision, autocast, faster_precision
from coun_gui.unlearning.seeds import derived

CHECK_EVERY = 10  # steps between looks at the losses, each of which waits for the device


class Trainer:
    """Trains `model` by `method`, an epoch at a time.

    All draws of an epoch follow from the seed and the epoch's number, so that training can go on from any epoch and
    two runs of the same description give the same weights on the CPU.

    epoch:       epochs done
    losses:      mean of each part of the loss over those steps of the last epoch that have it
    seconds:     spent in training, without evaluation
    flops:       counted on real passes, preparation included
    paper_flops: by the paper's convention: three forward passes a supervised sample and one for the second view
    precision:   of the passes through the network; weights, losses and everything else are fp32
    """

    def __init__(
        self,
        model: Classifier,
        method: Method,
        store: ImageStore,
        retain: np.ndarray,
        forget: np.ndarray,
        recipe: TrainingSpec,
        contrastive: ContrastiveSpec | None,
        seed: int,
    ) -> None:
        """retain, forget: indices into `store`; the Original is given all of D as retain, and nothing to forget."""
        self.model = model.to(store.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.method = method
        self.store = store
        self.retain = torch.from_numpy(np.array(retain))
        self.forget = torch.from_numpy(np.array(forget))
        self.recipe = recipe
        self.module = method.module(contrastive)
        self.seed = seed
        self.random = torch.Generator()
        self.epoch = 0
        self.losses: dict[str, float] = {}
        self.seconds = 0.0
        self.flops = 0.0
        self.paper_flops = 0.0
        self._step_flops: dict[tuple[int, int], float] = {}
        self.forward_flops = forward_flops(self.model, store)
        self.precision = self._precision()
        self._prepare()
        self.optimizer = torch.optim.SGD(
            self.model.parameters(),
            recipe.lr,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
            fused=True,
        )

    def _precision(self) -> Precision:
        if self.recipe.precision != "auto":
            return self.recipe.precision
        images = self.store.plain(0, self.recipe.batch_size).contiguous(memory_format=torch.channels_last)
        return faster_precision(self.model, images, self.forward_flops)

    def _prepare(self) -> None:
        start = time.perf_counter()
        with FlopCounterMode(display=False) as counter:
            self.method.prepare(self.model, self)
        self.flops += counter.get_total_flops()
        self.paper_flops += counter.get_total_flops()
        self.seconds += time.perf_counter() - start

    @property
    def classes(self) -> int:
        """How many classes the model tells apart."""
        with torch.no_grad(), evaluating(self.model):
            return int(self.model(self.store.plain(0, 1)).shape[1])

    def plain(self, kind: Pass, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Images [B, C, H, W] as they are and labels [B] of one or both sets, in order."""
        sets = {Pass.RETAIN: [self.retain], Pass.FORGET: [self.forget], Pass.BOTH: [self.retain, self.forget]}
        for index in torch.split(torch.cat(sets[kind]), batch_size):
            images = self.store.plain_at(index).contiguous(memory_format=torch.channels_last)
            yield images, self.store.labels[index.to(self.store.device)]

    def lr(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""
        return learning_rate(self.recipe, epoch)

    def train_epoch(self) -> Iterator[float]:
        """Trains one epoch, yielding its share done after every step. Raises `TrainingDiverged`."""
        self._begin_epoch()
        passes = self.method.passes(self.epoch) if self.method.trains else ()
        rounds = [(kind, pair) for kind in passes for pair in self._pairs(kind)]
        if not rounds:
            self.epoch += 1
            yield 1.0
        totals: dict[str, Tensor] = {}
        steps: Counter[str] = Counter()
        for number, (_, pair) in enumerate(rounds, start=1):
            start = time.perf_counter()
            for name, value in self._counted_step(*pair).items():
                totals[name] = totals[name] + value if name in totals else value
                steps[name] += 1
            last = number == len(rounds)
            if last or number % CHECK_EVERY == 0:
                self._read(totals, steps)
            self.seconds += time.perf_counter() - start
            if last:
                self.epoch += 1
            yield number / len(rounds)

    def _begin_epoch(self) -> None:
        self.random.manual_seed(derived(self.seed, f"draws/{self.epoch}"))
        torch.manual_seed(derived(self.seed, f"dropout/{self.epoch}"))
        self.model.train()
        for group in self.optimizer.param_groups:
            group["lr"] = self.lr(self.epoch)

    def _pairs(self, kind: Pass) -> Iterator[tuple[Tensor | None, Tensor | None]]:
        """The retain and forget indices of every step of a pass."""
        if kind is Pass.FORGET:
            for index in self._shuffled(self.forget):
                yield None, index
            return
        forget = self._cycled(self.forget) if kind is Pass.BOTH else None
        for index in self._shuffled(self.retain):
            yield index, next(forget) if forget else None

    def _shuffled(self, indices: Tensor) -> Iterator[Tensor]:
        order = indices[torch.randperm(len(indices), generator=self.random)]
        for batch in torch.split(order, self.recipe.batch_size):
            if len(batch) > 1 or len(order) == 1:  # BatchNorm has no statistics of a single leftover sample
                yield batch

    def _cycled(self, indices: Tensor) -> Iterator[Tensor]:
        while True:
            yield from self._shuffled(indices)

    def _counted_step(self, retain: Tensor | None, forget: Tensor | None) -> dict[str, Tensor]:
        """A step, with its FLOPs: counted the first time that batches of these sizes come, added up after that."""
        sizes = (0 if retain is None else len(retain), 0 if forget is None else len(forget))
        if sizes in self._step_flops:
            losses = self._step(retain, forget)
        else:
            with FlopCounterMode(display=False) as counter:
                losses = self._step(retain, forget)
            self._step_flops[sizes] = counter.get_total_flops()
        self.flops += self._step_flops[sizes]
        second_view = sizes[0] if self.module else 0
        self.paper_flops += self.forward_flops * (3 * sum(sizes) + second_view)
        return losses

    def _step(self, retain: Tensor | None, forget: Tensor | None) -> dict[str, Tensor]:
        self.optimizer.zero_grad(set_to_none=True)
        with autocast(self.precision, self.store.device):
            batch = Batch(self._samples(retain), self._samples(forget), self.epoch)
            parts = self.method.loss(self.model, batch)
            if self.module and batch.retain is not None:
                second = self.model.features(self._view(batch.retain.index)).float()
                loss = contrastive_loss(batch.retain.features, second, self.module.temperature)
                parts["CL"] = self.module.weight * loss
        torch.stack(list(parts.values())).sum().backward()  # type: ignore[no-untyped-call]
        self.method.after_backward(self.model)
        self.optimizer.step()
        self.method.after_step(self.model)
        return {name: value.detach() for name, value in parts.items()}

    def _samples(self, index: Tensor | None) -> Samples | None:
        if index is None:
            return None
        images = self._view(index)
        features = self.model.features(images)
        labels = self.store.labels[index.to(self.store.device)]
        return Samples(images, labels, index, features.float(), self.model.head(features).float())

    def _view(self, index: Tensor) -> Tensor:
        return self.store.augmented(index, self.random).contiguous(memory_format=torch.channels_last)

    def _read(self, totals: dict[str, Tensor], steps: Counter[str]) -> None:
        self.losses = {name: float(total) / steps[name] for name, total in totals.items()}
        for name, value in self.losses.items():
            if not math.isfinite(value):
                raise TrainingDiverged(f"The {name} loss became {value} in epoch {self.epoch + 1}.")

    def state(self) -> dict[str, Any]:
        """What a checkpoint needs, between two epochs: a copy on the CPU, which further training leaves alone."""
        return {
            "model": _on_cpu(self.model.state_dict()),
            "optimizer": _on_cpu(self.optimizer.state_dict()),
            "epoch": self.epoch,
            "seconds": self.seconds,
            "flops": self.flops,
            "paper_flops": self.paper_flops,
            "losses": self.losses,
            "precision": self.precision,
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Goes on from a checkpoint of the same run."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        for name in ("epoch", "seconds", "flops", "paper_flops", "losses", "precision"):
            setattr(self, name, state[name])


def learning_rate(recipe: TrainingSpec, epoch: int) -> float:
    """The learning rate of `epoch`, counted from 0, constant within it."""
    if epoch < recipe.warmup_epochs:
        return recipe.lr * (epoch + 1) / recipe.warmup_epochs
    share = epoch / recipe.epochs
    if recipe.schedule == "step":
        return recipe.lr * 0.1 ** (int(share >= 0.5) + int(share >= 0.75))
    if recipe.schedule == "cosine":
        low = min(recipe.min_lr, recipe.lr)
        return low + (recipe.lr - low) * (1 + math.cos(math.pi * share)) / 2
    return recipe.lr


def forward_flops(model: Classifier, store: ImageStore) -> float:
    """FLOPs of one image's forward pass; a multiplication and an addition are two."""
    with torch.no_grad(), evaluating(model), FlopCounterMode(display=False) as counter:
        model(store.plain(0, 1))
    return float(counter.get_total_flops())


def kept_bytes(model: Classifier, store: ImageStore) -> float:
    """Bytes that a forward pass keeps of one image until the backward pass, weights left out."""
    copy = deepcopy(model).train()
    weights = {parameter.data_ptr() for parameter in copy.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        if tensor.data_ptr() not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.random.fork_rng(devices=[]), torch.autograd.graph.saved_tensors_hooks(keep, lambda same: same):
        images = store.plain(0, len(store))
        logits = copy(images)
    del logits
    return sum(kept.values()) / len(images)


def _on_cpu(value: Any) -> Any:
    """A copy of a nested state with its tensors on the CPU, detached from further training."""
    if isinstance(value, torch.Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {key: _on_cpu(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_on_cpu(item) for item in value]
    return value
