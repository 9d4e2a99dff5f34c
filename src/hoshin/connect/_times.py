"""Moments as text: ISO 8601 / xs:dateTime to UTC nanoseconds, and back."""

from __future__ import annotations

import re
from datetime import date

from hoshin.units import NS_PER_S

_FORM = re.compile(
    r"\s*(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|z|UTC|[+-]\d\d:?\d\d|[+-]\d\d)?)?\s*"
)
_EPOCH = date(1970, 1, 1).toordinal()
EARLIEST, LATEST = -(2**63) + 1, 2**63 - 1


def parse_time(text: str) -> tuple[int, int | None] | None:
    """(UTC nanoseconds, offset in minutes), or (wall-clock nanoseconds, None) where no zone is written.

    None if `text` is not a moment between the years 1678 and 2262. 24:00 is the next midnight; a leap
    second :60 is the second after; digits beyond nanoseconds are cut.

    >>> parse_time("1970-01-01T01:00:00.5+01:00"), parse_time("1970-01-02"), parse_time("soon")
    ((500000000, 60), (86400000000000, None), None)
    """
    found = _FORM.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        days = date(int(year), int(month), int(day)).toordinal() - _EPOCH
    except ValueError:
        return None
    h, m, s = int(hour or 0), int(minute or 0), int(second or 0)
    part = int(((fraction or "") + "000000000")[:9])
    if h > 24 or m > 59 or s > 60 or (h == 24 and (m or s or part)):
        return None
    offset: int | None = None
    if zone in ("Z", "z", "UTC"):
        offset = 0
    elif zone:
        digits = zone[1:].replace(":", "").ljust(4, "0")
        if int(digits[2:]) > 59 or int(digits) > 1400:
            return None
        offset = (1 if zone[0] == "+" else -1) * (int(digits[:2]) * 60 + int(digits[2:]))
    ns = (days * 86_400 + h * 3_600 + m * 60 + s - (offset or 0) * 60) * NS_PER_S + part
    return (ns, offset) if EARLIEST <= ns <= LATEST else None
