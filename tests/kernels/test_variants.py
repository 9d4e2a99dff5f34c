"""Grouping equal traces."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hoshin.kernels import variants as kernel
from hoshin.log.eventlog import EventLog
from tests import naive
from tests.strategies import traces


@given(traces)
def test_group_traces_matches_the_slow_grouping(traces: list[str]) -> None:
    log = EventLog.from_traces(traces)

    variant, first_case = kernel.group_traces(log.activity, log.case_start)

    assert variant.tolist() == naive.group_traces(traces)
    assert [traces[c] for c in first_case] == list(dict.fromkeys(traces))


@given(st.lists(st.integers(0, 5), max_size=30))
def test_rank_by_count_is_the_stable_sort_by_count(labels: list[int]) -> None:
    seen = {label: i for i, label in enumerate(dict.fromkeys(labels))}
    variant = np.array([seen[label] for label in labels], dtype=np.int32)

    counts, order, rank = kernel.rank_by_count(variant, len(seen))

    wanted = sorted(range(len(seen)), key=lambda v: (-variant.tolist().count(v), v))
    assert order.tolist() == wanted
    assert counts.tolist() == [variant.tolist().count(v) for v in wanted]
    assert [order[r] for r in rank] == list(range(len(seen)))


def test_many_variants_make_the_table_grow() -> None:
    traces = [f"{i:b}" for i in range(3000)] * 2

    variant, first_case = kernel.group_traces(*_arrays(traces))

    assert variant.tolist() == naive.group_traces(traces)
    assert first_case.tolist() == list(range(3000))


def _arrays(traces: list[str]) -> tuple[np.ndarray, np.ndarray]:
    log = EventLog.from_traces(traces)
    return log.activity, log.case_start
