"""Rosters and absences against second-by-second clocks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hoshin.kernels import roster as kernel
from tests import naive_twin as naive


@st.composite
def intervals(draw: st.DrawFn, top: int, most: int = 4) -> list[tuple[int, int]]:
    edges = sorted(draw(st.sets(st.integers(0, top), max_size=2 * most)))
    return list(zip(edges[::2], edges[1::2]))


def arrays(week: list[tuple[int, int]], away: list[tuple[int, int]]) -> tuple[object, ...]:
    def column(rows: list[tuple[int, int]], which: int) -> np.ndarray:
        return np.array([float(r[which]) for r in rows])

    return (
        0, np.array([0, len(week)]), column(week, 0), column(week, 1), (0, len(away)), column(away, 0), column(away, 1),
    )  # fmt: skip


@given(intervals(naive.WEEK), intervals(3000), st.integers(0, 3000), st.integers(0, 500))
def test_next_on_and_add_work_match_the_slow_clock(week, away, t, work):  # type: ignore[no-untyped-def]
    """Rosters are made dense near t so that the slow clock ends soon; weeks wrap."""
    week = [(a % 900, a % 900 + min(b - a, 99)) for a, b in week] or [(0, 50)]
    week = [(100 * k + a % 50, 100 * k + a % 50 + 40) for k, (a, _) in enumerate(week)] + [(5000, 9000)]
    near = arrays(week, away)

    assert kernel.next_on(float(t), *near) == naive.next_on(t, week, away)
    assert kernel.add_work(float(t), float(work), *near) == (
        naive.add_work(t, work, week, away) if work else naive.next_on(t, week, away)
    )
    assert kernel.segment(float(t), *near)[0] == naive.on_duty(t, week, away)


def test_the_week_wraps() -> None:
    week = arrays([(0, 3600), (naive.WEEK - 3600, naive.WEEK)], [])

    assert kernel.add_work(naive.WEEK - 1800.0, 5400.0, *week) == naive.WEEK + 3600
    assert kernel.next_on(naive.WEEK + 3600.0, *week) == 2 * naive.WEEK - 3600


def test_an_empty_roster_never_comes_on() -> None:
    assert kernel.next_on(0.0, *arrays([], [])) == np.inf
    assert kernel.add_work(0.0, 1.0, *arrays([], [])) == np.inf


@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 9000)), min_size=1, max_size=9))
def test_work_between_counts_seconds_on_duty(spans: list[tuple[int, int]]) -> None:
    week = [(100, 3000), (7000, 9000)]
    begin = np.array([float(a) for a, _ in spans])
    end = begin + np.array([float(d) for _, d in spans])
    _, ptr, lo, hi, *_ = arrays(week, [])
    done = kernel.work_between(begin, end, np.zeros(len(spans), dtype=np.int64), ptr, lo, hi)

    assert list(done) == [sum(naive.on_duty(t, week, []) for t in range(a, a + d)) for a, d in spans]
