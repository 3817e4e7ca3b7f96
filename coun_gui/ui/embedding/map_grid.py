"""How up to four maps share the room: side by side while each is wide enough, else in two rows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QWidget

GAP = 8
NARROW = 140  # logical pixels that a map should have
_WORTH = 1.25  # so much larger it must become by a second row: beside each other maps are compared best


def per_row(count: int, width: int, height: int, head: int) -> int:
    """How many of `count` maps stand in a row, in so many logical pixels.

    head: what each map needs above it. Two rows where one would make the maps too narrow, or much smaller.
    """
    half = (count + 1) // 2
    side_by_side = _room(count, 1, width, height, head)
    stacked = _room(half, 2, width, height, head)
    fits = side_by_side[0] >= NARROW and _WORTH * min(side_by_side) >= min(stacked)
    return count if fits or count < 2 else half


def _room(columns: int, rows: int, width: int, height: int, head: int) -> tuple[int, int]:
    """Width and height of one map."""
    return (width + GAP) // max(1, columns) - GAP, (height + GAP) // rows - GAP - head


class MapGrid(QGridLayout):
    """All cells are alike, so that all maps are drawn to one scale; the last may be empty."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(GAP)
        self._placed: tuple[int, int] = (0, 0)  # how many, and how many in a row

    @property
    def rows(self) -> int:
        """In use."""
        count, columns = self._placed
        return -(-count // max(1, columns))

    @property
    def in_line(self) -> list[int]:
        """The places from neighbour to neighbour: there along the first row, and back along the second."""
        count, columns = self._placed
        return [*range(columns), *reversed(range(columns, count))]

    def place(self, widgets: Sequence[QWidget], columns: int) -> bool:
        """So many in a row; whether anything has moved."""
        if self._placed == (len(widgets), columns):
            return False
        self._placed = (len(widgets), columns)
        while self.takeAt(0) is not None:
            pass
        for place, widget in enumerate(widgets):
            self.addWidget(widget, place // columns, place % columns)
        for place in range(max(self.columnCount(), self.rowCount())):
            self.setColumnStretch(place, int(place < columns))
            self.setRowStretch(place, int(place < self.rows))
        return True
