"""The line at the top: name, workspace, search, device and theme."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from coun_gui.assets import asset
from coun_gui.ui.theme import set_role
from coun_gui.ui.widgets.elided_label import ElidedLabel
from coun_gui.ui.widgets.icons import IconButton, IconLabel


class Header(QWidget):
    """Only shows and forwards; what its buttons do is connected by the window."""

    def __init__(self, workspace_menu: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("header")
        set_role(self, role="header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(44)
        mark = QLabel()
        mark.setPixmap(QIcon(str(asset("icons", "coun.svg"))).pixmap(22, 22))
        brand = QLabel("CoUn")
        set_role(brand, role="brand")
        self.workspace = QToolButton()
        self.workspace.setObjectName("workspace_button")
        self.workspace.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.workspace.setMenu(workspace_menu)
        self.workspace.setAccessibleName("Workspace")
        self.workspace.setToolTip("Workspace: new, open, recent")
        self.search = self._search()
        self.device_mark = IconLabel("dot", "waiting", 10)
        self.device = ElidedLabel("Engine starting …")
        self.device.setObjectName("device_status")
        self.device.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        set_role(self.device, role="muted")
        self.theme = IconButton("moon", "Dark theme")
        self.theme.setObjectName("theme_button")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(8)
        for widget in (mark, brand):
            row.addWidget(widget)
        row.addSpacing(8)
        row.addWidget(self.workspace)
        row.addStretch(1)
        row.addWidget(self.search)
        row.addStretch(1)
        for widget in (self.device_mark, self.device, self.theme):
            row.addWidget(widget)

    def _search(self) -> QPushButton:
        button = QPushButton("Search commands    Ctrl+K")
        button.setObjectName("search_button")
        button.setProperty("search", True)
        button.setMinimumWidth(220)
        button.setAccessibleName("Search commands")
        return button

    def set_workspace(self, name: str, path: str) -> None:
        self.workspace.setText(name)
        self.workspace.setToolTip(path)

    def set_device(self, text: str, role: str, tip: str = "") -> None:
        """`role` is the token of the mark: waiting, done or failed; the words say the same."""
        self.device.set_text(text)
        self.device.setToolTip(tip or text)
        self.device_mark.set_icon("dot-hollow" if role == "waiting" else "dot", role)

    def set_dark(self, dark: bool) -> None:
        title = "Light theme" if dark else "Dark theme"
        self.theme.set_icon("sun" if dark else "moon")
        self.theme.setToolTip(title)
        self.theme.setAccessibleName(title)
