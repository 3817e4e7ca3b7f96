"""The foot of the form: seeds, device, what it will cost, and Start; always in view."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from coun_gui.ui.quantities import counted, duration, flops, size
from coun_gui.ui.session import Session
from coun_gui.ui.setup.editors import QuietCombo
from coun_gui.ui.theme import set_role
from coun_gui.ui.widgets.following import follow

_GIB = 2**30
_AT_ONCE = 8  # runs that may share a GPU


class Footer(QWidget):
    """`seeds()`, `device()` and `at_once()`; `show_…` for what an engine or the form says."""

    edited = Signal()

    def __init__(self, session: Session, start: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._seeds: tuple[int, ...] = (0,)
        self._plan = ""
        self._cost = ""
        set_role(self, role="footer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._build_fields()
        self.estimate = QLabel()
        self.estimate.setObjectName("estimate_line")
        self.estimate.setWordWrap(True)
        set_role(self.estimate, role="muted")
        self.reason = QLabel()
        self.reason.setObjectName("start_reason")
        self.reason.setWordWrap(True)
        set_role(self.reason, role="warning")
        self.button = QPushButton("Start")
        self.button.setObjectName("start_button")
        self.button.setProperty("primary", True)
        self.button.clicked.connect(start.trigger)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 12)
        column.setSpacing(8)
        column.addLayout(self._fields())
        for widget in (self.estimate, self.reason, self.button):
            column.addWidget(widget)
        self.reason.hide()
        follow(self.button, start)

    def _build_fields(self) -> None:
        self.spin = QSpinBox()
        self.spin.setRange(1, 99)
        self.spin.setObjectName("seeds_spin")
        self.spin.setAccessibleName("Number of seeds")
        self.spin.setFixedWidth(60)
        self.spin.valueChanged.connect(self._counted)
        self.combo = QuietCombo()
        self.combo.setObjectName("device_combo")
        self.combo.setAccessibleName("Device")
        self.combo.addItem("Automatic", "auto")
        self.combo.activated.connect(self.edited)
        self.combo.activated.connect(self._show_share)
        self.share = QSpinBox()
        self.share.setRange(1, _AT_ONCE)
        self.share.setObjectName("at_once_spin")
        self.share.setAccessibleName("Runs at once on the GPU")
        self.share.setToolTip("Runs at once on the GPU, where its free memory holds so many.")
        self.share.setPrefix("× ")
        self.share.setFixedWidth(60)
        self.share.hide()

    def _fields(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        for title, widget in (("&Seeds", self.spin), ("&Device", self.combo)):
            label = QLabel(title)
            label.setBuddy(widget)
            row.addWidget(label)
            row.addWidget(widget, 1 if widget is self.combo else 0)
        row.addWidget(self.share)
        return row

    def seeds(self) -> tuple[int, ...]:
        return self._seeds

    def set_seeds(self, seeds: tuple[int, ...]) -> None:
        """Any seeds may be set; the spin box counts them and, once turned, gives 0, 1, 2, …"""
        self.spin.blockSignals(True)
        self.spin.setValue(len(seeds))
        self.spin.blockSignals(False)
        self._keep(seeds)

    def device(self) -> str:
        return str(self.combo.currentData())

    def set_devices(self, devices: list[dict[str, Any]]) -> None:
        """Automatic, then each device with its memory."""
        chosen = self.device()
        self.combo.clear()
        self.combo.addItem("Automatic", "auto")
        for device in devices:
            self.combo.addItem(device_title(device), device["id"])
        self.combo.setCurrentIndex(max(self.combo.findData(chosen), 0))
        self._show_share()

    def at_once(self) -> int:
        """How many runs may share the device, where it is a GPU; small models share a CPU by themselves."""
        return self.share.value() if self._on_gpu() else 1

    def _on_gpu(self) -> bool:
        ids = [str(self.combo.itemData(row)) for row in range(self.combo.count())]
        return self.device() != "cpu" and any(name.startswith("cuda") for name in ids)

    def _show_share(self) -> None:
        self.share.setVisible(self._on_gpu())

    def show_plan(self, plan: dict[str, Any]) -> None:
        """How many runs there are, and the cost of those that are still to be done."""
        runs = plan["runs"]
        done = sum(bool(run["done"]) for run in runs)
        parts = [counted(len(runs), "run")]
        if done:
            parts.append("all done already" if done == len(runs) else f"{done:,} done already")
        if plan.get("flops"):
            parts.append(f"≈ {flops(plan['flops'])}")
        self.show_estimate(" · ".join(parts))

    def show_estimate(self, text: str) -> None:
        self._plan = text
        self._show_line()

    def show_cost(self, cost: dict[str, Any]) -> None:
        """Time and disk of what is still to be done, as an engine measured and reckoned them."""
        self._cost = ""
        if cost.get("seconds"):
            self._cost = f"≈ {duration(cost['seconds'])} · {size(cost['bytes'])} on disk"
            self.estimate.setToolTip(f"Time by a short measurement on: {cost['device']}")
        self._show_line()

    def _show_line(self) -> None:
        text = " · ".join(part for part in (self._plan, self._cost) if part)
        self.estimate.setText(text)
        self.estimate.setVisible(bool(text))

    def show_reason(self, text: str, quiet: bool = False) -> None:
        """Why Start can't be pressed; also the button's tooltip. `quiet`: nothing is wrong."""
        set_role(self.reason, role="muted" if quiet else "warning")
        self.reason.setText(text)
        self.reason.setVisible(bool(text))

    def _counted(self, count: int) -> None:
        self._keep(tuple(range(count)))
        self.edited.emit()

    def _keep(self, seeds: tuple[int, ...]) -> None:
        self._seeds = tuple(seeds)
        self.spin.setToolTip("Every method is run once a seed: " + ", ".join(map(str, self._seeds)))


def device_title(device: dict[str, Any]) -> str:
    """Title with the memory in GB, where that is known."""
    memory = device.get("memory") or 0
    return f"{device['title']} · {memory / _GIB:.0f} GB" if memory else str(device["title"])
