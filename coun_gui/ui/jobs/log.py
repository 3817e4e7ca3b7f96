"""The log of one job: its messages and errors as text that can be copied."""

from __future__ import annotations

from contextlib import suppress

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from coun_gui.experiments.record import RunRecord
from coun_gui.jobs.queue import Job
from coun_gui.ui.theme import set_role
from coun_gui.ui.widgets.elided_label import ElidedLabel
from coun_gui.ui.widgets.icons import IconButton


class LogPane(QWidget):
    """Follows the end of the log unless the reader has scrolled up."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel("Log")
        set_role(self.title, role="heading")
        self.copy = IconButton("copy", "Copy the whole log")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        self.close_button = IconButton("close", "Close the log")
        self.close_button.clicked.connect(self.closed)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setObjectName("log_text")
        self.text.setAccessibleName("Log")
        self.text.setPlaceholderText("No messages so far.")
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 0, 0)
        row.addWidget(self.title, 1)
        row.addWidget(self.copy)
        row.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 8, 8)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.text, 1)

    def show_log(self, title: str, text: str) -> None:
        self.title.set_text(f"Log of {title}" if title else "Log")
        if text == self.text.toPlainText():
            return
        bar = self.text.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 4
        self.text.setPlainText(text)
        if at_end:
            bar.setValue(bar.maximum())


def log_of(job: Job | None, record: RunRecord | None) -> str:
    """What a job has said, or what an earlier run left behind."""
    if job is not None:
        return "\n".join(job.log)
    if record is None:
        return ""
    lines = [part for part in (record.error.get("sentence"), record.error.get("remedy")) if part]
    with suppress(OSError):  # only a run that failed has one
        lines.append((record.folder / "log.txt").read_text(encoding="utf-8", errors="replace"))
    return "\n".join(lines)
