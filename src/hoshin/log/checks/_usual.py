"""How cases of a log usually start and end, judged where the edges of the window cut nothing off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hoshin.log.eventlog import EventLog


def horizon_ns(log: EventLog) -> int:
    """How near an edge of the window a case may be cut: the 95th percentile of cycle times, a third at most."""
    cycle = log.case_end_ns() - log.case_begin_ns()
    span = int(log.t_ns.max() - log.t_ns.min())
    return min(int(np.quantile(cycle, 0.95)), span // 3) if cycle.size else 0


def usual(log: EventLog, *, end: bool, share: float) -> NDArray[np.bool_]:
    """bool (n_act,): activities that start (or end) at least `share` of the cases away from that edge."""
    held = log.events_per_case() > 0
    moment = log.case_end_ns() if end else log.case_begin_ns()
    edge = horizon_ns(log)
    inner = held & (moment <= log.t_ns.max() - edge if end else moment >= log.t_ns.min() + edge)
    if inner.sum() < 20:
        inner = held
    where = log.case_start[1:][inner] - 1 if end else log.case_start[:-1][inner]
    count = np.bincount(log.activity[where], minlength=len(log.activities))
    return np.asarray(count >= max(1.0, share * where.size))
