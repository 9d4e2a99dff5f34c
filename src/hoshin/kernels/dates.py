"""Read a moment from bytes: the plain form of ISO 8601, without making a Python object."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels.compiled import uncounted


@uncounted
def digits(text: NDArray[np.uint8], a: int, size: int) -> int:
    """The number text[a:a + size] writes, -1 if a byte is no digit."""
    value = 0
    for i in range(a, a + size):
        d = int(text[i]) - 48
        if d < 0 or d > 9:
            return -1
        value = value * 10 + d
    return value


@uncounted
def parse_date(text: NDArray[np.uint8], a: int, b: int) -> tuple[int, int, int]:
    """(form, nanoseconds, offset in minutes) of text[a:b]: form 1 = UTC, 2 = wall clock, 0 = not plain.

    Plain is YYYY-MM-DDThh:mm:ss[.f...](Z|+hh:mm|-hh:mm|), perhaps a blank for the T, years 1679 to 2261; the rest
    is left to the careful parser. Days: Hinnant, days_from_civil. Slow twin: connect/_times.py::parse_time.
    """
    if b - a < 19 or text[a + 4] != 45 or text[a + 7] != 45 or (text[a + 10] != 84 and text[a + 10] != 32):
        return 0, 0, 0
    if text[a + 13] != 58 or text[a + 16] != 58:
        return 0, 0, 0
    year, month, day = digits(text, a, 4), digits(text, a + 5, 2), digits(text, a + 8, 2)
    hour, minute, second = digits(text, a + 11, 2), digits(text, a + 14, 2), digits(text, a + 17, 2)
    if year < 1679 or year > 2261 or month < 1 or month > 12 or day < 1:
        return 0, 0, 0
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 59:
        return 0, 0, 0
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    longest = 31
    if month == 2:
        longest = 29 if leap else 28
    elif month == 4 or month == 6 or month == 9 or month == 11:
        longest = 30
    if day > longest:
        return 0, 0, 0
    p = a + 19
    part, scale = 0, 100_000_000
    if p < b and text[p] == 46:
        p += 1
        first = p
        while p < b and 48 <= text[p] <= 57:
            part += (int(text[p]) - 48) * scale
            scale //= 10
            p += 1
        if p == first:
            return 0, 0, 0
    form, offset = 2, 0
    if p < b:
        form = 1
        sign = text[p]
        if sign == 90 and p + 1 == b:
            offset = 0
        elif (sign == 43 or sign == 45) and b - p == 6 and text[p + 3] == 58:
            hours, minutes = digits(text, p + 1, 2), digits(text, p + 4, 2)
            if hours < 0 or minutes < 0 or minutes > 59 or hours * 60 + minutes > 840:
                return 0, 0, 0
            offset = hours * 60 + minutes
            if sign == 45:
                offset = -offset
        else:
            return 0, 0, 0
    y = year - 1 if month <= 2 else year
    era = y // 400
    yoe = y - era * 400
    doy = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    days = era * 146_097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719_468
    seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset * 60
    return form, seconds * 1_000_000_000 + part, offset


@uncounted
def parse_dates(
    text: NDArray[np.uint8], ends: NDArray[np.int64], form: NDArray[np.int8], ns: NDArray[np.int64]
) -> None:
    """`parse_date` for every text[ends[i]:ends[i + 1]] into `form` int8 (n,) and `ns` int64 (n,). O(bytes)."""
    for i in range(form.size):
        form[i], ns[i], _ = parse_date(text, ends[i], ends[i + 1])
