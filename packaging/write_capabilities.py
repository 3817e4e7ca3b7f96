"""Writes resources/capabilities.json: what can be picked without plug-ins, so that forms are complete at once."""

import json

from coun_gui.assets import asset
from coun_gui.experiments.capabilities import choices


def text() -> str:
    """The content of the file, as the program is now."""
    return json.dumps(choices(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    asset("capabilities.json").write_text(text(), encoding="utf-8")
