"""Nearest neighbours in blocks, against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from small_data import result
from torch import Tensor

from coun_gui.unlearning.neighbours import neighbours, smallest


def points(count: int = 300, dimensions: int = 20, seed: int = 0) -> Tensor:
    return torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("block", [1, 300 * 64, 2**23])
def test_neighbours_are_exactly_those_of_scikit_learn_whatever_the_block(block: int) -> None:
    cloud = points()
    index, distance = result(neighbours(cloud, 14, block))
    # Float64 and brute force; without arguments a point is not its own neighbour.
    exact = NearestNeighbors(n_neighbors=14, algorithm="brute").fit(cloud.double().numpy())
    wanted_distance, wanted_index = exact.kneighbors()
    np.testing.assert_array_equal(index.numpy(), wanted_index)
    np.testing.assert_allclose(distance.numpy(), wanted_distance, rtol=1e-4)


def test_copies_of_a_point_are_neighbours_at_no_distance() -> None:
    cloud = torch.cat([points(40), points(40)])
    index, distance = result(neighbours(cloud, 1))
    assert index.flatten().tolist() == [*range(40, 80), *range(40)]
    assert float(distance.max()) < 5e-3


def test_the_search_can_be_stopped_after_each_block() -> None:
    assert list(neighbours(points(300), 3, block=300 * 100)) == pytest.approx([1 / 3, 2 / 3, 1])


def test_points_far_from_the_origin_keep_their_neighbours() -> None:
    cloud = torch.arange(50.0)[:, None] ** 2 + 1000
    index, _ = result(neighbours(cloud, 1))
    assert index.flatten().tolist() == [1, *range(49)]


@pytest.mark.parametrize("columns", [3, 14 * 16 + 1, 997])
def test_the_smallest_of_each_row_are_those_of_a_sort(columns: int) -> None:
    values = points(50, columns)
    found, where = smallest(values, 3)
    np.testing.assert_array_equal(found.numpy(), np.sort(values.numpy(), axis=1)[:, :3])
    np.testing.assert_array_equal(values.gather(1, where).numpy(), found.numpy())
