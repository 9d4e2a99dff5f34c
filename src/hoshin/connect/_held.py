"""Read repaired rows again, strictly: nothing is guessed that the first reading did not settle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from hoshin.connect.rows import number
from hoshin.connect.times import HAS_ZONE, TimeFormat, guess_format, parse_times
from hoshin.log.build import Built, build_log, to_utc
from hoshin.log.eventlog import EventLog

TIMES = ("timestamp", "start_timestamp")


def read_again(rows: pl.DataFrame, log: EventLog, reading: Mapping[str, Any]) -> Built:
    """The rows of text as events in the likeness of `log`; what still cannot be read is rejected with its reason.

    A time is read as ISO 8601, else in the form the import found (`reading["timestamp_format"]`); an
    attribute must fit the type the log gave it. `source_row` is kept as it is.
    """
    given = rows
    wrong: dict[str, pl.Series] = {}
    texts = {name: rows[name].str.strip_chars() for name in rows.columns if name != "source_row"}
    frame = rows.select("source_row", *(pl.Series(n, t) for n, t in texts.items()))
    missing = list(reading.get("missing") or ())
    for name, text in texts.items():
        if missing and name != "case_id":
            text = text.set(text.is_in(missing).fill_null(False), None)
        if name in TIMES:
            read = _times(text, log.time_zone, str(reading.get(f"{name}_format", "")))
        else:
            read = _typed(name, text, log, str(reading.get("decimal") or "."))
        unread = read.is_null() & text.is_not_null() & (text != "")
        if unread.any():
            wrong[name] = unread
        frame = frame.with_columns(read.alias(name))
    bad = pl.Series([False] * rows.height, dtype=pl.Boolean)
    reason = pl.Series([None] * rows.height, dtype=pl.String)
    for name, unread in wrong.items():
        said = pl.select(pl.lit(f"{name} cannot be read: ") + texts[name]).to_series()
        reason = reason.fill_null(said.set(~unread, None))
        bad = bad | unread
    rest = frame.filter(~bad)
    built = build_log(rest, name=log.name, time_zone=log.time_zone, currency=log.currency, original=given.filter(~bad))
    refused = given.filter(bad).with_columns(reason.filter(bad).alias("reason"))
    return replace(built, rejected=pl.concat([built.rejected, refused], how="diagonal"))


def _times(text: pl.Series, time_zone: str, form: str) -> pl.Series:
    """UTC times; null where neither ISO nor `form` reads them."""
    read = pl.Series([None] * len(text), dtype=pl.Datetime("ns", "UTC"))
    zoned = text.str.contains(HAS_ZONE).fill_null(False)
    for mask in (zoned, ~zoned):
        part = text.filter(mask)
        forms = [f for f in (guess_format(part.set(~part.str.contains(r"^\d{4}-"), None)),) if f]
        if form:
            forms.append(TimeFormat(form, form.endswith("z")))
        for one in forms:
            if one.zoned != bool(mask is zoned):
                continue
            times = to_utc(parse_times(part, one), time_zone)
            full = pl.Series([None] * len(text), dtype=times.dtype).scatter(mask.arg_true(), times)
            read = read.fill_null(full)
    return read


def _typed(name: str, text: pl.Series, log: EventLog, decimal: str) -> pl.Series:
    if name == "cost":
        return number(text, decimal)
    kind = log.events.schema.get(name, log.cases.schema.get(name, pl.String()))
    if kind == pl.Boolean:
        return text.str.to_lowercase().replace_strict(
            {"true": True, "false": False}, default=None, return_dtype=pl.Boolean
        )
    if kind.is_temporal():
        return text.str.to_datetime(strict=False).cast(kind, strict=False)
    if kind.is_float():
        return number(text, decimal).cast(kind)
    return text.cast(kind, strict=False) if not kind.is_nested() else text
