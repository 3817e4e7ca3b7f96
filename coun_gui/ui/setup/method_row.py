"""One method of the list: tick, colour, CL switch, and the parameters behind the gear."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from coun_gui.experiments.spec import TRAINING_KEYS, ContrastiveSpec, UnlearningSpec
from coun_gui.reports.colours import method_colour
from coun_gui.ui.setup.schema_form import SchemaForm
from coun_gui.ui.theme import chip, set_role
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
        self.tick.setIconSize(QSize(10, 10))
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
        self.module = SchemaForm(_schema(ContrastiveSpec))
        self.overrides = SchemaForm(_schema(UnlearningSpec), inherits=True)
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
        self.tick.setIcon(QIcon(chip(method_colour(self.choice["name"], self.switch.isChecked()))))
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


def _link(text: str, tip: str, done: Any) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("link", True)
    button.setToolTip(tip)
    button.clicked.connect(lambda: done())
    return button


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    """Worked out once for all rows."""
    return model.model_json_schema()
