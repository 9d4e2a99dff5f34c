"""Waiting and processing, per activity, transition and resource, in elapsed or in working time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hoshin.kernels import dfg as pairs
from hoshin.kernels import queue as groups
from hoshin.kernels import waitcause as kernel
from hoshin.log.eventlog import EventLog
from hoshin.mine.calendar import Calendar, calendars_by_resource
from hoshin.mine.instance import Instances
from hoshin.mine.timetable import timetable
from hoshin.units import NS_PER_S

By = Literal["activity", "transition", "resource"]
Times = NDArray[np.int64]
CASE_BEGIN = "(case begin)"


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Waiting and processing of each instance in nanoseconds, int64 (n,), of elapsed or working time.

    `shared_ns` float64 (n,) is processing adjusted for multitasking: while a resource runs k instances,
    each counts 1/k. It is always elapsed time.
    """

    waiting_ns: Times
    processing_ns: Times
    shared_ns: NDArray[np.float64]


def measure(work: Instances, calendars: dict[str, Calendar] | None = None, default: Calendar | None = None) -> Measured:
    """Waiting and processing of every instance: elapsed, or in the working time of whoever does the work.

    With `default` (and `calendars` for those who differ), both count only the hours in which the
    resource of the instance is on duty.
    """
    shared, _ = kernel.share_time(work.members, work.first, work.begin_ns, work.end_ns)
    nobody = work.resource < 0
    shared[nobody] = work.processing_ns[nobody]
    if default is None or work.begin_ns.size == 0:
        return Measured(work.waiting_ns, work.processing_ns, shared)
    chosen, which = calendars_by_resource(work.log.resources, calendars or {}, default)
    number = np.append(np.array(which, dtype=np.int32), np.int32(0))[work.resource]
    table = timetable(chosen, int(work.enabled_ns.min()), int(work.end_ns.max()))
    at_begin = table.worked_before(work.begin_ns, number)
    waiting = at_begin - table.worked_before(work.enabled_ns, number)
    return Measured(waiting, table.worked_before(work.end_ns, number) - at_begin, shared)


def time_table(work: Instances, measured: Measured, by: By = "activity") -> list[dict[str, Any]]:
    """A row per activity, transition or resource, the longest total waiting first.

    `waiting_share` is the part of waiting in waiting plus processing. Medians and 90th percentiles are
    over instances.
    """
    log = work.log
    names = pl.Series([*log.activities, CASE_BEGIN])
    if by == "resource":
        people = pl.Series([*log.resources, "(unknown)"], dtype=pl.String)
        keys = {"resource": people.gather(np.where(work.resource < 0, len(log.resources), work.resource))}
    else:
        keys = {"activity": names.gather(log.activity)}
        if by == "transition":
            source = np.where(work.enabler < 0, len(log.activities), log.activity[work.enabler])
            keys = {"from": names.gather(source), "to": keys["activity"]}
    frame = pl.DataFrame(
        {
            **keys,
            "w": measured.waiting_ns / NS_PER_S,
            "p": measured.processing_ns / NS_PER_S,
            "m": measured.shared_ns / NS_PER_S,
        }
    )
    w, p = pl.col("w"), pl.col("p")
    total = w.sum() + p.sum()
    table = frame.group_by(list(keys), maintain_order=True).agg(
        pl.len().alias("n"),
        w.sum().alias("total_waiting_s"),
        w.mean().alias("mean_waiting_s"),
        w.median().alias("median_waiting_s"),
        w.quantile(0.9, "linear").alias("p90_waiting_s"),
        p.mean().alias("mean_processing_s"),
        p.median().alias("median_processing_s"),
        pl.col("m").mean().alias("mean_shared_processing_s"),
        pl.when(total > 0).then(w.sum() / total).otherwise(0.0).alias("waiting_share"),
    )
    return table.sort("total_waiting_s", descending=True, maintain_order=True).to_dicts()


def transition_times(log: EventLog, calendar: Calendar | None = None) -> list[dict[str, Any]]:
    """The performance of every directly-follows pair: the gap from an event's end to the next one's begin.

    Elapsed, or in working time of `calendar`. Because working time before an instant never decreases,
    one look-up per event is enough, however long the gaps.
    """
    n_act = len(log.activities)
    begin, end = log.begin_ns(), log.t_ns
    if calendar is not None and log.n_events:
        table = timetable(calendar, min(int(begin.min()), int(end.min())), max(int(begin.max()), int(end.max())))
        same = begin is end
        end = table.worked_before(end)
        begin = end if same else table.worked_before(begin)
    offsets, gap_ns = pairs.pair_gaps(log.activity, begin, end, log.case_start, n_act)
    count, stats = groups.describe_groups(offsets, gap_ns)
    rows = []
    for pair in np.flatnonzero(count):
        a, b = divmod(int(pair), n_act)
        mean, median, p90, longest = (stats[pair] / NS_PER_S).tolist()
        rows.append(
            {
                "from": log.activities[a],
                "to": log.activities[b],
                "n": int(count[pair]),
                "total_s": mean * int(count[pair]),
                "mean_s": mean,
                "median_s": median,
                "p90_s": p90,
                "max_s": longest,
            }
        )
    return sorted(rows, key=lambda row: -row["total_s"])
