"""Asking before files are replaced: one question for all that one command writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

_NAMED = 6  # files; of more of them the first and the last are named


def ask_to_replace(window: QWidget, paths: Sequence[Path], write: Callable[[], None]) -> None:
    """Has all of it written: at once where no file is there yet, else once it is agreed to replace those."""
    existing = [path for path in paths if path.exists()]
    if not existing:
        write()
        return
    box = QMessageBox(window)
    box.setObjectName("replace_question")
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("Replace")
    one = len(existing) == 1
    box.setText(f"{'A file is' if one else f'{len(existing)} files are'} already there: {_named(existing)}.")
    box.setInformativeText(
        f"{'It is' if one else 'They are'} lost when replaced. Folder: {existing[0].parent}"
    )
    replace = box.addButton("Replace", QMessageBox.ButtonRole.AcceptRole)
    replace.setObjectName("replace_files")
    keep = box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
    keep.setObjectName("keep_files")
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.accepted.connect(write)
    box.open()


def _named(paths: Sequence[Path]) -> str:
    names = [path.name for path in paths]
    return ", ".join(names) if len(names) <= _NAMED else f"{names[0]}, {names[1]} … {names[-1]}"
