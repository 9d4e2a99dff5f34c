"""The times of a log as people read them on the wall."""

from __future__ import annotations

import numpy as np
import polars as pl

from hoshin.log.eventlog import EventLog, Times


def local_ns(log: EventLog) -> Times:
    """`t_ns` as wall-clock nanoseconds in the zone of the log: int64 (n_events,)."""
    if log.time_zone == "UTC":
        return log.t_ns
    utc = pl.Series("t", log.t_ns).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")
    wall = utc.dt.convert_time_zone(log.time_zone).dt.replace_time_zone(None)
    return np.asarray(wall.to_physical().to_numpy())
