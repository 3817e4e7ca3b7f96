"""What the maps show and how, the tools to select with, and what can be taken away from here."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QToolButton,
    QWidget,
)

from coun_gui.ui.embedding.colouring import MODES
from coun_gui.ui.embedding.fates import PRESETS
from coun_gui.ui.embedding.look import LookForm
from coun_gui.ui.embedding.map_form import MapForm
from coun_gui.ui.embedding.map_view import Tool
from coun_gui.ui.embedding.popover import PopoverButton
from coun_gui.ui.theme import present, set_role
from coun_gui.ui.widgets.icons import IconButton

_TOOLS = {
    Tool.PAN: "Move (M): drag moves all maps, the wheel zooms",
    Tool.LASSO: "Lasso (L): draw around samples. Shift adds, Alt removes, Esc clears",
    Tool.RECTANGLE: "Rectangle (R): drag over samples. Shift adds, Alt removes, Esc clears",
}
KEYS = {Tool.PAN: "M", Tool.LASSO: "L", Tool.RECTANGLE: "R"}
_APART, _BETWEEN = 12, 4  # logical pixels between parts beside each other, and between rows
EXPORTS = {
    "maps": "These maps…",
    "paper": "The paper's figure…",
    "landing": "Where samples land…",
    "way": "The way there, as a GIF…",
}


class Toolbar(QWidget):
    """Above the maps, in as few rows as hold everything uncut."""

    mode_changed = Signal(str)
    preset_changed = Signal(str)
    tool_changed = Signal(object)  # Tool
    fit_asked = Signal()
    add_asked = Signal()
    export_asked = Signal(str)  # a key of EXPORTS

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mode = _combo("map_colour_by", "Colour by", MODES)
        self.mode.currentIndexChanged.connect(lambda _: self.mode_changed.emit(self.mode.currentData()))
        self.preset = _combo("map_preset", "Show", {name: each.title for name, each in PRESETS.items()})
        for row, each in enumerate(PRESETS.values()):
            self.preset.setItemData(row, each.tip, Qt.ItemDataRole.ToolTipRole)
        self.preset.currentIndexChanged.connect(lambda _: self.preset_changed.emit(self.preset.currentData()))
        self._tools = QButtonGroup(self)
        self.tool_buttons = {tool: self._tool_button(tool) for tool in Tool}
        self.tool_buttons[Tool.PAN].setChecked(True)
        self.fit = _button(
            "reset", "Show everything (double-click a map, or Home)", "map_fit", self.fit_asked
        )
        self.look, self.form = LookForm(), MapForm()
        self.look_button = PopoverButton(
            "Look", "Size, opacity, class names, outlines", "Look", self.look, "map_look"
        )
        self.map_button = PopoverButton(
            "Map", "How the map is laid out; draw it again", "Map", self.form, "map_layout"
        )
        self.form.asked.connect(lambda *_: self.map_button.popover.close())
        self.add = _button("plus", "Add a map", "map_add", self.add_asked)
        self.export = IconButton("export", "Export")
        self.export.setObjectName("map_export")
        self.exports = QMenu(self)
        self._export_actions = {
            kind: self.exports.addAction(title, lambda kind=kind: self.export_asked.emit(kind))
            for kind, title in EXPORTS.items()
        }
        self.exports.setToolTipsVisible(True)
        self.export.clicked.connect(self._open_exports)
        self._arrange()

    def _arrange(self) -> None:
        """What is shown, then what it is done with: in one row, in two, or in three where there is little room."""
        self._labels = [_quiet("Colour"), _quiet("Show")]
        choices = zip(self._labels, (self.mode, self.preset), strict=True)
        both = [_labelled(label, combo) for label, combo in choices]
        self._choices = _Folding(both, growing=both)
        self._controls = QWidget()
        row = _row(self._controls)
        for button in (*self.tool_buttons.values(), self.fit):
            row.addWidget(button)
        row.addSpacing(8)
        row.addWidget(self.look_button)
        row.addWidget(self.map_button)
        row.addStretch()
        row.addWidget(self.add)
        row.addWidget(self.export)
        self._rows = _Folding([self._choices, self._controls], growing=[self._controls])
        _row(self).addWidget(self._rows)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._choices.fold(self.width())
        self._rows.fold(self.width())
        # One below the other, their boxes stand level.
        level = max(label.sizeHint().width() for label in self._labels) if self._choices.folded else 0
        for label in self._labels:
            label.setMinimumWidth(level)

    def set_tool(self, tool: Tool) -> None:
        self.tool_buttons[tool].setChecked(True)
        self.tool_changed.emit(tool)

    def allow_mode(self, mode: str, why_not: str) -> None:
        """A colouring that the map has no figures for can't be picked, and says why."""
        _allow(self.mode, self.mode.findData(mode), why_not, "")

    def allow_preset(self, name: str, why_not: str) -> None:
        """A preset that can't be shown can't be picked, and says why."""
        _allow(self.preset, self.preset.findData(name), why_not, PRESETS[name].tip)
        shown = PRESETS[self.preset.currentData()].tip
        self.preset.setToolTip(shown)

    def allow_export(self, kind: str, why_not: str) -> None:
        """An export that there is nothing for can't be picked, and says why."""
        self._export_actions[kind].setEnabled(not why_not)
        self._export_actions[kind].setToolTip(why_not)

    def show_layout(self, title: str) -> None:
        """Which layout is on show, such as “UMAP”."""
        self.map_button.setText(title)
        self.map_button.setToolTip(f"Laid out by {title}: how, and draw it again")

    def pick_mode(self, mode: str) -> None:
        self.mode.setCurrentIndex(self.mode.findData(mode))

    def pick_preset(self, name: str) -> None:
        self.preset.setCurrentIndex(self.preset.findData(name))

    def _open_exports(self) -> None:
        self.exports.popup(self.export.mapToGlobal(self.export.rect().bottomLeft()))

    def _tool_button(self, tool: Tool) -> QToolButton:
        button = _ToolButton(tool)
        button.setObjectName(f"map_tool_{tool.value}")
        button.clicked.connect(lambda: self.tool_changed.emit(tool))
        self._tools.addButton(button)
        return button


