"""One method of the list: tick, colour, CL switch, and the parameters behind the gear."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from coun_gui.reports.colours import method_colour
from coun_gui.ui.setup.method_details import MethodDetails
from coun_gui.ui.setup.schema_form import SchemaForm
from coun_gui.ui.theme import chip
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
        self._made: MethodDetails | None = None
        self._inherited: dict[str, Any] = {}
        name = choice["name"]
        self.tick = QCheckBox(choice["title"])
        self.tick.setToolTip("\n".join(filter(None, (choice.get("help"), choice.get("citation")))))
        self.tick.setObjectName(f"method_{name}")
        self.tick.setIconSize(QSize(10, 10))
        self.tick.clicked.connect(lambda: self.edited.emit())
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
        self._arrange()

    @property
    def details(self) -> MethodDetails:
        """The parameters, with their defaults before anything was set."""
        if self._made is None:
            made = MethodDetails(self.choice, self.variant, self._inherited, self)
            made.edited.connect(self.edited)
            made.variant_wanted.connect(self.variant_wanted)
            made.removed.connect(self.removed)
            made.hide()
            self.column.addWidget(made)
            self._made = made
            self._arrange()
        return self._made

    def forms(self) -> tuple[SchemaForm, ...]:
        """Those that were needed so far."""
        return self._made.forms() if self._made else ()

    def content(self) -> dict[str, Any]:
        """The `[[methods]]` table, whether ticked or not."""
        made = self._made
        content = {"name": self.choice["name"]}
        if made:
            content |= {**made.params.content(), **made.overrides.content()}
        if self._can_switch() and self.switch.isChecked():
            content["contrastive"] = made.module.content() if made else {}
        return content

    def set_content(self, content: dict[str, Any]) -> None:
        self.tick.setChecked(True)
        self.switch.setChecked("contrastive" in content or not self._can_switch())
        if self._made or content.keys() - {"name", "contrastive"} or content.get("contrastive"):
            self.details.set_content(content)
        self._arrange()

    def set_inherited(self, values: dict[str, Any]) -> None:
        """The `[unlearning]` values that the method takes where it sets none of its own."""
        self._inherited = values
        if self._made:
            self._made.overrides.set_inherited(values)

    def show_error(self, key: str, text: str) -> bool:
        """Opens the parameters and says it beside the one that is meant."""
        shown = self.details.show_error(key, text)
        if shown:
            self.gear.setChecked(True)
        return shown

    def complaint(self) -> str:
        required = self.choice.get("schema", {}).get("required")  # has no default to go by
        forms = self.details.forms() if required else self.forms()
        asked = [form for form in forms if form is not self.details.module or self.switch.isChecked()]
        text = next((form.complaint() for form in asked if form.complaint()), "")
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
        if self._made:
            self._made.module.setVisible(self._can_switch() and self.switch.isChecked())

    def _show_details(self, shown: bool) -> None:
        self.details.setVisible(shown)
        if shown:
            QTimer.singleShot(0, self, self._bring_into_view)  # when they have their place

    def _bring_into_view(self) -> None:
        area: QWidget | None = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None and self.gear.isChecked():
            area.ensureWidgetVisible(self.details, 0, 8)
            area.ensureWidgetVisible(self.gear, 0, 8)  # where there is no room for both

    def _switched(self) -> None:
        self._arrange()
        self.edited.emit()
