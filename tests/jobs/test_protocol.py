"""Messages between window and engine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coun_gui.jobs.protocol import decode, encode

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXT, JSON, max_size=4))
def test_a_message_arrives_as_it_was_sent(message: dict[str, object]) -> None:
    assert decode(encode(message)) == message


@pytest.mark.parametrize("content", [b"[1]", b"7", b"", b"{", b"\xff\xfe"])
def test_anything_but_an_object_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 – json's, unicode's and our own are all ValueErrors
        decode(content)
