"""Sample images for the window: read from memory-mapped arrays, one at a time, without torch."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap

_KEPT = 512


class SampleImages:
    """The training images of a dataset. Gives null pixmaps where there are none."""

    def __init__(self, folder: str | None = None) -> None:
        self._array = _mapped(Path(folder) / "train_images.npy") if folder else None
        self._kept: OrderedDict[tuple[int, int], QPixmap] = OrderedDict()

    def pixmap(self, index: int, side: int) -> QPixmap:
        """The image of a training index, `side` pixels wide, its own pixels left visible."""
        if self._array is None or not 0 <= index < len(self._array):
            return QPixmap()
        key = (index, side)
        if key not in self._kept:
            self._kept[key] = _enlarged(np.asarray(self._array[index]), side)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _mapped(path: Path) -> np.ndarray | None:
    """uint8 [N, H, W] or [N, H, W, C]; None where it can't be read: a map is worth a look without."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return array if array.dtype == np.uint8 and array.ndim in (3, 4) else None


def _enlarged(image: np.ndarray, side: int) -> QPixmap:
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[..., 0]
    pixels = np.ascontiguousarray(image[..., :3] if image.ndim == 3 else image)
    kind = QImage.Format.Format_RGB888 if pixels.ndim == 3 else QImage.Format.Format_Grayscale8
    picture = QImage(pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0], kind)
    smooth = max(pixels.shape[:2]) > side
    how = Qt.TransformationMode.SmoothTransformation if smooth else Qt.TransformationMode.FastTransformation
    return QPixmap.fromImage(picture.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, how))
