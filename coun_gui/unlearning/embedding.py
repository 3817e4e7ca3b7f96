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
from coun_gui.unlearning.way import Snapshots, followed, placed, unit

PCA_DIMENSIONS = 50
NEIGHBOURS = 15  # of the measures
QUALITY_SAMPLES = 2000
# Measured (tests/benchmarks/bench_maps.py): at 1 % an epoch the retain clusters of all models lie in nearly the same
# places, at a loss of trustworthiness below 0.005. One layout of all models together is less true to a model that
# differs, whose samples are neighbours of its own alone, and mostly shifts its clusters more.
HOLD = 0.01


@dataclass(frozen=True)
class Layout:
    """xy: float32 [N, 2]; trustworthiness (Venna & Kaski 2001) and k-NN overlap, k = 15, both in 0…1.

    way: float32 [E, S, 2], where the samples of the model's snapshots lay in the same frame.
    """

    xy: np.ndarray
    trustworthiness: float
    knn_overlap: float
    way: np.ndarray | None = None


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
    forget samples go where their neighbours are.
    """
    yield Progress("matching the models", 0.0)
    raw = [torch.from_numpy(np.array(x)).to(device) for x in features]
    spaces = matched([unit(x) for x in raw], retain)
    joint = torch.cat(spaces)
    centre, axes = joint.mean(dim=0), principal_axes(joint, PCA_DIMENSIONS)
    points = (joint - centre) @ axes
    rows = torch.from_numpy(np.flatnonzero(retain)).to(device)
    parts = torch.split(points, [len(space) for space in spaces])
    maps: list[Tensor] = []
    for number, own in enumerate(parts):
        low, high = (0.05 + 0.85 * turn / len(parts) for turn in (number, number + 1))
        xy = yield from within(_laid_out(own, maps[0] if maps else None, rows, recipe), low, high)
        maps.append(xy)
    plane = torch.cat(maps)
    found = []
    for number, (own, xy) in enumerate(zip(parts, maps, strict=True)):
        yield Progress("measuring the maps", 0.9 + 0.1 * number / len(parts))
        trust, overlap = quality(own, xy, recipe.seed)
        way: np.ndarray | None = None
        if number in snapshots:
            steps = followed(snapshots[number], raw[number], spaces[number], torch.from_numpy(retain))
            drawn = [placed((step - centre) @ axes, points, plane, recipe.method) for step in steps]
            way = torch.stack(drawn).cpu().numpy()
        found.append(Layout(xy.cpu().numpy(), trust, overlap, way))
    return found


def _laid_out(points: Tensor, first: Tensor | None, rows: Tensor, recipe: Recipe) -> Work:
    """By itself where there is no first map; principal components share a frame without one."""
    if first is None or recipe.method == "pca":
        xy = yield from lay_out(points, points[:, :2].clone(), recipe)
        return xy
    xy = yield from lay_out(points, first, recipe, Anchor(rows, first[rows], HOLD))
    return fitted(xy, rows, first[rows])


def within(work: Work, low: float, high: float) -> Work:
    """The same work, as the part of a whole from one share to another."""
    while True:
        try:
            progress = next(work)
        except StopIteration as end:
            found: Tensor = end.value
            return found
        yield Progress(progress.stage, low + (high - low) * progress.share)


def matched(spaces: Sequence[Tensor], retain: np.ndarray) -> list[Tensor]:
    """Each space turned (never stretched) to lie on the first one as closely as the retain rows allow.

    The turn is U Vᵀ of the singular value decomposition of Xᵀ Y (Schönemann 1966).
    """
    rows = torch.from_numpy(np.flatnonzero(retain)).to(spaces[0].device)
    turned = [spaces[0]]
    for space in spaces[1:]:
        u, _, vh = torch.linalg.svd(space[rows].T @ spaces[0][rows], full_matrices=False)
        turned.append(space @ (u @ vh))
    return turned


def pca(points: Tensor, dimensions: int) -> Tensor:
    """The leading principal components, float32 [N, min(dimensions, D)], at least two columns; signs are fixed."""
    return (points - points.mean(dim=0)) @ principal_axes(points, dimensions)


def principal_axes(points: Tensor, dimensions: int) -> Tensor:
    """float32 [D, min(dimensions, D)]; a second column of zeros where D is 1."""
    centred = points - points.mean(dim=0)
    _, axes = torch.linalg.eigh((centred.T @ centred).double())
    axes = axes.flip(1)[:, :dimensions].to(points.dtype)
    largest = axes.abs().argmax(dim=0)
    axes = axes * axes[largest, torch.arange(axes.shape[1], device=axes.device)].sign()
    return torch.nn.functional.pad(axes, [0, max(0, 2 - axes.shape[1])])


def quality(space: Tensor, xy: Tensor, seed: int, k: int = NEIGHBOURS) -> tuple[float, float]:
    """Trustworthiness and k-NN overlap of a map, on at most 2,000 samples; NaN where there are too few."""
    count = min(len(space), QUALITY_SAMPLES)
    k = min(k, (count - 1) // 2)
    if k < 1:
        return float("nan"), float("nan")
    random = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(space), generator=random)[:count].to(space.device)
    near = _apart(xy[chosen]).topk(k, dim=1, largest=False).indices
    apart = _apart(space[chosen])
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
