"""Ordering events."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hoshin.kernels import order as kernel
from tests import naive

events = st.lists(st.tuples(st.integers(0, 4), st.integers(-3, 3)), max_size=40)


@given(events)
def test_order_is_the_stable_sort_by_case_and_time(rows: list[tuple[int, int]]) -> None:
    case = np.array([c for c, _ in rows], dtype=np.int32)
    t_ns = np.array([t for _, t in rows], dtype=np.int64)
    start = kernel.case_offsets(case, 5)

    assert kernel.order_by_case_time(case, t_ns, start).tolist() == naive.order(case.tolist(), t_ns.tolist())
    assert kernel.is_ordered(case, t_ns) == naive.is_ordered(case.tolist(), t_ns.tolist())
    assert np.diff(start).tolist() == [case.tolist().count(c) for c in range(5)]
