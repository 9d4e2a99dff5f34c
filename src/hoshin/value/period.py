"""Periods: the labels people write ("2026-W07", "2026-02", "2026-02-16", "17") as numbers on a regular grid.

A week is a calendar week, never 168 hours: labels carry no clock time, so a week in which the clocks
change is one week like any other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput

_FORMS = {
    "week": re.compile(r"(\d{4})-?W(\d{2})"),
    "quarter": re.compile(r"(\d{4})-?Q([1-4])"),
    "day": re.compile(r"(\d{4})-(\d{2})-(\d{2})"),
    "month": re.compile(r"(\d{4})-(\d{2})"),
    "number": re.compile(r"-?\d{1,9}"),
}
PER_YEAR = {"day": 365.25, "week": 52.1775, "month": 12.0, "quarter": 4.0}


@dataclass(frozen=True, slots=True)
class Grid:
    """Distinct periods in order: `labels`, int64 `ordinal` (T,) in steps of one, and what one step is.

    `step` is "day", "week", "month", "quarter" or "number". `absent` are ordinals between the first and
    the last that no row has; days of a Monday-to-Friday grid miss no weekend (`working_days`).
    """

    labels: tuple[str, ...]
    ordinal: NDArray[np.int64]
    step: str
    absent: tuple[int, ...]
    working_days: bool = False
    form: str = "number"

    def place(self, label: str) -> int | None:
        """The ordinal of `label`, written like the others, be it on the grid or not; None between two periods."""
        ordinal = ordinal_of(label, self.form)
        if self.form == "day" and self.step == "week":
            return (ordinal - 1) // 7 if (ordinal - 1) % 7 == (ordinal_of(self.labels[0], "day") - 1) % 7 else None
        if self.form == "day" and self.step == "month":
            return ordinal_of(label[:7], "month") if label.endswith("-01") else None
        return ordinal

    def per_year(self) -> float | None:
        """Steps in a year; None for plain numbers, whose length nobody stated."""
        if self.working_days:
            return 260.9
        return PER_YEAR.get(self.step)

    def name_of(self, ordinal: int) -> str:
        """The label that `ordinal` has, or would have."""
        return name_of(ordinal, self.step)


def form_of(label: str) -> str:
    """Which form a label has. InvalidInput(value.period) when it has none.

    >>> [form_of(x) for x in ("2026-W07", "2026-02", "2026-02-16", "2026-Q1", "17")]
    ['week', 'month', 'day', 'quarter', 'number']
    """
    for form, pattern in _FORMS.items():
        if pattern.fullmatch(label):
            return form
    raise InvalidInput(
        "value.period",
        f"{label!r} is not a period.",
        hint="Write 2026-W07, 2026-02, 2026-02-16, 2026-Q1 or a whole number; no clock times: count by calendar day.",
    )


def ordinal_of(label: str, form: str) -> int:
    """Place of `label` on the grid of `form`: days, weeks, months or quarters since year 1, or the number."""
    found = _FORMS[form].fullmatch(label)
    if not found:
        raise InvalidInput(
            "value.period_form", f"{label!r} is not a {form} like the other periods.", hint="Use one form throughout."
        )
    try:
        if form == "number":
            return int(label)
        if form == "day":
            return date(int(found[1]), int(found[2]), int(found[3])).toordinal()
        if form == "week":
            return (date.fromisocalendar(int(found[1]), int(found[2]), 1).toordinal() - 1) // 7
        size = 12 if form == "month" else 4
        if not 1 <= int(found[2]) <= size:
            raise ValueError(f"there is no {form} {found[2]}")
        return int(found[1]) * size + int(found[2]) - 1
    except ValueError as error:
        raise InvalidInput("value.period_none", f"Period {label!r} does not exist: {error}.") from error


def name_of(ordinal: int, form: str) -> str:
    """
    >>> [name_of(ordinal_of(x, form_of(x)), form_of(x)) for x in ("2026-W53", "2025-12", "2026-03-29", "2026-Q4")]
    ['2026-W53', '2025-12', '2026-03-29', '2026-Q4']
    """
    if form == "day":
        return date.fromordinal(ordinal).isoformat()
    if form == "week":
        year, week, _ = (date.fromordinal(1) + timedelta(days=7 * ordinal)).isocalendar()
        return f"{year:04d}-W{week:02d}"
    if form == "month":
        return f"{ordinal // 12:04d}-{ordinal % 12 + 1:02d}"
    if form == "quarter":
        return f"{ordinal // 4:04d}-Q{ordinal % 4 + 1}"
    return str(ordinal)


def first_day(label: str) -> date | None:
    """The first calendar day of a period; None for a plain number.

    >>> [str(first_day(x)) for x in ("2026-W07", "2026-02", "2026-Q2", "17")]
    ['2026-02-09', '2026-02-01', '2026-04-01', 'None']
    """
    form = form_of(label)
    ordinal = ordinal_of(label, form)
    if form == "day":
        return date.fromordinal(ordinal)
    if form == "week":
        return date.fromordinal(1) + timedelta(days=7 * ordinal)
    if form == "month":
        return date(ordinal // 12, ordinal % 12 + 1, 1)
    if form == "quarter":
        return date(ordinal // 4, ordinal % 4 * 3 + 1, 1)
    return None


def grid_of(labels: Sequence[str]) -> Grid:
    """The grid that distinct `labels` lie on, sorted.

    Days that are all seven apart are weeks; the first of each month is a month. Raises
    InvalidInput(value.period...) for unknown or mixed forms.
    """
    if not labels:
        raise InvalidInput("value.empty", "There are no rows.", hint="Give one row per unit and period.")
    form = written = form_of(labels[0])
    pairs = sorted({(ordinal_of(x, form), x) for x in labels})
    ordinal = np.array([o for o, _ in pairs], dtype=np.int64)
    names = tuple(x for _, x in pairs)
    if form == "day" and ordinal.size > 1:
        if bool(np.all(np.diff(ordinal) % 7 == 0)):
            ordinal, form = (ordinal - 1) // 7, "week"
        elif all(x.endswith("-01") for x in names):
            ordinal, form = np.array([ordinal_of(x[:7], "month") for x in names], dtype=np.int64), "month"
    absent = np.setdiff1d(np.arange(ordinal[0], ordinal[-1] + 1), ordinal)
    working = False
    if form == "day" and ordinal.size >= 10:
        weekday = (ordinal - 1) % 7  # 0 = Monday: day 1 of year 1 was one
        if bool(np.all(weekday < 5)):
            working, absent = True, absent[(absent - 1) % 7 < 5]
    return Grid(names, ordinal, form, tuple(int(a) for a in absent), working, written)


def calendar_week(day: date) -> str:
    """The ISO week label of a date.

    >>> calendar_week(date(2020, 3, 29))
    '2020-W13'
    """
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"
