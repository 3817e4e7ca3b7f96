"""Maps of several models in one frame, and how far they can be trusted."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import ortho_group
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors
from small_data import result, told

from coun_gui.unlearning.embedding import QUALITY_SAMPLES, Layout, measured_rows, quality, shared_frame
from coun_gui.unlearning.images import ImageData
from coun_gui.unlearning.layouts import Recipe

CPU = torch.device("cpu")
METHODS = ["pca", "umap", "tsne", "pacmap"]


def clusters(count: int = 90, dimensions: int = 8, seed: int = 0) -> np.ndarray:
    """Three clouds, far from each other: sample k belongs to cloud k modulo 3."""
    random = np.random.default_rng(seed)
    centres = 10 * np.eye(3, dimensions)
    return (centres[np.arange(count) % 3] + random.normal(size=(count, dimensions))).astype(np.float32)


def recipe(method: str, seed: int = 0) -> Recipe:
    return Recipe(method, seed, neighbours=15, perplexity=30, min_dist=0.1)


def maps(features: list[np.ndarray], method: str = "umap", seed: int = 0) -> list[Layout]:
    retain = np.ones(len(features[0]), dtype=bool)
    return result(shared_frame(features, retain, recipe(method, seed), CPU))


def turned(space: np.ndarray, seed: int = 5) -> np.ndarray:
    return (space @ ortho_group.rvs(space.shape[1], random_state=seed)).astype(np.float32)


# one frame for all models


@pytest.mark.parametrize("method", METHODS)
def test_a_model_that_is_only_turned_and_scaled_gets_nearly_the_same_map(method: str) -> None:
    space = clusters()
    first, second = maps([space, 7 * turned(space) + 3], method)
    size = np.ptp(first.xy, axis=0).max()
    assert np.median(np.linalg.norm(first.xy - second.xy, axis=1)) < (1e-3 if method == "pca" else 0.1) * size


# the map


def test_clouds_stay_apart_on_every_map() -> None:
    for found in maps([clusters(), clusters(seed=1)]):
        nearest = NearestNeighbors(n_neighbors=5).fit(found.xy).kneighbors(return_distance=False)
        assert (nearest % 3 == np.arange(90)[:, None] % 3).mean() > 0.99


def test_a_map_has_a_place_for_each_sample_and_two_measures() -> None:
    found = maps([clusters()])[0]
    assert found.xy.shape == (90, 2)
    assert found.xy.dtype == np.float32
    assert 0.8 < found.trustworthiness <= 1
    assert 0 < found.knn_overlap <= 1


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_map(method: str) -> None:
    first, again = maps([clusters()], method, seed=3)[0], maps([clusters()], method, seed=3)[0]
    np.testing.assert_array_equal(first.xy, again.xy)
    assert first == Layout(first.xy, again.trustworthiness, again.knn_overlap)


def test_another_seed_gives_another_umap_and_the_same_pca() -> None:
    assert not np.array_equal(maps([clusters()], "umap", 1)[0].xy, maps([clusters()], "umap", 2)[0].xy)
    np.testing.assert_array_equal(maps([clusters()], "pca", 1)[0].xy, maps([clusters()], "pca", 2)[0].xy)


def test_the_pca_map_of_one_model_is_that_of_scikit_learn_up_to_sign_and_scale() -> None:
    space = clusters()
    xy = maps([space], "pca")[0].xy
    wanted = PCA(2).fit_transform(space)
    wanted /= np.sqrt((np.linalg.norm(space - space.mean(axis=0), axis=1) ** 2).mean())
    np.testing.assert_allclose(abs(xy), abs(wanted), atol=1e-3)


def test_progress_rises_and_names_its_stages() -> None:
    stages = told(shared_frame([clusters()], np.ones(90, bool), recipe("umap"), CPU))
    shares = [stage.share for stage in stages]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    assert len({stage.stage for stage in stages}) >= 4


def test_the_features_are_left_alone() -> None:
    space = clusters()
    space.flags.writeable = False
    maps([space, space.astype(np.float16)], "pca")


# measures


@pytest.mark.parametrize("k", [1, 5, 15])
def test_trustworthiness_is_that_of_scikit_learn(k: int) -> None:
    space = torch.from_numpy(clusters())
    xy = space[:, 2:4]
    trust, _ = quality(space, xy, k=k)
    assert trust == pytest.approx(trustworthiness(space.numpy(), xy.numpy(), n_neighbors=k), abs=1e-6)


def test_overlap_is_the_shared_part_of_the_nearest_neighbours() -> None:
    space = torch.from_numpy(clusters())
    xy = space[:, :2]
    near, map_near = (
        NearestNeighbors(n_neighbors=15).fit(part.numpy()).kneighbors(return_distance=False)
        for part in (space, xy)
    )
    shared = [len(set(a) & set(b)) / 15 for a, b in zip(near.tolist(), map_near.tolist(), strict=True)]
    assert quality(space, xy)[1] == pytest.approx(np.mean(shared), abs=1e-6)


def test_a_faithful_map_is_fully_trusted_and_a_random_one_half() -> None:
    flat = torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
    assert quality(flat, 3 * flat) == pytest.approx((1.0, 1.0))
    trust, overlap = quality(flat, flat.flip(0))
    assert trust == pytest.approx(0.5, abs=0.05)
    assert overlap == pytest.approx(15 / 399, abs=0.02)


def test_large_maps_are_measured_on_a_sample_that_follows_the_seed() -> None:
    first, again, other = (measured_rows(2500, seed).tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert len(set(first)) == QUALITY_SAMPLES == 2000
    assert sorted(measured_rows(7, 1).tolist()) == list(range(7))


def test_a_map_is_measured_against_the_features_themselves_not_against_their_leading_components() -> None:
    """Of 60 dimensions a map is drawn from 50; trustworthiness is that of scikit-learn in all 60."""
    space = np.random.default_rng(3).normal(size=(120, 60)).astype(np.float32)
    found = maps([clusters(120, 60), space])[1]
    assert found.trustworthiness == pytest.approx(trustworthiness(space, found.xy, n_neighbors=15), abs=1e-5)


# degenerate input


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("count", [1, 2, 3, 16, 17])
def test_a_few_samples_get_a_map(method: str, count: int) -> None:
    for found in maps([clusters(count), clusters(count, seed=1)], method):
        assert found.xy.shape == (count, 2)
        assert np.isfinite(found.xy).all()
        assert math.isnan(found.trustworthiness) == (count < 3)
        assert math.isnan(found.knn_overlap) == (count < 3)


@pytest.mark.parametrize("method", METHODS)
def test_identical_samples_get_a_finite_map(method: str) -> None:
    assert np.isfinite(maps([np.ones((40, 8), np.float32)], method)[0].xy).all()


@pytest.mark.parametrize(
    ("method", "bad"), [*((method, np.nan) for method in METHODS), ("pca", np.inf), ("umap", -np.inf)]
)
def test_a_sample_whose_features_are_no_numbers_has_no_place_in_that_model_s_map(
    method: str, bad: float
) -> None:
    space = clusters(seed=1)
    space[5, 2] = bad
    first, second = maps([clusters(), space], method)
    assert np.isfinite(first.xy).all()
    assert np.flatnonzero(np.isnan(second.xy).any(axis=1)).tolist() == [5]
    others = np.arange(90) != 5
    nearest = NearestNeighbors(n_neighbors=5).fit(second.xy[others]).kneighbors(return_distance=False)
    cloud = np.arange(90)[others] % 3
    assert (cloud[nearest] == cloud[:, None]).mean() > 0.9


@pytest.mark.parametrize("method", METHODS)
def test_the_others_are_laid_out_and_measured_as_if_it_were_not_there(method: str) -> None:
    space = clusters()
    spoilt = np.insert(space, 5, np.nan, axis=0)
    alone, beside = maps([space], method)[0], maps([spoilt], method)[0]
    np.testing.assert_array_equal(np.delete(beside.xy, 5, axis=0), alone.xy)
    assert (beside.trustworthiness, beside.knn_overlap) == (alone.trustworthiness, alone.knn_overlap)


@pytest.mark.parametrize("method", METHODS)
def test_a_sample_that_the_reference_alone_has_no_place_for_lies_in_its_cloud_elsewhere(method: str) -> None:
    reference = clusters()
    reference[5] = np.nan
    first, second = maps([reference, clusters(seed=1)], method)
    assert np.isnan(first.xy[5]).all()
    assert np.isfinite(second.xy).all()
    centres = np.stack([np.median(second.xy[cloud::3], axis=0) for cloud in range(3)])
    assert np.linalg.norm(second.xy[5] - centres, axis=1).argmin() == 5 % 3


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("method", METHODS)
def test_a_model_whose_features_are_all_no_numbers_has_an_empty_map(method: str, place: int) -> None:
    nothing = np.full((90, 8), np.nan, np.float32)
    models = [clusters(), clusters(seed=1)]
    found = maps([*models[:place], nothing, *models[place:]], method)
    assert np.isnan(found[place].xy).all()
    assert math.isnan(found[place].trustworthiness)
    assert all(np.isfinite(each.xy).all() for each in (*found[:place], *found[place + 1 :]))


def test_without_retain_samples_there_is_still_a_map() -> None:
    work = shared_frame([clusters(), clusters(seed=1)], np.zeros(90, bool), recipe("pca"), CPU)
    assert all(np.isfinite(each.xy).all() for each in result(work))


def test_features_of_one_dimension_get_a_map() -> None:
    line = np.linspace(0, 1, 40, dtype=np.float32)[:, None]
    assert maps([line])[0].xy.shape == (40, 2)


# the peer


@pytest.mark.slow
def test_the_map_of_the_digits_is_as_trustworthy_as_umap_learns(digits: ImageData) -> None:
    from umap import UMAP

    space = np.concatenate([digits.train_images, digits.test_images]).reshape(1797, 64).astype(np.float32)
    peer = UMAP(n_neighbors=15, min_dist=0.1, random_state=0).fit_transform(space)
    ours = maps([space])[0]
    wanted = trustworthiness(space, peer, n_neighbors=15)
    assert trustworthiness(space, ours.xy, n_neighbors=15) == pytest.approx(wanted, abs=0.01)
    assert ours.trustworthiness == pytest.approx(wanted, abs=0.01)


@pytest.mark.slow
def test_the_curve_is_fitted_as_umap_learn_fits_it() -> None:
    from umap.umap_ import find_ab_params

    from coun_gui.unlearning.umap_layout import curve

    for min_dist in (0.0, 0.1, 0.5):
        assert curve(min_dist) == pytest.approx(find_ab_params(1.0, min_dist), rel=1e-3)
