"""Finding patterns in cases."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hoshin.kernels import pattern as kernel
from tests import naive_filter

cases = st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), max_size=8), max_size=6)
names = st.sets(st.sampled_from("abc")).map(lambda s: "".join(sorted(s)))


def arrays(rows: list[list[tuple[str, int]]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    flat = [e for case in rows for e in case]
    start = np.array([0, *np.cumsum([len(c) for c in rows])], dtype=np.int64)
    return (
        np.array(["abc".index(a) for a, _ in flat], dtype=np.int32),
        np.array([t for _, t in flat], dtype=np.int64),
        start,
    )


def chosen(text: str) -> np.ndarray:
    return np.array([a in text for a in "abc"])


@given(cases, names, names, st.integers(0, 5), st.integers(0, 9))
def test_follows_matches_the_slow_search(
    rows: list[list[tuple[str, int]]], first: str, after: str, low: int, high: int
) -> None:
    rows = [sorted(case, key=lambda e: e[1]) for case in rows]
    activity, t_ns, start = arrays(rows)

    for directly, call in ((False, kernel.follows_within), (True, kernel.directly_follows_within)):
        found = call(activity, t_ns, start, chosen(first), chosen(after), low, high)
        assert found.tolist() == [
            naive_filter.follows_within(case, first, after, low, high, directly=directly) for case in rows
        ]


@given(cases, names, st.integers(1, 4))
def test_rework_matches_the_slow_count(rows: list[list[tuple[str, int]]], text: str, times: int) -> None:
    activity, _, start = arrays(rows)

    assert kernel.repeats(activity, start, chosen(text), times).tolist() == [
        naive_filter.repeats(case, text, times) for case in rows
    ]
    assert kernel.loops(activity, start, chosen(text)).tolist() == [naive_filter.loops(case, text) for case in rows]


@given(st.lists(st.lists(st.booleans(), max_size=4), max_size=6))
def test_any_in_case(rows: list[list[bool]]) -> None:
    flag = np.array([f for case in rows for f in case], dtype=np.bool_)
    start = np.array([0, *np.cumsum([len(c) for c in rows])], dtype=np.int64)

    assert kernel.any_in_case(flag, start).tolist() == [naive_filter.any_in_case(case) for case in rows]
