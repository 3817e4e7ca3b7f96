"""What the stream of a run promises to whoever reads it as lines."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coun_gui.experiments.events import (
    TERMINAL,
    Artifact,
    Cancelled,
    Epoch,
    Event,
    Failed,
    Finished,
    Message,
    Started,
    Step,
    from_json,
    to_json,
)

EVERY_KIND = [
    Started("r", "CoUn, seed 0", 50, 3, "CPU (x86_64)"),
    Step("r", "training", 0.25, 1, {"CE": 0.5, "CL": 1.25}, 1000.0),
    Epoch("r", 1, 50, {"RA": 99.5, "UA": 4.0, "TA": 94.0, "MIA": 11.0}, {"CE": 0.1}, 0.01, 12.5, 1e15),
    Message("r", "Ein Zeichen: λ – ü\nzweite Zeile", "warning"),
    Artifact("r", "outputs", "/somewhere/outputs.safetensors"),
    Finished("r", {"RA": 100.0}, cached=True),
    Failed("r", "The disk is full.", "Free some space.", "Traceback …"),
    Cancelled("r", resumable=True),
]


@pytest.mark.parametrize("event", EVERY_KIND, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_from_its_line_as_it_was(event: Event) -> None:
    line = to_json(event)

    assert "\n" not in line
    assert from_json(line) == event
    assert from_json(line.encode()) == event


def test_every_kind_of_event_is_tried_here() -> None:
    assert {type(event).__name__ for event in EVERY_KIND} == {
        kind.__name__ for kind in Event.__subclasses__()
    }


@pytest.mark.parametrize("event", EVERY_KIND, ids=lambda event: type(event).__name__)
def test_a_line_names_the_kind_and_the_run(event: Event) -> None:
    content = json.loads(to_json(event))

    assert content["event"] == type(event).__name__
    assert content["run"] == "r"


def test_a_stream_ends_with_finished_failed_or_cancelled() -> None:
    assert set(TERMINAL) == {Finished, Failed, Cancelled}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "null",
        "5",
        '"Started"',
        "[]",
        "{}",
        '{"event": "Exploded", "run": "r"}',
        '{"event": ["Started"], "run": "r"}',
        '{"event": "Finished"}',
        '{"event": "Finished", "run": "r", "metrics": {}, "colour": "red"}',
        "{'event': 'Finished'}",
        "[" * 50_000,
        b"\xff\xfe",
    ],
    ids=lambda line: repr(line)[:30],
)
def test_a_foreign_line_is_no_event(line: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_json(line)


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_whatever_comes_through_the_pipe_is_an_event_or_a_value_error(line: str | bytes) -> None:
    with suppress(ValueError):
        assert isinstance(from_json(line), Event)
