"""Wall-clock times in the hour that a change of clocks skips or repeats."""

from __future__ import annotations

import numpy as np
import polars as pl

from hoshin.log.eventlog import EventLog
from hoshin.log.finding import Finding, Given

TITLE = "Times in a skipped or repeated hour"
WEIGHT, ZERO_AT = 4, 0.02
WHY = "A time in the hour that autumn repeats can be one of two; one in the hour that spring skips never was."
SKIPPED = "a time that its time zone skips"


def find(log: EventLog, given: Given) -> Finding | None:
    offsets = log.header.get("offsets")
    if offsets is not None and not offsets.get(""):
        return None  # every time carries its own offset
    if offsets is None and log.time_zone == "UTC":
        return None
    utc = pl.Series("t", log.t_ns).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")
    wall = utc.dt.convert_time_zone(log.time_zone).dt.replace_time_zone(None)
    early, late = (
        wall.dt.replace_time_zone(log.time_zone, ambiguous=which, non_existent="null")
        for which in ("earliest", "latest")
    )
    repeated = (early != late).fill_null(False).to_numpy()
    skipped = given.rejected.filter(pl.col("reason").str.contains(SKIPPED, literal=True))["source_row"].to_numpy()
    where = np.flatnonzero(repeated)
    count = int(where.size + skipped.size)
    detail = (
        f"{where.size:,} in a repeated hour (the earlier was taken), {skipped.size:,} in a skipped one (set aside)."
    )
    return Finding(count, log.n_events + given.rejected.height, "events", where, detail if count else "", skipped)
