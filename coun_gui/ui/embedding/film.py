"""The way from Original to unlearned as a GIF or as numbered PNG pictures, on white whatever the theme."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from coun_gui.experiments.maps import Frames, SampleMap
from coun_gui.experiments.record import RunRecord, replacing
from coun_gui.ui.embedding.frame import Frame
from coun_gui.ui.embedding.on_screen import GROUND, INK
from coun_gui.ui.embedding.points import Points, sizes
from coun_gui.ui.embedding.scatter import Canvas, Look

SIDE, TITLE, GAP = 360, 28, 8  # pixels
STEPS = 36
_STEP, _HOLD = 80, 1600  # ms


@dataclass(frozen=True)
class Scene:
    """What is filmed. titles: run -> title, in order; colours: run -> uint32 [N]; shown: run -> bool [N].

    ways: those runs that move; selected: bool [N], None for no selection; size_factor, forget_factor, opacity: as the
    maps are set to.
    """

    samples: SampleMap
    titles: Mapping[str, str]
    colours: Mapping[str, np.ndarray]
    shown: Mapping[str, np.ndarray]
    ways: Mapping[str, Frames]
    selected: np.ndarray | None = None
    size_factor: float = 1.0
    forget_factor: float = 1.0
    opacity: float = 0.65

    @property
    def last_epoch(self) -> int:
        return last_epoch(self.ways)


def ways(samples: SampleMap, records: Iterable[RunRecord]) -> dict[str, Frames]:
    """The runs that move: those that start from an Original; Original and Retrain where there are no others.

    Original and Retrain are where the others come from and should go to, so that they stand still beside them. Their
    own epochs, from random weights on, are not those of the slider.
    """
    kept = {run: frames for run, frames in samples.frames.items() if len(frames.epochs) > 1}
    unlearned = {record.id for record in records if record.spec.original is not None}
    return {run: frames for run, frames in kept.items() if run in unlearned} or kept


def last_epoch(moving: Mapping[str, Frames]) -> int:
    """Of the run that was trained longest."""
    return max((int(frames.epochs[-1]) for frames in moving.values()), default=0)


def places(frames: Frames, epoch: float) -> np.ndarray:
    """float32 [S, 2]: where the samples are at an epoch, on a straight line between two snapshots."""
    at = float(np.clip(epoch, frames.epochs[0], frames.epochs[-1]))
    after = min(int(np.searchsorted(frames.epochs, at, side="right")), len(frames.epochs) - 1)
    before = max(after - 1, 0)
    span = float(frames.epochs[after] - frames.epochs[before]) or 1.0
    share = np.float32((at - float(frames.epochs[before])) / span)
    between: np.ndarray = frames.xy[before] + (frames.xy[after] - frames.xy[before]) * share
    return between


class Film:
    """Draws the pictures of a scene one by one."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._frame = Frame()
        samples = scene.samples
        self._points = {run: Points(samples.xy[run], samples.forget) for run in scene.titles}
        for run, points in self._points.items():
            points.paint(scene.colours[run])
            points.show(scene.shown[run])
            if scene.selected is not None:
                points.select(scene.selected)
        self._frame.set_limits([points.xy[points.finite] for points in self._points.values()])

    def picture(self, epoch: float) -> QImage:
        """All maps side by side at an epoch."""
        count = len(self._points)
        image = QImage(count * (SIDE + GAP) + GAP, SIDE + 2 * TITLE, QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        painter = QPainter(image)
        font = QFont()
        font.setPixelSize(13)
        painter.setFont(font)
        for place, (run, points) in enumerate(self._points.items()):
            self._move(run, points, epoch)
            left = GAP + place * (SIDE + GAP)
            painter.drawImage(QPointF(left, TITLE), self._map(points))
            painter.setPen(QColor(INK))
            painter.drawText(
                QRectF(left, 0, SIDE, TITLE), Qt.AlignmentFlag.AlignVCenter, self._scene.titles[run]
            )
            painter.setPen(QColor("#d6dade"))
            painter.drawRect(QRectF(left, TITLE, SIDE - 1, SIDE - 1))
        painter.setPen(QColor(INK))
        told = f"epoch {epoch:.0f} of {self._scene.last_epoch}"
        painter.drawText(QRectF(GAP, SIDE + TITLE, 4 * SIDE, TITLE), Qt.AlignmentFlag.AlignVCenter, told)
        painter.end()
        return image

    def _move(self, run: str, points: Points, epoch: float) -> None:
        frames = self._scene.ways.get(run)
        if frames is None or epoch >= frames.epochs[-1]:
            points.come_home()
        else:
            points.move(frames.rows, places(frames, epoch))

    def _map(self, points: Points) -> QImage:
        scene, forgotten = self._scene, int(points.forget.sum())
        radius, forget, strength = sizes(
            len(points.xy), forgotten, (SIDE, SIDE), 1.0, scene.size_factor, scene.forget_factor, 1.0
        )
        canvas = Canvas(SIDE, SIDE)
        look = Look(radius, forget, scene.opacity, GROUND, INK, strength)
        points.draw(canvas, self._frame.projection(QSizeF(SIDE, SIDE)), look, 1.0)
        pixels = np.ascontiguousarray(canvas.inner)
        return QImage(pixels.data, SIDE, SIDE, pixels.strides[0], QImage.Format.Format_RGB32).copy()


def files(path: Path) -> list[Path]:
    """What a film is written into: one file for .gif, numbered ones for .png."""
    if path.suffix.lower() != ".png":
        return [path]
    return [path.with_name(f"{path.stem}-{number:03}.png") for number in range(STEPS)]


def record(scene: Scene, path: Path) -> Iterator[float]:
    """Writes the film to `path`: one file for .gif, numbered ones for .png. Yields the share that is done.

    All files come into place together, in the end: of a film that fails or is given up before, nothing is left.
    Raises `WorkspaceError` before the first picture where there can be no file.
    """
    with ExitStack() as kept:
        temporary = [kept.enter_context(replacing(each, "The film")) for each in files(path)]
        for each in temporary:
            each.touch()
        yield 0.0
        film, pictures = Film(scene), []
        for done, epoch in enumerate(np.linspace(0, scene.last_epoch, STEPS)):
            picture = film.picture(float(epoch))
            if len(temporary) > 1:
                _write_png(picture, temporary[done])
            else:
                pictures.append(_pixels(picture))
            yield (done + 1) / (STEPS + 1)
        if pictures:
            _write_gif(pictures, temporary[0])
    yield 1.0


def _pixels(picture: QImage) -> np.ndarray:
    """uint8 [H, W, 3]"""
    shape = (picture.height(), picture.bytesPerLine() // 4, 4)
    pixels = np.frombuffer(picture.constBits(), dtype=np.uint8).reshape(shape)[:, : picture.width(), 2::-1]
    return np.ascontiguousarray(pixels)


def _write_png(picture: QImage, path: Path) -> None:
    if not picture.save(str(path), "PNG"):  # type: ignore[call-overload]
        raise OSError("the picture can't be saved there")


def _write_gif(pictures: list[np.ndarray], path: Path) -> None:
    """All pictures with the colours of the last: the same sample keeps its colour, and the file is small."""
    # Comes with matplotlib, and only an export needs it.
    from PIL import Image

    colours = Image.fromarray(pictures[-1]).quantize(128)
    table = np.array(colours.getpalette(), dtype=np.uint8).reshape(-1, 3)
    table[(table > 247).all(axis=1)] = 255  # Pillow's match is rough: the ground would be nearly white alone
    colours.putpalette(table.ravel().tolist())
    plain = [Image.fromarray(each).quantize(palette=colours, dither=Image.Dither.NONE) for each in pictures]
    durations = [_STEP] * (len(plain) - 1) + [_HOLD]
    more = {"append_images": plain[1:], "duration": durations, "loop": 0, "optimize": False}
    plain[0].save(path, "GIF", save_all=True, **more)
