"""Read text as dates and times: find the format, decide day-first from the whole column, keep the zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import Any

import polars as pl

from hoshin.errors import InvalidInput

ISO_DATE, DAY_FIRST, MONTH_FIRST = "%Y-%m-%d", ("%d{0}%m{0}%Y", "%d{0}%m{0}%y"), ("%m{0}%d{0}%Y", "%m{0}%d{0}%y")
# Without a fraction first: polars reads that form with a faster parser, and rows with one get a second try.
CLOCKS = ("%H:%M:%S", "%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H%M%S")
ZONES = ("", "%:z", "%#z", " %:z", " %#z")
# Words before digits: 2016-02-29, 29/2/2016, 29.02.16, 02-29-2016
NUMERIC = re.compile(r"^\s*(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})")
# Rows that are named one by one in a header; a log with more of them says how many.
MOST_ROWS = 10_000
HAS_ZONE = r"(Z|[+-]\d{2}:?\d{2}|\bUTC|\bGMT)\s*$"


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """How a column of text is to be read: a strftime-like `format`, whether it carries a zone, and why.

    `assumed` is a sentence for the reader when the text alone did not settle it, else empty.
    """

    format: str
    zoned: bool
    assumed: str = ""


def guess_format(column: pl.Series, *, day_first: bool | None = None) -> TimeFormat | None:
    """The format that reads most of `column` (String), or None if nothing reads half of it.

    29/2/2016 settles day-first for the whole column; 2/29/2016 settles month-first. Where no date settles
    it, `day_first` does, else day-first is assumed and said so.
    """
    # A sample over the whole column: files are often sorted by time, so the head alone may not settle it.
    text = column.drop_nulls()
    sample = text.gather_every(max(1, len(text) // 2000)).head(2000).str.strip_chars()
    if not (sample != "").all():
        text = text.str.strip_chars()
        text = text.filter(text != "")
        sample = text.gather_every(max(1, len(text) // 2000)).head(2000)
    if sample.is_empty():
        return None
    first = str(sample[0])
    for form in ("%Y%m%d%H%M%S", "%Y%m%d"):
        if re.fullmatch(r"\d{8}(\d{6})?", first) and _reads(sample, form):
            return TimeFormat(form, zoned=False)
    found = NUMERIC.match(first)
    if not found:
        dates = ["%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d-%b-%y"]
        return _first_that_reads(sample, dates, assumed="")
    mark = found[2]
    if len(found[1]) == 4:
        return _first_that_reads(sample, [f"%Y{mark}%m{mark}%d"], assumed="")
    evidence = _order_of(text, mark)
    assumed = ""
    if evidence is None:
        evidence = True if day_first is None else day_first
        if day_first is None:
            assumed = f"{first!r} is read with the day first: no date in the column settles it (say day_first=False)."
    elif day_first is not None and day_first != evidence:
        which, other = ("day", "month") if evidence else ("month", "day")
        raise InvalidInput(
            "time.order",
            f"Column {column.name!r} holds dates that only read with the {which} first, not with the {other} first.",
            hint=f"Drop the option, or use {'--day-first' if evidence else '--no-day-first'}.",
        )
    forms = DAY_FIRST if evidence else MONTH_FIRST
    year4 = len(found[4]) == 4
    return _first_that_reads(sample, [(forms[0] if year4 else forms[1]).format(mark)], assumed=assumed)


def _order_of(text: pl.Series, mark: str) -> bool | None:
    """True if some date is only possible day-first, False if only month-first, None if nothing tells.

    Raises InvalidInput(time.mixed) if both occur.
    """
    m = re.escape(mark)
    parts = text.str.extract_groups(rf"^\s*(\d{{1,2}}){m}(\d{{1,2}}){m}").struct.unnest()
    one, two = (parts[c].cast(pl.Int32) for c in parts.columns[:2])
    day_first, month_first = one > 12, two > 12
    if day_first.any() and month_first.any():
        a, b = text.filter(day_first)[0], text.filter(month_first)[0]
        raise InvalidInput(
            "time.mixed",
            f"Column {text.name!r} mixes day-first and month-first dates: {a!r} and {b!r}.",
            hint="Split the file by its source, or repair the dates, so that one order holds throughout.",
        )
    return True if day_first.any() else False if month_first.any() else None


def _first_that_reads(sample: pl.Series, dates: list[str], assumed: str) -> TimeFormat | None:
    zoned = bool(sample.str.contains(HAS_ZONE).any())
    glue = "T" if "T" in str(sample[0])[:14] else " "
    best, best_share = None, 0.499
    for date, clock in product(dates, (*CLOCKS, "")):
        for zone in (ZONES[1:] if zoned else ZONES[:1]) if clock else ("",):
            form = date + (glue + clock if clock else "") + zone
            share = _share_read(sample, form)
            if share == 1.0:
                return TimeFormat(form, bool(zone), assumed)
            if share > best_share:
                best, best_share = TimeFormat(form, bool(zone), assumed), share
    return best


def _reads(sample: pl.Series, form: str) -> bool:
    return _share_read(sample, form) == 1.0


def _share_read(sample: pl.Series, form: str) -> float:
    try:
        return 1 - _apply(sample, form).null_count() / len(sample)
    except pl.exceptions.PolarsError:
        return 0.0


def _apply(text: pl.Series, form: str) -> pl.Series:
    """Datetime("us") column, in UTC if `form` has a zone; null where the text does not fit."""
    if not re.search(r"%[HI]", form):
        return text.str.to_date(form, strict=False).cast(pl.Datetime("us"))
    if form.endswith(("%:z", "%#z")):
        text = text.str.replace(r"\s*(Z|UTC|GMT)$", "+00:00")
    # A cache of texts already read pays only where times repeat, and they seldom do.
    return text.str.to_datetime(form, strict=False, time_unit="us", cache=False)


def parse_times(column: pl.Series, form: TimeFormat) -> pl.Series:
    """`column` as Datetime; null where it cannot be read. What the form leaves over is tried again without
    blanks around it, then as `HH:MM` beside `HH:MM:SS`, and without a fraction beside rows with one."""
    read = _apply(column, form.format)
    if read.null_count() == column.null_count():
        return read.alias(column.name)
    text = column.str.strip_chars()
    for other in (form.format, *_neighbours(form.format)):
        missed = read.is_null() & text.is_not_null() & (text != "")
        if not missed.any():
            break
        again = _apply(text.filter(missed), other)
        if again.null_count() < len(again):
            filled = pl.Series([None] * len(text), dtype=again.dtype)
            read = read.fill_null(filled.scatter(missed.arg_true(), again))
    return read.alias(column.name)


def _neighbours(form: str) -> list[str]:
    """Formats that real exports mix with `form`: other precision, date only, two-digit year."""
    found = []
    for clock in sorted((c for c in CLOCKS if c in form), key=len, reverse=True)[:1]:
        found += [form.replace(clock, other) for other in CLOCKS if other != clock]
    date_only = re.sub(r"[T ]?%[HI].*$", "", form)
    return [*found, *([date_only] if date_only != form and "z" not in form else [])]


def zones_of(column: pl.Series, *, assumed: bool) -> dict[str, Any]:
    """What a column of text says of its zones, for `EventLog.header`: `offsets` (how many times carry each
    offset, "" = none), `zone_assumed` (no one named the zone of the bare ones), and `unzoned_rows` where both occur.

    >>> zones_of(pl.Series(["2024-01-01 10:00", "2024-01-01 10:00+01:00"]), assumed=False)
    {'offsets': {'': 1, '+01:00': 1}, 'zone_assumed': False, 'unzoned_rows': [0]}
    """
    text = column.set(column.str.strip_chars() == "", None)
    zone = text.str.extract(r"\d\s*(Z|[+-]\d{2}:?\d{2}|UTC|GMT)\s*$").fill_null("").set(text.is_null(), None)
    # 2024-01-02 ends like an offset: a bare date has none.
    zone = zone.set(~text.str.contains(":").fill_null(False) & zone.is_not_null(), "")
    counts = zone.drop_nulls().value_counts().rows()
    said: dict[str, Any] = {"offsets": dict(sorted(counts)), "zone_assumed": assumed and any(not z for z, _ in counts)}
    if len(counts) > 1 and "" in said["offsets"]:
        said["unzoned_rows"] = (zone == "").fill_null(False).arg_true().head(MOST_ROWS).to_list()
    return said
