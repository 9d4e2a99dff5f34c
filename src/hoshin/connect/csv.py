"""CSV event logs: any delimiter and encoding, compressed or not, with bad lines set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from hoshin.connect._delimited import read_text, unpacked
from hoshin.connect.rows import rows_to_log
from hoshin.errors import InvalidInput
from hoshin.log.build import Built
from hoshin.log.eventlog import EventLog

EXTENSIONS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".zip")


def read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    delimiter: str = "",
    encoding: str = "",
    time_zone: str = "",
    day_first: bool | None = None,
    timestamp_format: str = "",
    decimal: str = "",
    missing: Sequence[str] = (),
    currency: str = "",
    case_columns: Sequence[str] | None = None,
) -> Built:
    """Read a CSV log, guessing what is not said. `path` may be .gz, or a .zip with one file.

    Raises InvalidInput(csv.*) for a file that is not a table, and those of `rows_to_log`. Lines with
    more fields than the header are rejected, with their line number. Memory: about four times the
    uncompressed file.
    """
    _, data = unpacked(path)
    text = read_text(data, str(path), delimiter=delimiter, encoding=encoding)
    if text.frame.height == 0:
        raise InvalidInput("csv.empty", f"{path} has a header but no rows.", hint="Export it again, with its events.")
    built = rows_to_log(
        text.frame,
        columns=columns,
        time_zone=time_zone,
        day_first=day_first,
        timestamp_format=timestamp_format,
        decimal=decimal,
        missing=missing,
        currency=currency,
        case_columns=case_columns,
        name=path.name.partition(".")[0],
        where=str(path),
    )
    shown = {"\t": "tab"}.get(text.delimiter, text.delimiter)
    rejected = pl.concat([built.rejected, text.bad], how="diagonal") if text.bad.height else built.rejected
    return replace(built, rejected=rejected, notes=(f"file: {text.encoding}, fields divided by {shown}", *built.notes))


def write(log: EventLog, path: Path) -> list[str]:
    """Write events with their case attributes (prefixed `case:`) as CSV; times are ISO 8601 with an offset.

    Returns what was lost, in words.
    """
    frame = flat(log)
    lost = without_events(log)
    lost += [f"column {c!r} ({kind}) is written as text" for c, kind in frame.schema.items() if kind.is_nested()]
    times = [c for c in frame.columns if isinstance(frame[c].dtype, pl.Datetime)]
    frame = frame.with_columns(pl.col(c).dt.strftime("%Y-%m-%dT%H:%M:%S%.f%:z") for c in times)
    frame = frame.with_columns(pl.col(c).struct.json_encode() for c in frame.columns if frame[c].dtype == pl.Struct)
    if str(path).endswith(".gz"):
        frame.write_csv(path, compression="gzip")
    else:
        frame.write_csv(path)
    return lost


def without_events(log: EventLog) -> list[str]:
    """What a table with a row per event loses: cases that have none."""
    empty = int((log.events_per_case() == 0).sum())
    return [f"{empty:,} cases without events are not written"] if empty else []


def flat(log: EventLog) -> pl.DataFrame:
    """One row per event with the case attributes repeated, named `case:...`."""
    frame = log.to_frame()
    if log.cases.width:
        cases = log.cases.rename({c: f"case:{c}" for c in log.cases.columns})
        frame = frame.hstack(cases[log.case_of_event()].get_columns())
    return frame
