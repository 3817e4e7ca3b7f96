"""The row between the maps and what lies below them: which page, the query, and what is done with a selection."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from coun_gui.ui.embedding.popover import Popover
from coun_gui.ui.embedding.query_line import QueryHelp, QueryLine
from coun_gui.ui.theme import set_role
from coun_gui.ui.widgets.icons import IconButton

PAGES = {"samples": "Samples", "images": "Images", "landing": "Landing"}
_TIPS = {
    "samples": "The samples of the map, one a line",
    "images": "The images of the selected samples",
    "landing": "Where each model puts the forget set or the selection",
}
NEIGHBOURS = (10, 50, 200)


class Strip(QWidget):
    """Tells what is asked for; `selecting.py` does it."""

    page_changed = Signal(str)
    class_asked = Signal(int)
    forget_set_asked = Signal()
    neighbours_asked = Signal(int)
    keep_asked = Signal(str)  # the name
    kept_asked = Signal(str)  # the name of a kept selection
    export_asked = Signal()
    next_asked = Signal()
    clear_asked = Signal()
    menu_opening = Signal()

    def __init__(self, landing: QWidget, parent: QWidget | None = None) -> None:
        """`landing`: what takes the query's place while the landing page is up."""
        super().__init__(parent)
        self._landing = landing
        self._any = False  # something is selected
        self._in_one = True  # row
        self.pages = self._page_buttons()
        self.query, self.help = QueryLine(), QueryHelp()
        self.help_button = IconButton("info", "What a query can say")
        self.help_button.setObjectName("map_query_help")
        self.help_popover = Popover("What a query can say", self.help, self)
        self.help_button.clicked.connect(lambda: self.help_popover.open_below(self.help_button))
        self.next = QPushButton("Forget these next")
        self.next.setObjectName("map_forget_next")
        self.next.setToolTip("Use the selection as the next forget set: keeps the list and fills the form")
        self.next.clicked.connect(self.next_asked)
        self.part = QLabel()
        self.part.setObjectName("map_part")
        set_role(self.part, role="muted")
        self.part.hide()
        self.error = QLabel()
        self.error.setObjectName("map_query_error")
        self.error.setWordWrap(True)
        set_role(self.error, role="error")
        self.error.hide()
        self._make_menu()
        self._make_keeping()
        self._arrange()
        self.show_selected(0, 0)
        self.show_part(0, 0, 0, 0)

    def _page_buttons(self) -> dict[str, QPushButton]:
        self._group = QButtonGroup(self)
        buttons = {}
        for (name, title), place in zip(PAGES.items(), ("first", "middle", "last"), strict=True):
            button = buttons[name] = QPushButton(title)
            button.setObjectName(f"map_page_{name}")
            button.setProperty("segment", place)
            button.setCheckable(True)
            button.setToolTip(_TIPS[name])
            strong = button.font()
            strong.setWeight(strong.Weight.DemiBold)  # as it is when picked: the row must not jump
            button.setMinimumWidth(QFontMetrics(strong).horizontalAdvance(title) + 20)
            button.clicked.connect(lambda _checked=False, name=name: self.page_changed.emit(name))
            self._group.addButton(button)
        buttons["samples"].setChecked(True)
        return buttons

    def _make_menu(self) -> None:
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        self.menu.addAction("The forget set", self.forget_set_asked.emit)
        self.classes = self.menu.addMenu("A class")
        self.near = self.menu.addMenu("Add nearest neighbours")
        for count in NEIGHBOURS:
            self.near.addAction(f"{count} samples", lambda count=count: self.neighbours_asked.emit(count))
        self.menu.addSeparator()
        self.only_selected = self.menu.addAction("List these only")
        self.only_selected.setObjectName("map_only_selected")
        self.only_selected.setToolTip("The table lists the selected samples alone")
        self.only_selected.setCheckable(True)
        self.keep_action = self.menu.addAction("Keep under a name…", self._open_keeping)
        self.kept = self.menu.addMenu("Kept selections")
        self.export_action = self.menu.addAction("Export as an index list…", self.export_asked.emit)
        self.menu.addSeparator()
        self.clear_action = self.menu.addAction("Clear (Esc)", self.clear_asked.emit)
        self.menu.aboutToShow.connect(self.menu_opening)
        self.menu_button = _WideMenuButton("Selection")
        self.menu_button.setObjectName("map_selection_menu")
        self.menu_button.setProperty("menu", True)
        self.menu_button.setMenu(self.menu)

    def _make_keeping(self) -> None:
        form = QWidget()
        row = QHBoxLayout(form)
        row.setContentsMargins(0, 0, 0, 0)
        self.name = QLineEdit()
        self.name.setObjectName("map_selection_name")
        self.name.setAccessibleName("Name of the selection")
        self.name.setMinimumWidth(200)
        keep = QPushButton("Keep")
        keep.setProperty("primary", True)
        for pressed in (keep.clicked, self.name.returnPressed):
            pressed.connect(lambda *_: self.keep_asked.emit(self.name.text()))
        row.addWidget(self.name, 1)
        row.addWidget(keep)
        form.setFocusProxy(self.name)
        self.keeping = Popover("Keep the selection as", form, self)

    def _open_keeping(self) -> None:
        self.keeping.open_below(self.menu_button)

    def _arrange(self) -> None:
        """Pages, query and what is done with a selection: in one row, or in two where there is little room."""
        self._segments = QWidget()
        segments = QHBoxLayout(self._segments)
        segments.setContentsMargins(0, 0, 0, 0)
        segments.setSpacing(0)
        for button in self.pages.values():
            segments.addWidget(button)
        self._rows = QGridLayout()
        self._rows.setSpacing(4)
        self._rows.setHorizontalSpacing(8)
        self._middle()
        self._place(in_one=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(4)
        column.addLayout(self._rows)
        for line in (self.part, self.error):
            column.addWidget(line)

    def _place(self, in_one: bool) -> None:
        """In one row; or the pages and the menu above the query and what is done with the answer."""
        self._in_one = in_one
        rows, right = self._rows, Qt.AlignmentFlag.AlignRight
        for widget in (self._segments, self.middle, self.menu_button, self.next):
            rows.removeWidget(widget)
        rows.addWidget(self._segments, 0, 0)
        if in_one:
            rows.addWidget(self.middle, 0, 1)
            rows.addWidget(self.menu_button, 0, 2)
        else:
            rows.addWidget(self.middle, 1, 0, 1, 3)
            rows.addWidget(self.menu_button, 0, 2, 1, 2, right)
        rows.addWidget(self.next, int(not in_one), 3)
        rows.setColumnStretch(1, 1)

    def _needed(self, in_one: bool) -> int:
        """Logical pixels of the width."""
        pages, menu, middle, next_ = (
            widget.minimumSizeHint().width() + self._rows.horizontalSpacing()
            for widget in (self._segments, self.menu_button, self.middle, self.next)
        )
        forth = next_ if self._next_shown() else 0
        least = pages + middle + menu + forth if in_one else max(pages + menu, middle + forth)
        return least - self._rows.horizontalSpacing()

    def minimumSizeHint(self) -> QSize:
        """Of two rows, whether there is need for them or not: else the window could never become so narrow."""
        return QSize(self._needed(in_one=False), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        in_one = self._needed(in_one=True) <= self.width()
        if in_one != self._in_one:
            self._place(in_one)
            self.updateGeometry()

    def _middle(self) -> None:
        """The query, or what the landing page is controlled by."""
        asking = QWidget()
        row = QHBoxLayout(asking)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.query, 1)
        row.addWidget(self.help_button)
        self.middle = QStackedWidget()
        self.middle.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.middle.addWidget(asking)
        self.middle.addWidget(self._landing)
        self.page_changed.connect(self._show_middle)
        self._show_middle("samples")

    def _show_middle(self, name: str) -> None:
        """What isn't shown takes no room."""
        shown = int(name == "landing")
        for place in range(self.middle.count()):
            wanted = QSizePolicy.Policy.Preferred if place == shown else QSizePolicy.Policy.Ignored
            self.middle.widget(place).setSizePolicy(wanted, QSizePolicy.Policy.Preferred)
        self.middle.setCurrentIndex(shown)
        self._show_next()

    def _next_shown(self) -> bool:
        return self._any and self.middle.currentIndex() == 0

    def _show_next(self) -> None:
        self.next.setVisible(self._next_shown())
        self._fit()

    def show_page(self, name: str) -> None:
        self.pages[name].setChecked(True)
        self.page_changed.emit(name)

    def show_selected(self, count: int, elsewhere: int) -> None:
        """`elsewhere`: how many of them are not on the map."""
        self.menu_button.setText(f"{count:,} selected" if count else "Selection")
        self.menu_button.setToolTip(
            f"{elsewhere:,} of them are not on the map" if elsewhere else "Select, keep and export samples"
        )
        self._any = count > 0
        self._show_next()
        needing = (self.only_selected, self.keep_action, self.export_action, self.clear_action)
        for entry in (self.near.menuAction(), *needing):
            entry.setEnabled(count > 0)
            entry.setToolTip("" if count else "Nothing is selected.")

    def show_part(self, selected: int, here: int, shown: int, total: int) -> None:
        """How much of the dataset is meant, where the map holds a part of it.

        selected: samples selected, `here` of them on the map, which shows `shown` of `total` samples.
        """
        held = f"{shown:,} of {total:,} samples"
        if not selected:
            text = f"The map holds {held}."
        elif selected == here:
            text = f"{here:,} of the {shown:,} samples on the map selected; it holds {held}."
        else:
            text = (
                f"{selected:,} of {total:,} samples selected, {here:,} of them on the map; it holds {held}."
            )
        self.part.setText(text)
        self.part.setVisible(shown < total)

    def fill_menus(self, classes: list[str], kept: list[str]) -> None:
        """What can be selected by name."""
        self.classes.clear()
        for label, name in enumerate(classes):
            self.classes.addAction(name, lambda label=label: self.class_asked.emit(label))
        self.kept.clear()
        for name in kept:
            self.kept.addAction(name, lambda name=name: self.kept_asked.emit(name))
        self.kept.menuAction().setEnabled(bool(kept))

    def show_error(self, text: str) -> None:
        """Below the query; empty takes it away."""
        self.error.setText(text)
        self.error.setVisible(bool(text))
        set_role(self.query, invalid=bool(text))


class _WideMenuButton(QPushButton):
    """With room for the mark of its menu."""

    def sizeHint(self) -> QSize:
        return super().sizeHint() + QSize(4, 0)
