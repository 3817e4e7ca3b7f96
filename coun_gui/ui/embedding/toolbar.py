"""What can be changed about how the maps look, and the tools to select with."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QToolButton,
    QWidget,
)

from coun_gui.ui.embedding.colouring import MODES
from coun_gui.ui.embedding.map_view import Tool
from coun_gui.ui.theme import present, set_role
from coun_gui.ui.widgets.icons import IconButton

_TOOLS = {
    Tool.PAN: "Move (M): drag moves all maps, the wheel zooms",
    Tool.LASSO: "Lasso (L): draw around samples. Shift adds, Alt removes, Esc clears",
    Tool.RECTANGLE: "Rectangle (R): drag over samples. Shift adds, Alt removes, Esc clears",
}
KEYS = {Tool.PAN: "M", Tool.LASSO: "L", Tool.RECTANGLE: "R"}


class Toolbar(QWidget):
    """One row above the maps."""

    mode_changed = Signal(str)
    tool_changed = Signal(object)  # Tool
    look_changed = Signal(float, float)  # size factor, opacity
    fit_asked = Signal()
    add_asked = Signal()
    export_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mode = QComboBox()
        self.mode.setObjectName("map_colour_by")
        self.mode.setAccessibleName("Colour by")
        for name, title in MODES.items():
            self.mode.addItem(title, name)
        self.mode.currentIndexChanged.connect(lambda _: self.mode_changed.emit(self.mode.currentData()))
        self.size_slider = _slider("map_point_size", "Point size", 40, 250, 100)
        self.opacity_slider = _slider("map_opacity", "Opacity of retain samples", 10, 100, 65)
        for slider in (self.size_slider, self.opacity_slider):
            slider.valueChanged.connect(self._look_changed)
        self._tools = QButtonGroup(self)
        self.tool_buttons = {tool: self._tool_button(tool) for tool in Tool}
        self.tool_buttons[Tool.PAN].setChecked(True)
        self.fit = IconButton("reset", "Show everything (double-click a map, or Home)")
        self.fit.setObjectName("map_fit")
        self.fit.clicked.connect(self.fit_asked)
        self.add = IconButton("plus", "Add a map")
        self.add.setObjectName("map_add")
        self.add.clicked.connect(self.add_asked)
        self.export = IconButton("export", "Export the maps as PNG, SVG or PDF")
        self.export.setObjectName("map_export")
        self.export.clicked.connect(self.export_asked)
        self.selected = QLabel()
        self.selected.setObjectName("map_selected")
        set_role(self.selected, role="muted")
        self.only_selected = QCheckBox("list these only")
        self.only_selected.setObjectName("map_only_selected")
        self.only_selected.setToolTip("The table lists the selected samples alone")
        self.show_selected(0)
        self._arrange()

    def show_selected(self, count: int) -> None:
        self.selected.setText(f"{count:,} selected" if count else "")
        self.only_selected.setVisible(count > 0)

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(_quiet("Colour"))
        row.addWidget(self.mode)
        row.addSpacing(8)
        for button in self.tool_buttons.values():
            row.addWidget(button)
        row.addWidget(self.fit)
        row.addSpacing(8)
        for title, slider in (("Size", self.size_slider), ("Opacity", self.opacity_slider)):
            row.addWidget(_quiet(title))
            row.addWidget(slider)
            row.addSpacing(4)
        row.addStretch()
        row.addWidget(self.selected)
        row.addWidget(self.only_selected)
        row.addSpacing(8)
        row.addWidget(self.add)
        row.addWidget(self.export)

    def set_tool(self, tool: Tool) -> None:
        self.tool_buttons[tool].setChecked(True)
        self.tool_changed.emit(tool)

    def _tool_button(self, tool: Tool) -> QToolButton:
        button = _ToolButton(tool)
        button.setObjectName(f"map_tool_{tool.value}")
        button.clicked.connect(lambda: self.tool_changed.emit(tool))
        self._tools.addButton(button)
        return button

    def _look_changed(self) -> None:
        self.look_changed.emit(self.size_slider.value() / 100, self.opacity_slider.value() / 100)


class _ToolButton(QToolButton):
    """A checkable button with its tool's sign, drawn in the theme's colour."""

    def __init__(self, tool: Tool) -> None:
        super().__init__()
        self._tool = tool
        self.setCheckable(True)
        self.setIconSize(QSize(16, 16))
        self.setToolTip(_TOOLS[tool])
        self.setAccessibleName(_TOOLS[tool].split(":")[0])
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (event.Type.PaletteChange, event.Type.StyleChange):
            self._tint()

    def _tint(self) -> None:
        self.setIcon(_sign(self._tool, present()["text"]))


def _sign(tool: Tool, colour: str) -> QIcon:
    """Drawn at three times its size, so that it stays sharp on a dense screen."""
    drawn = QPixmap(48, 48)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(3, 3)
    pen = QPen(QColor(colour), 1.4)
    if tool is not Tool.PAN:
        pen.setDashPattern([2.4, 1.6])
    painter.setPen(pen)
    if tool is Tool.RECTANGLE:
        painter.drawRect(QRectF(2.5, 3.5, 11, 9))
    elif tool is Tool.LASSO:
        painter.drawEllipse(QRectF(2, 2, 12, 8))
        painter.setPen(QPen(QColor(colour), 1.4))
        painter.drawPolyline(QPolygonF([QPointF(5, 10), QPointF(6.5, 12), QPointF(4.5, 14.5)]))
    else:
        painter.drawLine(QPointF(8, 1.5), QPointF(8, 14.5))
        painter.drawLine(QPointF(1.5, 8), QPointF(14.5, 8))
        for x, y, dx, dy in ((8, 1.5, 2, 2), (8, 14.5, 2, -2), (1.5, 8, 2, 2), (14.5, 8, -2, 2)):
            side = (-dx, dy) if x == 8 else (dx, -dy)
            tips = [QPointF(x + dx, y + dy), QPointF(x, y), QPointF(x + side[0], y + side[1])]
            painter.drawPolyline(QPolygonF(tips))
    painter.end()
    return QIcon(drawn)


def _slider(name: str, title: str, low: int, high: int, value: int) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setObjectName(name)
    slider.setAccessibleName(title)
    slider.setToolTip(title)
    slider.setRange(low, high)
    slider.setValue(value)
    slider.setFixedWidth(88)
    return slider


def _quiet(text: str) -> QLabel:
    label = QLabel(text)
    set_role(label, role="muted")
    return label
