"""Queue lengths over time: against a count, and by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import InvalidInput
from hoshin.kernels.queue import busy_spans, find_peaks, occupancy
from hoshin.mine.instance import instances
from hoshin.mine.queue import queue_table, queues, utilisation, windows
from tests import naive_waiting as naive
from tests.mine.worklogs import MINUTE, worklog

items = st.lists(
    st.tuples(st.integers(0, 2), st.integers(-5, 40), st.integers(0, 20)).map(lambda i: (i[0], i[1], i[1] + i[2])),
    max_size=15,
)


@given(items, st.sets(st.integers(0, 35), min_size=2, max_size=6))
def test_occupancy_matches_the_count_and_keeps_every_instant(items: list[tuple[int, int, int]], at: set[int]) -> None:
    edges = sorted(at)
    group, enter, leave = (np.array([i[k] for i in items]) for k in range(3))

    area, arrivals, departures = occupancy(
        group.astype(np.int32), enter.astype(np.int64), leave.astype(np.int64), np.array(edges), 3
    )

    for g in range(3):
        own = [(a, b) for k, a, b in items if k == g]
        assert area[g].tolist() == naive.occupancy(own, edges)
        assert arrivals[g].tolist() == [sum(lo <= a < hi for a, _ in own) for lo, hi in itertools.pairwise(edges)]
        assert departures[g].tolist() == [sum(lo <= b < hi for _, b in own) for lo, hi in itertools.pairwise(edges)]


@given(items, st.sets(st.integers(0, 35), min_size=2, max_size=6))
def test_peaks_match_the_count(items: list[tuple[int, int, int]], at: set[int]) -> None:
    edges = sorted(at)
    changes = sorted((g, t, d) for g, a, b in items for t, d in ((a, 1), (b, -1)))
    group, t_ns, change = (np.array([c[k] for c in changes], dtype=np.int64) for k in range(3))

    most, since = find_peaks(group.astype(np.int32), t_ns, change, np.array(edges), 3)

    for g in range(3):
        own = [(a, b) for k, a, b in items if k == g]
        assert list(zip(most[g].tolist(), since[g].tolist())) == naive.peaks(own, edges)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=10))
def test_busy_spans_are_the_union(pairs: list[tuple[int, int]]) -> None:
    begin, length = (np.array([p[k] for p in pairs], dtype=np.int64) for k in range(2))
    members = np.lexsort((begin + length, begin)).astype(np.int64)

    _, opens, closes = busy_spans(members, np.array([0, len(pairs)]), begin, begin + length)

    assert (opens[1:] > closes[:-1]).all()
    inside = {t for a, b in zip(opens, closes) for t in range(a, b)}
    assert inside == {t for a, n in pairs for t in range(a, a + n)}


LOG = worklog(
    [("1", "in", "x", 0, 0), ("2", "in", "y", 30, 30), ("1", "do", "z", 60, 90), ("2", "do", "z", 150, 160)]
)  # fmt: skip


def test_queue_by_hand() -> None:
    """Hour 0: case 1 waits 60 min, case 2 30. Hour 1: case 2 waits 60. Hour 2: 30."""
    found = queues(instances(LOG), windows(LOG, "1h"))

    rows = queue_table(found, "do")

    assert [row["mean_queue"] for row in rows] == [1.5, 1.0, 0.5]
    assert [row["arrivals_per_hour"] for row in rows] == [2.0, 0.0, 0.0]
    assert [row["services_per_hour"] for row in rows] == [0.0, 1.0, 1.0]
    assert [row["growth"] for row in rows] == [2, -1, -1]
    with pytest.raises(InvalidInput, match="'do'"):
        queue_table(found, "doo")


def test_windows_cover_the_log_and_follow_the_local_clock() -> None:
    from dataclasses import replace

    log = replace(LOG, time_zone="Asia/Kolkata")

    edges = windows(log, "1d")

    assert edges[0] <= 0
    assert edges[-1] > 160 * MINUTE
    assert (edges // MINUTE % 1440).tolist() == [1110] * edges.size  # 18:30 UTC is midnight there
    with pytest.raises(InvalidInput, match="'soon'"):
        windows(log, "soon")


def test_utilisation_needs_resources() -> None:
    log = worklog([("1", "a", None, 0, 1)])

    with pytest.raises(InvalidInput, match="no resources"):
        utilisation(instances(log))
