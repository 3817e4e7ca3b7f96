"""UMAP, t-SNE and PaCMAP behind one call: points of some fifty dimensions to places on a plane."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import Tensor

from coun_gui.unlearning import pacmap_layout, tsne_layout, umap_layout
from coun_gui.unlearning.anchor import Anchor
from coun_gui.unlearning.images import Progress
from coun_gui.unlearning.neighbours import neighbours

FEWEST = 4  # samples; fewer have no neighbourhoods to keep
MANY = 10_000  # from here on fewer epochs do
SEARCH = 0.3  # share of the work that goes into the neighbours, about

Work = Generator[Progress, None, Tensor]


@dataclass(frozen=True)
class Recipe:
    """method: umap, pca, tsne or pacmap; neighbours: UMAP and PaCMAP; perplexity: t-SNE; min_dist: UMAP."""

    method: str
    seed: int
    neighbours: int
    perplexity: float
    min_dist: float


def lay_out(points: Tensor, start: Tensor, recipe: Recipe, anchor: Anchor | None = None) -> Work:
    """Places float32 [N, 2] for points float32 [N, D].

    start: float32 [N, 2], their first two principal components, or with an anchor, a map of this method to go on from.
    """
    if recipe.method == "pca" or len(points) < FEWEST:
        return start
    xy = yield from _LAYOUTS[recipe.method](points, start, recipe, anchor)
    return xy


def _umap(points: Tensor, start: Tensor, recipe: Recipe, anchor: Anchor | None) -> Work:
    # A sample counts itself among its neighbours there.
    index, distance = yield from _search(points, min(recipe.neighbours, len(points)) - 1)
    graph = umap_layout.fuzzy_graph(index, distance)
    if anchor is None:
        low, high = start.min(), start.max()
        start = 10 * (start - low) / (high - low).clamp_min(1e-12)
    epochs = 200 if len(points) > MANY else 300
    work = umap_layout.layout(graph, start, epochs, recipe.seed, recipe.min_dist, anchor)
    xy = yield from _moving(work)
    return xy


def _tsne(points: Tensor, start: Tensor, recipe: Recipe, anchor: Anchor | None) -> Work:
    index, distance = yield from _search(points, tsne_layout.neighbour_count(recipe.perplexity, len(points)))
    similarity = tsne_layout.similarities(distance, recipe.perplexity)
    xy = yield from _moving(tsne_layout.layout(index, similarity, start, anchor))
    return xy


def _pacmap(points: Tensor, start: Tensor, recipe: Recipe, anchor: Anchor | None) -> Work:
    index, distance = yield from _search(points, pacmap_layout.candidates(recipe.neighbours, len(points)))
    pairs = pacmap_layout.pairs(points, index, distance, recipe.neighbours, recipe.seed)
    xy = yield from _moving(pacmap_layout.layout(pairs, start, anchor))
    return xy


_LAYOUTS = {"umap": _umap, "tsne": _tsne, "pacmap": _pacmap}


def _search(points: Tensor, k: int) -> Generator[Progress, None, tuple[Tensor, Tensor]]:
    work = neighbours(points, k)
    while True:
        try:
            share = next(work)
        except StopIteration as end:
            found: tuple[Tensor, Tensor] = end.value
            return found
        yield Progress("finding neighbours", SEARCH * share)


def _moving(work: Generator[float, None, Tensor]) -> Work:
    """In one thread: a step is so short that waking others takes longer than they save, twice the time and more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        while True:
            try:
                share = next(work)
            except StopIteration as end:
                xy: Tensor = end.value
                return xy
            yield Progress("laying out the map", SEARCH + (1 - SEARCH) * share)
    finally:
        torch.set_num_threads(threads)
