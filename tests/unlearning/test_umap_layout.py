"""UMAP as tensor operations, against scikit-learn's neighbours and the definitions of McInnes et al. (2018)."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from small_data import result
from torch import Tensor

from coun_gui.unlearning.neighbours import neighbours
from coun_gui.unlearning.umap_layout import NEGATIVES, Graph, _move, curve, fuzzy_graph, layout


def points(count: int = 300, dimensions: int = 20, seed: int = 0) -> Tensor:
    return torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed))


# the graph


def memberships(distance: Tensor) -> Tensor:
    """One-way memberships: each sample's neighbours are samples that have none but themselves in common."""
    count, k = distance.shape
    # Neighbours beyond the rows have no edges of their own, so the probabilistic sum leaves the weights as they are.
    index = torch.arange(count * k).view(count, k) + count
    padded = torch.cat([distance, torch.ones(count * k, k)])
    graph = fuzzy_graph(torch.cat([index, torch.zeros(count * k, k, dtype=torch.int64) + count]), padded)
    found = torch.zeros(count, k)
    one_way = (graph.head < count) & (graph.tail >= count)
    head, tail = graph.head[one_way].long(), graph.tail[one_way].long()
    found[head, tail - count - head * k] = graph.weight[one_way].float()
    return found


def test_the_memberships_of_a_sample_add_up_to_log2_of_k_plus_1() -> None:
    _, distance = result(neighbours(points(), 14))
    found = memberships(distance)
    np.testing.assert_allclose(found.sum(dim=1).numpy(), math.log2(15), rtol=1e-4)


def test_the_nearest_neighbour_is_a_full_member_and_others_less_the_farther_they_are() -> None:
    _, distance = result(neighbours(points(), 14))
    found = memberships(distance)
    np.testing.assert_allclose(found[:, 0].numpy(), 1, rtol=1e-6)
    assert (found.diff(dim=1) <= 1e-6).all()
    assert (found > 0).all()


def test_memberships_by_hand() -> None:
    # Three neighbours at 1, 2, 3 with 1 + x + x² = log2(4) = 2: x = (√5 − 1) / 2.
    golden = (math.sqrt(5) - 1) / 2
    found = memberships(torch.tensor([[1.0, 2.0, 3.0]]))
    np.testing.assert_allclose(found.numpy(), [[1, golden, golden**2]], rtol=1e-5)


def test_the_graph_is_symmetric_by_the_probabilistic_sum() -> None:
    # 0 and 1 are each other's nearest (1 both ways); 2 has 1 as its nearest, but not the other way round.
    index = torch.tensor([[1], [0], [1]])
    graph = fuzzy_graph(index, torch.tensor([[1.0], [1.0], [5.0]]))
    edges = {(int(h), int(t)): float(w) for h, t, w in zip(graph.head, graph.tail, graph.weight, strict=True)}
    assert edges == pytest.approx({(0, 1): 1.0, (1, 0): 1.0, (1, 2): 1.0, (2, 1): 1.0})
    cloud_index, distance = result(neighbours(points(60), 5))
    whole = fuzzy_graph(cloud_index, distance)
    dense = torch.zeros(60, 60)
    dense[whole.head.long(), whole.tail.long()] = whole.weight.float()
    torch.testing.assert_close(dense, dense.T)
    assert float(dense.max()) <= 1
    assert float(dense.diagonal().max()) == 0


def test_the_probabilistic_sum_is_a_plus_b_minus_ab() -> None:
    # Of each sample's two neighbours the second counts log2(3) − 1 = 0.585.
    second = math.log2(3) - 1
    index = torch.tensor([[1, 2], [2, 0], [0, 1]])  # a circle: one way 1, the other way 0.585
    graph = fuzzy_graph(index, torch.tensor([[1.0, 2.0]] * 3))
    np.testing.assert_allclose(graph.weight.numpy(), 1 + second - second, rtol=1e-5)
    index = torch.tensor([[1, 2], [0, 2], [0, 1]])  # 1 and 2 are only second to each other
    graph = fuzzy_graph(index, torch.tensor([[1.0, 2.0]] * 3))
    edges = {(int(h), int(t)): float(w) for h, t, w in zip(graph.head, graph.tail, graph.weight, strict=True)}
    assert edges[1, 2] == pytest.approx(2 * second - second**2, rel=1e-5)


