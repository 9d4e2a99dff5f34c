"""What is read off a log agrees with what a simulation will make of it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hoshin.kernels.waiting import blocks
from tests import naive_twin as naive

EVENTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60), st.integers(0, 20)), min_size=1, max_size=12)


@given(st.lists(EVENTS, min_size=1, max_size=3), st.integers(0, 2**16 - 1))
def test_blocks_as_the_slow_twin(cases: list[list[tuple[int, int, int]]], bits: int) -> None:
    beside = np.array([(bits >> k) & 1 for k in range(16)], dtype=np.bool_).reshape(4, 4)
    cases = [sorted(c, key=lambda e: (e[1], e[1] + e[2])) for c in cases]
    act = np.array([e[0] for c in cases for e in c], dtype=np.int32)
    begin = np.array([float(e[1]) for c in cases for e in c])
    end = begin + np.array([float(e[2]) for c in cases for e in c])
    start = np.cumsum([0, *(len(c) for c in cases)]).astype(np.int64)
    at, _, joined = blocks(act, begin, end, start, beside)

    for a, b in pairwise(start):
        expected = naive.blocks(act[a:b].tolist(), begin[a:b].tolist(), end[a:b].tolist(), beside.tolist())
        assert (at[a:b].tolist(), joined[a:b].tolist()) == expected
        assert (at[a:b] <= begin[a:b]).all()


@given(EVENTS)
def test_waits_and_spans_of_blocks_add_up_to_the_cycle_time(case: list[tuple[int, int, int]]) -> None:
    case = sorted(case, key=lambda e: (e[1], e[1] + e[2]))
    begin = np.array([float(e[1]) for e in case])
    end = begin + np.array([float(e[2]) for e in case])
    act = np.array([e[0] for e in case], dtype=np.int32)
    at, _, joined = blocks(act, begin, end, np.array([0, act.size]), np.zeros((4, 4), dtype=np.bool_))
    first = np.flatnonzero(~joined)
    last = np.append(first[1:], act.size)

    assert sum(end[a:b].max() - at[a] for a, b in zip(first, last)) == end.max() - begin.min()
