"""Text as outside systems write it, to typed columns: dates in many shapes, numbers, SAP rates and keys.

Every reader here takes a polars Series of any type and returns one; a value that cannot be read becomes
null, and `unreadable` tells how many did and which was first. Nothing is guessed silently: a column of
day and month that both fit is refused until someone says which comes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from hoshin.errors import InvalidInput
from hoshin.log.build import to_utc

DateOrder = Literal["", "mdy", "dmy"]
UTC_US = pl.Datetime("us", "UTC")

# A time of day: 08:12:57, 0812, 081257, 4:01:02 PM, 10:15:30.123+0100, 16:39Z.
CLOCK = (
    r"(?:(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?|(\d{2})(\d{2})(\d{2})?)"
    r"\s*([AaPp])?(?:[Mm])?\s*(Z|UTC|[+-]\d{2}:?\d{2})?"
)
# Date shapes: (regex of the date part, order of its three groups). Month names are English.
SHAPES: dict[str, tuple[str, str]] = {
    "ymd": (r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", "ymd"),
    "compact": (r"(\d{4})(\d{2})(\d{2})", "ymd"),
    "dotted": (r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})", "dmy"),
    "named": (r"(\d{1,2})[-/ .]([A-Za-z]{3})[A-Za-z]*[-/ .](\d{4}|\d{2})", "dmy"),
    "mdy": (r"(\d{1,2})[-/](\d{1,2})[-/](\d{4}|\d{2})", "mdy"),
    "dmy": (r"(\d{1,2})[-/](\d{1,2})[-/](\d{4}|\d{2})", "dmy"),
}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# 00000000, 0000-00-00, 1/0/1900 0:00 (a spreadsheet's zero), 0: there is no date.
NO_DATE = r"^(?:[0\s./:T-]+|0?1/0/1900(?: 0?0:00(?::00)?)?)$"


def text(column: pl.Series, missing: tuple[str, ...] = ("",)) -> pl.Series:
    """Stripped text, with each of `missing` (and the empty text) as null.

    >>> text(pl.Series([" a ", "?", ""]), ("?",)).to_list()
    ['a', None, None]
    """
    shown = column.cast(pl.String).str.strip_chars(" \t\r\n\ufeff\u00a0").replace("", None)
    return shown.set(shown.is_in(list(missing)), None) if missing else shown


def number(column: pl.Series, *, decimal: str = ".", thousands: str = ",") -> pl.Series:
    """Decimals as float64: '1,500.00', '1.500,00' with decimal=',', SAP's trailing minus, '(12)'.

    >>> number(pl.Series(["1,500.00", "12.5-", "(3)", "x"])).to_list()
    [1500.0, -12.5, -3.0, None]
    >>> number(pl.Series(["1.500,25"]), decimal=",", thousands=".").to_list()
    [1500.25]
    """
    if column.dtype.is_numeric():
        return column.cast(pl.Float64)
    raw = text(column).str.replace_all(r"[\s\u00a0]", "")
    negative = raw.str.ends_with("-") | (raw.str.starts_with("(") & raw.str.ends_with(")"))
    bare = raw.str.strip_chars("()").str.strip_suffix("-")
    if thousands:
        bare = bare.str.replace_all(thousands, "", literal=True)
    if decimal != ".":
        bare = bare.str.replace(decimal, ".", literal=True)
    value = bare.cast(pl.Float64, strict=False)
    return value.to_frame("v").select(pl.when(negative).then(-pl.col("v")).otherwise(pl.col("v"))).to_series()


def integer(column: pl.Series, *, thousands: str = ",") -> pl.Series:
    """Whole numbers as int64; a fraction is unreadable."""
    if column.dtype.is_integer():
        return column.cast(pl.Int64)
    value = number(column, thousands=thousands)
    return value.set(value != value.round(), None).cast(pl.Int64, strict=False)


def rate(column: pl.Series) -> pl.Series:
    """SAP exchange rates: '/3.74340' is one divided by it; five decimals after '.' or ','.

    >>> rate(pl.Series(["/4.00000", "1,00000", "0.92"])).to_list()
    [0.25, 1.0, 0.92]
    """
    if column.dtype.is_numeric():
        return column.cast(pl.Float64)
    raw = text(column)
    inverse = raw.str.starts_with("/")
    bare = raw.str.strip_prefix("/")
    comma = bare.str.contains(r",\d{5}$")
    point = bare.str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
    swapped = bare.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    frame = pl.DataFrame({"p": point, "s": swapped.cast(pl.Float64, strict=False), "i": inverse, "c": comma})
    value = pl.when("c").then("s").otherwise("p")
    return frame.select(pl.when("i").then(1.0 / value).otherwise(value)).to_series()


def boolean(column: pl.Series) -> pl.Series:
    """true/false, yes/no, 1/0, SAP's X; anything else is unreadable."""
    if column.dtype == pl.Boolean:
        return column
    words = dict.fromkeys(("true", "yes", "y", "1", "x"), True) | dict.fromkeys(("false", "no", "n", "0"), False)
    return text(column).str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.Boolean)


