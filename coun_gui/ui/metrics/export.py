"""Curves into files. Asking for the file is apart from writing it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from coun_gui.errors import CounError
from coun_gui.ui.session import Session

FILTERS = "PNG image (*.png);;SVG drawing (*.svg);;PDF document (*.pdf)"


def ask_and_save(parent: QWidget, session: Session) -> Path | None:
    """Asks for a file and writes the figure; a failure is told, not raised."""
    name, _ = QFileDialog.getSaveFileName(parent, "Export the curves", "metrics.png", FILTERS)
    if not name:
        return None
    try:
        save_curves(session, Path(name))
    except CounError as error:
        session.told.emit(error.sentence, error.remedy)
        return None
    session.told.emit(f"Saved {name}.", "")
    return Path(name)


def save_curves(session: Session, path: Path) -> None:
    """Writes the curves of the experiment in view; the ending of `path` says whether PNG, SVG or PDF."""
    # matplotlib takes a third of a second to import, and only an export needs it.
    from coun_gui.reports import figures

    figures.save(figures.metrics_figure(session.workspace.runs(), session.experiment), path)
