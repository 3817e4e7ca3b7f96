"""A small plot: a thin line a run, the mean over seeds, Retrain as a dashed target, the pointer’s line."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from coun_gui.ui.metrics.curves import Band, Series, bounds
from coun_gui.ui.metrics.reach import reach
from coun_gui.ui.theme import Tokens, body_font, present

REACH = 14  # pixels within which a curve is under the pointer
THIN, LINE, THICK = 1.0, 2.0, 3.5
AXIS, MARGIN = 44, 16  # pixels left and right of the curves


class GroupLines:
    """What one method has in one plot."""

    def __init__(self, plot: CurvePlot, colour: str) -> None:
        self._plot, self.colour = plot, colour
        self.seeds: dict[str, pg.PlotCurveItem] = {}
        self.mean = pg.PlotCurveItem(antialias=True)
        self._low, self._high = pg.PlotCurveItem(), pg.PlotCurveItem()
        self._fill = pg.FillBetweenItem(self._low, self._high)
        self.series: list[Series] = []
        self.band: Band | None = None
        self.visible, self.emphasised = True, False
        for item, height in ((self._fill, 0), (self.mean, 2)):
            item.setZValue(height)
            plot.addItem(item, ignoreBounds=True)

    def show(self, series: list[Series], band: Band | None) -> None:
        """New values; only lines whose values differ are touched."""
        for each in series:
            line = self.seeds.get(each.run)
            if line is None:
                line = self.seeds[each.run] = pg.PlotCurveItem(antialias=True)
                line.setZValue(1)
                self._plot.addItem(line, ignoreBounds=True)
            line.setData(*_visible(each.epochs.astype(np.float64), each.values))
        self.series, self.band = series, band
        empty = np.empty(0)
        x = empty if band is None else band.epochs.astype(np.float64)
        self.mean.setData(*_visible(x, empty if band is None else band.mean))
        low, high = self._plot.bounds
        self._low.setData(x, empty if band is None else (band.mean - band.std).clip(low, high))
        self._high.setData(x, empty if band is None else (band.mean + band.std).clip(low, high))
        self.restyle()

    def set_state(self, visible: bool, emphasised: bool) -> None:
        if (visible, emphasised) != (self.visible, self.emphasised):
            self.visible, self.emphasised = visible, emphasised
            self.restyle()

    def set_colour(self, colour: str) -> None:
        self.colour = colour
        self.restyle()

    def restyle(self) -> None:
        """Pens and visibility."""
        several = self.band is not None
        width = THICK if self.emphasised else LINE
        quiet = QColor(self.colour)
        quiet.setAlpha(110)
        shade = QColor(self.colour)
        shade.setAlpha(36)
        for line in self.seeds.values():
            line.setPen(pg.mkPen(quiet, width=THIN) if several else pg.mkPen(self.colour, width=width))
            line.setVisible(self.visible)
        self.mean.setPen(pg.mkPen(self.colour, width=width))
        self.mean.setVisible(self.visible and several)
        self._fill.setBrush(shade)
        self._fill.setVisible(self.visible and several)

    def drop(self) -> None:
        for item in (self._fill, self.mean, *self.seeds.values()):
            self._plot.removeItem(item)

    def lines(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """(epochs, values) of what is drawn."""
        drawn = [(each.epochs, each.values) for each in self.series if len(each.epochs)]
        return drawn if self.visible else []

    def value_at(self, epoch: int) -> tuple[float, float | None] | None:
        """(mean or value, ± over seeds) at an epoch."""
        if self.band is not None:
            place = np.flatnonzero(self.band.epochs == epoch)
            return (float(self.band.mean[place[0]]), float(self.band.std[place[0]])) if len(place) else None
        for each in self.series:
            place = np.flatnonzero(each.epochs == epoch)
            if len(place):
                return float(each.values[place[0]]), None
        return None


class Rules(pg.GraphicsObject):
    """Faint lines at the left axis's numbers. pyqtgraph's own grid takes ten times as long as the rest."""

    def __init__(self, axis: pg.AxisItem, box: pg.ViewBox) -> None:
        super().__init__()
        self._axis, self._box = axis, box
        self.pen = pg.mkPen("#808080")
        self.setZValue(-2)

    def boundingRect(self) -> QRectF:
        return self._box.viewRect()

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, *_: object) -> None:
        (left, right), (low, high) = self._box.viewRange()
        levels = self._axis.tickValues(low, high, self._box.height())
        painter.setPen(self.pen)
        for value in levels[0][1] if levels else ():
            painter.drawLine(QPointF(left, value), QPointF(right, value))


class CurvePlot(pg.PlotWidget):
    """Drag pans, the wheel zooms, a double-click shows everything again."""

    pointed = Signal(object, object, object)  # this plot, epoch or None, group under the pointer or None

    def __init__(self, quantity: str, title: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None)
        self.quantity, self._title = quantity, title
        self.bounds = bounds(quantity)
        self.groups: dict[str, GroupLines] = {}
        self._own_range = False
        self._theme = present()
        self._target_value: float | None = None
        self.setObjectName(f"plot_{quantity.replace(' ', '_')}")
        self.setAccessibleName(title)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumSize(220, 148)
        self.setFrameShape(self.Shape.NoFrame)
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.ctrlMenu.setParent(self, item.ctrlMenu.windowFlags())  # pyqtgraph leaves it without an owner
        item.getViewBox().sigRangeChangedManually.connect(self._ranged_by_hand)
        item.getViewBox().disableAutoRange()
        item.getAxis("left").setWidth(AXIS)
        item.getAxis("bottom").setHeight(24)
        item.getAxis("bottom").setStyle(hideOverlappingLabels=False)
        item.layout.setContentsMargins(4, 4, MARGIN, 4)
        self._rules = Rules(item.getAxis("left"), item.getViewBox())
        self.addItem(self._rules, ignoreBounds=True)
        self.target = pg.InfiniteLine(angle=0, movable=False)
        self.target.hide()
        self.crosshair = pg.InfiniteLine(angle=90, movable=False)
        self.crosshair.hide()
        self.note = pg.LabelItem("", justify="center")
        self.note.setParentItem(item.getViewBox())
        self.note.anchor(itemPos=(0.5, 0.5), parentPos=(0.5, 0.5))
        for line in (self.target, self.crosshair):
            line.setZValue(-1)
            self.addItem(line, ignoreBounds=True)
        self.target.setZValue(3)  # seen among the curves
        item.getViewBox().sigResized.connect(self._entitle)
        self.setMouseTracking(True)

    def group(self, key: str, colour: str) -> GroupLines:
        if key not in self.groups:
            self.groups[key] = GroupLines(self, colour)
        return self.groups[key]

    def drop(self, key: str) -> None:
        if key in self.groups:
            self.groups.pop(key).drop()

    def dress(self, theme: Tokens, retrain: str) -> None:
        """Colours of the theme."""
        item = self.getPlotItem()
        self._theme = theme
        self._entitle()
        self.setBackground(theme["panel"])
        self._rules.pen = pg.mkPen(theme["line"], width=1)
        for name in ("left", "bottom"):
            axis = item.getAxis(name)
            axis.setPen(pg.mkPen(theme["line"]))
            axis.setTextPen(theme["muted"])
            axis.setStyle(tickLength=0)
        self.target.setPen(pg.mkPen(retrain, width=1.4, style=Qt.PenStyle.DashLine))
        self.crosshair.setPen(pg.mkPen(theme["muted"], width=1))
        self.note.setText(self.note.text, color=theme["muted"], size="9pt")

    def set_target(self, value: float | None) -> None:
        self._target_value = value
        self.target.setVisible(value is not None)
        if value is not None:
            self.target.setValue(value)
        self._entitle()

    @property
    def title(self) -> str:
        """As it stands above the curves: with the target's value, as much of it as there is room for."""
        if self._target_value is None:
            return self._title
        name, _, aim = self._title.partition(" → ")
        figure = f"{self._target_value:.2f}"
        whole = f"{name} → {aim} {figure}"
        font = body_font(self._theme)
        font.setWeight(QFont.Weight(self._theme["emphasis"]))
        room = self.width() - AXIS - MARGIN
        return whole if QFontMetrics(font).horizontalAdvance(whole) <= room else f"{name} → {figure}"

    def _entitle(self) -> None:
        style = f"font-size:{self._theme['body']}px; font-weight:{self._theme['emphasis']}"
        title = f'<span style="{style}">{self.title}</span>'
        self.getPlotItem().setTitle(title, color=self._theme["text"], justify="left")

    def set_note(self, text: str) -> None:
        """Why there is nothing here."""
        if text != self.note.text:
            self.note.setText(text)
        self.note.setVisible(bool(text))
        self._rules.setVisible(not text)
        for name in ("left", "bottom"):
            self.getPlotItem().getAxis(name).setStyle(showValues=not text)

    def fit(self, force: bool = False) -> None:
        """Shows all visible curves and the target, unless the user chose a range."""
        if self._own_range and not force:
            return
        self._own_range = False
        lines = [line for group in self.groups.values() for line in group.lines()]
        if not lines:
            return
        values = np.concatenate([values for _, values in lines])
        low, high = float(values.min()), float(values.max())
        if self._target_value is not None:
            low, high = min(low, self._target_value), max(high, self._target_value)
        pad = max((high - low) * 0.08, abs(high) * 1e-3, 1e-6)
        least, most = self.bounds  # the frame goes past them by no more than a line's width needs
        low, high = max(low - pad, least - pad / 4), min(high + 2 * pad, most + pad / 2)
        last = max(1, *(int(epochs[-1]) for epochs, _ in lines))
        self.getPlotItem().getViewBox().setRange(
            xRange=(0, last), yRange=(low, high), padding=0.02, disableAutoRange=True
        )

    def show_epoch(self, epoch: int | None) -> None:
        self.crosshair.setVisible(epoch is not None)
        if epoch is not None:
            self.crosshair.setValue(epoch)

    def place_of(self, epoch: int) -> QPoint:
        """Where an epoch is on the widget, at half height."""
        box = self.getPlotItem().getViewBox()
        (_, _), (low, high) = box.viewRange()
        return box.mapViewToScene(QPointF(epoch, (low + high) / 2)).toPoint()

    def curve_at(self, position: QPointF) -> str | None:
        """The group whose curve passes nearest to a place on the widget."""
        box = self.getPlotItem().getViewBox()
        best, found = float(REACH), None
        for key, group in self.groups.items():
            distance = min((reach(box, position, *line) for line in group.lines()), default=best)
            if distance < best:
                best, found = distance, key
        return found

    def epoch_at(self, position: QPointF) -> int | None:
        """The evaluated epoch nearest to a place on the widget."""
        box = self.getPlotItem().getViewBox()
        if not box.sceneBoundingRect().contains(position):
            return None
        epochs = [epochs for group in self.groups.values() for epochs, _ in group.lines()]
        if not epochs:
            return None
        every = np.unique(np.concatenate(epochs))
        return int(every[np.abs(every - box.mapSceneToView(position).x()).argmin()])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        position = event.position()
        epoch = self.epoch_at(position)
        self.pointed.emit(self, epoch, None if epoch is None else self.curve_at(position))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointed.emit(self, None, None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit(force=True)

    def _ranged_by_hand(self) -> None:
        self._own_range = True


def _visible(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A single epoch as a short dash, since a line through one point can't be seen."""
    return (np.array([x[0] - 0.1, x[0] + 0.1]), np.repeat(y, 2)) if len(x) == 1 else (x, y)