def key(column: pl.Series, width: int = 0) -> pl.Series:
    """A document number: stripped; all digits are padded with zeros to `width`, as SAP stores them.

    >>> key(pl.Series([" 10 ", "00010", "USSU-1"]), 5).to_list()
    ['00010', '00010', 'USSU-1']
    """
    raw = text(column).str.strip_suffix(".0") if column.dtype.is_float() else text(column)
    if not width:
        return raw
    digits = raw.str.contains(r"^\d+$")
    frame = pl.DataFrame({"r": raw, "d": digits})
    return frame.select(pl.when("d").then(pl.col("r").str.zfill(width)).otherwise("r")).to_series()


def clock(column: pl.Series) -> pl.Series:
    """A time of day as 'HH:MM:SS.ffffff' text: 081257, 4:01:02 PM, 13:24:18."""
    if column.dtype == pl.Time:
        return column.cast(pl.String)
    raw = text(column)
    parts = raw.to_frame("x").select(pl.col("x").str.extract_groups(rf"^{CLOCK}$")).to_series()
    return _clock_text(parts, 0).rename(column.name)


def moment(
    column: pl.Series,
    *,
    time_zone: str = "UTC",
    formats: tuple[str, ...] = (),
    date_order: DateOrder = "",
    where: str = "",
) -> pl.Series:
    """Dates and times as Datetime(us, UTC). A value without an offset is wall-clock time in `time_zone`.

    `formats` (chrono's strftime codes) are tried in order for each value; without them the shape is
    recognised: ISO 8601, YYYYMMDD, DD.MM.YYYY, MM/DD/YYYY or DD/MM/YYYY, 01/Mar/24, with any clock.
    `date_order` settles which of two numbers is the month; it is found out if some value tells, and
    InvalidInput(connect.date_order) is raised if none does. All zeros are no date.

    >>> moment(pl.Series(["29/2/2016 01:16"])).to_list()[0].isoformat()
    '2016-02-29T01:16:00+00:00'
    >>> moment(pl.Series(["2024-01-01 12:00"]), time_zone="Europe/Berlin").to_list()[0].isoformat()
    '2024-01-01T11:00:00+00:00'
    """
    if column.dtype.is_temporal():
        return to_utc(column, time_zone).cast(UTC_US)
    raw = text(column)
    raw = raw.set(raw.str.contains(NO_DATE), None)
    if formats:
        found = pl.Series(column.name, [None] * len(raw), dtype=UTC_US)
        zulu = raw.str.replace(r"[Zz]$", "+0000")
        for pattern in formats:
            offset = any(code in pattern for code in ("%z", "%:z", "%#z", "%+"))
            source = zulu if offset else raw
            if offset:
                one = source.str.to_datetime(pattern, time_unit="us", time_zone="UTC", strict=False)
            else:
                one = to_utc(_naive(source, pattern), time_zone).cast(UTC_US)
            found = found.to_frame("f").select(pl.coalesce("f", one.cast(UTC_US))).to_series()
        return found.rename(column.name)
    return _recognised(raw, time_zone, date_order, where or column.name).rename(column.name)


def _naive(raw: pl.Series, pattern: str) -> pl.Series:
    """Parse with a format that may name a date only, and refuse years of two digits under %Y."""
    if "%Y" in pattern:
        raw = raw.set(~raw.str.contains(r"\d{4}"), None)
    if any(code in pattern for code in ("%H", "%I", "%T", "%R", "%s")):
        return raw.str.to_datetime(pattern, time_unit="us", strict=False)
    return raw.str.to_date(pattern, strict=False).cast(pl.Datetime("us"))


def _recognised(raw: pl.Series, time_zone: str, date_order: DateOrder, where: str) -> pl.Series:
    total = len(raw) - raw.null_count()
    if not total:
        return pl.Series(raw.name, [None] * len(raw), dtype=UTC_US)
    found = pl.Series(raw.name, [None] * len(raw), dtype=UTC_US)
    for shape in ("ymd", "compact", "dotted", "named"):
        if raw.str.contains(f"^{SHAPES[shape][0]}").any():
            found = found.to_frame("f").select(pl.coalesce("f", _shaped(raw, shape, time_zone))).to_series()
            if len(found) - found.null_count() == total:
                return found
    orders = (date_order,) if date_order else ("mdy", "dmy")
    tried = {order: _shaped(raw, order, time_zone) for order in orders}
    counts = {order: len(one) - one.null_count() for order, one in tried.items()}
    best = max(counts, key=lambda order: counts[order])
    if not date_order and counts["mdy"] == counts["dmy"] and counts["mdy"] and not tried["mdy"].equals(tried["dmy"]):
        first = next(v for v in raw.to_list() if v is not None)
        raise InvalidInput(
            "connect.date_order",
            f"Dates like {first!r} in {where} may be day/month or month/day.",
            hint='Say which in the mapping or the settings: date_order = "dmy" or "mdy".',
            column=where,
            value=first,
        )
    return found.to_frame("f").select(pl.coalesce("f", tried[best])).to_series()


