"""Interning and placing, batch by batch."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from hoshin.kernels import intern as kernel
from hoshin.log.vocabulary import Vocabulary
from tests import naive_scale

texts = st.one_of(st.sampled_from(["", "a", "b", "ab", "ba", "é"]), st.text(max_size=4))


@given(st.lists(st.lists(texts, max_size=30), max_size=6))
def test_intern_numbers_like_the_slow_dictionary(batches: list[list[str]]) -> None:
    words = Vocabulary()

    codes = [words.encode(pl.Series(batch, dtype=pl.String)).tolist() for batch in batches]

    assert (codes, words.texts().to_list()) == naive_scale.intern(batches)


def test_a_dictionary_grows_over_many_batches() -> None:
    """Table, arena and hashes are enlarged several times, and old numbers stay."""
    words = Vocabulary()
    for k in range(20):
        batch = pl.Series([f"case-{(k * 700 + i) % 9000:07d}" for i in range(1000)])
        words.encode(batch)

    assert words.texts().to_list() == [f"case-{i:07d}" for i in range(9000)]
    assert words.encode(pl.Series(["case-0004711", None])).tolist() == [4711, -1]


@given(st.lists(st.lists(st.integers(0, 4), max_size=10), max_size=4))
def test_place_is_the_stable_sort_by_case(batches: list[list[int]]) -> None:
    flat = [c for batch in batches for c in batch]
    counts = np.bincount(np.array(flat, dtype=np.int64), minlength=5)
    free = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)

    found = [p for batch in batches for p in kernel.place(np.array(batch, dtype=np.int32), free).tolist()]

    assert found == naive_scale.place(flat, 5)
