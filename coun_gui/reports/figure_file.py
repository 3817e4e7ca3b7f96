"""Figures into files. Those of maps are kept small: a picture of the samples takes most of the room."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from coun_gui.errors import CounError
from coun_gui.experiments.record import replacing
from coun_gui.reports.figure_style import journal_style
from coun_gui.reports.map_points import COLOURS, MapPoints, few_colours

DPI = 300
SMALL = 2_000_000  # bytes that a figure of maps stays below
_PIXELS = (
    2_000_000  # of all panels together inside an SVG or PDF: less than a byte each, and a third more in SVG
)
_EMBEDDED = re.compile(rb"data:image/png;base64,([^\"]+)")
_METADATA: Mapping[str, Mapping[str, None]] = {
    ".png": {},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None, "ModDate": None},
}


def save(figure: Figure, path: Path, dpi: int = DPI) -> None:
    """Writes a PNG, SVG or PDF by the ending of `path`, in one step; text stays text in the latter two.

    `dpi` is the resolution of a PNG. The same figure gives the same bytes.
    Raises `CounError` for another ending and `WorkspaceError` where the file can't be written.
    """
    kind = path.suffix.lower()
    if kind not in _METADATA:
        raise CounError(
            f"A figure can't be saved as “{path.name}”.", f"End the name in {', '.join(sorted(_METADATA))}."
        )
    panels = [points.axes for points in figure.findobj(MapPoints)]
    smaller: dict[str, Callable[[bytes], bytes]] = {".png": _small_png, ".svg": _small_svg}
    with replacing(path, f"The file {path.name}") as temporary, journal_style(), _laid_out(figure, panels):
        content = _drawn(figure, kind, dpi if kind == ".png" else _points_dpi(figure, panels))
        temporary.write_bytes(smaller[kind](content) if panels and kind in smaller else content)


def _drawn(figure: Figure, kind: str, dpi: float) -> bytes:
    drawn = BytesIO()
    options: dict[str, Any] = {"pil_kwargs": {"compress_level": 1}} if kind == ".png" else {}
    figure.savefig(drawn, format=kind[1:], dpi=dpi, metadata=dict(_METADATA[kind]), **options)
    return drawn.getvalue()


@contextmanager
def _laid_out(figure: Figure, panels: list[Any]) -> Iterator[None]:
    """Maps have their final place within it: else each is drawn once more, only to lay out the figure."""
    engine = figure.get_layout_engine()
    if not panels or engine is None:
        yield
        return
    for _ in range(2):  # titles find their height in the first pass
        engine.execute(figure)
    figure.set_layout_engine("none")
    try:
        for axes in panels:
            axes.apply_aspect()
        yield
    finally:
        figure.set_layout_engine(engine)


def _points_dpi(figure: Figure, panels: list[Any]) -> float:
    """The resolution of the samples inside an SVG or PDF: finer where there are fewer panels."""
    area = sum(_area(axes, figure.dpi) for axes in panels)
    return float(min(DPI, np.sqrt(_PIXELS / area))) if area else DPI


def _area(axes: Axes, dpi: float) -> float:
    """Square inches."""
    return float(axes.bbox.width * axes.bbox.height) / dpi**2


def _small_png(content: bytes, most: int = SMALL) -> bytes:
    """With a palette; with ever fewer colours where samples of all colours cover all panels."""
    with Image.open(BytesIO(content)) as picture:
        pixels, about = np.asarray(picture.convert("RGB")), picture.info
    for colours in (COLOURS, COLOURS // 4, COLOURS // 16):
        written = BytesIO()
        few_colours(pixels, colours).save(written, "PNG", **({"dpi": about["dpi"]} if "dpi" in about else {}))
        if written.tell() < most:
            break
    return written.getvalue()


def _small_svg(content: bytes) -> bytes:
    """With the pictures inside it in palettes."""

    def smaller(found: re.Match[bytes]) -> bytes:
        whole = _small_png(base64.b64decode(found[1]))
        return b"data:image/png;base64," + base64.b64encode(whole)

    return _EMBEDDED.sub(smaller, content)
