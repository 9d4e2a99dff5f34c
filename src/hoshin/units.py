"""Units for people: durations, counts, shares and money as a reader expects them."""

from __future__ import annotations

import re

from hoshin.errors import InvalidInput

NS_PER_S = 1_000_000_000
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}


def duration(seconds: float) -> str:
    """Seconds as the largest unit that reads well: '45 s', '12.5 min', '3.2 h', '8.6 d'.

    >>> [duration(x) for x in (0, 0.25, 45, 750, 11_520, 743_040)]
    ['0 s', '0.25 s', '45 s', '12.5 min', '3.2 h', '8.6 d']
    """
    if seconds != seconds:
        return "-"
    size = abs(seconds)
    for unit, upto in (("s", 60.0), ("min", 3600.0), ("h", 86_400.0), ("d", float("inf"))):
        if size < upto:
            value = seconds / SECONDS[unit]
            return f"{value:,.2f}".rstrip("0").rstrip(".") + " s" if unit == "s" else f"{value:,.1f} {unit}"
    raise AssertionError("unreachable")


def parse_duration(text: str) -> float:
    """'90s', '15 min', '2h', '3.5 d', '1w' to seconds.

    >>> parse_duration("2h"), parse_duration("1.5 d")
    (7200.0, 129600.0)
    """
    found = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*(s|min|h|d|w)\s*", text)
    if not found:
        raise InvalidInput(
            "units.duration",
            f"{text!r} is not a duration.",
            hint="Write a number and a unit: 90s, 15min, 2h, 3d, 1w.",
        )
    return float(found[1]) * SECONDS[found[2]]


def share(value: float) -> str:
    """
    >>> share(0.1234), share(1.0), share(0.0004)
    ('12.3%', '100%', '0.04%')
    """
    percent = value * 100
    digits = 2 if 0 < abs(percent) < 0.1 else 1
    text = f"{percent:.{digits}f}"
    return (text[:-2] if text.endswith(".0") else text) + "%"


def money(value: float, currency: str) -> str:
    """
    >>> money(1234567.8, "EUR")
    'EUR 1,234,568'
    """
    return f"{currency} {value:,.0f}" if abs(value) >= 100 else f"{currency} {value:,.2f}"
