"""From a table of text or typed columns to a log: the part that CSV, Parquet and spreadsheets share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from hoshin.connect.columns import Proposal, propose
from hoshin.connect.times import TimeFormat, guess_format, parse_times, zones_of
from hoshin.errors import InvalidInput
from hoshin.log.build import Built, build_log, to_utc

TIMES = ("timestamp", "start_timestamp")
BOOLEANS = {"true": True, "false": False}


def rows_to_log(
    frame: pl.DataFrame,
    *,
    columns: Mapping[str, str] | None = None,
    time_zone: str = "",
    day_first: bool | None = None,
    timestamp_format: str = "",
    decimal: str = "",
    missing: Sequence[str] = (),
    currency: str = "",
    case_columns: Sequence[str] | None = None,
    name: str = "",
    where: str = "",
) -> Built:
    """Build a log from `frame`: propose columns, read times and numbers, set bad rows aside.

    `missing` lists texts that mean "no value" (beside the empty text); never applied to the case id.
    `time_zone` is that of times without an offset (UTC by default). `decimal` is ',' or '.', guessed if
    empty. `where` is the file for messages. Raises InvalidInput(columns.*) or InvalidInput(time.*).
    """
    proposal = propose(frame, columns)
    frame = original = frame.rename(roles_of(frame.columns, proposal))
    if missing:
        texts = [c for c in frame.columns if frame[c].dtype == pl.String and c != "case_id"]
        frame = frame.with_columns(pl.when(~pl.col(c).is_in(list(missing))).then(pl.col(c)).alias(c) for c in texts)
    header: dict[str, Any] = {}
    reading: dict[str, Any] = {"columns": dict(proposal.columns), "decimal": decimal, "missing": list(missing)}
    if isinstance(kind := frame["timestamp"].dtype, pl.Datetime) and kind.time_zone is None:
        header = {"offsets": {"": frame.height}, "zone_assumed": not time_zone}
    notes = [f"columns: {line}" for line in proposal.lines()]
    for role in TIMES:
        if role in frame.columns and frame[role].dtype == pl.String:
            source = proposal.columns[role]
            text = frame[role].alias(source)
            read, note, form = _read_times(text, time_zone, day_first, timestamp_format, where)
            frame = frame.with_columns(read.alias(role))
            notes.append(f"times: {note}")
            reading[f"{role}_format"] = form
            if role == "timestamp":
                # Every value read in a form without a zone: none carries an offset, and no text need be searched.
                bare = not form.endswith("z") and read.null_count() == text.null_count()
                header = (
                    {"offsets": {"": len(text) - text.null_count()}, "zone_assumed": not time_zone}
                    if bare
                    else zones_of(text, assumed=not time_zone)
                )
    if "cost" in frame.columns:
        frame = frame.with_columns(_numbers(frame["cost"], decimal, proposal, where))
    attributes = [c for c in frame.columns if c not in proposal.columns and frame[c].dtype == pl.String]
    frame = frame.with_columns(typed(frame[c], decimal) for c in attributes)
    built = build_log(
        frame,
        name=name,
        time_zone=time_zone or "UTC",
        currency=currency,
        case_columns=case_columns,
        header=header,
        original=original,
    )
    return replace(built, notes=(*notes, *built.notes), reading=reading)


def roles_of(columns: Sequence[str], proposal: Proposal) -> dict[str, str]:
    """Source column to canonical name; an attribute that bears the name of a role another column plays gets
    an underscore."""
    roles = {source: role for role, source in proposal.columns.items()}
    return roles | {c: f"{c}_" for c in columns if c in proposal.columns and c not in roles}


def _read_times(
    column: pl.Series, time_zone: str, day_first: bool | None, asked: str, where: str
) -> tuple[pl.Series, str, str]:
    """The times, a note of how they were read, and the form."""
    form = TimeFormat(asked, asked.endswith("z")) if asked else guess_format(column, day_first=day_first)
    if form is None:
        known = column.drop_nulls()
        known = known.filter(known.str.strip_chars() != "")
        value = known[0] if len(known) else ""
        raise InvalidInput(
            "time.format",
            f"{_at(where)}column {column.name!r} does not read as dates and times, e.g. {value!r}.",
            hint="Say how: --timestamp-format '%d.%m.%Y %H:%M:%S', or name another column: --timestamp COLUMN.",
        )
    read = parse_times(column, form)
    note = f"{column.name!r} read as {form.format} {_zone_note(form, time_zone)}. {form.assumed}".rstrip()
    if read.null_count() == column.null_count():
        return read, note, form.format
    missed = read.is_null() & column.is_not_null() & (column.str.strip_chars() != "")
    if form.zoned and not time_zone:
        naive = missed & column.str.contains(r"\d:\d{2}(:\d{2}(\.\d+)?)?$")
        if naive.any():
            row = int(naive.arg_true()[0])
            raise InvalidInput(
                "time.mixed_zones",
                f"{_at(where)}column {column.name!r} mixes times with an offset and without: row {row + 1} is "
                f"{column[row]!r}.",
                hint="Say in which zone the times without one are: --time-zone Europe/Rome.",
            )
    elif form.zoned:
        rest = guess_format(column.filter(missed)) if missed.any() else None
        if rest is not None:
            naive_read = to_utc(parse_times(column, rest), time_zone)
            read = read.dt.cast_time_unit("ns").fill_null(naive_read)
            missed = missed & read.is_null()
    filled = int((column.is_not_null() & (column.str.strip_chars() != "")).sum())
    if missed.sum() > 0.5 * filled:
        row = int(missed.arg_true()[0])
        raise InvalidInput(
            "time.value",
            f"{_at(where)}column {column.name!r}, row {row + 1}: {column[row]!r} is not a time in the form "
            f"{form.format} ({missed.sum()} of {filled} values are not).",
            hint="Say the form: --timestamp-format, or name another column: --timestamp COLUMN.",
        )
    return read, note, form.format


def _zone_note(form: TimeFormat, time_zone: str) -> str:
    return "with their own offset" if form.zoned else f"as {time_zone or 'UTC'}"


def _at(where: str) -> str:
    return f"{where}: " if where else ""


def _numbers(column: pl.Series, decimal: str, proposal: Proposal, where: str) -> pl.Series:
    if column.dtype.is_numeric():
        return column
    read = number(column, decimal or guess_decimal(column))
    bad = read.is_null() & column.is_not_null() & (column.str.strip_chars() != "")
    if bad.any():
        row = int(bad.arg_true()[0])
        raise InvalidInput(
            "columns.number",
            f"{_at(where)}column {proposal.columns['cost']!r}, row {row + 1}: {column[row]!r} is not a number.",
            hint="Repair the value, say --decimal ',' or '.', or do not map the column as cost.",
        )
    return read


def guess_decimal(column: pl.Series) -> str:
    """',' when the last mark of any number is a comma not followed by exactly three digits, else '.'.

    >>> guess_decimal(pl.Series(["1.234,50", "7"])), guess_decimal(pl.Series(["1,500.00", "1,500"]))
    (',', '.')
    """
    text = column.drop_nulls().str.strip_chars()
    comma_last = text.str.contains(r"^[^,]*,(\d{1,2}|\d{4,})$") | text.str.contains(r"\.\d{3},\d+$")
    return "," if comma_last.any() else "."


def number(column: pl.Series, decimal: str) -> pl.Series:
    """Text as Float64 with `decimal` as the mark; the other mark, blanks and ' group thousands. Null if unreadable."""
    group = "." if decimal == "," else ","
    text = column.str.strip_chars().str.replace_all(r"[\s']", "").str.replace_all(group, "", literal=True)
    return text.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)


