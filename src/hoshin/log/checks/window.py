"""Cases cut off by the window: begun before it, or not yet ended at its end."""

from __future__ import annotations

import numpy as np

from hoshin.log.checks._usual import horizon_ns, usual
from hoshin.log.eventlog import EventLog
from hoshin.log.finding import Finding, Given

TITLE = "Incomplete cases at the window's ends"
WEIGHT, ZERO_AT = 6, 0.3
WHY = "A case without its start or its end looks short and unusual; durations come out too small."


def find(log: EventLog, given: Given) -> Finding:
    """Near an edge (the 95th percentile of cycle times), cases whose first (last) activity starts (ends)
    less than 1 % of the cases away from it."""
    held = log.events_per_case() > 0
    first, last = log.case_start[:-1][held], log.case_start[1:][held] - 1
    edge = horizon_ns(log)
    begin, end = log.case_begin_ns()[held], log.case_end_ns()[held]
    headless = ~usual(log, end=False, share=0.01)[log.activity[first]] & (begin < log.t_ns.min() + edge)
    open_ = ~usual(log, end=True, share=0.01)[log.activity[last]] & (end > log.t_ns.max() - edge)
    events = np.unique(np.r_[first[headless], last[open_]])
    detail = f"{headless.sum():,} begin in the middle, {open_.sum():,} have not ended."
    count = int((headless | open_).sum())
    return Finding(count, int(held.sum()), "cases", events, detail if count else "")
