"""How the window looks: tokens from resources/theme, made into a palette, a style sheet and tinted icons.

Widgets never name a colour: they take it from the palette, a style-sheet role, or `present()`.
"""

from __future__ import annotations

import json
from functools import lru_cache
from string import Template
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QRectF, QSettings, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QWidget

from coun_gui.assets import asset

Tokens = dict[str, Any]
MODES = ("system", "light", "dark")


@lru_cache(maxsize=2)
def tokens(dark: bool) -> Tokens:
    """Colours of one theme together with the scale that both share."""
    names = ("dark" if dark else "light", "scale")
    merged: Tokens = {}
    for name in names:
        merged |= json.loads(asset("theme", f"{name}.json").read_text(encoding="utf-8"))
    return merged


def present() -> Tokens:
    """The tokens in use, so that painting code needs to be told nothing.

    Read from the application's palette: a widget's own has colours of its style sheet in it.
    """
    return tokens(QGuiApplication.palette().color(QPalette.ColorRole.Window).lightnessF() < 0.5)


def palette(theme: Tokens) -> QPalette:
    """Every role that Fusion and the panels read."""
    role = QPalette.ColorRole
    colours = {
        role.Window: "window", role.WindowText: "text", role.Base: "panel", role.AlternateBase: "hover",
        role.Text: "text", role.Button: "panel", role.ButtonText: "text", role.BrightText: "failed",
        role.Highlight: "accent", role.HighlightedText: "on_accent", role.Accent: "accent",
        role.Link: "accent_text", role.LinkVisited: "accent_text", role.PlaceholderText: "muted",
        role.ToolTipBase: "tooltip", role.ToolTipText: "tooltip_text",
        role.Light: "hover", role.Midlight: "hover",
        role.Mid: "line", role.Dark: "control", role.Shadow: "line",
    }  # fmt: skip
    made = QPalette()
    for place, name in colours.items():
        made.setColor(place, QColor(theme[name]))
    for place in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, place, QColor(theme["disabled"]))
    return made


def style_sheet(theme: Tokens) -> str:
    """The template of resources/theme with all tokens filled in."""
    template = Template(asset("theme", "window.qss").read_text(encoding="utf-8"))
    return template.substitute(theme, icons=asset("icons").as_posix())


def body_font(theme: Tokens) -> QFont:
    """The system's font at the body size, with figures of one width."""
    font = QFont(QGuiApplication.font())
    font.setPixelSize(theme["body"])
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def small_font(theme: Tokens) -> QFont:
    font = body_font(theme)
    font.setPixelSize(theme["small"])
    return font


@lru_cache(maxsize=512)
def pixmap(name: str, colour: str, size: int = 16, ratio: float = 1.0) -> QPixmap:
    """A line icon in one colour, `size` logical pixels wide."""
    content = asset("icons", f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", colour)
    drawn = QPixmap(round(size * ratio), round(size * ratio))
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    QSvgRenderer(QByteArray(content.encode())).render(painter, QRectF(0, 0, drawn.width(), drawn.height()))
    painter.end()
    drawn.setDevicePixelRatio(ratio)
    return drawn


def icon(name: str, theme: Tokens, role: str = "text") -> QIcon:
    """A line icon in the theme's colour, sharp at up to three times the density, paler where disabled."""
    made = QIcon()
    for ratio in (1.0, 2.0, 3.0):
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected, QIcon.Mode.Active):
            made.addPixmap(pixmap(name, theme[role], 16, ratio), mode)
        made.addPixmap(pixmap(name, theme["disabled"], 16, ratio), QIcon.Mode.Disabled)
    return made


@lru_cache(maxsize=256)
def chip(colour: str, ratio: float = 2.0) -> QPixmap:
    """A small square in the colour of a method, as it stands in legends and lists."""
    drawn = QPixmap(round(10 * ratio), round(10 * ratio))
    drawn.fill(QColor(colour))
    drawn.setDevicePixelRatio(ratio)
    return drawn


def set_role(widget: QWidget, **properties: Any) -> None:
    """Sets style-sheet properties such as role="muted" and has the style look again."""
    if all(widget.property(name) == value for name, value in properties.items()):
        return
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


class Theme(QObject):
    """Light or dark for the whole program: as the system is, or as the user chose."""

    changed = Signal(bool)  # dark

    def __init__(self, application: QApplication, settings: QSettings | None = None) -> None:
        super().__init__(application)
        self._application = application
        self._settings = settings
        stored = str(settings.value("theme", "system")) if settings else "system"
        self.mode = stored if stored in MODES else "system"
        self.dark = False
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._system_changed)
        self._apply()

    def set_mode(self, mode: str) -> None:
        """One of `MODES`; remembered."""
        self.mode = mode
        if self._settings is not None:
            self._settings.setValue("theme", mode)
        self._apply()

    def toggle(self) -> None:
        """From light to dark or back."""
        self.set_mode("light" if self.dark else "dark")

    def _system_changed(self, _scheme: Qt.ColorScheme) -> None:
        if self.mode == "system":
            self._apply()

    def _apply(self) -> None:
        hints = self._application.styleHints()
        if self.mode == "system":
            hints.unsetColorScheme()
        dark = self.mode == "dark" or (self.mode == "system" and hints.colorScheme() == Qt.ColorScheme.Dark)
        self.dark = dark
        if self.mode != "system":  # also turns the window's frame, where the platform draws one
            hints.setColorScheme(Qt.ColorScheme.Dark if dark else Qt.ColorScheme.Light)
        theme = tokens(dark)
        self._application.setFont(body_font(theme))
        self._application.setPalette(palette(theme))
        self._application.setStyleSheet(style_sheet(theme))
        self.changed.emit(dark)
