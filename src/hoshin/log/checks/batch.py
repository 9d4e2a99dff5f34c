"""Timestamps written by a batch run: many cases at one instant."""

from __future__ import annotations

import numpy as np

from hoshin.log.checks._clock import local_ns
from hoshin.log.eventlog import EventLog
from hoshin.log.finding import Finding, Given, of_events

TITLE = "Batch-written times"
WEIGHT, ZERO_AT = 6, 0.5
WHY = "The time is when the job ran, not when the work was done; waits before and after it are the job's."
DAY_NS = 86_400_000_000_000
LEAST, TIMES = 10, 10


def find(log: EventLog, given: Given) -> Finding:
    """An activity at one instant in at least 10 cases, and in ten times as many as at its usual instant.

    Midnights are left to `dayonly`.
    """
    local = local_ns(log)
    clock = np.flatnonzero((local % DAY_NS != 0) & (log.t_ns % DAY_NS != 0))
    found = np.zeros(log.n_events, dtype=np.bool_)
    if clock.size:
        case = log.case_of_event()[clock]
        order = np.lexsort((case, log.t_ns[clock], log.activity[clock]))
        act, t, case = log.activity[clock][order], log.t_ns[clock][order], case[order]
        new = np.r_[True, (act[1:] != act[:-1]) | (t[1:] != t[:-1])]
        group = np.cumsum(new) - 1
        other = np.r_[True, (case[1:] != case[:-1]) | new[1:]]
        cases = np.bincount(group[other])
        usual = np.ones(len(log.activities))
        of_group = act[new]
        for a in np.unique(of_group):
            usual[a] = np.median(cases[of_group == a])
        batch = (cases >= LEAST) & (cases >= TIMES * usual[of_group])
        found[clock[order]] = batch[group]
    names = [log.activities[a] for a in np.unique(log.activity[found])]
    return of_events(found, f"Written at once: {', '.join(names[:8])}.")
