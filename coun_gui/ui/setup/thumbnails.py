"""Forgotten samples as small pictures, read from the dataset's memory-mapped images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize
from PySide6.QtGui import QHelpEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from coun_gui.ui.theme import present

_EDGE = 40  # logical pixels, at least
_GAP = 4
_TALL = 880  # a window lower than this has room for one row only


class Thumbnails(QWidget):
    """As many samples as fit in two rows, or in one where the window is low, enlarged without blurring."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: list[QImage] = []
        self._captions: list[str] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Samples to be forgotten")

    def show_samples(self, folder: Path, indices: list[int], classes: list[str]) -> None:
        """Reads the pictures of these training indices; shows none where they can't be read."""
        try:
            pictures = np.load(folder / "train_images.npy", mmap_mode="r", allow_pickle=False)
            labels = np.load(folder / "train_labels.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError):
            self.clear()
            return
        present = [index for index in indices if index < len(pictures)]
        self._images = [to_image(pictures[index]) for index in present]
        self._captions = [_caption(index, int(labels[index]), classes) for index in present]
        self.setVisible(bool(self._images))
        self.updateGeometry()
        self.update()

    def clear(self) -> None:
        self._images, self._captions = [], []
        self.hide()

    def count(self) -> int:
        return len(self._images)

    def sizeHint(self) -> QSize:
        rows = self._rows() if self._images else 0
        return QSize(200, max(rows * (self._edge() + _GAP) - _GAP, 0))

    def minimumSizeHint(self) -> QSize:
        return QSize(_EDGE, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.setPen(present()["line"])
        for place, image in zip(self._places(), self._images, strict=False):
            painter.drawImage(place, image)
            painter.drawRect(place.adjusted(0, 0, -1, -1))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._caption_at(event.pos()), self)
            return True
        return super().event(event)

    def _rows(self) -> int:
        return 2 if self.window().height() >= _TALL else 1

    def _edge(self) -> int:
        """A whole multiple of the picture's own size, so that all its pixels are equally large."""
        if not self._images:
            return _EDGE
        own = max(self._images[0].width(), 1)
        return own * -(-_EDGE // own) if own < _EDGE else min(own, 64)

    def _places(self) -> list[QRect]:
        edge = self._edge()
        columns = max((self.width() + _GAP) // (edge + _GAP), 1)
        corners = (divmod(number, columns) for number in range(columns * self._rows()))
        return [QRect(column * (edge + _GAP), row * (edge + _GAP), edge, edge) for row, column in corners]

    def _caption_at(self, at: QPoint) -> str:
        pairs = zip(self._places(), self._captions, strict=False)
        return next((caption for place, caption in pairs if place.contains(at)), "")


def to_image(pixels: Any) -> QImage:
    """uint8 [H, W, 1] or [H, W, 3] as a picture of its own memory."""
    content = np.ascontiguousarray(pixels)
    height, width, channels = content.shape
    kind = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
    return QImage(content.data, width, height, width * channels, kind).copy()


def _caption(index: int, label: int, classes: list[str]) -> str:
    name = classes[label] if label < len(classes) else str(label)
    return f"{name}, training index {index:,}"
