"""Renumbering dictionary codes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hoshin.kernels import codes as kernel
from tests import naive_formats as naive


@given(st.lists(st.integers(-1, 6), max_size=30))
def test_renumber_counts_up_in_order_of_first_appearance(codes: list[int]) -> None:
    new, old = kernel.renumber(np.array(codes, dtype=np.int64), 7)

    assert (new.tolist(), old.tolist()) == naive.renumber(codes)
