"""Snapshots of a model's training on the map of its end."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import ortho_group
from small_data import result
from torch import Tensor

from coun_gui.unlearning.embedding import Layout, shared_frame
from coun_gui.unlearning.layouts import Recipe
from coun_gui.unlearning.spaces import Space
from coun_gui.unlearning.way import Snapshots, followed, placed

CPU = torch.device("cpu")
METHODS = ["pca", "umap", "tsne", "pacmap"]
RETAIN = np.arange(90) >= 30


def clusters(seed: int = 0) -> np.ndarray:
    """Three clouds, far from each other: sample k belongs to cloud k modulo 3."""
    random = np.random.default_rng(seed)
    return (10 * np.eye(3, 8)[np.arange(90) % 3] + random.normal(size=(90, 8))).astype(np.float32)


def moved(share: float) -> np.ndarray:
    """The first 30 samples on their way from the next cloud to their own."""
    space = clusters()
    home = np.arange(90)[:, None] % 3 == np.arange(3)
    space[:30, :3] += (1 - share) * 10 * (np.roll(home, 1, axis=1)[:30].astype(np.float32) - home[:30])
    return space


def turned(space: np.ndarray, seed: int = 5) -> np.ndarray:
    return (7 * space @ ortho_group.rvs(space.shape[1], random_state=seed) + 3).astype(np.float32)


def drawn(features: list[np.ndarray], snapshots: dict[int, Snapshots], method: str) -> list[Layout]:
    recipe = Recipe(method, 0, neighbours=15, perplexity=10, min_dist=0.1)
    return result(shared_frame(features, RETAIN, recipe, CPU, snapshots))


def nearest_cloud(xy: np.ndarray, of: np.ndarray) -> np.ndarray:
    centres = np.stack([np.median(of[cloud::3], axis=0) for cloud in range(3)])
    nearest: np.ndarray = np.linalg.norm(xy[:, None] - centres, axis=2).argmin(axis=1)
    return nearest


@pytest.mark.parametrize("method", METHODS)
def test_the_features_of_the_end_lie_where_the_map_has_them(method: str) -> None:
    rows = np.arange(10, 60)
    models = [clusters(), turned(clusters(seed=1))]
    found = drawn(models, {1: Snapshots(rows, models[1][None, rows])}, method)
    assert found[0].way is None
    assert found[1].way is not None
    assert found[1].way.dtype == np.float32
    np.testing.assert_allclose(found[1].way, found[1].xy[None, rows], atol=0.02 * np.ptp(found[1].xy))


@pytest.mark.parametrize("method", METHODS)
def test_the_way_leads_from_the_cloud_of_the_start_to_that_of_the_end(method: str) -> None:
    rows = np.arange(90)
    found = drawn([clusters()], {0: Snapshots(rows, np.stack([moved(0), moved(1)]))}, method)[0]
    assert found.way is not None
    away, home = (nearest_cloud(xy[:30], found.xy) for xy in found.way)
    assert (away == (np.arange(30) + 1) % 3).mean() > 0.9
    assert (home == np.arange(30) % 3).mean() > 0.9
    still = np.linalg.norm(found.way[0, 30:] - found.xy[30:], axis=1)
    assert np.median(still) < 0.05 * np.ptp(found.xy)


@pytest.mark.parametrize("method", ["pca", "umap"])
def test_small_steps_of_the_features_are_small_steps_on_the_map(method: str) -> None:
    rows = np.arange(90)
    steps = np.stack([moved(0.9 + share / 200) for share in range(21)])
    found = drawn([clusters()], {0: Snapshots(rows, steps)}, method)[0]
    assert found.way is not None
    step = np.linalg.norm(np.diff(found.way, axis=0), axis=2).max(axis=0)
    # Their own cloud is left by none; some change neighbours within it.
    assert np.median(step) < 0.03 * np.ptp(found.xy)


def test_a_basis_that_drifts_is_brought_back_by_the_retain_samples() -> None:
    end = clusters()
    snapshot = turned(moved(0), seed=8)
    found = next(followed(Snapshots(np.arange(90), snapshot[None]), Space(end, CPU), torch.eye(8), RETAIN))
    centred = end - end.mean(axis=0)
    wanted = (moved(0) - end.mean(axis=0)) / np.sqrt((centred**2).sum(axis=1).mean())
    np.testing.assert_allclose(found.numpy(), wanted, atol=0.05)


def test_without_retain_samples_a_snapshot_stays_in_the_basis_of_its_model() -> None:
    end = clusters()
    space, turn = Space(end, CPU), torch.from_numpy(ortho_group.rvs(8, random_state=2)).float()
    found = next(followed(Snapshots(np.arange(30), end[None, :30]), space, turn, np.zeros(90, bool)))
    torch.testing.assert_close(found, space.read(end[:30]) @ turn, atol=1e-4, rtol=0)


def test_a_place_is_the_mean_of_five_places_weighted_by_the_inverse_squared_distance() -> None:
    known = torch.tensor([[1.0, 0.0], [0.0, 2.0], [-1.0, 0.0], [0.0, -2.0], [4.0, 0.0], [9.0, 9.0]])
    plane = torch.tensor([[1.0, 0], [2, 0], [3, 0], [4, 0], [5, 0], [600, 600]])
    weights = np.array([1, 1 / 4, 1, 1 / 4, 1 / 16])
    found = placed(torch.zeros(1, 2), known, plane, "umap")
    np.testing.assert_allclose(found[0].numpy(), [weights @ [1, 2, 3, 4, 5] / weights.sum(), 0], rtol=1e-6)
    on_one: Tensor = placed(known[1:2], known, plane, "umap")
    np.testing.assert_allclose(on_one.numpy(), [[2, 0]], atol=1e-5)


@pytest.mark.parametrize("method", ["pca", "umap"])
def test_snapshots_that_say_nothing_still_have_finite_places(method: str) -> None:
    still = np.zeros((2, 90, 8), dtype=np.float16)
    found = drawn([clusters()], {0: Snapshots(np.arange(90), still)}, method)[0]
    assert found.way is not None
    assert np.isfinite(found.way).all()


@pytest.mark.parametrize("method", ["pca", "umap"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_sample_that_is_no_number_at_an_epoch_has_no_place_there_and_the_others_have_theirs(
    method: str, value: float
) -> None:
    rows = np.arange(90)
    steps = np.stack([moved(0), moved(1)])
    spoilt = steps.copy()
    spoilt[0, 70, 3] = value
    whole, found = (
        drawn([clusters()], {0: Snapshots(rows, each)}, method)[0].way for each in (steps, spoilt)
    )
    assert whole is not None
    assert found is not None
    assert np.argwhere(np.isnan(found).any(axis=2)).tolist() == [[0, 70]]
    assert np.median(np.linalg.norm(found - whole, axis=2)[~np.isnan(found[..., 0])]) < 0.02 * np.ptp(whole)


def test_a_sample_that_is_no_number_at_the_end_still_has_its_way() -> None:
    end = clusters()
    end[70, 0] = np.nan
    found = drawn([end], {0: Snapshots(np.arange(90), clusters()[None])}, "umap")[0]
    assert found.way is not None
    assert np.isfinite(found.way).all()
    assert np.isnan(found.xy[70]).all()
