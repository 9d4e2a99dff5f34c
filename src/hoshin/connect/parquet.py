"""Parquet event logs: one row per event, typed columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from hoshin.connect.csv import flat, without_events
from hoshin.connect.rows import rows_to_log
from hoshin.errors import InvalidInput
from hoshin.log.build import Built
from hoshin.log.eventlog import EventLog

EXTENSIONS = (".parquet", ".pq")


def read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    time_zone: str = "",
    day_first: bool | None = None,
    timestamp_format: str = "",
    missing: Sequence[str] = (),
    currency: str = "",
    case_columns: Sequence[str] | None = None,
) -> Built:
    """Read a Parquet log, guessing the columns that are not named. Columns `case:...` are case attributes.

    Raises InvalidInput(file.none, parquet.damaged) and those of `rows_to_log`.
    """
    if not path.is_file():
        raise InvalidInput(
            "file.none", f"There is no file {path}.", hint="Check the path; ~ and globs are the shell's."
        )
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InvalidInput(
            "parquet.damaged", f"{path} is not a whole Parquet file: {error}.", hint="Copy it again from its source."
        ) from error
    if frame.height == 0:
        raise InvalidInput("file.empty", f"{path} has no rows.", hint="Export it again, with its events.")
    return rows_to_log(
        frame,
        columns=columns,
        time_zone=time_zone,
        day_first=day_first,
        timestamp_format=timestamp_format,
        missing=missing,
        currency=currency,
        case_columns=case_columns,
        name=path.name.partition(".")[0],
        where=str(path),
    )


def write(log: EventLog, path: Path) -> list[str]:
    """Write events with their case attributes (prefixed `case:`) as Parquet (zstd). Returns what was lost, in words."""
    flat(log).write_parquet(path)
    return without_events(log)