def _shaped(raw: pl.Series, shape: str, time_zone: str) -> pl.Series:
    regex, order = SHAPES[shape]
    parts = raw.to_frame("x").select(pl.col("x").str.extract_groups(rf"^{regex}(?:[T\s]*{CLOCK})?$")).to_series()
    fields = dict(zip(order, parts.struct.fields))
    got = {name: parts.struct.field(field) for name, field in fields.items()}
    year = (
        got["y"]
        .to_frame("y")
        .select(
            pl.when(pl.col("y").str.len_chars() == 2)
            .then(pl.when(pl.col("y") < "70").then("20" + pl.col("y")).otherwise("19" + pl.col("y")))
            .otherwise("y")
        )
    )
    month = got["m"]
    if shape == "named":
        names = {name: str(i + 1) for i, name in enumerate(MONTHS)}
        month = month.str.to_lowercase().replace_strict(names, default=None, return_dtype=pl.String)
    day = year.to_series() + "-" + month.str.zfill(2) + "-" + got["d"].str.zfill(2)
    time = _clock_text(parts, 3).fill_null("00:00:00.000000")
    naive = (day + "T" + time).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
    zone = parts.struct.field(parts.struct.fields[-1]).str.replace("^(Z|UTC)$", "+0000").str.replace(":", "")
    local = to_utc(naive, time_zone).cast(UTC_US)
    if zone.null_count() == len(zone):
        return local
    offset = (
        zone.str.slice(1, 2).cast(pl.Int64) * 60 + zone.str.slice(3, 2).cast(pl.Int64)
    ) * zone.str.slice(0, 1).replace_strict({"-": -1, "+": 1}, default=None, return_dtype=pl.Int64)  # fmt: skip
    frame = pl.DataFrame({"n": naive, "l": local, "o": offset})
    shifted = pl.col("n").dt.replace_time_zone("UTC") - pl.duration(minutes=pl.col("o"))
    return frame.select(pl.when(pl.col("o").is_null()).then("l").otherwise(shifted)).to_series().cast(UTC_US)


def _clock_text(parts: pl.Series, first: int) -> pl.Series:
    """'HH:MM:SS.ffffff' from the nine groups of CLOCK, which start at group `first`; null without a clock."""
    names = parts.struct.fields[first:]
    g = [pl.col(n) for n in names]
    hour = pl.coalesce(g[0], g[4]).cast(pl.Int64, strict=False)
    half = g[7].str.to_lowercase()
    hour = pl.when(half == "p").then(hour % 12 + 12).when(half == "a").then(hour % 12).otherwise(hour)
    minute = pl.coalesce(g[1], g[5])
    second = pl.coalesce(g[2], g[6], pl.lit("00"))
    fraction = pl.coalesce(g[3], pl.lit("0")).str.slice(0, 6).str.pad_end(6, "0")
    shown = hour.cast(pl.String).str.zfill(2) + ":" + minute + ":" + second + "." + fraction
    return parts.struct.unnest().select(shown).to_series()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Values of a source column that could not be read as their type: how many, and the first."""

    column: str
    type: str
    count: int
    first_value: str
    first_row: int


def unreadable(column: pl.Series, read: pl.Series, kind: str, missing: tuple[str, ...] = ("",)) -> Unreadable | None:
    """What `read` lost of `column`; dates that are all zero and `missing` values are no loss."""
    raw = text(column, missing)
    if kind in ("datetime", "date"):
        raw = raw.set(raw.str.contains(NO_DATE), None)
    lost = raw.is_not_null() & read.is_null()
    count = int(lost.sum())
    if not count:
        return None
    row = int(lost.arg_max() or 0)
    return Unreadable(column.name, kind, count, str(column[row]), row)


# Type names of a mapping; `key` may carry a width ("key:10").
TYPES = ("text", "key", "integer", "decimal", "rate", "boolean", "datetime", "date", "time")


@dataclass(frozen=True, slots=True)
class Style:
    """How a source writes values: zone of naive times, order of day and month, separators, missing words."""

    time_zone: str = "UTC"
    date_order: DateOrder = ""
    decimal: str = "."
    thousands: str = ","
    missing: tuple[str, ...] = ("",)


def read_as(column: pl.Series, kind: str, style: Style, *, formats: tuple[str, ...] = (), where: str = "") -> pl.Series:
    """`column` read as `kind`, one of TYPES, the way `style` writes it. `where` names the source in errors."""
    name, _, width = kind.partition(":")
    if column.dtype == pl.String:
        column = text(column, style.missing)
    if name == "text":
        return text(column, style.missing)
    if name == "key":
        return key(column, int(width or 0))
    if name == "integer":
        return integer(column, thousands=style.thousands)
    if name == "decimal":
        return number(column, decimal=style.decimal, thousands=style.thousands)
    if name == "rate":
        return rate(column)
    if name == "boolean":
        return boolean(column)
    if name == "time":
        return clock(column)
    if name == "date" and column.dtype.is_temporal():
        return column.cast(pl.Date)
    zone = "UTC" if name == "date" else style.time_zone
    when = moment(column, time_zone=zone, formats=formats, date_order=style.date_order, where=where)
    return when.dt.date() if name == "date" else when
