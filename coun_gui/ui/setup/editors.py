"""One editor for each kind of value in a JSON schema. All have value, set_value, complaint and edited."""

from __future__ import annotations

from math import floor, isfinite, log10
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QHBoxLayout, QLineEdit, QWidget

from coun_gui.ui.quantities import numeral
from coun_gui.ui.widgets.icons import IconButton

Schema = dict[str, Any]


class NumberEdit(QLineEdit):
    """A number within bounds. Arrow keys step: whole numbers by one, others by the leading digit.

    An empty field is None, which is right only where the schema allows it.
    """

    edited = Signal()

    def __init__(self, schema: Schema, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._schema = schema
        self._whole = schema.get("type") == "integer"
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.textEdited.connect(self.edited)

    def value(self) -> int | float | str | None:
        """The number; None where empty; the text itself where it isn't a number."""
        text = self.text().strip().replace(",", "")
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            return text
        if not isfinite(number):
            return text
        return int(number) if self._whole and number == int(number) else number

    def set_value(self, value: float | None) -> None:
        self.setText("" if value is None else str(value) if self._whole else f"{value:.6g}")

    def complaint(self) -> str:
        """What is wrong with the number, in one sentence; empty where nothing is."""
        value = self.value()
        if value is None:
            return "" if self._schema.get("optional") else "A number is needed here."
        if isinstance(value, str):
            return f"“{value}” is not a number."
        if self._whole and not isinstance(value, int):
            return "A whole number is needed here."
        return "" if self._within(value) else f"Must be {bounds_text(self._schema)}."

    def _within(self, value: float) -> bool:
        schema = self._schema
        return (
            value >= schema.get("minimum", value)
            and value <= schema.get("maximum", value)
            and not value <= schema.get("exclusiveMinimum", -float("inf"))
            and not value >= schema.get("exclusiveMaximum", float("inf"))
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step(1 if event.key() == Qt.Key.Key_Up else -1)
        else:
            super().keyPressEvent(event)

    def _step(self, direction: int) -> None:
        value = self.value()
        if not isinstance(value, int | float):
            return
        size = 1.0 if self._whole else 10 ** floor(log10(abs(value))) if value else 0.1
        if not self._whole and direction < 0 and value and abs(value) <= size * 1.0001:
            size /= 10  # from 0.1 down to 0.09, not to 0
        stepped = round(value + direction * size, 12)
        if self._within(stepped):
            self.set_value(int(stepped) if self._whole else stepped)
            self.edited.emit()


class TextEdit(QLineEdit):
    """Free text."""

    edited = Signal()

    def __init__(self, schema: Schema, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.textEdited.connect(self.edited)

    def value(self) -> Any:
        return self.text().strip() or None

    def set_value(self, value: Any) -> None:
        self.setText("" if value is None else str(value))

    def complaint(self) -> str:
        return ""


class ListEdit(TextEdit):
    """Several values, separated by commas."""

    def __init__(self, schema: Schema, parent: QWidget | None = None) -> None:
        super().__init__(schema, parent)
        self._kind = schema.get("items", {}).get("type", "string")
        self.setPlaceholderText("a, b, c" if self._kind == "string" else "0, 1, 2")

    def value(self) -> Any:
        parts = [part.strip() for part in self.text().split(",") if part.strip()]
        return [self._parsed(part) for part in parts] or None

    def set_value(self, value: Any) -> None:
        self.setText(", ".join(str(part) for part in value or ()))

    def _parsed(self, part: str) -> Any:
        try:
            return {"integer": int, "number": float}.get(self._kind, str)(part)
        except ValueError:
            return part


class PathEdit(QWidget):
    """A file or folder, typed or picked."""

    edited = Signal()

    def __init__(self, schema: Schema, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = "file" not in str(schema.get("format", ""))
        self._files = str(schema.get("files", ""))
        self.line = QLineEdit()
        self.line.textEdited.connect(self.edited)
        self.browse = IconButton("folder", "Browse…")
        self.browse.clicked.connect(self._browse)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.line, 1)
        row.addWidget(self.browse)
        self.setFocusProxy(self.line)

    def value(self) -> Any:
        return self.line.text().strip() or None

    def set_value(self, value: Any) -> None:
        self.line.setText("" if value is None else str(value))

    def complaint(self) -> str:
        return ""

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.line.setAccessibleName(name)

    def _browse(self) -> None:
        start = str(Path(self.line.text() or Path.home()))
        if self._folder:
            chosen = QFileDialog.getExistingDirectory(self, "Choose a folder", start)
        else:
            chosen = QFileDialog.getOpenFileName(self, "Choose a file", start, self._files)[0]
        if chosen:
            self.line.setText(chosen)
            self.edited.emit()


class QuietCombo(QComboBox):
    """A combo box that leaves the wheel to the panel around it unless it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ChoiceEdit(QuietCombo):
    """One of the values that an enum allows."""

    edited = Signal()

    def __init__(self, schema: Schema, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if schema.get("optional"):
            self.addItem("default", None)
        for value in schema["enum"]:
            self.addItem(str(value), value)
        self.activated.connect(self.edited)

    def value(self) -> Any:
        return self.currentData()

    def set_value(self, value: Any) -> None:
        self.setCurrentIndex(max(self.findData(value), 0))

    def complaint(self) -> str:
        return ""


class SwitchEdit(QCheckBox):
    """Yes or no."""

    edited = Signal()

    def __init__(self, schema: Schema, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.clicked.connect(self.edited)

    def value(self) -> bool:
        return self.isChecked()

    def set_value(self, value: Any) -> None:
        self.setChecked(bool(value))

    def complaint(self) -> str:
        return ""


Editor = NumberEdit | TextEdit | ListEdit | PathEdit | ChoiceEdit | SwitchEdit
_KINDS = {"integer": NumberEdit, "number": NumberEdit, "boolean": SwitchEdit, "array": ListEdit}


def editor_for(key: str, schema: Schema) -> Editor:
    """The editor for one property, whose schema `plain_schema` has made plain."""
    if "enum" in schema:
        return ChoiceEdit(schema)
    if "path" in str(schema.get("format", "")) or key in ("path", "file", "root"):
        return PathEdit(schema)
    return _KINDS.get(schema.get("type", "string"), TextEdit)(schema)


def plain_schema(schema: Schema, definitions: Schema | None = None) -> Schema:
    """One property without references and alternatives: `optional` says that null is allowed."""
    definitions = definitions or {}
    if "$ref" in schema:
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        return plain_schema({**definitions.get(schema["$ref"].rsplit("/", 1)[-1], {}), **rest}, definitions)
    if "anyOf" in schema:
        options = [option for option in schema["anyOf"] if option.get("type") != "null"]
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        optional = len(options) < len(schema["anyOf"])
        inner = plain_schema(options[0], definitions) if options else {}
        return {**inner, **rest, **({"optional": True} if optional else {})}
    if "const" in schema:
        return {**schema, "enum": [schema["const"]]}
    return schema


def bounds_text(schema: Schema) -> str:
    """The allowed range in words."""
    low, high = schema.get("minimum"), schema.get("maximum")
    over, under = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    named = (("at least", low), ("more than", over), ("at most", high), ("less than", under))
    return ", ".join(f"{words} {numeral(bound)}" for words, bound in named if bound is not None)
