"""The lines of the landing table: a model each, and what Retrains of other seeds differ by."""

from __future__ import annotations

from enum import Enum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QWidget

from coun_gui.reports.landing_table import JUDGED, NO_BAND, NO_REFERENCE, LandingRow, LandingTable
from coun_gui.ui.embedding.found import headings
from coun_gui.ui.theme import present

Index = QModelIndex | QPersistentModelIndex
SHOWN = 12  # classes that have a column; of more, those with the largest shares, or nearest
FLOW, CLUSTERS = "Flow", "Clusters"  # what is shown instead of the table
BarRole = Qt.ItemDataRole.UserRole
_DIGITS = {"avg_diff_listed": 2, "avg_diff": 2, "same_class": 1, "js": 3}
_TIPS = {
    "same_class": "Share of the samples that Retrain puts into the same class",
    "js": "Mean Jensen–Shannon divergence of the softmaxes to Retrain's: 0 is alike, 1 is disjoint",
}


class View(Enum):
    """What stands between a model's name and its figures."""

    BARS = "Bars"
    SHARES = "Shares"
    DISTANCES = "Distances"


def judged(table: LandingTable, view: View) -> list[str]:
    """The figures that have a column. The paper's few classes have none where they are all there are."""
    if view is View.DISTANCES:
        return []
    few = 0 < len(table.listed) < len(table.classes)
    return [key for key in JUDGED if few or key != "avg_diff_listed"]


def heading(table: LandingTable, key: str) -> str:
    """What stands above a figure."""
    few, every = len(table.listed), len(table.classes)
    whole = f"of all {every} ↓" if 0 < few < every else "Avg. Diff ↓"
    titles = {"avg_diff_listed": f"Avg. Diff of {few} ↓", "avg_diff": whole, "js": "JS bits ↓"}
    return titles.get(key, "Same class % ↑")


def explained(table: LandingTable, key: str) -> str:
    """What a figure is, exactly."""
    mean = "Mean difference of the shares to Retrain's, percentage points, over"
    if key == "avg_diff_listed":
        names = ", ".join(table.classes[label] for label in table.listed)
        return f"{mean} {names}.\nAs in the paper's table 1: the true class, and those that Retrain predicts most."
    return _TIPS.get(key, f"{mean} all {len(table.classes)} classes")


