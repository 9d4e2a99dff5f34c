"""Spans of bytes, eight at a time, against bytes one at a time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hoshin.kernels import spans as kernel
from tests import naive_formats as naive

# Bytes around the limits that the word-wide tests look for, and any others.
held = st.lists(
    st.sampled_from([0, 9, 10, 13, 31, 32, 33, 34, 35, 39, 59, 60, 61, 97, 127, 128, 160, 162, 188, 255])
    | st.integers(0, 255)
    | st.just(97),
    max_size=40,
).map(bytes)


@given(held, st.integers(0, 9), st.sampled_from([34, 39]))
def test_the_end_of_a_quoted_value(text: bytes, start: int, quote: int) -> None:
    start = min(start, len(text))
    array = np.frombuffer(text + b"\0", dtype=np.uint8)

    assert kernel.quoted_end(array, start, len(text), quote) == naive.quoted_end(text, start, len(text), quote)


@given(held, held, st.integers(0, 40), st.booleans())
def test_same_and_hash(one: bytes, other: bytes, size: int, equal: bool) -> None:
    if equal:
        other = one + other
    size = min(size, len(one), len(other))
    a, b = (np.frombuffer(t + b"\0", dtype=np.uint8) for t in (one, b"xyz" + other))

    found = bool(kernel.same(a, 0, b, 3, size))

    assert found == (one[:size] == other[:size])
    if found:
        assert kernel.hash_of(a, 0, size) == kernel.hash_of(b, 3, 3 + size)