def typed(column: pl.Series, decimal: str) -> pl.Series:
    """A text attribute as Int64, Float64 or Boolean where every value reads as one, else as it is.

    Leading zeros are kept as text: '00123' is a key, not a number. With a comma as the decimal mark,
    only texts that carry one are numbers.
    """
    text = column.drop_nulls()
    sample = text.filter(text != "").head(100)
    if sample.is_empty():
        return column
    if sample.str.contains(r"^-?(0|[1-9]\d{0,17})$").all():
        return _if_whole(column, column.cast(pl.Int64, strict=False), r"^-?0\d")
    if sample.str.contains(r"^-?(0|[1-9]\d*)?\.?\d+([eE][-+]?\d+)?$").all() and decimal != ",":
        return _if_whole(column, column.cast(pl.Float64, strict=False), r"^-?0\d")
    if sample.str.contains(r"^-?\d+,\d+$").any() and sample.str.contains(r"^-?(0|[1-9]\d*)(,\d+)?$").all():
        return _if_whole(column, number(column, ","), r"^-?0\d")
    if sample.str.to_lowercase().is_in(list(BOOLEANS)).all():
        lower = column.str.to_lowercase()
        return _if_whole(column, lower.replace_strict(BOOLEANS, default=None, return_dtype=pl.Boolean), None)
    return column


def _if_whole(text: pl.Series, read: pl.Series, never: str | None) -> pl.Series:
    """`read`, unless it lost a value or a text matches `never`."""
    blank = text.is_null() | (text == "")
    if (read.is_null() & ~blank).any() or (never is not None and text.str.contains(never).any()):
        return text
    return read
