"""Queues over time: lengths, arrival and service rates, utilisation, Little's law, bottlenecks that move."""

from __future__ import annotations

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
from hoshin.mine.timetable import timetable
from hoshin.units import NS_PER_S

Times = NDArray[np.int64]
WIDTHS = ("1h", "1d", "1w", "1mo", "1q", "1y")


@dataclass(frozen=True, slots=True, eq=False)
class Queues:
    """What waits before each activity in each window. All (n_act, n_windows): `length` float64 is the mean
    number waiting, `arrivals` and `services` int64 count those that joined and that were begun.
    `edges_ns` int64 (n_windows + 1,) are the windows."""

    activities: tuple[str, ...]
    time_zone: str
    edges_ns: Times
    length: NDArray[np.float64]
    arrivals: Times
    services: Times

    def hours(self) -> NDArray[np.float64]:
        """Width of each window in hours."""
        return np.asarray(np.diff(self.edges_ns) / NS_PER_S / 3600)

    def begins(self) -> list[datetime]:
        """Begin of each window, in the time zone of the log."""
        series = pl.Series(self.edges_ns[:-1]).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")
        return series.dt.convert_time_zone(self.time_zone).dt.cast_time_unit("us").to_list()


def windows(log: EventLog, every: str | None = None) -> Times:
    """Edges of the calendar windows that cover `log`, int64 (n_windows + 1,), on its local clock.

    `every` is a polars duration such as 1h, 1d, 1w, 1mo; by default the widest that makes at least
    eight windows. Raises InvalidInput(perform.every) for another text.
    """
    if log.n_events == 0:
        return np.zeros(1, dtype=np.int64)
    lo = int(min(log.begin_ns().min(), log.t_ns.min()))
    hi = int(log.t_ns.max())
    if every is None:
        every = next((w for w in reversed(WIDTHS) if _edges(lo, hi, w, log.time_zone).size > 8), "1h")
    try:
        edges = _edges(lo, hi, every, log.time_zone)
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise InvalidInput(
            "perform.every", f"{every!r} is not a window.", hint="Write 1h, 1d, 1w, 2w, 1mo, 1q or 1y."
        ) from error
    return edges


def _edges(lo: int, hi: int, every: str, zone: str) -> Times:
    ends = pl.Series([lo, hi]).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    ends = ends.dt.truncate(every)
    first, last = ends.dt.cast_time_unit("us").to_list()
    grid = pl.select(pl.datetime_range(first, last, every, time_unit="ns", time_zone=zone)).to_series()
    beyond = grid.tail(1).dt.offset_by(every)
    return pl.concat([grid, beyond]).to_physical().to_numpy().astype(np.int64)


def queues(work: Instances, edges_ns: Times) -> Queues:
    """What waits (enabled, not begun) before each activity, in each window."""
    n_act = len(work.log.activities)
    area, arrivals, services = kernel.occupancy(
        work.log.activity, work.enabled_ns, work.begin_ns, edges_ns, n_act
    )  # fmt: skip
    return Queues(
        work.log.activities, work.log.time_zone, edges_ns, area / np.diff(edges_ns), arrivals, services
    )  # fmt: skip


def queue_table(found: Queues, activity: str) -> list[dict[str, Any]]:
    """One activity, a row per window: queue length, arrivals and services per hour, growth of the queue."""
    if activity not in found.activities:
        raise InvalidInput.unknown("perform.activity", "activity", activity, found.activities)
    a, hours = found.activities.index(activity), found.hours()
    rows = []
    for w, begin in enumerate(found.begins()):
        rows.append(
            {
                "begin": begin.isoformat(),
                "mean_queue": float(found.length[a, w]),
                "arrivals_per_hour": float(found.arrivals[a, w] / hours[w]),
                "services_per_hour": float(found.services[a, w] / hours[w]),
                "growth": int(found.arrivals[a, w] - found.services[a, w]),
            }
        )
    return rows


def moving_bottlenecks(found: Queues) -> list[dict[str, Any]]:
    """The activity with most waiting in each window, its share, the runner-up, and whether it changed."""
    rows: list[dict[str, Any]] = []
    before = None
    for w, begin in enumerate(found.begins()):
        length = found.length[:, w]
        total = float(length.sum())
        if total == 0:
            rows.append({"begin": begin.isoformat(), "bottleneck": None, "mean_queue": 0.0, "queue_share": 0.0,
                         "runner_up": None, "runner_up_share": 0.0, "changed": before is not None})  # fmt: skip
            before = None
            continue
        ranked = np.argsort(-length, kind="stable")
        top, second = ranked[0], ranked[1] if ranked.size > 1 and length[ranked[1]] > 0 else None
        rows.append(
            {
                "begin": begin.isoformat(),
                "bottleneck": found.activities[top],
                "mean_queue": float(length[top]),
                "queue_share": float(length[top] / total),
                "runner_up": None if second is None else found.activities[second],
                "runner_up_share": 0.0 if second is None else float(length[second] / total),
                "changed": w > 0 and before != top,
            }
        )
        before = top
    return rows


