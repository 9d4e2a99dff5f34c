"""A stretch of calendar: `2024`, `2024-03`, `2024-03-01`, `2024-03-01T08:30`, each end as precise as it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hoshin.errors import InvalidInput

FORM = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?)?)?"
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = -(2**62), 2**62


@dataclass(frozen=True, slots=True)
class Period:
    """From the start of `since` to the end of `until`, both included as written; empty = open.

    A day without a time is the whole day, a month the whole month, in the zone people read the log in.
    Raises InvalidInput(filter.period) for anything else, or an end before the start.

    >>> Period("2024-02", "2024-02").bounds("UTC")[1] - Period("2024-02", "2024-02").bounds("UTC")[0]
    2505600000000000
    """

    since: str = ""
    until: str = ""

    def __post_init__(self) -> None:
        for moment in (self.since, self.until):
            if moment:
                _span(moment, "UTC")
        low, high = self.bounds("UTC")
        if low >= high:
            raise InvalidInput(
                "filter.period", f"The period {self.to_text()} ends before it starts.", hint="Write EARLIER..LATER."
            )

    def bounds(self, time_zone: str) -> tuple[int, int]:
        """UTC nanoseconds: the first moment inside, and the first one after."""
        low = _span(self.since, time_zone)[0] if self.since else FIRST
        high = _span(self.until, time_zone)[1] if self.until else LAST
        return low, high

    def to_text(self) -> str:
        return f"{self.since}..{self.until}"


def _span(moment: str, time_zone: str) -> tuple[int, int]:
    """First nanosecond of what `moment` names, and the first after it."""
    found = FORM.fullmatch(moment)
    if not found:
        raise InvalidInput(
            "filter.period",
            f"{moment!r} is not a date.",
            hint="Write 2024, 2024-03, 2024-03-01 or 2024-03-01T08:30:00, with +01:00 or Z if it has its own zone.",
        )
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        start = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0)
        )  # fmt: skip
        if fraction:
            start += timedelta(seconds=float(fraction))
        if fraction:
            end = start + timedelta(microseconds=1)
        elif hour:
            end = start + (timedelta(seconds=1) if second else timedelta(minutes=1))
        elif day:
            end = start + timedelta(days=1)
        else:
            past = start.month if month else 12
            end = datetime(start.year + past // 12, past % 12 + 1, 1)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(
            "filter.period", f"{moment!r} is not a date: {error}.", hint="Check day and month."
        ) from None
    where = (datetime.fromisoformat(f"2000-01-01T00:00:00{zone}").tzinfo) if zone else ZoneInfo(time_zone)
    low, high = (_ns(m.replace(tzinfo=where)) for m in (start, end))
    return low, high


def _ns(moment: datetime) -> int:
    since = moment.astimezone(UTC) - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000
