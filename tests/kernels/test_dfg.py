"""Counting and timing directly-follows pairs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hoshin.kernels import dfg as kernel
from hoshin.log.eventlog import EventLog
from hoshin.mine.dfg import discover_dfg
from tests import naive
from tests.strategies import traces


@given(traces)
def test_count_follows_matches_the_slow_count(traces: list[str]) -> None:
    """Whatever the traces, empty and single-event ones included, the kernel counts like the naive twin."""
    dfg = discover_dfg(EventLog.from_traces(traces))

    assert naive.count_follows(traces) == dfg.edges()
    assert dfg.frequency.sum() == sum(max(len(t) - 1, 0) for t in traces)
    assert dfg.starts.sum() == dfg.ends.sum() == sum(1 for t in traces if t)


cases = st.lists(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.integers(0, 9)), max_size=6), max_size=6
)


@given(cases)
def test_pair_gaps_matches_the_slow_gaps(cases: list[list[tuple[str, int, int]]]) -> None:
    flat = [e for case in cases for e in case]
    activity = np.array(["abc".index(a) for a, _, _ in flat], dtype=np.int32)
    begin, end = (np.array([e[i] for e in flat], dtype=np.int64) for i in (1, 2))
    start = np.array([0, *np.cumsum([len(c) for c in cases])], dtype=np.int64)

    offsets, gaps = kernel.pair_gaps(activity, begin, end, start, 3)

    found = {
        (a, b): gaps[offsets[i * 3 + j] : offsets[i * 3 + j + 1]].tolist()
        for i, a in enumerate("abc")
        for j, b in enumerate("abc")
        if offsets[i * 3 + j + 1] > offsets[i * 3 + j]
    }
    assert found == naive.pair_gaps(cases)