class _Folding(QWidget):
    """Parts beside each other, or one below the other where the room is too little for that."""

    def __init__(self, parts: list[QWidget], growing: list[QWidget]) -> None:
        """growing: those that take the room that is left."""
        super().__init__()
        self._parts = parts
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        for part in parts:
            self._box.addWidget(part, int(part in growing))
        self._turn(QBoxLayout.Direction.LeftToRight)

    @property
    def folded(self) -> bool:
        """One part stands below the other."""
        return self._box.direction() is QBoxLayout.Direction.TopToBottom

    def fold(self, width: int) -> None:
        """As so many logical pixels ask for."""
        needed = sum(part.sizeHint().width() for part in self._parts) + _APART * (len(self._parts) - 1)
        down, across = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        self._turn(down if needed > width else across)

    def _turn(self, direction: QBoxLayout.Direction) -> None:
        self._box.setDirection(direction)
        self._box.setSpacing(_BETWEEN if self.folded else _APART)
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        """Folded, whether there is need for it or not: else the window could never become so narrow."""
        return QSize(
            max(part.minimumSizeHint().width() for part in self._parts), super().minimumSizeHint().height()
        )


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


def _combo(name: str, title: str, entries: dict[str, str]) -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setAccessibleName(title)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)  # no entry is ever cut
    for value, text in entries.items():
        combo.addItem(text, value)
    longest = max(combo.fontMetrics().horizontalAdvance(text) for text in entries.values())
    combo.view().setMinimumWidth(longest + 32)  # the list may be wider than the box
    return combo


def _allow(combo: QComboBox, row: int, why_not: str, tip: str) -> None:
    item = combo.model().item(row)
    item.setEnabled(not why_not)
    item.setToolTip(why_not or tip)
    if why_not and combo.currentIndex() == row:
        combo.setCurrentIndex(0)


def _button(icon: str, title: str, name: str, asked: Signal) -> IconButton:
    button = IconButton(icon, title)
    button.setObjectName(name)
    button.clicked.connect(asked)
    return button


def _row(widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(4)
    return row


def _labelled(label: QLabel, combo: QComboBox) -> QWidget:
    both = QWidget()
    row = _row(both)
    row.addWidget(label)
    row.addWidget(combo, 1)
    return both


def _quiet(text: str) -> QLabel:
    label = QLabel(text)
    set_role(label, role="muted")
    return label
