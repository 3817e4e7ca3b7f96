"""A form made from a JSON schema: titles, bounds, defaults and explanations are all taken from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from coun_gui.ui.quantities import numeral
from coun_gui.ui.setup.editors import (
    Editor,
    NumberEdit,
    PathEdit,
    Schema,
    bounds_text,
    editor_for,
    plain_schema,
)
from coun_gui.ui.theme import set_role

_LABEL_WIDTH = 112


class SchemaForm(QWidget):
    """Label and editor a line. `content()` has what was set; what is left alone stays out of it."""

    edited = Signal()

    def __init__(
        self,
        schema: Schema,
        leave_out: Iterable[str] = (),
        inherits: bool = False,
        reset: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """`inherits`: every field may be empty, and then shows in grey what it inherits.
        `reset`: with a button that puts the defaults back."""
        super().__init__(parent)
        self._schemas: dict[str, Schema] = {}
        self._editors: dict[str, Editor] = {}
        self._errors: dict[str, QLabel] = {}
        self._set: set[str] = set()
        self._inherits = inherits
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
        self._grid.setColumnStretch(1, 1)
        left_out = set(leave_out)
        for key, described in schema.get("properties", {}).items():
            if key not in left_out:
                self._add(key, plain_schema(described, schema.get("$defs")))
        if reset and self._editors:
            self._add_reset()

    def _add_reset(self) -> None:
        button = QPushButton("Reset to defaults")
        button.setProperty("link", True)
        button.clicked.connect(self.reset)
        self._grid.addWidget(button, self._grid.rowCount(), 1, Qt.AlignmentFlag.AlignRight)

    def _add(self, key: str, schema: Schema) -> None:
        if self._inherits:
            schema = {**schema, "optional": True}
        editor = editor_for(key, schema)
        title = schema.get("title", key.replace("_", " ").capitalize())
        label = QLabel(title)
        label.setWordWrap(True)
        label.setMaximumWidth(_LABEL_WIDTH)
        label.setBuddy(editor)
        help_text = _help(schema)
        for widget in (label, editor):
            widget.setToolTip(help_text)
        editor.setAccessibleName(title)
        editor.setAccessibleDescription(help_text)
        editor.setObjectName(f"field_{key}")
        error = QLabel()
        error.setWordWrap(True)
        error.hide()
        set_role(error, role="error")
        row = self._grid.rowCount()
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(editor, row, 1)
        self._grid.addWidget(error, row + 1, 1)
        self._schemas[key], self._editors[key], self._errors[key] = schema, editor, error
        self._show_default(key)
        editor.edited.connect(lambda key=key: self._edited(key))

    def keys(self) -> list[str]:
        return list(self._editors)

    def editor(self, key: str) -> Editor:
        return self._editors[key]

    def content(self) -> dict[str, Any]:
        """The values that were set, by key."""
        return {key: self._editors[key].value() for key in self._editors if key in self._set}

    def set_content(self, content: dict[str, Any]) -> None:
        """Sets the given values and puts all others back to their defaults. Doesn't emit `edited`."""
        for key, editor in self._editors.items():
            self._set.discard(key)
            self._show_default(key)
            if content.get(key) is not None:
                self._set.add(key)
                editor.set_value(content[key])
        self.check()

    def set_inherited(self, values: dict[str, Any]) -> None:
        """What the empty fields stand for."""
        for key, editor in self._editors.items():
            if isinstance(editor, NumberEdit) and values.get(key) is not None:
                editor.setPlaceholderText(numeral(values[key]))

    def reset(self) -> None:
        self.set_content({})
        self.edited.emit()

    def check(self) -> bool:
        """Shows what is wrong beside each field; whether all is well."""
        complaints = {key: editor.complaint() for key, editor in self._editors.items()}
        for key, complaint in complaints.items():
            self.show_error(key, complaint)
        return not any(complaints.values())

    def complaint(self) -> str:
        """The first thing that is wrong, with the name of the field."""
        for key, editor in self._editors.items():
            if complaint := editor.complaint():
                return f"{self._schemas[key].get('title', key)}: {complaint[0].lower()}{complaint[1:]}"
        return ""

    def show_error(self, key: str, text: str) -> bool:
        """Shows a sentence beside a field; False where there is no such field."""
        if key not in self._errors:
            return False
        self._errors[key].setText(text)
        self._errors[key].setVisible(bool(text))
        editor = self._editors[key]
        set_role(editor.line if isinstance(editor, PathEdit) else editor, invalid=bool(text))
        return True

    def _show_default(self, key: str) -> None:
        default = self._schemas[key].get("default")
        self._editors[key].set_value(None if self._inherits else default)

    def _edited(self, key: str) -> None:
        value = self._editors[key].value()
        untouched = value == (None if self._inherits else self._schemas[key].get("default"))
        (self._set.discard if untouched else self._set.add)(key)
        self.show_error(key, self._editors[key].complaint())
        self.edited.emit()


def _help(schema: Schema) -> str:
    """Explanation, range and default, each where there is one."""
    bounds = bounds_text(schema)
    default = schema.get("default")
    parts = [
        schema.get("description", ""),
        f"{bounds[0].upper()}{bounds[1:]}." if bounds else "",
        f"Default: {_told(default)}." if default is not None and not isinstance(default, dict | list) else "",
    ]
    return " ".join(part for part in parts if part)


def _told(value: Any) -> str:
    """Whole numbers as a text has them."""
    return numeral(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)
