"""The methods to compare, headed by the reference."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from coun_gui.experiments.spec import ORIGINAL, RETRAIN
from coun_gui.reports.colours import method_colour
from coun_gui.ui.setup.method_row import Choice, MethodRow
from coun_gui.ui.theme import chip, present, set_role


class MethodsSection(QWidget):
    """The list of methods, headed by Retrain, the reference of every gap."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[MethodRow] = []
        self._choices: dict[str, Choice] = {}
        self._pending: list[dict[str, Any]] = []
        self._inherited: dict[str, Any] = {}
        self.reference = QCheckBox("Retrain (reference)")
        self.reference.setObjectName("method_retrain")
        self.reference.setToolTip(
            "Trained from scratch without the forget set. Every gap is measured against it."
        )
        self.reference.setIconSize(QSize(10, 10))
        self.reference.setChecked(True)
        self.reference.clicked.connect(self.edited)
        self.error = QLabel()
        self.error.setWordWrap(True)
        self.error.hide()
        set_role(self.error, role="error")
        self.column = QVBoxLayout()
        self.column.setSpacing(2)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(4)
        outer.addLayout(self._header())
        outer.addWidget(self.error)
        outer.addWidget(self.reference)
        outer.addLayout(self.column)

        self._tint()

    def _tint(self) -> None:
        self.reference.setIcon(QIcon(chip(method_colour(RETRAIN, dark=bool(present()["dark"])))))

    def changeEvent(self, event: QEvent) -> None:
        """Retrain's colour is the theme's."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._tint()

    def _header(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
        heading = QLabel("Methods")
        set_role(heading, role="heading")
        switch = QLabel("CL")
        switch.setToolTip("Contrastive module: a switch on every method that passes over the retain set")
        set_role(switch, role="muted")
        row.addWidget(heading, 1)
        row.addWidget(switch)
        row.addSpacing(51)  # above the middle of the switches
        return row

    def set_choices(self, choices: list[Choice]) -> None:
        """What there is. What was ticked and set stays."""
        content = self.content() if self._choices else self._pending
        self._choices = {c["name"]: c for c in choices if c["name"] not in (ORIGINAL, RETRAIN)}
        self.set_content(content)

    def content(self) -> list[dict[str, Any]]:
        """The ticked methods: first those that the form was filled with, in their order."""
        ticked = [row.content() for row in self.rows if row.tick.isChecked()] + self._missing()
        given = [method["name"] for method in self._pending]
        return sorted(ticked, key=lambda method: (*given, method["name"]).index(method["name"]))

    def set_content(self, methods: list[dict[str, Any]]) -> None:
        """Ticks these and sets their parameters; the second of a name becomes a variant."""
        self._pending = list(methods)
        for row in self.rows:
            row.hide()
            row.deleteLater()
        self.rows = []
        asked = [method for method in methods if method["name"] in self._choices]
        for name in self._order([method["name"] for method in asked]):
            mine = [method for method in asked if method["name"] == name]
            for number, method in enumerate(mine or [None]):
                row = self._add(name, variant=number > 0)
                if method is not None:
                    row.set_content(method)

    def set_reference(self, on: bool) -> None:
        self.reference.setChecked(on)

    def set_inherited(self, values: dict[str, Any]) -> None:
        """The `[unlearning]` values that a method takes where it sets none of its own."""
        self._inherited = values
        for row in self.rows:
            row.set_inherited(values)

    def show_error(self, path: list[str], text: str) -> None:
        """`path` is what follows `methods` in the field's name: a number or a name, then the key."""
        row = self._row_at(path[0]) if path else None
        if row is None or not (path[1:] and row.show_error(path[-1], text)):
            self.error.setText(text)
            self.error.show()

    def clear_errors(self) -> None:
        self.error.hide()
        for row in self.rows:
            for form in row.forms():
                form.check()

    def complaint(self) -> str:
        missing = self._missing()
        if missing:
            return f"The method “{missing[0]['name']}” is not installed." if self._choices else ""
        if not self.content() and not self.reference.isChecked():
            return "Tick at least one method."
        return next((row.complaint() for row in self.rows if row.tick.isChecked() and row.complaint()), "")

    def _missing(self) -> list[dict[str, Any]]:
        return [method for method in self._pending if method["name"] not in self._choices]

    def _order(self, asked: list[str]) -> list[str]:
        """The program's own order, but the asked methods in theirs."""
        slots = [name for name in self._choices if name in asked]
        wanted = iter(dict.fromkeys(asked))
        return [next(wanted) if name in slots else name for name in self._choices]

    def _row_at(self, place: str) -> MethodRow | None:
        ticked = [row for row in self.rows if row.tick.isChecked()]
        if place.isdigit():
            return ticked[int(place)] if int(place) < len(ticked) else None
        return next((row for row in ticked if row.choice["name"] == place), None)

    def _add(self, name: str, variant: bool, after: MethodRow | None = None) -> MethodRow:
        row = MethodRow(self._choices[name], variant)
        row.set_inherited(self._inherited)
        row.edited.connect(self.edited)
        row.variant_wanted.connect(lambda: self._add_variant(row))
        row.removed.connect(lambda: self._remove(row))
        place = self.rows.index(after) + 1 if after else len(self.rows)
        self.rows.insert(place, row)
        self.column.insertWidget(place, row)
        return row

    def _add_variant(self, row: MethodRow) -> None:
        added = self._add(row.choice["name"], variant=True, after=row)
        added.set_content(row.content())
        added.gear.setChecked(True)
        self.edited.emit()

    def _remove(self, row: MethodRow) -> None:
        self.rows.remove(row)
        row.hide()
        row.deleteLater()
        self.edited.emit()
