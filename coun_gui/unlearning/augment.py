"""Images on the device, and their augmentation as batched tensor operations: crop, flip, normalise."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from coun_gui.unlearning.images import Augmentation


class ImageStore:
    """All images of a split, uint8 and resident on the device, with their labels.

    The random draws come from a generator on the CPU, so they are the same on every device.
    """

    def __init__(
        self, images: np.ndarray, labels: np.ndarray, augmentation: Augmentation, device: torch.device
    ) -> None:
        """images: uint8 [N, H, W, C]; labels: int64 [N]."""
        plain = torch.from_numpy(np.array(images.transpose(0, 3, 1, 2), order="C"))
        self.labels = torch.from_numpy(np.array(labels)).to(device)
        self.padding = augmentation.padding
        self.flip = augmentation.flip
        self.height, self.width = plain.shape[2:]
        padded = F.pad(plain, [self.padding] * 4).to(device)
        # A view of every possible crop, [N, C, offsets, offsets, H, W]; picking from it copies the crops alone.
        self._crops = padded.unfold(2, self.height, 1).unfold(3, self.width, 1)
        self._mean = torch.tensor(augmentation.mean, device=device).mul(255).view(1, -1, 1, 1)
        self._scale = torch.tensor(augmentation.std, device=device).mul(255).reciprocal().view(1, -1, 1, 1)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def device(self) -> torch.device:
        return self.labels.device

    def augmented(self, index: Tensor, random: torch.Generator) -> Tensor:
        """One random view of each sample: index int64 [B] on the CPU, to float32 [B, C, H, W]."""
        count = len(index)
        offset = torch.randint(0, 2 * self.padding + 1, (2, count), generator=random)
        flipped = torch.rand(count, generator=random) < 0.5
        index, offset, flipped = (
            draw.to(self.device, non_blocking=True) for draw in (index, offset, flipped)
        )
        crops = self._crops[index, :, offset[0], offset[1]]
        if self.flip:
            crops = torch.where(flipped.view(-1, 1, 1, 1), crops.flip(3), crops)
        return self._normalised(crops)

    def plain(self, start: int, stop: int) -> Tensor:
        """The samples as they are, float32 [stop − start, C, H, W]."""
        return self._normalised(self._crops[start:stop, :, self.padding, self.padding])

    def plain_at(self, index: Tensor) -> Tensor:
        """The samples at `index` as they are, float32 [B, C, H, W]."""
        index = index.to(self.device)
        return self._normalised(self._crops[index, :, self.padding, self.padding])

    def _normalised(self, pixels: Tensor) -> Tensor:
        return (pixels.float() - self._mean) * self._scale
