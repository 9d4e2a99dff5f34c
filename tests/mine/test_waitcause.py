"""Waits split by cause: against a count of instants, by hand, and against planted truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.log.eventlog import EventLog
from hoshin.mine.calendar import ALWAYS, OFFICE, Calendar, parse_calendar
from hoshin.mine.instance import instances
from hoshin.mine.waitcause import CAUSES, cause_table, split_waiting
from tests import naive_waiting as naive
from tests.mine.worklogs import MINUTE, Row, worklog
from tests.naive_calendar import is_working

BASE = 480  # 08:00

rows = st.lists(
    st.tuples(
        st.sampled_from("123"), st.sampled_from("ab"), st.sampled_from(["r", "s", None]), st.integers(0, 120),
        st.integers(0, 40),
    ).map(lambda r: (r[0], r[1], r[2], BASE + r[3], BASE + r[3] + r[4])),
    max_size=14,
)  # fmt: skip


@given(rows, st.sampled_from([ALWAYS, OFFICE, parse_calendar("Thu 8:10-8:30,8:50-9:10,9:40-12")]))
def test_causes_are_those_of_every_instant_and_sum_to_the_wait(events: list[Row], calendar: Calendar) -> None:
    work = instances(worklog(events))

    split = split_waiting(work, default=calendar)

    assert split.cause_ns.sum(axis=1).tolist() == work.waiting_ns.tolist()
    assert (split.cause_ns >= 0).all()
    for code in range(len(work.log.resources)):
        own = np.flatnonzero(work.resource == code)
        columns = (work.enabled_ns, split.batches.ready_ns, work.begin_ns, work.end_ns)
        spans = [tuple(int(column[e]) // MINUTE for column in columns) for e in own]
        expected = naive.split_waits(spans, lambda t: is_working(calendar, t))
        assert (split.cause_ns[own][:, 1:] // MINUTE).tolist() == [list(row) for row in expected]


@given(rows)
def test_enablers_match_the_slow_search(events: list[Row]) -> None:
    work = instances(worklog(events))
    log = work.log
    begin, end = work.begin_ns.tolist(), work.end_ns.tolist()
    cases = [
        [(int(log.activity[e]), begin[e], end[e]) for e in range(a, b)]
        for a, b in zip(log.case_start, log.case_start[1:])
    ]
    overlap, both = naive.overlaps(cases)
    assert {pair for pair, n in overlap.items() if n > 0.25 * both[pair]} == {
        (int(a), int(b)) for a, b in zip(*np.nonzero(work.concurrent))
    }
    for first, case in zip(log.case_start.tolist(), cases):
        expected = naive.enablers(case, lambda a, b: bool(work.concurrent[a, b]))
        got = [(int(work.enabler[e]), int(work.enabled_ns[e])) for e in range(first, first + len(case))]
        assert got == [(j if j < 0 else first + j, t) for j, t in expected]


def by_cause(work_log: EventLog, calendar: Calendar = ALWAYS) -> dict[str, float]:
    """Waiting minutes by cause, over the log."""
    split = split_waiting(instances(work_log), default=calendar)
    return dict(zip(CAUSES, (split.cause_ns.sum(axis=0) / MINUTE).tolist()))


def test_a_small_log_by_hand() -> None:
    """One clerk, Thursday 09:00-17:00. Minutes from midnight.

    Requests 1, 2, 3 are registered by others until 09:00, 09:10, 16:30. The clerk checks 2 first
    (09:20-09:50), then 1 (10:00-10:30), then leaves 3 until the next day's 09:15.
    Case 1 waits 09:00-10:00: idle 20 min extraneous, overtaken 30, idle 10. Case 2 waits 10 min idle.
    Case 3 waits 30 min idle on duty, 16 h off duty, 15 min idle.
    """
    log = worklog(
        [
            ("1", "register", "x", 530, 540), ("2", "register", "y", 545, 550), ("3", "register", "z", 980, 990),
            ("2", "check", "clerk", 560, 590), ("1", "check", "clerk", 600, 630),
            ("3", "check", "clerk", 1440 + 555, 1440 + 570),
        ]
    )  # fmt: skip

    got = by_cause(log, parse_calendar("Thu-Fri 9-17"))

    assert got == {
        "batching": 0.0,
        "contention": 0.0,
        "prioritisation": 30.0,
        "calendar": 16 * 60.0,
        "extraneous": 20 + 10 + 10 + 30 + 15.0,
    }


def test_first_come_first_served_is_contention() -> None:
    """Three requests at once, one clerk, half an hour each: 0 + 30 + 60 minutes behind earlier or equal ones."""
    log = worklog(
        [(c, "in", f"x{c}", 590, 600) for c in "123"]
        + [(c, "do", "clerk", 600 + 30 * k, 630 + 30 * k) for k, c in enumerate("123")]
    )

    assert by_cause(log) == {
        "batching": 0.0,
        "contention": 90.0,
        "prioritisation": 0.0,
        "calendar": 0.0,
        "extraneous": 0.0,
    }


def test_a_batch_gathers_and_then_waits_for_its_turn() -> None:
    """Items ready at 600, 620, 640 are done together at 650-660: 40 + 20 + 0 gathering, 10 each idle after."""
    log = worklog(
        [(c, "in", f"x{c}", 590, 600 + 20 * k) for k, c in enumerate("123")]
        + [(c, "do", "clerk", 650, 660) for c in "123"]
    )
    split = split_waiting(instances(log))

    assert by_cause(log)["batching"] == 60.0
    assert by_cause(log)["extraneous"] == 30.0
    assert split.batches.size.tolist() == [3]
    assert split.batches.kind.tolist() == [0]


def test_table_by_transition_and_resource() -> None:
    log = worklog([("1", "a", "r", 0, 10), ("1", "b", None, 40, 50)])
    split = split_waiting(instances(log))

    assert cause_table(split, "transition")[0] == {
        "from": "a", "to": "b", "n": 1, "waiting_s": 1800.0, "batching_share": 0.0, "contention_share": 0.0,
        "prioritisation_share": 0.0, "calendar_share": 0.0, "extraneous_share": 1.0,
    }  # fmt: skip
    assert [row["resource"] for row in cause_table(split, "resource")] == ["(unknown)", "r"]


@pytest.mark.parametrize("starts", ["completion", "estimated"])
def test_an_empty_log_and_one_without_starts(starts: str) -> None:
    assert cause_table(split_waiting(instances(worklog([])))) == []
    log = worklog([("1", "a", "r", 0, 10), ("1", "b", "r", 20, 50), ("2", "b", "r", 60, 70)], starts=False)

    work = instances(log, starts=starts)  # type: ignore[arg-type]

    assert "no start times" in work.assumed
    expected = {"completion": [10, 50, 70], "estimated": [10, 10, 50]}[starts]
    assert (work.begin_ns // MINUTE).tolist() == expected
