"""Working hours: when an organisation, a team or a person is on duty, exact across time zones and holidays."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hoshin.errors import InvalidInput, Unsupported

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY_S = 86_400

# Seconds from local midnight; the end may lie on the next day (a night shift), so 0 <= start < end <= 2 days.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Weekly working hours in a time zone, with days that differ.

    `week` has the spans of Monday to Sunday. `holidays` are closed; `special` replaces the hours of a
    date. A span belongs to the date on which it opens, so a night shift that opens before a holiday
    runs to its end. An instant is working time exactly when its wall-clock reading in `time_zone` is:
    a shift over a skipped hour is an hour shorter, one over a repeated hour an hour longer.
    """

    week: tuple[tuple[Span, ...], ...]
    time_zone: str = "UTC"
    holidays: frozenset[date] = frozenset()
    special: tuple[tuple[date, tuple[Span, ...]], ...] = ()
    name: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InvalidInput(
                "calendar.time_zone",
                f"{self.time_zone!r} is not a time zone.",
                hint="Use an IANA name such as Europe/Berlin or UTC.",
            ) from error

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """Working spans that open on `day`, in seconds from its midnight."""
        for when, spans in self.special:
            if when == day:
                return spans
        return () if day in self.holidays else self.week[day.weekday()]

    def week_s(self) -> int:
        """Working seconds in a plain week."""
        return sum(end - start for spans in self.week for start, end in spans)

    def __str__(self) -> str:
        """The working hours as `parse_calendar` reads them.

        >>> str(parse_calendar("Tue 9-17; Mon 09:00-17:00"))
        'Mon-Tue 09:00-17:00'
        """
        if self == replace(ALWAYS, time_zone=self.time_zone, holidays=self.holidays, special=self.special):
            return "24/7"
        parts: list[str] = []
        day = 0
        while day < 7:
            last = day
            while last + 1 < 7 and self.week[last + 1] == self.week[day]:
                last += 1
            if self.week[day]:
                names = DAYS[day] if day == last else f"{DAYS[day]}-{DAYS[last]}"
                parts.append(f"{names} " + ",".join(f"{_clock(a)}-{_clock(b)}" for a, b in self.week[day]))
            day = last + 1
        return "; ".join(parts) or "never"

    def with_holidays(self, country: str, years: Iterable[int], *, region: str = "") -> Calendar:
        """This calendar, closed on the public holidays of `country` (ISO code) and perhaps its `region`."""
        return replace(self, holidays=self.holidays | public_holidays(country, years, region=region))


ALWAYS = Calendar(tuple(((0, DAY_S),) for _ in range(7)), name="24/7")
OFFICE = Calendar((*(((9 * 3600, 17 * 3600),),) * 5, (), ()), name="office")


def parse_calendar(text: str, *, time_zone: str = "UTC", holidays: Iterable[date] = ()) -> Calendar:
    """Working hours from text: `Mon-Fri 09:00-12:00,13:00-17:00; Sat 10-14`, or `24/7`.

    An end at or before its start is on the next day (`22:00-06:00`). Raises InvalidInput(calendar.hours)
    naming the part that cannot be read, and for spans of a day that overlap.

    >>> parse_calendar("Mon-Fri 9-17").week_s() / 3600
    40.0
    """
    closed = frozenset(holidays)
    if text.strip().lower() in ("24/7", "always"):
        return replace(ALWAYS, time_zone=time_zone, holidays=closed)
    week: list[list[Span]] = [[] for _ in range(7)]
    for part in filter(None, (p.strip() for p in text.split(";"))):
        found = re.fullmatch(r"([A-Za-z,\- ]+?)\s+([\d:,\- ]+)", part)
        if not found:
            raise _unreadable(part)
        for day in _days(found[1], part):
            week[day] += [_span(p, part) for p in found[2].split(",")]
    if not any(week):
        raise InvalidInput(
            "calendar.hours", f"{text!r} has no working hours.", hint="Write e.g. 'Mon-Fri 09:00-17:00'."
        )
    for day, spans in enumerate(week):
        spans.sort()
        if any(a[1] > b[0] for a, b in itertools.pairwise(spans)):
            raise InvalidInput("calendar.hours", f"The hours of {DAYS[day]} overlap in {text!r}.", hint="Join them.")
    return Calendar(tuple(tuple(spans) for spans in week), time_zone, closed)


def public_holidays(country: str, years: Iterable[int], *, region: str = "") -> frozenset[date]:
    """Public holidays of `country` in `years`, from the `holidays` library (an extra).

    Raises Unsupported(calendar.extra) without it, InvalidInput(calendar.country) for an unknown place.
    """
    try:
        import holidays
    except ImportError as error:
        raise Unsupported(
            "calendar.extra", "Public holidays need the holidays library.", hint="pip install 'hoshin[calendar]'"
        ) from error
    try:
        return frozenset(holidays.country_holidays(country, subdiv=region or None, years=sorted(set(years))))
    except (NotImplementedError, KeyError) as error:
        raise InvalidInput(
            "calendar.country",
            f"No holidays are known for {country!r}" + (f", region {region!r}." if region else "."),
            hint="Use an ISO 3166 country code such as DE, and a region of it such as BY.",
        ) from error


def _days(text: str, part: str) -> list[int]:
    days: list[int] = []
    for piece in text.replace(" ", "").split(","):
        first, _, last = piece.partition("-")
        a, b = _day(first, part), _day(last or first, part)
        days += range(a, b + 1) if a <= b else [*range(a, 7), *range(b + 1)]
    return days


def _day(text: str, part: str) -> int:
    for number, name in enumerate(DAYS):
        if text[:3].lower() == name.lower() and text.isalpha():
            return number
    raise _unreadable(part)


def _span(text: str, part: str) -> Span:
    ends = [_seconds(p.strip(), part) for p in text.split("-")]
    if len(ends) != 2 or ends[0] >= DAY_S:
        raise _unreadable(part)
    start, end = ends
    return (start, end) if end > start else (start, end + DAY_S)


def _seconds(text: str, part: str) -> int:
    found = re.fullmatch(r"(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?", text)
    if not found or int(found[1]) > 24 or int(found[2] or 0) > 59 or int(found[3] or 0) > 59:
        raise _unreadable(part)
    seconds = int(found[1]) * 3600 + int(found[2] or 0) * 60 + int(found[3] or 0)
    if seconds > DAY_S:
        raise _unreadable(part)
    return seconds


def _unreadable(part: str) -> InvalidInput:
    return InvalidInput(
        "calendar.hours",
        f"{part!r} is not working hours.",
        hint="Write days, then hours: 'Mon-Fri 09:00-12:00,13:00-17:00; Sat 10-14', or '24/7'.",
    )


def _clock(seconds: int) -> str:
    if seconds > DAY_S:
        seconds -= DAY_S
    minutes, second = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{second:02}" if second else "")


def calendars_by_resource(
    resources: Sequence[str], given: dict[str, Calendar], default: Calendar
) -> tuple[list[Calendar], list[int]]:
    """The distinct calendars, the default first, and the number of the calendar of each resource.

    Raises InvalidInput(calendar.resource) for a calendar given to somebody the log does not know.
    """
    for name in given:
        if name not in resources:
            raise InvalidInput.unknown("calendar.resource", "resource", name, resources)
    distinct = [default]
    which = []
    for name in resources:
        own = given.get(name, default)
        if own not in distinct:
            distinct.append(own)
        which.append(distinct.index(own))
    return distinct, which
