"""Planted working hours are read back from the log."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np

from hoshin.mine.availability import estimate_calendars
from hoshin.mine.calendar import parse_calendar
from hoshin.mine.timetable import due_ns
from tests.mine.worklogs import MINUTE, Row, worklog

PLANTED = {"ann": "Mon-Fri 08:00-16:00", "bob": "Mon-Thu 12:00-20:00", "cid": "Sat-Sun 22:00-06:00"}


def planted(zone: str, noise: float) -> list[Row]:
    """Half a year of begins and ends at random moments of the planted hours, a few at any moment."""
    rng = np.random.default_rng(0)
    rows: list[Row] = []
    for name, hours in PLANTED.items():
        calendar = parse_calendar(hours, time_zone=zone)
        worked = rng.uniform(0, 25 * calendar.week_s(), 1500).astype(np.int64) * 1_000_000_000
        at = due_ns(calendar, np.zeros(1500, dtype=np.int64), worked) // MINUTE
        stray = rng.random(1500) < noise
        at = np.where(stray, rng.integers(0, 25 * 10080, 1500), at)
        rows += [(f"{name}{k}", "work", name, int(t), int(t)) for k, t in enumerate(at)]
    return rows


def test_planted_hours_are_found_despite_stray_events() -> None:
    from dataclasses import replace

    log = replace(worklog(planted("Europe/Berlin", 0.01)), time_zone="Europe/Berlin")

    found = estimate_calendars(log)

    assert ZoneInfo(found.default.time_zone).key == "Europe/Berlin"
    got = {name: str(calendar) for name, calendar in found.calendars.items()}
    # A night shift is seen on the dates where its hours fall.
    assert got == {
        "ann": "Mon-Fri 08:00-16:00",
        "bob": "Mon-Thu 12:00-20:00",
        "cid": "Mon 00:00-06:00; Sat 22:00-24:00; Sun 00:00-06:00,22:00-24:00",
    }
    assert 0.985 < found.coverage_share < 1.0
    assert found.rows()[1]["week_h"] == 40.0


def test_rarely_seen_people_work_by_the_hours_of_everybody() -> None:
    log = worklog([*planted("UTC", 0.0), ("x", "work", "dan", 600, 630)])

    found = estimate_calendars(log)

    assert "dan" not in found.calendars
    assert found.default.week_s() > 0


def test_an_empty_log_has_no_hours_to_see() -> None:
    assert str(estimate_calendars(worklog([])).default) == "24/7" or estimate_calendars(worklog([])).calendars == {}
