"""The one family of errors a user can cause or meet: a sentence that says what is wrong, and a remedy."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class CounError(Exception):
    """An error with one plain `sentence`, the probable `remedy`, and the `field` of the form it belongs to.

    `field` is the dotted path in the experiment file, such as `forget.fraction`; empty where there is none.
    """

    def __init__(self, sentence: str, remedy: str = "", field: str = "") -> None:
        super().__init__(f"{sentence} {remedy}".strip())
        self.sentence = sentence
        self.remedy = remedy
        self.field = field

    def as_json(self) -> dict[str, str]:
        """The form in which an engine sends it to the window."""
        return {"sentence": self.sentence, "remedy": self.remedy, "field": self.field}


class InvalidSpec(CounError):
    """The experiment file or the form asks for something that doesn't exist or is out of range."""


class DataError(CounError):
    """A dataset is missing, damaged, of the wrong shape, or can't be downloaded."""


class WorkspaceError(CounError):
    """A workspace can't be opened, written or read."""


class TrainingDiverged(CounError):
    """A loss or an output became NaN or infinite; what was recorded before is kept."""

    def __init__(self, sentence: str) -> None:
        remedy = "Lower the learning rate or the method's strength; what was recorded before is kept."
        super().__init__(sentence, remedy)


def unknown(kind: str, given: str, allowed: Iterable[str], field: str = "") -> InvalidSpec:
    """Names the `given` word, all `allowed` ones and the nearest match."""
    names = sorted(allowed)
    near = get_close_matches(given, names, n=1, cutoff=0.5)
    hint = f"Did you mean “{near[0]}”? " if near else ""
    return InvalidSpec(f"Unknown {kind} “{given}”.", f"{hint}Possible: {', '.join(names)}.", field)
