"""Waiting and processing: the tables by hand, shared time against a count, transitions in working hours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.kernels.queue import describe_groups
from hoshin.kernels.waitcause import idle_before, share_time
from hoshin.mine.calendar import parse_calendar
from hoshin.mine.instance import instances
from hoshin.mine.waiting import measure, time_table, transition_times
from tests import naive_waiting as naive
from tests.mine.worklogs import worklog

spans = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 15)).map(lambda s: (s[0], s[0] + s[1])), max_size=12)


@given(st.lists(spans, min_size=1, max_size=3))
def test_shared_time_matches_the_count_and_adds_up_to_busy_time(people: list[list[tuple[int, int]]]) -> None:
    begin, end, members, first = arrays(people)

    shares, union = share_time(members, first, begin, end)

    for r, own in enumerate(people):
        expected, busy = naive.share_time(own)
        got = shares[sum(len(p) for p in people[:r]) :][: len(own)]
        assert got == pytest.approx(expected)
        assert union[r] == busy
        assert got.sum() == pytest.approx(busy)


@given(spans, st.lists(st.booleans(), min_size=60, max_size=60), st.lists(st.integers(0, 60), max_size=6))
def test_idle_time_matches_the_count(own: list[tuple[int, int]], duty: list[bool], at: list[int]) -> None:
    begin, end, members, first = arrays([own])
    worked = np.concatenate([[0], np.cumsum(duty)])

    got = idle_before(np.zeros(len(at), np.int32), worked[at].astype(np.int64) if at else np.zeros(0, np.int64),
                      members, first, worked[begin], worked[end])  # fmt: skip

    assert got.tolist() == [naive.idle(own, lambda t: duty[t], until) for until in at]


def arrays(people: list[list[tuple[int, int]]]) -> tuple[np.ndarray, ...]:
    begin = np.array([a for own in people for a, _ in own], dtype=np.int64)
    end = np.array([b for own in people for _, b in own], dtype=np.int64)
    who = np.repeat(np.arange(len(people)), [len(own) for own in people])
    members = np.lexsort((end, begin, who)).astype(np.int64)
    first = np.searchsorted(who, np.arange(len(people) + 1)).astype(np.int64)
    return begin, end, members, first


@given(st.lists(st.lists(st.integers(-1000, 1000), max_size=8), min_size=1, max_size=5))
def test_group_statistics_are_those_of_numpy(parts: list[list[int]]) -> None:
    offsets = np.concatenate([[0], np.cumsum([len(p) for p in parts])]).astype(np.int64)

    count, stats = describe_groups(offsets, np.array([v for p in parts for v in p], dtype=np.int64))

    assert count.tolist() == [len(p) for p in parts]
    for part, row in zip(parts, stats):
        if part:
            assert row == pytest.approx([np.mean(part), np.median(part), np.quantile(part, 0.9), max(part)])
        else:
            assert np.isnan(row).all()


LOG = worklog(
    [
        # Case 1, Thursday: ann sells 09:00-09:30 and, at the same time, in case 2; bob ships next day 10:00-11:00.
        ("1", "sell", "ann", 540, 570), ("2", "sell", "ann", 550, 590),
        ("1", "ship", "bob", 1440 + 600, 1440 + 660), ("2", "ship", "bob", 1440 + 660, 1440 + 700),
    ]
)  # fmt: skip


def test_table_by_hand_in_elapsed_and_in_working_time() -> None:
    work = instances(LOG)

    elapsed = {row["activity"]: row for row in time_table(work, measure(work))}
    working = time_table(work, measure(work, {}, parse_calendar("Thu-Fri 9-17")), "transition")

    ship, sell = elapsed["ship"], elapsed["sell"]
    assert ship["total_waiting_s"] == 60 * ((1440 + 600 - 570) + (1440 + 660 - 590))
    assert ship["mean_processing_s"] == 60 * 50
    assert sell["total_waiting_s"] == 0
    # ann: 540-550 alone, 550-570 shared by two, 570-590 alone: 20 and 30 minutes of hers, not 30 and 40.
    assert sell["mean_shared_processing_s"] == pytest.approx(60 * 25)
    assert sell["mean_processing_s"] == 60 * 35
    assert ship["waiting_share"] == pytest.approx(2980 / 3080)
    # On duty: 09:30-17:00 and 09:00-10:00 = 510 min; 09:50-17:00 and 09:00-11:00 = 550 min.
    (row,) = [row for row in working if row["from"] == "sell"]
    assert row["total_waiting_s"] == 60 * (510 + 550)
    assert row["p90_waiting_s"] == pytest.approx(60 * (510 + 36))


def test_each_resource_waits_by_its_own_hours() -> None:
    work = instances(LOG)
    nine_to_five = parse_calendar("Thu-Fri 9-17")

    rows = time_table(work, measure(work, {"bob": parse_calendar("Fri 9-17")}, nine_to_five), "resource")

    assert {row["resource"]: row["total_waiting_s"] for row in rows} == {"bob": 60 * (60 + 120), "ann": 0}


def test_transitions_in_working_time() -> None:
    (row,) = transition_times(LOG, parse_calendar("Thu-Fri 9-17"))

    assert row == {
        "from": "sell", "to": "ship", "n": 2, "total_s": 63600.0, "mean_s": 31800.0, "median_s": 31800.0,
        "p90_s": 60 * 546.0, "max_s": 33000.0,
    }  # fmt: skip
    assert transition_times(LOG)[0]["total_s"] == 60 * 2980
