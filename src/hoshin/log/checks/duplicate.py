"""The same event twice: equal in case, activity, times, resource and every attribute."""

from __future__ import annotations

import polars as pl

from hoshin.log.eventlog import EventLog
from hoshin.log.finding import Finding, Given, of_events

TITLE = "Duplicated events"
WEIGHT, ZERO_AT = 10, 0.05
WHY = "An extraction run twice counts work twice and shows loops that never were."


def find(log: EventLog, given: Given) -> Finding:
    own = {"case": log.case_of_event(), "activity": log.activity, "t": log.t_ns}
    for name in ("start_ns", "resource", "lifecycle", "cost"):
        column = getattr(log, name)
        if column is not None:
            own[name] = column
    core = pl.DataFrame(own)
    suspect = core.is_duplicated()
    if suspect.any() and log.events.width:
        flat = [c for c in log.events.columns if not log.events[c].dtype.is_nested()]
        wide = core.hstack(log.events.select(pl.col(c).alias(f"@{c}") for c in flat))
        again = ~wide.select(pl.struct(pl.all()).is_first_distinct()).to_series()
    else:
        again = ~core.select(pl.struct(pl.all()).is_first_distinct()).to_series()
    return of_events(again.to_numpy(), "Each is equal in every column to an earlier event of its case.")
