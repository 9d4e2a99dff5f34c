"""The dictionary of byte strings."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hoshin.kernels import words as kernel
from tests import naive_formats as naive


@given(st.lists(st.binary(max_size=3) | st.sampled_from([b"a" * 40, b"a" * 41]), max_size=200))
def test_equal_words_have_equal_codes_however_often_the_dictionary_grows(words: list[bytes]) -> None:
    text = np.frombuffer(b"".join(words) + b"\0", dtype=np.uint8)
    ends = np.cumsum([len(w) for w in words]).tolist()
    held = kernel.make(1, 1)
    codes = []
    for word, end in zip(words, ends):
        if not kernel.has_room(held, 1, len(word)):
            held = kernel.grow(held, len(word))
        codes.append(kernel.code_of(held, text, end - len(word), end))

    assert codes == naive.code_words(words)
    starts = held.starts
    found = [held.arena[starts[i] : starts[i + 1]].tobytes() for i in range(held.used[0])]
    assert found == list(dict.fromkeys(words))
