"""Business time against a minute-by-minute count, over daylight saving, night shifts and holidays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import InvalidInput
from hoshin.mine.calendar import DAYS, OFFICE, Calendar, parse_calendar
from hoshin.mine.timetable import business_ns, due_ns, timetable
from tests.naive_calendar import MINUTE, due, worked

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca"]
# 23 March 2024 to 6 April 2024 and 26 October to 9 November: both changes of every zone above lie within.
STARTS = [19805, 20022]


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    week = []
    for _ in range(7):
        ends = sorted(draw(st.sets(st.integers(0, 96), max_size=4)))
        spans = [(a * 900, b * 900) for a, b in zip(ends[::2], ends[1::2]) if a < 96]
        if draw(st.booleans()) and (not spans or spans[-1][1] <= 80 * 900):
            spans.append((82 * 900, (96 + draw(st.integers(1, 30))) * 900))
        week.append(tuple(spans))
    closed = draw(st.sets(st.integers(0, 14), max_size=3))
    start = draw(st.sampled_from(STARTS))
    days = frozenset(date.fromordinal(date(1970, 1, 1).toordinal() + start + d) for d in closed)
    return Calendar(tuple(week), draw(st.sampled_from(ZONES)), days)


@given(calendars(), st.sampled_from(STARTS), st.lists(st.integers(0, 14 * 1440), min_size=2, max_size=4))
def test_business_time_is_the_count_of_working_minutes(calendar: Calendar, start: int, at: list[int]) -> None:
    """Whatever the calendar and the zone, also over skipped and repeated hours."""
    minutes = [start * 1440 + m for m in sorted(at)]
    begin = np.array([minutes[0]] * (len(minutes) - 1)) * MINUTE
    end = np.array(minutes[1:]) * MINUTE

    got = business_ns(calendar, begin, end)

    assert got.tolist() == [worked(calendar, minutes[0], m) * MINUTE for m in minutes[1:]]


@given(calendars(), st.sampled_from(STARTS), st.integers(0, 1440), st.integers(0, 900))
def test_due_date_is_the_first_instant_with_enough_work(calendar: Calendar, start: int, at: int, need: int) -> None:
    begin = start * 1440 + at
    expected = due(calendar, begin, need, begin + 13 * 1440)
    if expected is None:
        return

    got = due_ns(calendar, np.array([begin]) * MINUTE, np.array([need]) * MINUTE)

    assert got.tolist() == [expected * MINUTE]


@given(st.lists(calendars(), min_size=1, max_size=4), st.integers(0, 2**31), st.sampled_from(STARTS))
def test_calendars_side_by_side_answer_like_each_alone(several: list[Calendar], seed: int, start: int) -> None:
    rng = np.random.default_rng(seed)
    lo, hi = start * 1440 * MINUTE, (start + 20) * 1440 * MINUTE
    t_ns = rng.integers(lo, hi, 50)
    which = rng.integers(0, len(several), 50).astype(np.int32)

    together = timetable(several, lo, hi).worked_before(t_ns, which)

    alone = [int(timetable(several[k], lo, hi).worked_before(t_ns[i : i + 1])[0]) for i, k in enumerate(which)]
    assert together.tolist() == alone


def ns(text: str, zone: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1_000_000_000


@pytest.mark.parametrize(
    ("hours", "begin", "end", "expected_h"),
    [
        ("Mon-Fri 09:00-17:00", "2024-03-29T16:00", "2024-04-01T10:00", 2.0),  # a weekend with a clock change
        ("24/7", "2024-03-30T12:00", "2024-03-31T12:00", 23.0),  # the day that lacks an hour
        ("24/7", "2024-10-26T12:00", "2024-10-27T12:00", 25.0),  # the day that has one twice
        ("Sat 22:00-06:00", "2024-03-30T00:00", "2024-04-01T00:00", 7.0),  # the short night shift
        ("Sun 02:15-02:45", "2024-03-31T00:00", "2024-04-01T00:00", 0.0),  # hours that do not exist
        ("Sun 02:15-02:45", "2024-10-27T00:00", "2024-10-28T00:00", 1.0),  # hours that come twice
        ("Sun 02:30-04:00", "2024-10-27T00:00", "2024-10-28T00:00", 2.0),  # 02:30-03:00 twice, then one hour
    ],
)
def test_clock_changes_by_hand(hours: str, begin: str, end: str, expected_h: float) -> None:
    zone = "Europe/Berlin"
    calendar = parse_calendar(hours, time_zone=zone)

    got = business_ns(calendar, np.array([ns(begin, zone)]), np.array([ns(end, zone)]))

    assert got[0] / 3.6e12 == expected_h


def test_instants_before_1970_and_in_the_far_past() -> None:
    begin = np.array([ns("1948-01-05T08:00", "UTC"), ns("2019-12-31T16:00", "UTC")])
    end = np.array([ns("1948-01-06T10:00", "UTC"), ns("2020-01-01T10:00", "UTC")])

    assert (business_ns(OFFICE, begin, end) / 3.6e12).tolist() == [9.0, 2.0]


def test_special_hours_replace_a_day_and_win_over_a_holiday() -> None:
    day = date(2024, 12, 24)
    calendar = replace(OFFICE, holidays=frozenset({day}), special=((day, ((9 * 3600, 12 * 3600),)),))

    got = business_ns(calendar, np.array([ns("2024-12-24T00:00", "UTC")]), np.array([ns("2024-12-25T00:00", "UTC")]))

    assert got[0] / 3.6e12 == 3.0


def test_negative_where_the_end_comes_first() -> None:
    assert business_ns(OFFICE, np.array([12 * 60 * MINUTE]), np.array([10 * 60 * MINUTE])).tolist() == [-120 * MINUTE]


def test_outside_the_range_is_refused() -> None:
    with pytest.raises(InvalidInput, match="1970-01-03"):
        timetable(OFFICE, 0, 1440 * MINUTE).worked_before(np.array([2 * 1440 * MINUTE]))


def test_a_calendar_without_hours_never_gets_there() -> None:
    never = Calendar(((),) * 7)

    with pytest.raises(InvalidInput, match="100 years"):
        due_ns(never, np.array([0]), np.array([MINUTE]))


def test_open_or_closed() -> None:
    at = np.array([9, 10, 17]) * 60 * MINUTE  # Thursday 1 January 1970

    assert timetable(OFFICE, 0, 1440 * MINUTE).is_open(at).tolist() == [True, True, False]
    assert DAYS[3] == "Thu"
