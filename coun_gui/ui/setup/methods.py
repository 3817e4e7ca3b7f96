"""The methods to compare: tick, CL switch, and the parameters behind the gear."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from coun_gui.experiments.spec import ORIGINAL, RETRAIN, TRAINING_KEYS, ContrastiveSpec, UnlearningSpec
from coun_gui.ui.setup.schema_form import SchemaForm
from coun_gui.ui.theme import set_role
from coun_gui.ui.widgets.fold import Fold
from coun_gui.ui.widgets.icons import IconButton

Choice = dict[str, Any]
_ALWAYS_CONTRASTIVE = "coun"  # fine-tuning with the switch on: that is what the method is


class MethodRow(QWidget):
    """One method, or one variant of it. The same method may stand in the list several times."""

    edited = Signal()
    variant_wanted = Signal()
    removed = Signal()

    def __init__(self, choice: Choice, variant: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice, self.variant = choice, variant
        name = choice["name"]
        self.tick = QCheckBox(choice["title"])
        self.tick.setToolTip("\n".join(filter(None, (choice.get("help"), choice.get("citation")))))
        self.tick.setObjectName(f"method_{name}")
        self.tick.clicked.connect(self._ticked)
        self.switch = QCheckBox()
        self.switch.setObjectName(f"contrastive_{name}")
        self.switch.setAccessibleName(f"{choice['title']}: contrastive module")
        self.switch.clicked.connect(self._switched)
        self.gear = IconButton("gear", f"Parameters of {choice['title']}")
        self.gear.setCheckable(True)
        self.gear.setObjectName(f"parameters_{name}")
        self.gear.toggled.connect(self._show_details)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.tick, 1)
        line.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignCenter)
        line.addWidget(self.gear)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(4)
        self.column.addLayout(line)
        self.details = self._details()
        self.column.addWidget(self.details)
        self.details.hide()
        self._arrange()

    def _details(self) -> QWidget:
        details = QWidget()
        column = QVBoxLayout(details)
        column.setContentsMargins(24, 0, 0, 8)
        column.setSpacing(4)
        self.help = QLabel(self.choice.get("help", ""))
        self.help.setWordWrap(True)
        set_role(self.help, role="muted")
        self.params = SchemaForm(
            self.choice.get("schema", {}), leave_out=("name", "contrastive", *TRAINING_KEYS)
        )
        self.module = SchemaForm(ContrastiveSpec.model_json_schema())
        self.overrides = SchemaForm(UnlearningSpec.model_json_schema(), inherits=True)
        self.own_training = Fold("Its own training settings", self.overrides)
        for widget in (self.help, self.params, self.module, self.own_training):
            column.addWidget(widget)
        self.help.setVisible(bool(self.help.text()))
        for form in (self.params, self.module, self.overrides):
            form.edited.connect(self.edited)
        column.addLayout(self._buttons())
        return details

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        reset = _link("Reset", "Put all parameters of this method back to their defaults", self.reset)
        more = _link(
            "Add a variant", "The same method again, with other parameters", self.variant_wanted.emit
        )
        remove = _link("Remove", "Take this variant off the list", self.removed.emit)
        if not self.variant:
            remove.hide()
        for button in (reset, more, remove):
            row.addWidget(button)
        row.addStretch()
        return row

    def forms(self) -> tuple[SchemaForm, ...]:
        return self.params, self.module, self.overrides

    def content(self) -> dict[str, Any]:
        """The `[[methods]]` table, whether ticked or not."""
        content = {"name": self.choice["name"], **self.params.content(), **self.overrides.content()}
        if self._can_switch() and self.switch.isChecked():
            content["contrastive"] = self.module.content()
        return content

    def set_content(self, content: dict[str, Any]) -> None:
        self.tick.setChecked(True)
        self.params.set_content(content)
        self.overrides.set_content(content)
        if self.overrides.content():
            self.own_training.unfold()
        self.switch.setChecked("contrastive" in content or not self._can_switch())
        self.module.set_content(content.get("contrastive") or {})
        self._arrange()

    def reset(self) -> None:
        for form in self.forms():
            form.set_content({})
        self.edited.emit()

    def show_error(self, key: str, text: str) -> bool:
        """Opens the parameters and says it beside the one that is meant."""
        forms = (self.params, self.overrides, self.module)
        shown = next((form for form in forms if form.show_error(key, text)), None)
        if shown is self.overrides:
            self.own_training.unfold()
        if shown is not None:
            self.gear.setChecked(True)
        return shown is not None

    def complaint(self) -> str:
        forms = [form for form in self.forms() if form is not self.module or self.switch.isChecked()]
        text = next((form.complaint() for form in forms if form.complaint()), "")
        return f"{self.choice['title']}: {text}" if text else ""

    def _can_switch(self) -> bool:
        return bool(self.choice.get("contrastive")) and self.choice["name"] != _ALWAYS_CONTRASTIVE

    def _arrange(self) -> None:
        always = self.choice["name"] == _ALWAYS_CONTRASTIVE
        if always:
            self.switch.setChecked(True)
            reason = "CoUn is fine-tuning with the contrastive module: always on."
        elif not self._can_switch():
            self.switch.setChecked(False)
            reason = (
                f"{self.choice['title']} makes no pass over retain batches, so the module can't act on it."
            )
        else:
            reason = "Contrastive module: adds weight · L_CL on every retain batch."
        self.switch.setEnabled(self._can_switch())
        self.switch.setToolTip(reason)
        self.module.setVisible(self._can_switch() and self.switch.isChecked())

    def _ticked(self) -> None:
        self.edited.emit()

    def _switched(self) -> None:
        self._arrange()
        self.edited.emit()

    def _show_details(self, shown: bool) -> None:
        self.details.setVisible(shown)


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
        row.addSpacing(40)
        return row

    def set_choices(self, choices: list[Choice]) -> None:
        """What there is. What was ticked and set stays."""
        content = self.content() if self._choices else self._pending
        self._choices = {c["name"]: c for c in choices if c["name"] not in (ORIGINAL, RETRAIN)}
        self.set_content(content)

    def content(self) -> list[dict[str, Any]]:
        """The ticked methods, in the order of the list."""
        return [row.content() for row in self.rows if row.tick.isChecked()] + self._missing()

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
            row.overrides.set_inherited(values)

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
        """The program's own order, but the asked methods in theirs: the form reorders nothing."""
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
        row.overrides.set_inherited(self._inherited)
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


def _link(text: str, tip: str, done: Any) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("link", True)
    button.setToolTip(tip)
    button.clicked.connect(lambda: done())
    return button
