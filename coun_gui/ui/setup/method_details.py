"""What lies behind a method's gear: its parameters, the module's, and training settings of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import BaseModel
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from coun_gui.experiments.spec import TRAINING_KEYS, ContrastiveSpec, UnlearningSpec
from coun_gui.ui.setup.schema_form import SchemaForm
from coun_gui.ui.theme import set_role
from coun_gui.ui.widgets.fold import Fold


class MethodDetails(QWidget):
    """Made when it is first needed: there are some eighty widgets in it, and a list has a dozen methods."""

    edited = Signal()
    variant_wanted = Signal()
    removed = Signal()

    def __init__(
        self,
        choice: dict[str, Any],
        removable: bool,
        inherited: dict[str, Any],
        parent: QWidget | None = None,
    ) -> None:
        """inherited: the `[unlearning]` values that stand where the method sets none of its own."""
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 0, 0, 8)
        column.setSpacing(4)
        self.help = QLabel(choice.get("help", ""))
        self.help.setWordWrap(True)
        set_role(self.help, role="muted")
        self.params = SchemaForm(choice.get("schema", {}), leave_out=("name", "contrastive", *TRAINING_KEYS))
        self.module = SchemaForm(_schema(ContrastiveSpec))
        self.overrides = SchemaForm(_schema(UnlearningSpec), inherits=True)
        self.overrides.set_inherited(inherited)
        self.own_training = Fold("Its own training settings", self.overrides)
        for widget in (self.help, self.params, self.module, self.own_training):
            column.addWidget(widget)
        self.help.setVisible(bool(self.help.text()))
        for form in self.forms():
            form.edited.connect(self.edited)
        column.addLayout(self._buttons(removable))

    def _buttons(self, removable: bool) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        reset = _link("Reset", "Put all parameters of this method back to their defaults", self.reset)
        more = _link(
            "Add a variant", "The same method again, with other parameters", self.variant_wanted.emit
        )
        remove = _link("Remove", "Take this variant off the list", self.removed.emit)
        if not removable:
            remove.hide()
        for button in (reset, more, remove):
            row.addWidget(button)
        row.addStretch()
        return row

    def forms(self) -> tuple[SchemaForm, ...]:
        return self.params, self.module, self.overrides

    def set_content(self, content: dict[str, Any]) -> None:
        """A `[[methods]]` table."""
        self.params.set_content(content)
        self.overrides.set_content(content)
        if self.overrides.content():
            self.own_training.unfold()
        self.module.set_content(content.get("contrastive") or {})

    def reset(self) -> None:
        for form in self.forms():
            form.set_content({})
        self.edited.emit()

    def show_error(self, key: str, text: str) -> bool:
        """Says it beside the parameter that is meant; False where there is none of that name."""
        forms = (self.params, self.overrides, self.module)
        shown = next((form for form in forms if form.show_error(key, text)), None)
        if shown is self.overrides:
            self.own_training.unfold()
        return shown is not None


def _link(text: str, tip: str, done: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("link", True)
    button.setToolTip(tip)
    button.clicked.connect(lambda: done())
    return button


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    """Worked out once for all methods."""
    return model.model_json_schema()
