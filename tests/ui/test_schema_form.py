"""Forms that are made out of the schemas of parameters."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from window_fakes import CAPABILITIES

from coun_gui.ui.setup.schema_form import SchemaForm


def test_a_schema_form_gives_only_what_was_changed(qtbot):
    form = SchemaForm(CAPABILITIES["methods"][3]["schema"])
    qtbot.addWidget(form)
    assert form.content() == {}
    editor = form.editor("beta")
    editor.selectAll()
    qtbot.keyClicks(editor, "0.99")
    assert form.content() == {"beta": 0.99}
    form.reset()
    assert form.content() == {}


@pytest.mark.parametrize(("text", "complaint"), [("7", "at most 1"), ("x", "not a number"), ("", "needed")])
def test_a_number_out_of_bounds_is_explained_beside_the_field(qtbot, text, complaint):
    form = SchemaForm(CAPABILITIES["methods"][3]["schema"])
    qtbot.addWidget(form)
    editor = form.editor("beta")
    editor.clear()
    qtbot.keyClicks(editor, text)
    assert not form.check()
    assert complaint in form.complaint()


def test_arrow_keys_step_by_the_leading_digit(qtbot):
    form = SchemaForm(CAPABILITIES["methods"][2]["schema"])
    qtbot.addWidget(form)
    editor = form.editor("temperature")
    qtbot.keyClick(editor, Qt.Key.Key_Up)
    assert editor.value() == pytest.approx(0.2)
    qtbot.keyClick(editor, Qt.Key.Key_Down)
    qtbot.keyClick(editor, Qt.Key.Key_Down)
    assert editor.value() == pytest.approx(0.09)


def test_references_and_enums_of_a_schema_are_followed(qtbot):
    salun, ssd = CAPABILITIES["methods"][5]["schema"], CAPABILITIES["methods"][6]["schema"]
    first, second = SchemaForm(salun), SchemaForm(ssd)
    qtbot.addWidget(first)
    qtbot.addWidget(second)
    assert first.editor("share").value() == 0.5
    assert second.editor("mode").value() == "dampen"


LARGE = {
    "properties": {
        "points": {"type": "integer", "default": 20_000, "minimum": 9_999, "maximum": 2_000_000},
        "few": {"type": "integer", "default": 9_999, "exclusiveMaximum": 10_000},
        "rate": {"type": "number", "default": 0.0001, "exclusiveMinimum": 0},
        "each": {"type": "boolean", "default": True},
    }
}


def test_whole_numbers_from_ten_thousand_up_are_told_with_commas(qtbot):
    form = SchemaForm(LARGE)
    qtbot.addWidget(form)
    tips = {key: form.editor(key).toolTip() for key in LARGE["properties"]}
    assert tips == {
        "points": "At least 9999, at most 2,000,000. Default: 20,000.",
        "few": "Less than 10,000. Default: 9999.",
        "rate": "More than 0. Default: 0.0001.",
        "each": "Default: True.",
    }
    form.editor("points").setText("12")
    assert form.complaint() == "points: must be at least 9999, at most 2,000,000."


def test_what_an_empty_field_stands_for_has_commas_too(qtbot):
    form = SchemaForm(LARGE, inherits=True)
    qtbot.addWidget(form)
    form.set_inherited({"points": 50_000, "few": 256, "rate": 0.05})
    assert [form.editor(key).placeholderText() for key in ("points", "few", "rate")] == [
        "50,000",
        "256",
        "0.05",
    ]
