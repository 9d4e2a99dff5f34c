"""Excel event logs (.xlsx): one row per event in a sheet that people can filter and sort."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from hoshin.connect._delimited import unpacked
from hoshin.connect._sheet import WHOLE, Sheet, read_sheet
from hoshin.connect.columns import propose
from hoshin.connect.csv import flat, without_events
from hoshin.connect.rows import TIMES, rows_to_log
from hoshin.errors import InvalidInput, Unsupported
from hoshin.log.build import Built, as_text
from hoshin.log.eventlog import EventLog

EXTENSIONS = (".xlsx", ".xlsm")
# What a sheet holds at most (Excel specifications and limits), its header among the rows.
SHEET_ROWS, SHEET_COLUMNS, CELL_CHARACTERS = 1_048_576, 16_384, 32_767
# Day 0 of the serial numbers of dates, and the years in which they are dates to Excel.
EPOCH = datetime(1899, 12, 30)
YEARS = (1901, 9999)
SERIAL = "excel"


def read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    sheet: str = "",
    header_row: int = 0,
    time_zone: str = "",
    day_first: bool | None = None,
    timestamp_format: str = "",
    decimal: str = "",
    missing: Sequence[str] = (),
    currency: str = "",
    case_columns: Sequence[str] | None = None,
) -> Built:
    """Read a log from `sheet` (name or number; the first by default), guessing what is not said.

    `timestamp_format` "excel" reads times that were left as serial numbers of days. Raises InvalidInput(excel.*)
    for a workbook, sheet or header that cannot be, and those of `rows_to_log`. Memory: the whole sheet.
    """
    _, data = unpacked(path)
    found = read_sheet(data, str(path), sheet=sheet, header_row=header_row)
    serial = timestamp_format.lower() == SERIAL
    frame = _dates(found, propose(found.frame, columns).columns, str(path), serial)
    # A column of the sheet that is called source_row is an attribute like any other.
    if "source_row" in frame.columns:
        frame = frame.rename({"source_row": "source_row_"})
    built = rows_to_log(
        frame.with_columns(found.row),
        columns=columns,
        time_zone=time_zone,
        day_first=day_first,
        timestamp_format="" if serial else timestamp_format,
        decimal=decimal,
        missing=missing,
        currency=currency,
        case_columns=case_columns,
        name=path.name.partition(".")[0],
        where=f"{path}, sheet {found.sheet!r}",
    )
    also = f" (not read: {', '.join(map(repr, found.others))})" if found.others else ""
    return replace(built, notes=(f"sheet: {found.sheet!r}, header in row {found.header_row}{also}", *built.notes))


def _dates(found: Sheet, roles: Mapping[str, str], where: str, serial: bool) -> pl.DataFrame:
    """The frame with dates in the columns of times; numbers there are refused unless they are said to be dates."""
    frame = found.frame
    for role in TIMES:
        name = roles.get(role)
        if name is None or not frame[name].dtype.is_numeric():
            continue
        if not serial:
            at = int(frame[name].is_not_null().arg_true()[0])
            raise InvalidInput(
                "excel.serial",
                f"{where}, sheet {found.sheet!r}, column {name!r}, row {found.header_row + found.row[at] + 1}: "
                f"{frame[name][at]!r} is a number, not a date.",
                hint="If it counts days as Excel does, say --timestamp-format excel, or give the cells a date format.",
                column=name,
            )
        ms = (frame[name] * 86_400_000).round().cast(pl.Int64)
        times = pl.Series([EPOCH], dtype=pl.Datetime("ms")) + ms.cast(pl.Duration("ms"))
        frame = frame.with_columns(times.alias(name))
    return frame


def write(log: EventLog, path: Path) -> list[str]:
    """Write events with their case attributes (prefixed `case:`) as one sheet. Returns what was lost, in words.

    Times are dates of the wall clock in `log.time_zone`, to the millisecond; a column with times before 1901 is
    ISO text. Raises InvalidInput(excel.rows | excel.columns | excel.text) for what no sheet holds.
    """
    try:
        import xlsxwriter
    except ModuleNotFoundError:
        raise Unsupported("excel.extra", "Excel needs a writer.", hint="pip install 'hoshin[excel]'") from None
    frame = flat(log)
    _refuse_too_large(frame, path)
    lost = without_events(log)
    if log.time_zone != "UTC":
        lost.append(f"times are wall-clock times: read them with --time-zone {log.time_zone}")
    columns = [_column(frame[name], lost) for name in frame.columns]
    # Row by row, so that only one row of cells is in memory; texts stay texts.
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        dated = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})
        page = book.add_worksheet("Events")
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, frame.height, max(frame.width - 1, 0))
        writers: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
        for at, column in enumerate(columns):
            kind = column.dtype
            writers.append(_cell_writer(page, kind, dated))
            page.set_column(at, at, 22 if kind.is_temporal() else 16)
            page.write_string(0, at, column.name)
        for row, values in enumerate(pl.DataFrame(columns).iter_rows(), 1):
            for at, value in enumerate(values):
                if value is not None:
                    cell, more = writers[at]
                    cell(row, at, value, *more)
    return lost


def _cell_writer(page: Any, kind: pl.DataType, dated: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    if kind.is_temporal():
        return page.write_datetime, (dated,)
    if kind == pl.String:
        return page.write_string, ()
    return (page.write_boolean if kind == pl.Boolean else page.write_number), ()


def _refuse_too_large(frame: pl.DataFrame, path: Path) -> None:
    if path.suffix.lower() != ".xlsx":
        raise InvalidInput("excel.kind", f"{path.name} is read but not written.", hint="Write .xlsx.")
    if frame.height >= SHEET_ROWS:
        raise InvalidInput(
            "excel.rows",
            f"The log has {frame.height:,} events; a sheet holds {SHEET_ROWS - 1:,} below its header.",
            hint="Write .parquet or .csv.gz, or fewer events: --where 'started in 2024-03'.",
        )
    if frame.width > SHEET_COLUMNS:
        raise InvalidInput(
            "excel.columns",
            f"The log has {frame.width:,} columns; a sheet holds {SHEET_COLUMNS:,}.",
            hint="Write .parquet or .csv.gz.",
        )


def _column(column: pl.Series, lost: list[str]) -> pl.Series:
    """The column as a sheet can hold it; what it cannot is said in `lost`."""
    kind = column.dtype
    if isinstance(kind, pl.Datetime):
        return _times(column, lost)
    if kind == pl.Date:
        early = not column.drop_nulls().dt.year().is_between(*YEARS).all()
        return column.cast(pl.String) if early else column
    if kind.is_integer():
        # Beyond 2^53 a sheet rounds; as text every digit stays.
        return column.cast(pl.String) if (column.abs() > int(WHOLE)).any() else column
    if kind.is_float():
        column = column.cast(pl.Float64).fill_nan(None)
        finite = column.set(column.is_infinite(), None)
        if finite.null_count() > column.null_count():
            lost.append(f"column {column.name!r}: infinite numbers are left out")
        rounded = [v for v in finite.drop_nulls().unique() if float(f"{v:.16G}") != v]
        if rounded:
            lost.append(f"column {column.name!r}: numbers have 16 digits, e.g. {rounded[0]!r} is {rounded[0]:.16G}")
        return finite
    if kind == pl.Boolean:
        return column
    text = as_text(column.to_frame()).to_series()
    longest = text.str.len_chars().max() or 0
    if isinstance(longest, int) and longest > CELL_CHARACTERS:
        raise InvalidInput(
            "excel.text",
            f"Column {column.name!r} has a text of {longest:,} characters; a cell holds {CELL_CHARACTERS:,}.",
            hint="Write .parquet or .csv.gz.",
        )
    if (text == "").any():
        lost.append(f"column {column.name!r}: empty texts are blank cells, as missing ones are")
    if kind.is_nested():
        lost.append(f"column {column.name!r} ({kind}) is written as text")
    return text


def _times(column: pl.Series, lost: list[str]) -> pl.Series:
    """Dates of the wall clock, to the millisecond."""
    wall = column.dt.replace_time_zone(None)
    zone = column.dtype.time_zone if isinstance(column.dtype, pl.Datetime) else None
    if not wall.drop_nulls().dt.year().is_between(*YEARS).all():
        lost.append(
            f"column {column.name!r} has times before 1901, which are no dates in a sheet: it is written as text"
        )
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.f" + ("%:z" if zone else ""))
    short = wall.dt.round("1ms")
    finer = int((short != wall).sum())
    if finer:
        lost.append(f"column {column.name!r}: {finer:,} times are rounded to the millisecond")
    if zone is not None:
        back = wall.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        twice = int((back != column).sum())
        if twice:
            lost.append(
                f"column {column.name!r}: {twice:,} times in an hour that the clock repeats are read an hour early"
            )
    return short.dt.cast_time_unit("ms")
