"""The choices shipped for the form are those that an engine tells."""

from __future__ import annotations

import json

from coun_gui.assets import asset
from coun_gui.experiments.capabilities import choices


def test_the_shipped_choices_are_what_an_engine_tells() -> None:
    """Else: python packaging/write_capabilities.py"""
    shipped = json.loads(asset("capabilities.json").read_text(encoding="utf-8"))
    assert shipped == json.loads(json.dumps(choices()))