class LandingModel(QAbstractTableModel):
    """A line a model; below them what Retrains of other seeds differ by, or why that isn't known."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._table: LandingTable | None = None
        self._view = View.BARS
        self._classes: list[int] = []
        self._judged_keys: list[str] = []
        self._titles: dict[str, str] = {}

    def show(self, table: LandingTable | None, view: View) -> None:
        self.beginResetModel()
        self._table, self._view = table, view
        self._judged_keys = judged(table, view) if table else []
        self._titles = {}
        if table:
            short = headings([row.title for row in table.rows])
            self._titles = {row.run: title for row, title in zip(table.rows, short, strict=True)}
        self._classes = []
        if table and view is not View.BARS:
            self._classes = table.largest(SHOWN) if view is View.SHARES else table.nearest(SHOWN)
        self.endResetModel()

    @property
    def table(self) -> LandingTable | None:
        return self._table

    @property
    def bar_column(self) -> int:
        """Where the bars are; -1 where there are none."""
        return 1 if self._view is View.BARS else -1

    def rowCount(self, parent: Index | None = None) -> int:
        if self._table is None or (parent is not None and parent.isValid()):
            return 0
        return len(self._table.rows) + 1

    def columnCount(self, parent: Index | None = None) -> int:
        return 1 + (1 if self._view is View.BARS else len(self._classes)) + len(self._judged_keys)

    @property
    def class_columns(self) -> range:
        """The columns that belong to one class each."""
        return range(1, 1 + len(self._classes))

    def _judged(self, column: int) -> str | None:
        """The figure in a column, None for the model's name and the shares."""
        place = column - self.columnCount() + len(self._judged_keys)
        return self._judged_keys[place] if place >= 0 else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Vertical or self._table is None:
            return None
        key = self._judged(section)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_alignment(section not in (0, self.bar_column)))
        if role == Qt.ItemDataRole.ToolTipRole:
            return explained(self._table, key) if key else self._column_tip(section)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if key:
            return heading(self._table, key)
        if section == 0:
            return "Model"
        if self._view is View.BARS:
            return f"Predicted (n = {self._table.count:,})"
        return self._table.classes[self._classes[section - 1]]

    def _column_tip(self, section: int) -> str:
        assert self._table is not None
        name = self._table.classes[self._classes[section - 1]] if section in self.class_columns else ""
        if self._view is View.DISTANCES and name:
            about = "mean distance to the centroid of its retain samples, as a share of those to all classes"
            return f"{name}: {about} (the paper's table 4)"
        shares = "share of the samples that the model predicts so, %"
        return (
            f"{name}: {shares}" if name else "Share of the samples that the model predicts as each class, %"
        )

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self._table is None or not index.isValid():
            return None
        column = index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_alignment(column not in (0, self.bar_column)))
        if index.row() == len(self._table.rows):
            return self._last(column, role)
        row = self._table.rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(row, column)
            case Qt.ItemDataRole.FontRole if self._is_best(row, column):
                font = QFont()
                font.setWeight(QFont.Weight.DemiBold)
                return font
            case Qt.ItemDataRole.ToolTipRole:
                return self._tip(row, column)
            case _ if role == BarRole and column == self.bar_column:
                return row.shares
        return None

    def _is_best(self, row: LandingRow, column: int) -> bool:
        """The smallest difference to Retrain; or the nearest of a model's clusters."""
        assert self._table is not None
        key = self._judged(column)
        if key:
            return key.startswith("avg_diff") and row.run in self._table.best(key)
        if self._view is not View.DISTANCES or column not in self.class_columns or row.cluster is None:
            return False
        known = [distance for distance in row.cluster if distance is not None]
        return row.cluster[self._classes[column - 1]] == min(known)

    def _text(self, row: LandingRow, column: int) -> str:
        assert self._table is not None
        key = self._judged(column)
        if key:
            value = None if row.run == self._table.reference else getattr(row, key)
            shown = "–" if value is None else f"{value:.{_DIGITS[key]}f}"
            return f"≈ {shown}" if self._table.within(row, key) else shown
        if column == 0:
            return self._titles[row.run]
        if self._view is View.DISTANCES:
            distance = row.cluster[self._classes[column - 1]] if row.cluster else None
            return "–" if distance is None else f"{distance:.3f}"
        return "" if self._view is View.BARS else f"{row.shares[self._classes[column - 1]]:.1f}"

    def _tip(self, row: LandingRow, column: int) -> str | None:
        assert self._table is not None
        key = self._judged(column)
        if column == 0:
            return row.title
        if key:
            known = self._table.within(row, key)
            return "Another seed of Retrain may differ as much" if known else None
        if column != self.bar_column:
            return None
        named = sorted(zip(row.shares, self._table.classes, strict=True), reverse=True)
        return "\n".join(f"{name}  {share:.1f} %" for share, name in named[:6] if share > 0)

    def _last(self, column: int, role: int) -> Any:
        assert self._table is not None
        table, key = self._table, self._judged(column)
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(present()["muted"])
        if role == Qt.ItemDataRole.ToolTipRole:
            return "The lowest and the highest between Retrains that differ in their seed alone"
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if column == 0 and table.reference is None:
            return NO_REFERENCE
        if table.band is None or table.reference is None:
            return NO_BAND if column == 0 else ""
        if column == 0:
            return "Retrain, other seeds"
        if key is None or key not in table.band:
            return ""
        low, high = (f"{value:.{_DIGITS[key]}f}" for value in table.band[key])
        return low if low == high else f"{low}–{high}"

    @property
    def last_span(self) -> int:
        """Columns that the words of the last line take: all where it is a sentence, else those without figures."""
        table = self._table
        sentence = table is None or table.band is None or table.reference is None
        return self.columnCount() - (0 if sentence else len(self._judged_keys))


def _alignment(number: bool) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
