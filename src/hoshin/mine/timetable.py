"""Calendars laid out on the time axis: business time between instants, due dates, open or closed.

A calendar is wall-clock rules; a timetable is the UTC intervals they mean over a range. Working time
between two instants is then a difference of two look-ups, whatever lies between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.kernels import calendar as kernel
from hoshin.mine.calendar import DAY_S, Calendar
from hoshin.units import NS_PER_S

Times = NDArray[np.int64]
EPOCH = date(1970, 1, 1)
FOREVER = np.iinfo(np.int64).max
ONE = np.zeros(1, dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Timetable:
    """Working intervals of one or more calendars, valid for instants in [lo_ns, hi_ns].

    Calendar k owns the intervals `first[k]:first[k + 1]` of `open_ns` and `close_ns`, UTC nanoseconds,
    sorted and disjoint; `before_ns` is what was worked before each. `grid` and `grid_spec` speed up the
    look-up (see the kernel). Make one with `timetable`.
    """

    lo_ns: int
    hi_ns: int
    open_ns: Times
    close_ns: Times
    before_ns: Times
    first: Times
    grid: NDArray[np.int32]
    grid_spec: Times

    def worked_before(self, t_ns: Times, which: NDArray[np.int32] = ONE) -> Times:
        """Working nanoseconds from `lo_ns` to each instant; `which` is the calendar of each, int32 (n,) or (1,)."""
        if t_ns.size and (int(t_ns.min()) < self.lo_ns or int(t_ns.max()) > self.hi_ns):
            raise InvalidInput(
                "calendar.range",
                f"Instants reach from {_show(int(t_ns.min()))} to {_show(int(t_ns.max()))}, the timetable from "
                f"{_show(self.lo_ns)} to {_show(self.hi_ns)}.",
                hint="Make the timetable for the whole range.",
            )
        return kernel.worked_before(
            t_ns, which, self.open_ns, self.close_ns, self.before_ns, self.first, self.grid, self.grid_spec
        )

    def between(self, begin_ns: Times, end_ns: Times, which: NDArray[np.int32] = ONE) -> Times:
        """Working nanoseconds from `begin_ns` to `end_ns`, negative where the end comes first."""
        return self.worked_before(end_ns, which) - self.worked_before(begin_ns, which)

    def is_open(self, t_ns: Times, which: NDArray[np.int32] = ONE) -> NDArray[np.bool_]:
        """Whether each instant, and the nanosecond after it, is working time."""
        return self.between(t_ns, t_ns + 1, which) > 0

    def total_ns(self, number: int = 0) -> int:
        """Working time of calendar `number` over the whole range."""
        return int(self.before_ns[self.first[number + 1] - 1])


def timetable(calendars: Calendar | Sequence[Calendar], lo_ns: int, hi_ns: int) -> Timetable:
    """Lay `calendars` out over [lo_ns, hi_ns], UTC nanoseconds since 1970."""
    chosen = [calendars] if isinstance(calendars, Calendar) else list(calendars)
    opens, closes, befores, firsts, grids, specs = [], [], [], [0], [], []
    bins = 0
    for calendar in chosen:
        begin, end = working_intervals(calendar, lo_ns, hi_ns)
        begin, end = np.append(begin, FOREVER), np.append(end, FOREVER)
        worked = np.concatenate([np.zeros(1, np.int64), np.cumsum(end[:-1] - begin[:-1])])
        # Twice as many bins as intervals: one step of search on average. A power of two is a shift.
        width = max((hi_ns - lo_ns) // (2 * begin.size), 1)
        bits = max(int(width).bit_length() - 1, 0)
        starts = lo_ns + (np.arange(((hi_ns - lo_ns) >> bits) + 1, dtype=np.int64) << bits)
        grids.append(np.searchsorted(end, starts, side="right").astype(np.int32))
        specs.append((lo_ns, bits, bins))
        bins += starts.size
        opens.append(begin)
        closes.append(end)
        befores.append(worked)
        firsts.append(firsts[-1] + begin.size)
    return Timetable(
        lo_ns,
        hi_ns,
        np.concatenate(opens),
        np.concatenate(closes),
        np.concatenate(befores),
        np.array(firsts, dtype=np.int64),
        np.concatenate(grids),
        np.array(specs, dtype=np.int64),
    )


def business_ns(calendar: Calendar, begin_ns: Times, end_ns: Times) -> Times:
    """Working nanoseconds of `calendar` from each begin to each end.

    >>> from hoshin.mine.calendar import OFFICE
    >>> friday_4pm, monday_10am = np.array([1420214400 * NS_PER_S]), np.array([1420452000 * NS_PER_S])
    >>> int(business_ns(OFFICE, friday_4pm, monday_10am)[0] // NS_PER_S)
    7200
    """
    if begin_ns.size == 0:
        return np.zeros(0, dtype=np.int64)
    lo = min(int(begin_ns.min()), int(end_ns.min()))
    hi = max(int(begin_ns.max()), int(end_ns.max()))
    return timetable(calendar, lo, hi).between(begin_ns, end_ns)


def due_ns(calendar: Calendar, begin_ns: Times, worked_ns: Times) -> Times:
    """The earliest instant by which `worked_ns` of working time have passed since `begin_ns`.

    Raises InvalidInput(calendar.never) if the calendar does not offer that much within 100 years.
    """
    if begin_ns.size == 0:
        return np.zeros(0, dtype=np.int64)
    lo, need = int(begin_ns.min()), int(worked_ns.max())
    if need < 0 or int(worked_ns.min()) < 0:
        raise InvalidInput("calendar.negative", "A due date needs a working time of zero or more.")
    span = max(2 * need, 30 * DAY_S * NS_PER_S)
    while True:
        hi = int(begin_ns.max()) + span
        table = timetable(calendar, lo, hi)
        start = table.worked_before(begin_ns)
        if int((start + worked_ns).max()) <= table.total_ns():
            break
        if span > 100 * 366 * DAY_S * NS_PER_S:
            raise InvalidInput(
                "calendar.never", f"{calendar} does not offer {need / NS_PER_S / 3600:.1f} working hours in 100 years."
            )
        span *= 4
    at = kernel.instant_after(np.maximum(start + worked_ns, 1), ONE, table.open_ns, table.before_ns, table.first)
    return np.where(worked_ns == 0, begin_ns, at)


def working_intervals(calendar: Calendar, lo_ns: int, hi_ns: int) -> tuple[Times, Times]:
    """UTC intervals of working time within [lo_ns, hi_ns]: sorted, disjoint, not touching."""
    lo_day, hi_day = lo_ns // (DAY_S * NS_PER_S) - 3, hi_ns // (DAY_S * NS_PER_S) + 2
    days = np.arange(lo_day, hi_day + 1, dtype=np.int64)
    weekday = (days + 3) % 7
    differs = {(d - EPOCH).days: spans for d, spans in calendar.special}
    differs |= {(d - EPOCH).days: () for d in calendar.holidays if (d - EPOCH).days not in differs}
    plain = ~np.isin(days, np.array(list(differs), dtype=np.int64))
    wall = [np.zeros((0, 2), dtype=np.int64)]
    for day in range(7):
        at = days[plain & (weekday == day)] * DAY_S
        wall += [np.stack([at + a, at + b], axis=1) for a, b in calendar.week[day]]
    for number, spans in differs.items():
        wall += [np.array([[number * DAY_S + a, number * DAY_S + b]]) for a, b in spans]
    local = np.concatenate(wall)
    local = _joined(local[np.argsort(local[:, 0], kind="stable")])
    pieces = [np.zeros((0, 2), dtype=np.int64)]
    years = 366 * DAY_S  # whole blocks, so that ranges share the cached offsets
    lo_s, hi_s = (lo_ns // NS_PER_S) // years * years, -(-(hi_ns // NS_PER_S + 1) // years) * years
    for begin_s, end_s, offset_s in offsets(calendar.time_zone, lo_s, hi_s):
        here = local[np.searchsorted(local[:, 1], begin_s + offset_s, "right") :] - offset_s
        here = here[: np.searchsorted(here[:, 0], end_s, "left")]
        pieces.append(np.clip(here, begin_s, end_s))
    utc = _joined(np.clip(np.concatenate(pieces) * NS_PER_S, lo_ns, hi_ns))
    return np.ascontiguousarray(utc[:, 0]), np.ascontiguousarray(utc[:, 1])


def _joined(spans: Times) -> Times:
    """Sorted spans without the empty ones, those that touch or overlap made one."""
    spans = spans[spans[:, 1] > spans[:, 0]]
    if len(spans) == 0:
        return spans
    reach = np.maximum.accumulate(spans[:, 1])
    opens = np.append(True, spans[1:, 0] > reach[:-1])
    return np.stack([spans[opens, 0], reach[np.append(opens[1:], True)]], axis=1)


@lru_cache(maxsize=64)
def offsets(time_zone: str, lo_s: int, hi_s: int) -> tuple[tuple[int, int, int], ...]:
    """The UTC offsets of `time_zone` over [lo_s, hi_s): (begin, end, offset), all in seconds.

    Looked at every six hours and bisected to the second, so a pair of changes less than six hours
    apart would be missed; the tz database has none.
    """
    zone = ZoneInfo(time_zone)

    def offset(second: int) -> int:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
        shift = moment.astimezone(zone).utcoffset()
        assert shift is not None
        return int(shift.total_seconds())

    found = []
    begin, now, at = lo_s, offset(lo_s), lo_s
    while at < hi_s:
        step = min(at + DAY_S // 4, hi_s)
        then = offset(step)
        if then != now:
            low, high = at, step
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == now else (low, middle)
            found.append((begin, high, now))
            begin, now = high, then
        at = step
    found.append((begin, hi_s, now))
    return tuple(found)


def _show(ns: int) -> str:
    return (datetime(1970, 1, 1) + timedelta(seconds=ns // NS_PER_S)).isoformat(sep=" ")