@pytest.mark.parametrize("distance", [[[0.0] * 5], [[1.0] * 5], [[0.0, 0.0, 0.0, 0.0, 1e-30]], [[1e-20] * 5]])
def test_distances_that_are_all_alike_give_full_members(distance: list[list[float]]) -> None:
    found = memberships(torch.tensor(distance))
    assert found.isfinite().all()
    np.testing.assert_allclose(found[:, :4].numpy(), 1, rtol=1e-4)


# the layout


def test_the_curve_is_that_of_umap_learn() -> None:
    # umap-learn, find_ab_params(1.0, 0.1), as its documentation prints them.
    assert curve(0.1) == pytest.approx((1.577, 0.895), abs=1e-3)


@pytest.mark.parametrize("min_dist", [0.0, 0.25, 0.5])
def test_the_curve_follows_its_plateau_and_tail(min_dist: float) -> None:
    a, b = curve(min_dist)
    d = np.linspace(0, 3, 50)
    wanted = np.where(d < min_dist, 1, np.exp(-(d - min_dist)))
    assert abs(1 / (1 + a * d ** (2 * b)) - wanted).max() < 0.1


def two_clouds() -> tuple[Graph, np.ndarray]:
    cloud = torch.cat([points(60, 5), points(60, 5, seed=1) + 30])
    return fuzzy_graph(*result(neighbours(cloud, 10))), np.repeat([0, 1], 60)


def test_clouds_that_are_apart_stay_apart_on_the_map() -> None:
    graph, cloud = two_clouds()
    start = 10 * torch.rand(120, 2, generator=torch.Generator().manual_seed(0))
    start[60:, 0] += 10
    xy = result(layout(graph, start, 200, seed=0)).numpy()
    nearest = NearestNeighbors(n_neighbors=10).fit(xy).kneighbors(return_distance=False)
    assert (cloud[nearest] == cloud[:, None]).mean() > 0.99


def test_the_same_seed_gives_the_same_map_and_another_another() -> None:
    graph, _ = two_clouds()
    start = points(120, 2)
    first, again, other = (result(layout(graph, start, 30, seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_layout_can_be_watched_and_leaves_its_start_alone() -> None:
    graph, _ = two_clouds()
    start = points(120, 2)
    before = start.clone()
    assert list(layout(graph, start, 4, seed=0)) == pytest.approx([0.25, 0.5, 0.75, 1])
    assert torch.equal(start, before)


def test_an_attracted_pair_moves_together() -> None:
    graph = Graph(torch.tensor([0, 1]), torch.tensor([1, 0]), torch.ones(2))
    start = torch.tensor([[0.0, 0.0], [10.0, 0.0], [200.0, 200.0]])
    xy = result(layout(graph, start, 100, seed=0))
    assert float((xy[0] - xy[1]).norm()) < 5


def test_a_step_is_the_gradient_of_the_cross_entropy_pair_by_pair() -> None:
    """Section 3.2 in float64, one edge after another from the places before the step."""
    count, a, b, pull = 40, 1.6, 0.9, 0.7
    head, tail = torch.arange(60) % count, torch.arange(60) * 7 % count  # some heads twice
    strangers = torch.arange(NEGATIVES * 60, dtype=torch.int32) * 11 % count
    before = 3 * points(count, 2)
    x, y = before.T.clone()
    _move((x, y), head, tail, strangers, (a, b), pull)
    place = before.double().numpy()
    wanted = place.copy()
    for edge, (i, j) in enumerate(zip(head.tolist(), tail.tolist(), strict=True)):
        apart = place[i] - place[j]
        squared = float(apart @ apart)
        if squared:
            force = -2 * a * b * squared ** (b - 1) / (1 + a * squared**b) * apart
            wanted[i] += pull * force.clip(-4, 4)
            wanted[j] -= pull * force.clip(-4, 4)
        for k in strangers.view(NEGATIVES, -1)[:, edge].tolist():
            apart = place[i] - place[k]
            squared = float(apart @ apart)
            wanted[i] += pull * (2 * b / ((0.001 + squared) * (1 + a * squared**b)) * apart).clip(-4, 4)
    np.testing.assert_allclose(torch.stack((x, y), dim=1).numpy(), wanted, atol=2e-4)
