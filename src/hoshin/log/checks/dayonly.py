"""Activities recorded by the day, not by the minute."""

from __future__ import annotations

import numpy as np

from hoshin.log.checks._clock import local_ns
from hoshin.log.eventlog import EventLog
from hoshin.log.finding import Finding, Given, of_events

TITLE = "Day-only precision"
WEIGHT, ZERO_AT = 10, 0.5
WHY = "Within a day the order is a guess, and every wait is wrong by up to a day."
DAY_NS = 86_400_000_000_000
# Of an activity with a real clock, one event in 1,440 falls on midnight by chance; one in twenty does not.
SHARE, LEAST = 0.05, 3


def find(log: EventLog, given: Given) -> Finding:
    local = local_ns(log)
    midnight = (local % DAY_NS == 0) | (log.t_ns % DAY_NS == 0)
    n_act = len(log.activities)
    at = np.bincount(log.activity[midnight], minlength=n_act)
    of = np.maximum(np.bincount(log.activity, minlength=n_act), 1)
    daily = (at >= LEAST) & (at / of >= SHARE)
    names = [log.activities[a] for a in np.flatnonzero(daily)]
    return of_events(midnight & daily[log.activity], f"At midnight: {', '.join(names[:8])}.")
