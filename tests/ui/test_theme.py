"""Light and dark: contrast by WCAG 2.2, one source of colours, icons that follow."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from coun_gui.assets import asset
from coun_gui.ui import theme as themes

SURFACES = ("window", "panel", "field", "hover", "selected")
TEXTS = ("text", "muted", "accent_text", "running", "done", "failed", "warning", "waiting")


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_worked_out_as_wcag_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("text", TEXTS)
def test_text_stands_out_from_every_surface(dark, text):
    tokens = themes.tokens(dark)
    for surface in SURFACES:
        assert contrast(tokens[text], tokens[surface]) >= 4.5, surface


@pytest.mark.parametrize("dark", [False, True])
def test_text_on_accent_notice_and_tooltip_stands_out(dark):
    tokens = themes.tokens(dark)
    pairs = [("on_accent", "accent"), ("on_accent", "accent_hover"), ("text", "notice"),
             ("warning", "notice"), ("tooltip_text", "tooltip")]  # fmt: skip
    assert all(contrast(tokens[text], tokens[surface]) >= 4.5 for text, surface in pairs)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("part", ["control", "focus", "accent"])
def test_controls_and_the_focus_ring_stand_out(dark, part):
    tokens = themes.tokens(dark)
    for surface in ("window", "panel", "field"):
        assert contrast(tokens[part], tokens[surface]) >= 3, surface


def test_both_themes_have_the_same_tokens():
    assert themes.tokens(False).keys() == themes.tokens(True).keys()


@pytest.mark.parametrize("dark", [False, True])
def test_the_style_sheet_has_every_token_filled_in_and_only_files_that_exist(dark):
    sheet = themes.style_sheet(themes.tokens(dark))
    assert "$" not in sheet
    names = [part.split('"')[0] for part in sheet.split('url("')[1:]]
    assert names
    assert all(asset("icons", name.rsplit("/", 1)[-1]).is_file() for name in names)


def test_toggling_changes_palette_and_tokens_and_is_remembered(qapp, tmp_path):
    settings = QSettings(str(tmp_path / "theme.ini"), QSettings.Format.IniFormat)
    theme = themes.Theme(qapp, settings)
    told: list[bool] = []
    theme.changed.connect(told.append)
    theme.set_mode("light")
    theme.toggle()
    assert told == [False, True]
    assert QApplication.palette().color(QPalette.ColorRole.Window) == QColor(themes.tokens(True)["window"])
    assert themes.present()["dark"]
    assert themes.Theme(qapp, settings).dark


def test_a_nonsensical_setting_means_as_the_system_has_it(qapp, tmp_path):
    settings = QSettings(str(tmp_path / "theme.ini"), QSettings.Format.IniFormat)
    settings.setValue("theme", "pink")
    assert themes.Theme(qapp, settings).mode == "system"


@pytest.mark.parametrize("path", sorted(asset("icons").glob("*.svg")), ids=lambda path: path.stem)
def test_every_icon_draws_something(qapp, path):
    image = themes.pixmap(path.stem, "#123456", 16, 2.0).toImage()
    assert any(image.pixelColor(x, y).alpha() for x in range(32) for y in range(32))
