"""The paper's table as cells in blocks, before it takes any format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from coun_gui.reports.columns import Cell, Column, best_gaps, cell, metric_columns, setting_titles
from coun_gui.reports.rows import ResultRow

EMPTY = "No finished runs yet."


@dataclass(frozen=True)
class Line:
    """A method: its label, how many seeds, and a cell for each column."""

    label: str
    seeds: int
    cells: tuple[Cell, ...]
    note: str


@dataclass(frozen=True)
class Block:
    """The lines of one setting, which may be compared. `titles`: dataset, model, forget set."""

    titles: tuple[str, str, str]
    lines: tuple[Line, ...]

    @property
    def title(self) -> str:
        return " · ".join(self.titles)


@dataclass(frozen=True)
class Table:
    """What all the formats for people show."""

    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]

    @property
    def notes(self) -> list[str]:
        """What the rows have to say, each with its method, and with its setting where there are several."""
        told = [(block, line) for block in self.blocks for line in block.lines if line.note]
        several = len(self.blocks) > 1
        return [f"{block.title + ' · ' if several else ''}{line.label}: {line.note}" for block, line in told]


def table(rows: Sequence[ResultRow]) -> Table:
    """The paper's layout: a block a setting, the best average gap marked."""
    columns = tuple(column for column in metric_columns(rows) if column.printed)
    best = best_gaps(rows)
    blocks = []
    for _, members in groupby(enumerate(rows), key=lambda pair: pair[1].setting):
        placed = list(members)
        lines = tuple(_line(row, columns, at in best) for at, row in placed)
        blocks.append(Block(setting_titles(placed[0][1]), lines))
    return Table(columns, tuple(blocks))


def _line(row: ResultRow, columns: Sequence[Column], best: bool) -> Line:
    cells = tuple(cell(row, column, best and column.key == "gap") for column in columns)
    return Line(row.label, row.seeds, cells, row.note)
