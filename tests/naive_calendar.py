"""Slow twins of the calendar kernels: one minute after the other, read from the wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hoshin.mine.calendar import DAY_S, Calendar

MINUTE = 60_000_000_000


def is_working(calendar: Calendar, minute: int) -> bool:
    """Whether the minute that begins `minute` minutes after 1970 (UTC) is working time by the wall clock."""
    wall = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)).astimezone(ZoneInfo(calendar.time_zone))
    second = wall.hour * 3600 + wall.minute * 60 + wall.second
    today, yesterday = wall.date(), wall.date() - timedelta(days=1)
    return any(a <= second < b for a, b in calendar.spans_on(today)) or any(
        a <= second + DAY_S < b for a, b in calendar.spans_on(yesterday)
    )


def worked(calendar: Calendar, begin: int, end: int) -> int:
    """Working minutes from minute `begin` to minute `end`."""
    return sum(is_working(calendar, m) for m in range(begin, end))


def due(calendar: Calendar, begin: int, minutes: int, limit: int) -> int | None:
    """The minute by which `minutes` working minutes have passed since `begin`; None beyond `limit`."""
    now = begin
    while minutes > 0:
        if now >= limit:
            return None
        minutes -= is_working(calendar, now)
        now += 1
    return now
