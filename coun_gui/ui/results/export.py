"""The table on the clipboard and in files. Asking for the file is apart from writing it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from coun_gui.errors import CounError
from coun_gui.reports.rows import ResultRow
from coun_gui.reports.tables import write_table
from coun_gui.ui.results.model import SETTING, ResultsModel
from coun_gui.ui.session import Session

TITLES = {"csv": "CSV", "md": "Markdown", "tex": "LaTeX", "json": "JSON", "html": "HTML"}
FIGURE_FILTERS = "PNG image (*.png);;SVG drawing (*.svg);;PDF document (*.pdf)"


def ask_and_save(
    parent: QWidget, session: Session, rows: Sequence[ResultRow], format: str, compared: bool
) -> Path | None:
    """Asks for a file and writes the table; a failure is told, not raised."""
    title = f"Export the results as {TITLES[format]}"
    name, _ = QFileDialog.getSaveFileName(
        parent, title, f"results.{format}", f"{TITLES[format]} (*.{format})"
    )
    return (
        _told(session, Path(name), lambda path: write_table(rows, format, path, compared)) if name else None
    )


def ask_and_save_figure(parent: QWidget, session: Session, rows: Sequence[ResultRow]) -> Path | None:
    """The same for the bars of gap and cost."""
    name, _ = QFileDialog.getSaveFileName(parent, "Export gap and cost", "gaps.png", FIGURE_FILTERS)
    return _told(session, Path(name), lambda path: save_figure(rows, path)) if name else None


def _told(session: Session, path: Path, write: Callable[[Path], None]) -> Path | None:
    try:
        write(path)
    except CounError as error:
        session.told.emit(error.sentence, error.remedy)
        return None
    session.told.emit(f"Saved {path}.", "")
    return path


def save_figure(rows: Sequence[ResultRow], path: Path) -> None:
    """Writes gap and cost as bars; the ending of `path` says whether PNG, SVG or PDF."""
    # matplotlib takes a third of a second to import, and only an export needs it.
    from coun_gui.reports import figures

    figures.save(figures.gap_figure(rows), path)


def as_tsv(model: ResultsModel, rows: Sequence[int], with_setting: bool) -> str:
    """These rows with a heading, for a spreadsheet."""
    columns = [column for column in range(model.columnCount()) if with_setting or column != SETTING]
    lines = [[model.heading(column) for column in columns]]
    for row in rows:
        lines.append([model.text(row, column) for column in columns])
        beside = [model.paper_text(row, column) for column in columns]
        lines += [[text or "" for text in beside]] if any(beside) else []
    return "\n".join("\t".join(line) for line in lines) + "\n"
