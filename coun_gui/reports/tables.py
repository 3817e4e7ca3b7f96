"""The results table in every format it is read in: terminal, spreadsheet, scripts, notes, papers, the web."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from coun_gui.errors import unknown
from coun_gui.experiments.record import replacing
from coun_gui.reports import markup, paper, typeset
from coun_gui.reports.columns import Cell, metric_columns
from coun_gui.reports.layout import EMPTY, Line, Table, table
from coun_gui.reports.reference import METRICS
from coun_gui.reports.rows import ResultRow


def export(rows: Sequence[ResultRow], format: str, compared: bool = False) -> str:
    """The table as text that ends in a line break; `InvalidSpec` for a format that isn't in `FORMATS`.

    compared: with the paper's figures beside ours, where it has them
    """
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    if format in _FOR_PEOPLE:
        return _FOR_PEOPLE[format](table(rows, compared)).rstrip("\n") + "\n"
    return _FOR_SCRIPTS[format](rows, compared).rstrip("\n") + "\n"


def write_table(rows: Sequence[ResultRow], format: str, path: Path, compared: bool = False) -> None:
    """The same into a file, in one step; `WorkspaceError` where it can't be written."""
    with replacing(path) as temporary:
        temporary.write_text(export(rows, format, compared), encoding="utf-8")


def as_json(row: ResultRow, compared: bool = False) -> dict[str, Any]:
    """A row for scripts: % and FLOPs at full precision, None where there is no figure."""
    content: dict[str, Any] = {
        "dataset": row.dataset,
        "dataset_title": row.dataset_title,
        "model": row.model,
        "forget": row.forget,
        "method": row.method,
        "label": row.label,
        "contrastive": row.contrastive,
        "seeds": row.seeds,
    }
    for column in metric_columns():
        figure = row.spread(column.key)
        content |= {column.key: figure.mean, f"{column.key}_std": figure.std}
        if column.key in METRICS:
            content[f"{column.key}_delta"] = row.deltas.get(column.key)
    content |= paper.as_json(row) if compared else {}
    return {**content, "setting": row.setting, "runs": list(row.run_ids), "note": row.note}


def _json(rows: Sequence[ResultRow], compared: bool) -> str:
    return json.dumps([as_json(row, compared) for row in rows], indent=1, ensure_ascii=False, allow_nan=False)


_NO_ROW = ResultRow("", "", "", "", "", "", False, "", (), {}, {})


def _csv(rows: Sequence[ResultRow], compared: bool) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, fieldnames=list(as_json(_NO_ROW, compared)), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: _csv_value(value) for key, value in as_json(row, compared).items()})
    return file.getvalue()


def _csv_value(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front; figures stay."""
    if isinstance(value, list):
        value = " ".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return value
    text = markup.one_line(value)
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) else text


def _plain(shown: Table) -> str:
    heading = ["Method", "Seeds", *(column.heading for column in shown.columns)]
    lines = [line for block in shown.blocks for line in block.lines]
    texts = [
        [f"  {line.label}" if line.quiet else line.label, str(line.seeds), *text]
        for line, text in zip(lines, _aligned(lines), strict=True)
    ]
    widths = [max(map(len, column)) for column in zip(heading, *texts, strict=True)]
    out, at = [], 0
    for block in shown.blocks:
        head = _padded(heading, widths)
        out += [block.title, head, "─" * len(head)]
        out += [_padded(text, widths).rstrip() for text in texts[at : at + len(block.lines)]]
        out.append("")
        at += len(block.lines)
    starred = any(c.best for line in lines for c in line.cells)
    return "\n".join([*out, *(["* the best average gap"] if starred else []), *shown.notes]) or EMPTY


def _aligned(lines: Sequence[Line]) -> list[list[str]]:
    """The cells with mean, ± and gap one below the other in each column."""
    columns = list(zip(*(line.cells for line in lines), strict=True))
    fixed = [_fixed(column) for column in columns]
    return [list(line) for line in zip(*fixed, strict=True)]


def _fixed(column: Sequence[Cell]) -> list[str]:
    """The cells of one column in equal width; a star marks the best."""
    signs = ["*" if shown.best else shown.mark for shown in column]
    wide = max(map(len, signs))
    parts = [
        (
            shown.mean + sign.ljust(wide),
            f" ± {shown.std}" if shown.std else "",
            f" ({shown.gap})" if shown.gap else "",
        )
        for shown, sign in zip(column, signs, strict=True)
    ]
    widths = [max(map(len, part)) for part in zip(*parts, strict=True)]
    return ["".join(text.rjust(width) for text, width in zip(cell, widths, strict=True)) for cell in parts]


def _padded(texts: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = zip(texts, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(text.rjust(width) for text, width in rest)])


_FOR_SCRIPTS: dict[str, Callable[[Sequence[ResultRow], bool], str]] = {"csv": _csv, "json": _json}
_FOR_PEOPLE: dict[str, Callable[[Table], str]] = {
    "table": _plain,
    "md": typeset.markdown,
    "tex": typeset.latex,
    "html": typeset.html,
}
FORMATS = (*_FOR_PEOPLE, *_FOR_SCRIPTS)
