"""Maps into files. Asking for the file is apart from writing it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from coun_gui.errors import CounError
from coun_gui.experiments.maps import SampleMap
from coun_gui.ui.embedding import found
from coun_gui.ui.session import Session

FILTERS = "PNG image (*.png);;SVG drawing (*.svg);;PDF document (*.pdf)"


def ask_and_save(
    parent: QWidget, session: Session, samples: SampleMap, titles: dict[str, str]
) -> Path | None:
    """Asks for a file and writes the figure; a failure is told, not raised."""
    name, chosen = QFileDialog.getSaveFileName(parent, "Export the maps", "embedding.png", FILTERS)
    if not name:
        return None
    path = with_suffix(Path(name), chosen)
    try:
        save_maps(samples, titles, session.dataset.get("classes"), path)
    except (CounError, OSError) as error:
        session.told.emit(f"The figure can't be written: {error}.", "Choose another folder.")
        return None
    session.told.emit(f"Saved {path}.", "")
    return path


def with_suffix(path: Path, chosen_filter: str) -> Path:
    """The path with the ending of the filter that was picked, unless it has a known one."""
    if path.suffix.lower() in (".png", ".svg", ".pdf"):
        return path
    ending = chosen_filter.rpartition("*")[2].rstrip(")") or ".png"
    return path.with_name(path.name + ending)


def save_maps(samples: SampleMap, titles: dict[str, str], class_names: list[str] | None, path: Path) -> None:
    """Writes the runs in `titles` as one figure, on white."""
    # matplotlib takes a third of a second to import, and only an export needs it.
    from coun_gui.reports import figures

    shown = replace(samples, spec=samples.spec.model_copy(update={"runs": tuple(titles)}))
    figures.save(figures.map_figure(shown, titles, found.class_names(samples, class_names)), path)
