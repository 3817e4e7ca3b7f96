"""The methods beside the curves: switches, and how far each has come."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from coun_gui.ui.embedding.legend import LINE, SwatchButton


class MethodLegend(QScrollArea):
    """A switch a group of runs, by key."""

    changed = Signal()
    hovered = Signal(object)  # key under the pointer, None for none

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("metrics_legend")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.rows: dict[str, SwatchButton] = {}
        content = QWidget()
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(2, 2, 2, 2)
        self._column.setSpacing(0)
        self._column.addStretch()
        self.setWidget(content)

    def set_row(self, key: str, title: str, colour: str, note: str) -> None:
        """Adds a line, or changes what it says."""
        row = self.rows.get(key)
        if row is None:
            row = self.rows[key] = SwatchButton(title, colour, shape=LINE)
            row.setObjectName(f"legend_{title}")
            row.toggled.connect(self.changed)
            row.soloed.connect(lambda: self._solo(key))
            row.installEventFilter(self)
            self._column.insertWidget(self._column.count() - 1, row)
        if (row.text(), row.colour, row.note) != (title, colour, note):
            row.setText(title)
            row.set_colour(colour)
            row.set_note(note)

    def keep(self, keys: list[str]) -> None:
        """Drops the other lines, and brings these into order."""
        for gone in [key for key in self.rows if key not in keys]:
            row = self.rows.pop(gone)
            row.hide()
            row.deleteLater()
        for place, key in enumerate(keys):
            if self._column.indexOf(self.rows[key]) != place:
                self._column.insertWidget(place, self.rows[key])

    def shown(self, key: str) -> bool:
        return key in self.rows and self.rows[key].isChecked()

    def emphasise(self, key: str | None) -> None:
        for each, row in self.rows.items():
            row.set_emphasised(each == key)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.FocusIn):
            self.hovered.emit(next((key for key, row in self.rows.items() if row is watched), None))
        elif event.type() in (QEvent.Type.Leave, QEvent.Type.FocusOut):
            self.hovered.emit(None)
        return False

    def _solo(self, alone: str) -> None:
        """Shows one alone; once more brings all back."""
        only = all(row.isChecked() == (key == alone) for key, row in self.rows.items())
        for key, row in self.rows.items():
            row.blockSignals(True)
            row.setChecked(only or key == alone)
            row.blockSignals(False)
            row.update()
        self.changed.emit()
