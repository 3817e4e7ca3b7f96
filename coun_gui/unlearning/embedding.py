"""Features of several models to 2-D maps in one shared frame, with measures of how far each map can be trusted."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from coun_gui.unlearning.anchor import Anchor, fitted
from coun_gui.unlearning.images import Progress
from coun_gui.unlearning.layouts import Recipe, Work, lay_out
from coun_gui.unlearning.spaces import Model, in_one_basis
from coun_gui.unlearning.way import Snapshots, followed, placed

NEIGHBOURS = 15  # of the measures
QUALITY_SAMPLES = 2000
# Measured (tests/benchmarks/bench_maps.py): at 1 % an epoch the retain clusters of all models lie in nearly the same
# places, at a loss of trustworthiness below 0.005. One layout of all models together is less true to a model that
# differs, whose samples are neighbours of its own alone, and mostly shifts its clusters more.
HOLD = 0.01


@dataclass(frozen=True)
class Layout:
    """xy: float32 [N, 2], NaN for samples without a place: those with features that are no finite numbers.

    trustworthiness (Venna & Kaski 2001) and k-NN overlap, k = 15, both in 0…1, against the model's own features.
    way: float32 [E, S, 2], where the samples of the model's snapshots lay in the same frame.
    """

    xy: np.ndarray
    trustworthiness: float
    knn_overlap: float
    way: np.ndarray | None = None


@dataclass(frozen=True)
class _Drawn:
    """A model with the places float32 [n, 2] of its rows."""

    model: Model
    xy: Tensor


def shared_frame(
    features: Sequence[np.ndarray],
    retain: np.ndarray,
    recipe: Recipe,
    device: torch.device,
    snapshots: Mapping[int, Snapshots] = MappingProxyType({}),
) -> Generator[Progress, None, list[Layout]]:
    """One layout a model, such that a place means the same in each.

    features: float [N, D] a model, rows the same N samples; features[0] is the reference, to whose basis the others
    are turned by orthogonal Procrustes on the retain rows (bool [N]). snapshots: by the model's number.
    The reference is laid out by itself. The others start from its map and are held to it by their retain samples;
    forget samples go where their neighbours are. A sample whose features are no finite numbers in one model has no
    place in that model's map, and counts in nothing there.
    """
    yield Progress("matching the models", 0.0)
    drawn: list[_Drawn] = []
    models = in_one_basis(features, retain, device)
    for number, model in enumerate(models):
        low, high = (0.05 + 0.85 * turn / len(models) for turn in (number, number + 1))
        first = next((each for each in drawn if len(each.xy)), None)
        xy = yield from within(_laid_out(model, first, retain, recipe), low, high)
        drawn.append(_Drawn(model, xy))
    found = []
    for number, each in enumerate(drawn):
        yield Progress("measuring the maps", 0.9 + 0.1 * number / len(models))
        way = _way(snapshots[number], each.model, drawn, retain, recipe) if number in snapshots else None
        found.append(Layout(_whole(each, len(retain)), *_measured(each, recipe.seed), way))
    return found


def _laid_out(model: Model, first: _Drawn | None, retain: np.ndarray, recipe: Recipe) -> Work:
    """By itself where there is no first map; principal components share a frame without one."""
    points = model.points
    if first is None or recipe.method == "pca":
        xy = yield from lay_out(points, points[:, :2].clone(), recipe)
        return xy
    both, here, there = np.intersect1d(
        model.space.rows, first.model.space.rows, assume_unique=True, return_indices=True
    )
    start = points.new_full((len(points), 2), torch.nan)
    start[here] = first.xy[there]
    lost = start.isnan().any(dim=1)  # without a place in the first map: beside what it resembles
    start[lost] = placed(points[lost], first.model.points, first.xy, recipe.method)
    kept = retain[both]
    rows, places = torch.from_numpy(here[kept]).to(points.device), first.xy[there[kept]]
    xy = yield from lay_out(points, start, recipe, Anchor(rows, places, HOLD))
    return fitted(xy, rows, places)


def _way(
    snapshots: Snapshots, model: Model, drawn: Sequence[_Drawn], retain: np.ndarray, recipe: Recipe
) -> np.ndarray:
    """float32 [E, S, 2]: read off all maps together."""
    points, plane = torch.cat([each.model.points for each in drawn]), torch.cat([each.xy for each in drawn])
    steps = followed(snapshots, model.space, model.turn, retain)
    way = torch.stack([placed(step @ model.axes, points, plane, recipe.method) for step in steps])
    found: np.ndarray = way.cpu().numpy()
    return found


def _whole(drawn: _Drawn, count: int) -> np.ndarray:
    """float32 [N, 2]: NaN for samples that aren't drawn."""
    xy = np.full((count, 2), np.nan, dtype=np.float32)
    xy[drawn.model.space.rows] = drawn.xy.cpu().numpy()
    return xy


def _measured(drawn: _Drawn, seed: int) -> tuple[float, float]:
    """Against the model's own features, of a number of samples at most."""
    chosen = measured_rows(len(drawn.xy), seed)
    space = drawn.model.space
    return quality(space.of(space.rows[chosen.numpy()]), drawn.xy[chosen.to(drawn.xy.device)])


def within(work: Work, low: float, high: float) -> Work:
    """The same work, as the part of a whole from one share to another."""
    while True:
        try:
            progress = next(work)
        except StopIteration as end:
            found: Tensor = end.value
            return found
        yield Progress(progress.stage, low + (high - low) * progress.share)


def measured_rows(count: int, seed: int) -> Tensor:
    """int64 [≤ 2,000]: the samples on which a map of `count` samples is measured."""
    random = torch.Generator().manual_seed(seed)
    return torch.randperm(count, generator=random)[:QUALITY_SAMPLES]


def quality(space: Tensor, xy: Tensor, k: int = NEIGHBOURS) -> tuple[float, float]:
    """Trustworthiness and k-NN overlap of a map [N, 2] of a space [N, D]; NaN where there are too few samples."""
    count = len(space)
    k = min(k, (count - 1) // 2)
    if k < 1:
        return float("nan"), float("nan")
    near = _apart(xy).topk(k, dim=1, largest=False).indices
    apart = _apart(space)
    ordered = apart.sort(dim=1).values
    rank = torch.searchsorted(ordered, apart.gather(1, near))  # how many lie nearer in space
    intruders = (rank - (k - 1)).clamp_min(0).sum()
    worst = count * k * (2 * count - 3 * k - 1) / 2
    return 1 - float(intruders) / worst, float((rank < k).sum()) / (count * k)


def _apart(points: Tensor) -> Tensor:
    """Distances of all pairs; infinite from a point to itself."""
    distance = torch.cdist(points, points)
    distance.fill_diagonal_(torch.inf)
    return distance