def little(
    work: Instances, *, parts: int = 4, trim_share: float = 0.05, tolerance_share: float = 0.1, at_least: int = 30
) -> list[dict[str, Any]]:
    """Little's law, L = lambda W, for the whole process and every queue, in `parts` of the period.

    `trim_share` of the period is left out at each end. L is the mean number present, lambda the arrival
    rate and W the mean stay of those who arrive in the part, so the sides differ where a queue grows or
    shrinks, or where times are wrong. `worst_gap_share` is the largest difference of the parts with
    `at_least` arrivals, as a share of the larger side; `holds` says that it is within `tolerance_share`.
    The other figures are over the whole trimmed period. Queues in which nothing ever waits are left out.
    """
    log = work.log
    if log.n_events == 0:
        return []
    case_begin, case_end = log.case_begin_ns(), log.case_end_ns()
    held = log.events_per_case() > 0
    lo, hi = int(case_begin[held].min()), int(case_end[held].max())
    cut = int((hi - lo) * trim_share)
    edges = np.linspace(lo + cut, max(hi - cut, lo + cut + parts), parts + 1).astype(np.int64)
    queue = (work.enabled_ns, work.begin_ns, log.activity, log.activities)
    whole = (case_begin[held], case_end[held], np.zeros(int(held.sum()), dtype=np.int32), ("(whole process)",))
    width_h = np.diff(edges) / NS_PER_S / 3600
    rows = []
    for enter, leave, group, names in (whole, queue):
        area, arrivals, services = kernel.occupancy(group, enter, leave, edges, len(names))
        part = np.searchsorted(edges, enter, side="right") - 1
        inside = (part >= 0) & (part < parts)
        stay = np.zeros((len(names), parts))
        np.add.at(stay, (group[inside], part[inside]), (leave - enter)[inside])
        for g, name in enumerate(names):
            n = int(arrivals[g].sum())
            if n == 0 or stay[g].sum() == 0:
                continue
            larger = np.maximum(np.maximum(area[g], stay[g]), 1)
            gaps = np.where(arrivals[g] >= at_least, (area[g] - stay[g]) / larger, 0.0)
            rows.append(
                {
                    "queue": name,
                    "mean_present": float(area[g].sum() / (edges[-1] - edges[0])),
                    "arrivals_per_hour": float(n / width_h.sum()),
                    "departures_per_hour": float(services[g].sum() / width_h.sum()),
                    "mean_stay_s": float(stay[g].sum() / n / NS_PER_S),
                    "lambda_w": float(stay[g].sum() / (edges[-1] - edges[0])),
                    "worst_gap_share": float(gaps[np.argmax(np.abs(gaps))]),
                    "holds": bool((np.abs(gaps) <= tolerance_share).all()),
                }
            )
    return rows


def utilisation(
    work: Instances, *, calendars: dict[str, Calendar] | None = None, default: Calendar = ALWAYS
) -> list[dict[str, Any]]:
    """Per resource: time on duty and busy between its first and last work, instances, and multitasking.

    `utilisation_share` counts busy time on duty; `off_duty_s` is busy time outside the hours.
    `multitasking` is the mean number of instances run at once while busy.
    """
    log = work.log
    if not log.resources:
        raise InvalidInput(
            "perform.no_resources", f"Log {log.name!r} has no resources.", hint="Import it with a resource column."
        )
    chosen, which = calendars_by_resource(log.resources, calendars or {}, default)
    who, opens, closes = kernel.busy_spans(work.members, work.first, work.begin_ns, work.end_ns)
    rows: list[dict[str, Any]] = []
    if log.n_events == 0:
        return rows
    table = timetable(chosen, int(work.begin_ns.min()), int(work.end_ns.max()))
    number = np.array(which, dtype=np.int32)
    on_duty = np.bincount(who, table.between(opens, closes, number[who]) / NS_PER_S, minlength=len(which))
    busy = np.bincount(who, (closes - opens) / NS_PER_S, minlength=len(which))
    for r, name in enumerate(log.resources):
        own = work.members[work.first[r] : work.first[r + 1]]
        if own.size == 0:
            continue
        span = np.array([work.begin_ns[own].min()]), np.array([work.end_ns[own].max()])
        duty = float(table.between(*span, number[r : r + 1])[0] / NS_PER_S)
        worked = float((work.processing_ns[own] / NS_PER_S).sum())
        rows.append(
            {
                "resource": name,
                "n": int(own.size),
                "on_duty_s": duty,
                "busy_s": float(busy[r]),
                "utilisation_share": float(on_duty[r] / duty) if duty else 0.0,
                "off_duty_s": float(busy[r] - on_duty[r]),
                "multitasking": worked / float(busy[r]) if busy[r] else 1.0,
            }
        )
    return sorted(rows, key=lambda row: -row["utilisation_share"])
