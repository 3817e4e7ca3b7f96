"""The centre: pages as tabs that can be torn off into windows of their own and docked again."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QDockWidget, QFrame, QMainWindow, QScrollArea, QTabWidget, QWidget

from coun_gui.ui.widgets.icons import IconButton


class Pages(QMainWindow):
    """A window without a frame inside the window; each page is a dock, all of them tabbed."""

    page_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pages")
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockOptions(
            QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.GroupedDragging
        )
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.docks: dict[str, QDockWidget] = {}
        self._current = ""
        self.tear = IconButton("window", "Tear this tab off into a window of its own", self)
        self.tear.setObjectName("tear_button")
        self.tear.clicked.connect(lambda: self.tear_off(self._current))

    def add(self, name: str, title: str) -> QDockWidget:
        """Adds an empty page behind the others."""
        dock = QDockWidget(title, self)
        dock.setObjectName(f"page_{name}")
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        )
        dock.setTitleBarWidget(QWidget())  # the tab is title enough
        dock.setWidget(QWidget())
        dock.topLevelChanged.connect(lambda floating: self._floated(dock, floating))
        dock.visibilityChanged.connect(lambda visible: self._shown(name, visible))
        self.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, dock)
        if self.docks:
            self.tabifyDockWidget(next(reversed(self.docks.values())), dock)
        self.docks[name] = dock
        return dock

    def fill(self, name: str, widget: QWidget) -> None:
        """Puts the page's content in place of the empty widget; it scrolls where there is too little room."""
        empty = self.docks[name].widget()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(widget)
        self.docks[name].setWidget(area)
        empty.deleteLater()

    def content(self, name: str) -> QWidget:
        """What `fill` put there; an empty widget before."""
        area = self.docks[name].widget()
        return area.widget() if isinstance(area, QScrollArea) else area

    def current(self) -> str:
        """The name of the page that was last brought to the front."""
        return self._current

    def show_page(self, name: str) -> None:
        dock = self.docks[name]
        dock.show()
        dock.raise_()
        if dock.isFloating():
            dock.activateWindow()
        self._shown(name, True)

    def tear_off(self, name: str) -> None:
        """Out into a window of its own, or back among the tabs."""
        if not name:
            return
        dock = self.docks[name]
        if not dock.isFloating():
            dock.setFloating(True)
            dock.resize(max(self.width() * 3 // 4, 640), max(self.height() * 3 // 4, 480))
            dock.move(self.mapToGlobal(self.rect().center()) - dock.rect().center())
        else:
            dock.setFloating(False)
        dock.show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_button()

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:  # the tab bar is made, and put on top, by the layout
            self._place_button()
        return done

    def _place_button(self) -> None:
        size = self.tear.sizeHint()
        self.tear.setGeometry(self.width() - size.width() - 4, 2, size.width(), size.height())
        self.tear.raise_()

    def _floated(self, dock: QDockWidget, floating: bool) -> None:
        dock.setTitleBarWidget(None if floating else QWidget())  # type: ignore[arg-type]  # None: the system's

    def _shown(self, name: str, visible: bool) -> None:
        if visible and name != self._current:
            self._current = name
            self.page_changed.emit(name)
        self.tear.raise_()
