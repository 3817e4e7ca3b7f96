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
