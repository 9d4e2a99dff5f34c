"""Rows of a source to canonical rows: a mapping applied to a frame, and a mapping proposed for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from hoshin.connect._mapping import TERMS, Column, Event, Mapping
from hoshin.connect._values import Style, Unreadable, read_as, text, unreadable
from hoshin.connect.columns import propose
from hoshin.errors import InvalidInput
from hoshin.units import SECONDS

# The identity of an event in its source: two rows with the same key are one event, the later one holds.
KEY = "event_key"


@dataclass(frozen=True, slots=True)
class Canonical:
    """`frame` has case_id, activity, timestamp (Datetime us, UTC), the optional terms, `source_row`, perhaps
    `event_key`, and attributes. `unread` tells which values could not be read; they are null in `frame`, and
    `#timestamp` has the texts of such times."""

    frame: pl.DataFrame
    unread: tuple[Unreadable, ...]


def to_canonical(rows: pl.DataFrame, mapping: Mapping, *, where: str, table: str = "", first_row: int = 0) -> Canonical:
    """Apply `mapping` to `rows` of `where` (a file or query, for errors), whose first is row `first_row`.

    Every event of the mapping for `table` makes one canonical row per source row; an event of several
    that has no time did not happen and makes none. Raises InvalidInput(connect.column) with the nearest
    name when a source column is absent, and InvalidInput(connect.unreadable) when a column that must be
    a time has values and none can be read.
    """
    events = [e for e in mapping.events if not e.table or not table or e.table == table]
    several = len(mapping.events) > 1
    frames, unread = [], []
    rows = rows.with_columns(pl.int_range(first_row, first_row + rows.height, dtype=pl.Int64).alias("source_row"))
    used = {c for e in events for column in e.columns for c in column.source}
    for event in events:
        require(rows, event.sources(), where)
        chosen = _chosen(rows, event, mapping.style)
        made, lost = _event(chosen, event, mapping, where, used)
        frames.append(made.filter(pl.col("timestamp").is_not_null()) if several else made)
        unread += lost
    frame = pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame()
    return Canonical(frame, tuple(unread))


def with_optional(rows: pl.DataFrame, mapping: Mapping, table: str = "") -> pl.DataFrame:
    """`rows` with a null column for each source column that is there only when it has a value (as in JSON):
    those of every term but the case, the activity and the time."""
    needed = ("case_id", "activity", "timestamp")
    events = [e for e in mapping.events if not e.table or not table or e.table == table]
    names = {c for e in events for column in e.columns if column.term not in needed for c in column.source}
    absent = sorted(names - set(rows.columns))
    return rows.with_columns(pl.lit(None, dtype=pl.String).alias(c) for c in absent)


def require(rows: pl.DataFrame, columns: Sequence[str], where: str) -> None:
    """InvalidInput(connect.column), with the nearest name, for the first of `columns` that `rows` lacks."""
    for name in columns:
        if name not in rows.columns:
            raise InvalidInput.unknown("connect.column", f"column of {where}", name, rows.columns, source=where)


def _chosen(rows: pl.DataFrame, event: Event, style: Style) -> pl.DataFrame:
    for column, values in event.where.items():
        shown = text(rows[column], style.missing)
        keep = shown.is_in([v for v in values if v]).fill_null(False)
        rows = rows.filter(keep | shown.is_null() if "" in values else keep)
    return rows


def _event(
    rows: pl.DataFrame, event: Event, mapping: Mapping, where: str, used: set[str]
) -> tuple[pl.DataFrame, list[Unreadable]]:
    made: dict[str, pl.Series] = {}
    lost: list[Unreadable] = []
    for column in event.columns:
        series, problem = _column(rows, column, mapping.style, where)
        made[column.term] = series.alias(column.term)
        if problem is not None:
            must = column.term == "timestamp" and series.null_count() == len(series)
            if must:
                raise InvalidInput(
                    "connect.unreadable",
                    f"No value of column {problem.column!r} of {where} is a {problem.type}: "
                    f"row {problem.first_row + 1} says {problem.first_value!r}.",
                    hint="Give its format in the mapping, e.g. format = '%d/%m/%Y %H:%M'.",
                    column=problem.column,
                    row=problem.first_row,
                    value=problem.first_value,
                )
            lost.append(problem)
            if column.term == "timestamp" and column.constant is None:
                # What the source said, for who repairs the row.
                said = _joined(rows, column, mapping.style)
                made["#timestamp"] = said.set(series.is_not_null(), None)
    if event.key:
        parts = [text(rows[c]).fill_null("") for c in event.key]
        label = pl.lit(event.name + "|") if len(mapping.events) > 1 else pl.lit("")
        joined = pl.DataFrame({str(i): p for i, p in enumerate(parts)})
        made[KEY] = joined.select(label + pl.concat_str(pl.all(), separator="|")).to_series().alias(KEY)
    made["source_row"] = rows["source_row"]
    if mapping.keep_all:
        for name in rows.columns:
            if name in used or name in made:
                continue
            as_attribute = f"source.{name}" if name in TERMS or name == KEY else name
            series = rows[name]
            made[as_attribute] = text(series, mapping.style.missing) if series.dtype == pl.String else series
    return pl.DataFrame([s.alias(n) for n, s in made.items()]), lost


def _column(rows: pl.DataFrame, column: Column, style: Style, where: str) -> tuple[pl.Series, Unreadable | None]:
    if column.constant is not None:
        source = pl.Series(column.term, [column.constant], dtype=pl.String).new_from_index(0, rows.height)
    elif len(column.source) == 1:
        source = rows[column.source[0]]
    else:
        source = _joined(rows, column, style)
    label = f"column {source.name!r} of {where}"
    series = read_as(source, column.type, style, formats=column.formats, where=label)
    problem = unreadable(source, series, column.type, style.missing)
    if column.values:
        shown = series.cast(pl.String)
        series = shown.replace(column.values)
        if column.otherwise is not None:
            known = shown.is_in(list(column.values)) | shown.is_null()
            series = series.set(~known, column.otherwise)
    if column.prefix:
        series = column.prefix + series.cast(pl.String)
    if column.unit in SECONDS:
        series = series * SECONDS[column.unit]
    return series, problem


def _joined(rows: pl.DataFrame, column: Column, style: Style) -> pl.Series:
    """The texts of the columns that make one, joined."""
    parts = pl.DataFrame([text(rows[c], style.missing) for c in column.source])
    # A missing clock leaves a date; a missing part of a key leaves no key.
    ignore = column.type in ("datetime", "text")
    source = parts.select(pl.concat_str(pl.all(), separator=column.join, ignore_nulls=ignore)).to_series()
    return source.set(parts.to_series(0).is_null(), None).alias(" + ".join(column.source))


def propose_mapping(rows: pl.DataFrame, name: str = "proposed") -> str:
    """A mapping file for `rows`, guessed from column names and values (see `columns.propose`).

    The guess is text to look at and correct. Raises InvalidInput(columns.none) when a case, an activity or
    a time cannot be guessed.
    """
    guess = propose(rows)
    lines = [
        "format = 1",
        f"name = {_quoted(name)}",
        'version = "1"',
        'time_zone = "UTC"  # of times without an offset',
    ]
    times = [rows[guess.columns[t]] for t in ("timestamp", "start_timestamp") if t in guess.columns]
    if any(_is_ambiguous(t) for t in times):
        lines.append('date_order = "dmy"  # or "mdy": these dates fit both')
    lines += ["", "[columns]"]
    lines += [f"{term} = {_quoted(column)}  # {guess.why[term]}" for term, column in guess.columns.items()]
    return "\n".join(lines) + "\n"


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_ambiguous(column: pl.Series) -> bool:
    try:
        read_as(column.head(1000), "datetime", Style(missing=("", "?")))
    except InvalidInput:
        return True
    return False
