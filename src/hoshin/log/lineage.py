"""Where events came from: every event back to a file, its hash, and its row in it.

A stored log remembers its sources in order: part k holds the global rows `first_row` ... `first_row` +
`rows` - 1. The `source_row` of an event is such a global row, so no event needs more than one number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog


@dataclass(frozen=True, slots=True)
class Part:
    """One source of a log: its name, SHA-256 ("" if it was no file), and which global rows are its own."""

    file: str
    sha256: str
    first_row: int
    rows: int


def parts_of(source: dict[str, Any]) -> list[Part]:
    """The parts that a stored log's source names."""
    return [Part(**part) for part in source.get("parts", ())]


def with_part(source: dict[str, Any], file: str, sha256: str, rows: int) -> tuple[dict[str, Any], Part]:
    """`source` with one more part behind the others, and that part."""
    parts = parts_of(source)
    first = parts[-1].first_row + parts[-1].rows if parts else 0
    part = Part(file, sha256, first, rows)
    return {**source, "parts": [asdict(p) for p in (*parts, part)]}, part


def trace_case(log: EventLog, parts: Sequence[Part], case_id: str) -> list[dict[str, Any]]:
    """Every event of the case, with the file and the row (counted from 0 after any header) it was read from.

    Raises InvalidInput(lineage.none) if the log does not know its sources, InvalidInput(lineage.case) for an
    unknown case.
    """
    where = log.case_ids.index_of(case_id)
    if where is None:
        raise InvalidInput.unknown("lineage.case", "case", case_id, log.case_ids.head(10_000).to_list())
    rows = log.source_row
    if rows is None or not parts:
        raise InvalidInput(
            "lineage.none", "This log does not say where its events came from.", hint="Import it from its file again."
        )
    inside = slice(int(log.case_start[where]), int(log.case_start[where + 1]))
    of_part = find_parts(rows[inside], parts)
    moments = pl.Series("t", log.t_ns[inside]).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")
    moments = moments.dt.convert_time_zone(log.time_zone)
    return [
        {
            "event": k + 1,
            "activity": log.activities[code],
            "timestamp": str(moment),
            "file": parts[part].file,
            "row": int(row) - parts[part].first_row,
            "sha256": parts[part].sha256,
        }
        for k, (code, moment, row, part) in enumerate(zip(log.activity[inside], moments, rows[inside], of_part))
    ]


def find_parts(rows: np.ndarray[tuple[int, ...], np.dtype[np.int64]], parts: Sequence[Part]) -> np.ndarray[Any, Any]:
    """Number of the part of every global row: int64, same shape."""
    first = np.array([p.first_row for p in parts], dtype=np.int64)
    return np.searchsorted(first, rows, side="right") - 1
