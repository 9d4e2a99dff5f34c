"""Activity instances: who did what from when to when, and since when it could have been done.

Every measure of waiting stands on these. A log with start times has real instances; for one without,
the caller chooses what to assume, and `assumed` says it in words that reports repeat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels import enablement as kernel
from hoshin.log.eventlog import EventLog

Times = NDArray[np.int64]
Starts = Literal["recorded", "completion", "estimated"]

ASSUMED = {
    "recorded": "",
    "completion": "The log has no start times: each activity is taken as instantaneous at its completion, "
    "so processing is counted as waiting.",
    "estimated": "The log has no start times: each activity is taken to start as soon as both its case and "
    "its resource were free, so waiting is understated.",
}


@dataclass(frozen=True, slots=True, eq=False)
class Instances:
    """Activity instances in the order of the log's events, times in UTC nanoseconds.

    `begin_ns`, `end_ns`, `enabled_ns` int64 (n,): enabled <= begin <= end. `enabler` int64 (n,) is the
    event whose end enabled it, -1 for one possible since its case began. `resource` int32 (n,), -1 =
    unknown. `members` and `first` list the instances of each resource by begin: resource r has
    `members[first[r]:first[r + 1]]`. `concurrent` bool (n_act, n_act). `assumed` is "" when starts are
    recorded.
    """

    log: EventLog
    begin_ns: Times
    end_ns: Times
    enabled_ns: Times
    enabler: Times
    resource: NDArray[np.int32]
    members: Times
    first: Times
    concurrent: NDArray[np.bool_]
    assumed: str

    @property
    def waiting_ns(self) -> Times:
        return self.begin_ns - self.enabled_ns

    @property
    def processing_ns(self) -> Times:
        return self.end_ns - self.begin_ns


def instances(log: EventLog, *, starts: Starts | None = None, overlap_share: float = 0.25) -> Instances:
    """The activity instances of `log`.

    `starts`: "recorded", "completion" or "estimated"; by default recorded where the log has start times
    and completion where not. Two activities run side by side (neither enables the other) if they
    overlap in more than `overlap_share` of the cases that hold both.
    """
    kind: Starts = starts or ("recorded" if log.start_ns is not None else "completion")
    if kind == "recorded" and log.start_ns is None:
        kind = "completion"
    resource = log.resource if log.resource is not None else np.full(log.n_events, -1, dtype=np.int32)
    end = log.t_ns
    if kind == "recorded":
        assert log.start_ns is not None
        begin = np.minimum(log.start_ns, end)
    elif kind == "estimated":
        begin = estimate_starts(log)
    else:
        begin = end
    concurrent = concurrency(log, begin, overlap_share=overlap_share)
    enabler, enabled = kernel.find_enabler(log.activity, begin, end, log.case_start, concurrent)
    order = np.lexsort((end, begin, resource))
    first = np.searchsorted(resource[order], np.arange(len(log.resources) + 1, dtype=np.int32)).astype(np.int64)
    return Instances(log, begin, end, enabled, enabler, resource, order, first, concurrent, ASSUMED[kind])


def concurrency(log: EventLog, begin_ns: Times, *, overlap_share: float = 0.25) -> NDArray[np.bool_]:
    """Which activities run side by side: bool (n_act, n_act), symmetric, from overlaps in time.

    Source: the overlapping concurrency oracle of Chapela-Campa and Dumas (2023), with the share counted
    over cases.
    """
    n_act = len(log.activities)
    if not np.any(begin_ns < log.t_ns):
        return np.zeros((n_act, n_act), dtype=np.bool_)
    overlap, both = kernel.count_overlaps(log.activity, begin_ns, log.t_ns, log.case_start, n_act)
    return np.asarray(overlap > overlap_share * np.maximum(both, 1))


def estimate_starts(log: EventLog) -> Times:
    """Start of each event as the later of its case's and its resource's previous completion, int64 (n,).

    An event with neither, or without a resource, starts at its completion. Source: the start estimation
    of Chapela-Campa and Dumas, "Repairing activity start times to improve business process simulation"
    (2022), without its repair of outliers.
    """
    n = log.n_events
    if log.resource is None or n == 0:
        return log.t_ns
    previous = np.full(n, np.iinfo(np.int64).min)
    same_case = np.ones(n, dtype=np.bool_)
    same_case[log.case_start[:-1][np.diff(log.case_start) > 0]] = False
    previous[1:] = np.where(same_case[1:], log.t_ns[:-1], previous[1:])
    order = np.lexsort((np.arange(n), log.t_ns, log.resource))
    free = np.full(n, np.iinfo(np.int64).min)
    follows = log.resource[order][1:] == log.resource[order][:-1]
    free[order[1:]] = np.where(follows, log.t_ns[order][:-1], free[order[1:]])
    begin = np.maximum(previous, free)
    known = (log.resource >= 0) & (begin > np.iinfo(np.int64).min)
    return np.where(known, np.minimum(begin, log.t_ns), log.t_ns)
