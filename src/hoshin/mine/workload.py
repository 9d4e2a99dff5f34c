"""Workload over time: what each person, role or everybody has in hand, takes in and gets done, against the hours there.

A piece of work is in hand of the resource that does it from the moment it could be done to its end: first in its
queue, then being worked on. Whose queue that was is known from who took it in the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.kernels import queue as kernel
from hoshin.log.eventlog import EventLog
from hoshin.mine.calendar import ALWAYS, Calendar, calendars_by_resource
from hoshin.mine.instance import Instances
from hoshin.mine.organisation import find_roles
from hoshin.mine.timetable import timetable
from hoshin.units import NS_PER_S

Times = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """All arrays are (n_groups, n_windows). `items` and `cases` float64 are the mean numbers in hand, `queue` those of
    the items that wait; `peak_items` int64 is the most in hand at once, since `peak_ns`. `arrived` and `done` int64
    count items that came into hand and were finished. `worked_s` float64 is time in which a resource works on
    something (once, however many things), `on_duty_s` the part of it within its hours, and `available_s` the hours of
    those resources from their first to their last work."""

    groups: tuple[str, ...]
    people: NDArray[np.int64]
    time_zone: str
    edges_ns: Times
    items: Floats
    queue: Floats
    cases: Floats
    peak_items: Times
    peak_ns: Times
    arrived: Times
    done: Times
    worked_s: Floats
    on_duty_s: Floats
    available_s: Floats

    def load_share(self) -> Floats:
        """Worked on duty, as a share of the hours there; 0 where there are none."""
        return np.divide(self.on_duty_s, self.available_s, out=np.zeros_like(self.items), where=self.available_s > 0)


def groups_of(log: EventLog, by: str) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """(group of each resource, -1 = none; names) by `resource`, `role` or `everyone`."""
    n = len(log.resources)
    if log.resource is None or n == 0:
        raise InvalidInput(
            "organisation.resources", f"Log {log.name!r} has no resources.", hint="Import it with a resource column."
        )
    if by == "role":
        found = find_roles(log)
        return found.of.astype(np.int32), found.names
    return (np.arange(n, dtype=np.int32), log.resources) if by == "resource" else (np.zeros(n, np.int32), ("everyone",))


def measure_workload(
    work: Instances,
    edges_ns: Times,
    *,
    by: str = "resource",
    calendars: Mapping[str, Calendar] | None = None,
    default: Calendar = ALWAYS,
) -> Workload:
    """The workload by `resource`, `role` or `everyone` in the windows `edges_ns`, int64 (n_windows + 1,).

    Work without a known resource is left out. InvalidInput(organisation.resources) if the log has none.
    """
    of, names = groups_of(work.log, by)
    group = np.append(of, np.int32(-1))[work.resource].astype(np.int32)
    n, width = len(names), np.diff(edges_ns)
    area, arrived, done = kernel.occupancy(group, work.enabled_ns, work.end_ns, edges_ns, n)
    waiting, _, _ = kernel.occupancy(group, work.enabled_ns, work.begin_ns, edges_ns, n)
    peak, since = _peaks(group, work.enabled_ns, work.end_ns, edges_ns, n)
    worked, on_duty, available = _hours(work, of, edges_ns, n, dict(calendars or {}), default)
    return Workload(
        groups=names, people=np.bincount(of[of >= 0], minlength=n), time_zone=work.log.time_zone, edges_ns=edges_ns,
        items=area / width, queue=waiting / width, cases=_cases(work, group, edges_ns, n) / width,
        peak_items=peak, peak_ns=since, arrived=arrived, done=done,
        worked_s=worked, on_duty_s=on_duty, available_s=available,
    )  # fmt: skip


def _peaks(group: NDArray[np.int32], enter: Times, leave: Times, edges: Times, n: int) -> tuple[Times, Times]:
    held = np.flatnonzero((group >= 0) & (leave > enter))
    who, t = np.tile(group[held], 2), np.concatenate([enter[held], leave[held]])
    change = np.repeat(np.array([1, -1], dtype=np.int64), held.size)
    order = np.lexsort((t, who))
    return kernel.find_peaks(who[order], t[order], change[order], edges, n)


def _cases(work: Instances, group: NDArray[np.int32], edges: Times, n: int) -> Floats:
    """Time in which each group has each case in hand, summed: float64 (n_groups, n_windows), nanoseconds."""
    case = work.log.case_of_event().astype(np.int64)
    key = group.astype(np.int64) * work.log.n_cases + case
    order = np.lexsort((work.end_ns, work.enabled_ns, key))
    order = order[group[order] >= 0]
    pairs, first = np.unique(key[order], return_index=True)
    bounds = np.append(first, order.size).astype(np.int64)
    which, opens, closes = kernel.busy_spans(order, bounds, work.enabled_ns, work.end_ns)
    whose = (pairs[which] // max(work.log.n_cases, 1)).astype(np.int32)
    return kernel.occupancy(whose, opens, closes, edges, n)[0]


def _hours(
    work: Instances, of: NDArray[np.int32], edges: Times, n: int, calendars: dict[str, Calendar], default: Calendar
) -> tuple[Floats, Floats, Floats]:
    """(worked, worked on duty, available) seconds of each group in each window."""
    chosen, which = calendars_by_resource(work.log.resources, calendars, default)
    number = np.array(which, dtype=np.int32)
    shape = (n, edges.size - 1)
    who, opens, closes = kernel.busy_spans(work.members, work.first, work.begin_ns, work.end_ns)
    held = np.flatnonzero(np.diff(work.first) > 0)
    if held.size == 0:
        return np.zeros(shape), np.zeros(shape), np.zeros(shape)
    table = timetable(chosen, int(min(work.begin_ns.min(), edges[0])), int(max(work.end_ns.max(), edges[-1])))
    span, w, a, b = _cut(opens, closes, edges)
    cell = of[who[span]].astype(np.int64) * shape[1] + w
    worked = _sum(cell, b - a, shape)
    on_duty = _sum(cell, table.between(a, b, number[who[span]]), shape)
    first = work.begin_ns[work.members[work.first[held]]]
    last = np.maximum.reduceat(work.end_ns[work.members], work.first[held])
    span, w, a, b = _cut(first, last, edges)
    cell = of[held[span]].astype(np.int64) * shape[1] + w
    return worked, on_duty, _sum(cell, table.between(a, b, number[held[span]]), shape)


def _cut(opens: Times, closes: Times, edges: Times) -> tuple[Times, Times, Times, Times]:
    """Spans cut at the edges: (number of the span, window, begin, end) of each piece."""
    first = np.clip(np.searchsorted(edges, opens, "right") - 1, 0, edges.size - 2)
    last = np.clip(np.searchsorted(edges, closes, "left") - 1, 0, edges.size - 2)
    times = np.maximum(last - first + 1, 0)
    span = np.repeat(np.arange(opens.size), times)
    w = first[span] + np.arange(span.size) - np.repeat(np.cumsum(times) - times, times)
    a, b = np.maximum(opens[span], edges[w]), np.minimum(closes[span], edges[w + 1])
    held = b > a
    return span[held], w[held], a[held], b[held]


def _sum(cell: Times, ns: Times, shape: tuple[int, int]) -> Floats:
    known = cell >= 0
    weight = (ns[known] / NS_PER_S).astype(np.float64)
    total: Floats = np.bincount(cell[known], weight, minlength=shape[0] * shape[1]).astype(np.float64)
    return total.reshape(shape)


def summary_table(found: Workload) -> list[dict[str, Any]]:
    """A row per group, the highest peak first: means over the whole period, and the busiest window."""
    width = np.diff(found.edges_ns) / max(int(found.edges_ns[-1] - found.edges_ns[0]), 1)
    rows = []
    for g, name in enumerate(found.groups):
        if not found.arrived[g].any() and not found.done[g].any():
            continue
        w = int(np.argmax(found.items[g]))
        p = int(np.argmax(found.peak_items[g]))
        available = float(found.available_s[g].sum())
        rows.append(
            {
                "who": name,
                "people": int(found.people[g]),
                "items_done": int(found.done[g].sum()),
                "mean_items": float(found.items[g] @ width),
                "mean_queue": float(found.queue[g] @ width),
                "mean_cases": float(found.cases[g] @ width),
                "peak_items": int(found.peak_items[g, p]),
                "peak_at": _moment(found, int(found.peak_ns[g, p])),
                "busiest_window": _moment(found, int(found.edges_ns[w])),
                "mean_items_then": float(found.items[g, w]),
                "worked_s": float(found.worked_s[g].sum()),
                "available_s": available,
                "load_share": float(found.on_duty_s[g].sum() / available) if available else 0.0,
            }
        )
    return sorted(rows, key=lambda row: (-row["peak_items"], -row["mean_items"]))


def series_table(found: Workload, who: str) -> list[dict[str, Any]]:
    """One group, a row per window. InvalidInput(organisation.who) names the nearest."""
    if who not in found.groups:
        raise InvalidInput.unknown("organisation.who", "resource or role", who, found.groups)
    g, load = found.groups.index(who), found.load_share()
    return [
        {
            "begin": _moment(found, int(found.edges_ns[w])),
            "mean_items": float(found.items[g, w]),
            "mean_queue": float(found.queue[g, w]),
            "mean_cases": float(found.cases[g, w]),
            "peak_items": int(found.peak_items[g, w]),
            "arrived": int(found.arrived[g, w]),
            "done": int(found.done[g, w]),
            "worked_s": float(found.worked_s[g, w]),
            "available_s": float(found.available_s[g, w]),
            "load_share": float(load[g, w]),
        }
        for w in range(found.edges_ns.size - 1)
    ]


def _moment(found: Workload, t_ns: int) -> str:
    series = pl.Series([t_ns]).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC").dt.convert_time_zone(found.time_zone)
    value = series.dt.cast_time_unit("us").item()
    assert isinstance(value, datetime)
    return value.isoformat(timespec="minutes")
