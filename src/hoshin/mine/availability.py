"""Working hours read off the log: when each resource is usually seen at work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hoshin.log.eventlog import EventLog
from hoshin.mine.calendar import Calendar

HOUR_S = 3600


@dataclass(frozen=True, slots=True, eq=False)
class Availability:
    """`calendars` by resource where there was enough to see, `default` from everybody together.

    `coverage_share` of the log's begins and ends fall in the hours of their resource; `seen` counts the
    distinct dates on which each resource was at work.
    """

    default: Calendar
    calendars: dict[str, Calendar]
    coverage_share: float
    seen: dict[str, int]

    def rows(self) -> list[dict[str, Any]]:
        everybody = {"resource": "(everybody)", "hours": str(self.default), "week_h": self.default.week_s() / HOUR_S}
        return [everybody] + [
            {"resource": name, "hours": str(own), "week_h": own.week_s() / HOUR_S, "days_seen": self.seen[name]}
            for name, own in sorted(self.calendars.items())
        ]


def estimate_calendars(log: EventLog, *, min_days: int = 10, min_events: int = 50, floor: float = 0.2) -> Availability:
    """Weekly hours of everybody, and of each resource seen on `min_days` dates and in `min_events` instants.

    A resource is at work in an hour of the week if begins or ends fall into it on at least two dates,
    and on at least `floor` times as many as into its typical hour (the median over its instants).
    Others work by the hours of everybody; a log too small to see any hour twice means 24/7. Source:
    availability calendars by confidence per granule, as in López-Pintado and Dumas, "Business process
    simulation with differentiated resources" (2022); the floor relative to the typical hour is ours,
    so that rarely seen people get hours too.
    """
    t_ns = log.t_ns if log.start_ns is None else np.concatenate([log.t_ns, log.start_ns])
    nobody = np.full(log.n_events, -1, dtype=np.int32)
    who = log.resource if log.resource is not None else nobody
    who = who if log.start_ns is None else np.concatenate([who, who])
    local = pl.Series(t_ns).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC").dt.convert_time_zone(log.time_zone)
    frame = pl.DataFrame({"who": who, "day": local.dt.date().to_physical(),
                          "slot": (local.dt.weekday().cast(pl.Int32) - 1) * 24 + local.dt.hour()})  # fmt: skip
    default = _calendar(_hours(frame, floor), log.time_zone)
    per = frame.group_by("who").agg(pl.len().alias("n"), pl.col("day").n_unique().alias("days")).sort("who")
    enough = per.filter((pl.col("n") >= min_events) & (pl.col("days") >= min_days) & (pl.col("who") >= 0))
    parts = frame.filter(pl.col("who").is_in(enough["who"].implode())).partition_by("who", as_dict=True)
    own = {log.resources[int(key[0])]: _hours(part, floor) for key, part in parts.items()}
    calendars = {name: _calendar(hours, log.time_zone) for name, hours in own.items()}
    seen = {log.resources[int(w)]: int(d) for w, d in enough.select("who", "days").iter_rows()}
    inside = 0
    shared = _hours(frame, floor)
    for code, slot, n in frame.group_by("who", "slot").len().iter_rows():
        hours = own.get(log.resources[code], shared) if code >= 0 else shared
        inside += n * bool(hours[slot])
    return Availability(default, calendars, inside / max(frame.height, 1), seen)


def _hours(frame: pl.DataFrame, floor: float) -> NDArray[np.bool_]:
    """Which of the 168 hours of the week are worked: bool (168,)."""
    slots = frame.group_by("slot").agg(pl.col("day").n_unique().alias("days"), pl.len().alias("n"))
    days = np.zeros(168, dtype=np.int64)
    weight = np.zeros(168, dtype=np.int64)
    days[slots["slot"].to_numpy()] = slots["days"].to_numpy()
    weight[slots["slot"].to_numpy()] = slots["n"].to_numpy()
    if weight.sum() == 0:
        return np.ones(168, dtype=np.bool_)
    order = np.argsort(days, kind="stable")
    typical = days[order][np.searchsorted(np.cumsum(weight[order]), weight.sum() / 2)]
    worked = np.asarray(days >= max(2, floor * typical))
    return worked if worked.any() else np.ones(168, dtype=np.bool_)


def _calendar(hours: NDArray[np.bool_], time_zone: str) -> Calendar:
    week = []
    for day in range(7):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], hours[day * 24 : day * 24 + 24].astype(np.int8), [0]])))
        week.append(tuple((int(a) * HOUR_S, int(b) * HOUR_S) for a, b in zip(edges[::2], edges[1::2])))
    return Calendar(tuple(week), time_zone)
