"""Crop, flip and normalisation, against one image at a time in numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from coun_gui.unlearning.augment import ImageStore
from coun_gui.unlearning.images import Augmentation

CPU = torch.device("cpu")
COLOUR = Augmentation(padding=3, flip=True, mean=(0.5, 0.4, 0.3), std=(0.2, 0.25, 0.3))
GREY = Augmentation(padding=2, flip=True, mean=(0.5,), std=(0.25,))


def pictures(count: int = 20, height: int = 9, width: int = 11, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, height, width, channels), dtype=np.uint8)


def store_of(images: np.ndarray, augmentation: Augmentation) -> ImageStore:
    return ImageStore(images, np.arange(len(images)) % 4, augmentation, CPU)


def normalised(image: np.ndarray, augmentation: Augmentation) -> np.ndarray:
    """(x / 255 − mean) / std by channel, [H, W, C] to [C, H, W]."""
    values = (image.astype(np.float64) / 255 - augmentation.mean) / augmentation.std
    return values.transpose(2, 0, 1)


def slowly(image: np.ndarray, augmentation: Augmentation, top: int, left: int, flipped: bool) -> np.ndarray:
    """One view: black border, crop, flip, normalise."""
    height, width, channels = image.shape
    padding = augmentation.padding
    canvas = np.zeros((height + 2 * padding, width + 2 * padding, channels), np.uint8)
    canvas[padding : padding + height, padding : padding + width] = image
    crop = canvas[top : top + height, left : left + width]
    return normalised(crop[:, ::-1] if flipped else crop, augmentation)


@pytest.mark.parametrize(
    ("channels", "augmentation"),
    [
        (3, COLOUR),
        (1, GREY),
        (3, replace(COLOUR, flip=False)),
        (3, replace(COLOUR, padding=0)),
        (1, replace(GREY, padding=0, flip=False)),
    ],
)
def test_a_view_is_what_the_same_draws_give_one_image_at_a_time(
    channels: int, augmentation: Augmentation
) -> None:
    images = pictures(channels=channels)
    index = torch.tensor([4, 0, 19, 7, 7, 7, 3, 12])
    views = store_of(images, augmentation).augmented(index, torch.Generator().manual_seed(5))
    random = torch.Generator().manual_seed(5)
    offset = torch.randint(0, 2 * augmentation.padding + 1, (2, len(index)), generator=random)
    flipped = (torch.rand(len(index), generator=random) < 0.5) & augmentation.flip
    wanted = [
        slowly(images[i], augmentation, int(offset[0, n]), int(offset[1, n]), bool(flipped[n]))
        for n, i in enumerate(index.tolist())
    ]
    assert views.dtype == torch.float32
    np.testing.assert_allclose(views.numpy(), np.stack(wanted), rtol=0, atol=1e-5)


def test_all_offsets_and_both_sides_come_up_equally_often() -> None:
    image = np.zeros((1, 8, 8, 1), np.uint8)
    image[0, 4, 2] = 255  # one white pixel tells where the crop lies
    augmentation = Augmentation(padding=1, flip=True, mean=(0.0,), std=(1.0,))
    views = store_of(image, augmentation).augmented(torch.zeros(9000, dtype=torch.int64), torch.Generator())
    where = views.flatten(1).argmax(dim=1)
    counts = np.bincount(where.numpy(), minlength=64).reshape(8, 8)
    # Crop offsets 0, 1, 2 move it to rows 5, 4, 3 and columns 3, 2, 1; flipped to columns 4, 5, 6.
    places = counts[3:6, 1:7]
    assert places.sum() == 9000
    assert abs(places - 500).max() < 5 * np.sqrt(500)


def test_two_views_of_one_batch_differ() -> None:
    store, random = store_of(pictures(), COLOUR), torch.Generator().manual_seed(0)
    index = torch.arange(20)
    assert not torch.equal(store.augmented(index, random), store.augmented(index, random))


def test_plain_images_are_normalised_and_nothing_else() -> None:
    images = pictures()
    wanted = np.stack([normalised(image, COLOUR) for image in images])
    store = store_of(images, COLOUR)
    np.testing.assert_allclose(store.plain(0, 20).numpy(), wanted, rtol=0, atol=1e-5)
    np.testing.assert_allclose(store.plain(3, 7).numpy(), wanted[3:7], rtol=0, atol=1e-5)


def test_plain_images_can_be_picked_by_index() -> None:
    store = store_of(pictures(), COLOUR)
    picked = store.plain_at(torch.tensor([7, 2, 2]))
    assert torch.equal(picked, store.plain(0, 20)[[7, 2, 2]])


def test_the_store_keeps_labels_size_and_the_callers_arrays() -> None:
    images = pictures()
    before = images.copy()
    images.flags.writeable = False  # as the memory-mapped arrays of the cache are
    store = store_of(images, COLOUR)
    store.augmented(torch.arange(20), torch.Generator())
    assert len(store) == 20
    assert (store.height, store.width) == (9, 11)
    assert store.labels.tolist() == [0, 1, 2, 3] * 5
    np.testing.assert_array_equal(images, before)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("padding", [0, 2])
def test_read_only_grey_images_are_taken_without_a_warning(padding: int) -> None:
    images = pictures(channels=1)
    images.flags.writeable = False
    store_of(images, replace(GREY, padding=padding)).plain(0, 1)
