"""Small logs with starts, for tests: (case, activity, resource, begin, end) in minutes since Thursday 1970-01-01."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from hoshin.log.build import build_log
from hoshin.log.eventlog import EventLog

MINUTE = 60_000_000_000
Row = tuple[str, str, str | None, int, int]


def worklog(rows: Sequence[Row], *, starts: bool = True) -> EventLog:
    frame = pl.DataFrame(
        {
            "case_id": [r[0] for r in rows],
            "activity": [r[1] for r in rows],
            "resource": pl.Series([r[2] for r in rows], dtype=pl.String),
            "start_timestamp": pl.Series([r[3] * MINUTE for r in rows], dtype=pl.Int64).cast(pl.Datetime("ns")),
            "timestamp": pl.Series([r[4] * MINUTE for r in rows], dtype=pl.Int64).cast(pl.Datetime("ns")),
        }
    )
    return build_log(frame if starts else frame.drop("start_timestamp")).log
