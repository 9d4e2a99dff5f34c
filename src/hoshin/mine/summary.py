"""What a log holds: counts, time span, cycle times, activities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels.dfg import count_ends, count_follows
from hoshin.kernels.rework import FIRST, flag_repeats
from hoshin.kernels.variants import group_traces
from hoshin.log.eventlog import EventLog


@dataclass(frozen=True, slots=True)
class CycleTime:
    """Distribution of the cycle time (case start to end), seconds. All NaN for a log without cases."""

    mean_s: float
    median_s: float
    p90_s: float
    min_s: float
    max_s: float


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of a log. `begin` and `end` are ISO 8601 in the log's zone, empty without events.

    `repeat_cases` have an activity more than once; `self_loops` counts a directly followed by a.
    """

    cases: int
    events: int
    activities: int
    variants: int
    begin: str
    end: str
    cycle_time: CycleTime
    dfg_edges: int
    dfg_total: int
    self_loops: int
    repeat_cases: int
    classifier: str
    time_zone: str
    has_start: bool
    resources: int


def summarise(log: EventLog) -> Summary:
    """Count `log`. O(n_events + activities^2).

    >>> s = summarise(EventLog.from_traces(["abb", "ab", "ab"]))
    >>> s.cases, s.events, s.variants, s.dfg_edges, s.self_loops, s.cycle_time.mean_s
    (3, 7, 2, 2, 1, 80.0)
    """
    n_act = len(log.activities)
    follows = count_follows(log.activity, log.case_start, n_act)
    repeats = flag_repeats(log.activity, log.case_start, n_act) != FIRST
    frame = log.to_frame()["timestamp"] if log.n_events else None
    return Summary(
        cases=log.n_cases,
        events=log.n_events,
        activities=int(np.unique(log.activity).size),
        variants=int(group_traces(log.activity, log.case_start)[1].size),
        begin=_iso(frame.min()) if frame is not None else "",
        end=_iso(frame.max()) if frame is not None else "",
        cycle_time=distribution(log.cycle_time_s()),
        dfg_edges=int(np.count_nonzero(follows)),
        dfg_total=int(follows.sum()),
        self_loops=int(np.trace(follows)),
        repeat_cases=int(np.unique(log.case_of_event()[repeats]).size),
        classifier=log.classifier,
        time_zone=log.time_zone,
        has_start=log.start_ns is not None,
        resources=len(log.resources),
    )


def distribution(seconds: NDArray[np.float64]) -> CycleTime:
    """Mean, median, 90th percentile, smallest and largest; the percentile interpolates linearly."""
    if seconds.size == 0:
        return CycleTime(*[float("nan")] * 5)
    low, median, p90, high = (float(x) for x in np.quantile(seconds, [0, 0.5, 0.9, 1]))
    return CycleTime(float(seconds.mean()), median, p90, low, high)


@dataclass(frozen=True, slots=True)
class ActivityCount:
    """How often an activity occurs. `cases_share` of all cases have it; `starts`, `ends` count cases."""

    activity: str
    events: int
    cases: int
    cases_share: float
    starts: int
    ends: int


def count_activities(log: EventLog) -> list[ActivityCount]:
    """Every activity that occurs, the commonest first."""
    n_act = len(log.activities)
    events = np.bincount(log.activity, minlength=n_act)
    first = flag_repeats(log.activity, log.case_start, n_act) == FIRST
    cases = np.bincount(log.activity[first], minlength=n_act)
    starts, ends = count_ends(log.activity, log.case_start, n_act)
    order = sorted(np.flatnonzero(events), key=lambda a: (-events[a], log.activities[a]))
    return [
        ActivityCount(
            log.activities[a],
            int(events[a]),
            int(cases[a]),
            float(cases[a] / log.n_cases),
            int(starts[a]),
            int(ends[a]),
        )
        for a in order
    ]


def _iso(value: object) -> str:
    return value.isoformat(timespec="seconds") if hasattr(value, "isoformat") else str(value)
