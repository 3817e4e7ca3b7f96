"""Feature spaces in one basis, read in blocks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.stats import ortho_group
from sklearn.decomposition import PCA

from coun_gui.unlearning import spaces
from coun_gui.unlearning.spaces import Space, in_one_basis, principal_axes, turn

CPU = torch.device("cpu")
ALL = np.ones(90, dtype=bool)


def clusters(dimensions: int = 8, seed: int = 0) -> np.ndarray:
    """Three clouds, far from each other: sample k belongs to cloud k modulo 3."""
    random = np.random.default_rng(seed)
    centres = 10 * np.eye(3, dimensions)
    return (centres[np.arange(90) % 3] + random.normal(size=(90, dimensions))).astype(np.float32)


def turned(features: np.ndarray, seed: int = 5) -> np.ndarray:
    return (features @ ortho_group.rvs(features.shape[1], random_state=seed)).astype(np.float32)


def whole(space: Space) -> np.ndarray:
    return torch.cat(list(space.blocks())).numpy()


def components(features: np.ndarray) -> np.ndarray:
    return in_one_basis([features], np.ones(len(features), bool), CPU)[0].points.numpy()


# one model


def test_a_space_is_centred_and_of_mean_squared_length_one() -> None:
    found = whole(Space(7 * clusters() + 3, CPU))
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-5)
    assert (found**2).sum(axis=1).mean() == pytest.approx(1, abs=1e-5)


def test_samples_with_nan_or_infinity_are_no_part_of_it() -> None:
    features = clusters()
    features[[4, 7, 9], [0, 3, 5]] = np.nan, np.inf, -np.inf
    space = Space(features, CPU)
    left = np.delete(clusters(), [4, 7, 9], axis=0)
    assert space.rows.tolist() == [row for row in range(90) if row not in (4, 7, 9)]
    np.testing.assert_array_equal(whole(space), whole(Space(left, CPU)))


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    models = [clusters(), turned(clusters(seed=1))]
    at_once = in_one_basis(models, ALL, CPU)
    monkeypatch.setattr(spaces, "BLOCK", 7)
    in_parts = in_one_basis(models, ALL, CPU)
    for one, other in zip(at_once, in_parts, strict=True):
        torch.testing.assert_close(one.points, other.points, atol=1e-4, rtol=0)


def test_the_features_may_be_of_half_precision_and_stay_as_they_are() -> None:
    features = clusters().astype(np.float16)
    features.flags.writeable = False
    assert components(features).dtype == np.float32


# principal components


@pytest.mark.parametrize("dimensions", [2, 5, 8])
def test_principal_components_are_those_of_scikit_learn_up_to_sign(dimensions: int) -> None:
    space = clusters() * np.linspace(1, 2, 8, dtype=np.float32)
    centred = torch.from_numpy(space - space.mean(axis=0))
    ours = (centred @ principal_axes(centred.T @ centred, dimensions)).numpy()
    wanted = PCA(dimensions, svd_solver="full").fit_transform(space.astype(np.float64))
    assert ours.shape == wanted.shape
    for column in range(dimensions):
        sign = np.sign(ours[:, column] @ wanted[:, column])
        np.testing.assert_allclose(ours[:, column], sign * wanted[:, column], atol=2e-3)


def test_the_sign_of_a_component_does_not_hang_on_the_order_of_the_samples() -> None:
    space = clusters()
    order = np.random.default_rng(1).permutation(len(space))
    np.testing.assert_allclose(components(space)[order], components(space[order]), atol=1e-3)


def test_no_more_components_than_dimensions_but_always_two_columns() -> None:
    assert components(clusters(dimensions=5)).shape == (90, 5)
    assert components(clusters(dimensions=60)).shape == (90, 50)
    line = components(np.array([[1.0], [2.0], [6.0]]))
    size = np.sqrt((2**2 + 1**2 + 3**2) / 3)
    np.testing.assert_allclose(abs(line), np.array([[2, 0], [1, 0], [3, 0]]) / size, atol=1e-6)


# one basis for all models


def test_matching_undoes_a_rotation() -> None:
    first, other = in_one_basis([clusters(), 7 * turned(clusters()) + 3], ALL, CPU)
    torch.testing.assert_close(first.points, other.points, atol=1e-4, rtol=0)


def test_matching_looks_at_the_retain_samples_alone() -> None:
    """The forget samples are mirrored about the retain samples' centre, which is left where it is."""
    features, retain = clusters(), np.arange(90) < 60
    features -= features[retain].mean(axis=0)
    features[~retain] -= features[~retain].mean(axis=0)
    moved = turned(features)
    moved[~retain] *= -1
    models = in_one_basis([features, moved], retain, CPU)
    first, other = (model.points.numpy() for model in models)
    np.testing.assert_allclose(other[retain], first[retain], atol=1e-4)
    np.testing.assert_allclose(other[~retain], -first[~retain], atol=1e-4)


def test_matching_turns_and_never_stretches() -> None:
    way = turn(Space(3 * clusters(seed=9), CPU), Space(clusters(), CPU), ALL)
    torch.testing.assert_close(way @ way.T, torch.eye(8), atol=1e-5, rtol=0)


def test_models_are_matched_by_the_samples_that_are_numbers_in_both() -> None:
    first, second = clusters(), turned(clusters())
    first[3], second[[5, 80]] = np.nan, np.inf
    kept = np.delete(np.arange(90), [3, 5, 80])
    one, other = in_one_basis([first, second], ALL, CPU)
    ours, theirs = (
        dict(zip(model.space.rows.tolist(), model.points.numpy(), strict=True)) for model in (one, other)
    )
    for row in kept.tolist():
        np.testing.assert_allclose(ours[row], theirs[row], atol=0.1)
    assert all(a < b for a, b in pairwise(other.space.rows.tolist()))


def test_models_of_different_width_share_a_basis() -> None:
    wide = np.concatenate([turned(clusters()), np.zeros((90, 4), np.float32)], axis=1)
    for models in ([clusters(), wide], [wide, clusters()]):
        first, other = in_one_basis(models, ALL, CPU)
        torch.testing.assert_close(first.points[:, :8], other.points[:, :8], atol=1e-4, rtol=0)
