"""Rework: activities that a case has more than once, and the time of cases that have them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hoshin.kernels.rework import RETURN, SELF_LOOP, flag_repeats
from hoshin.log.eventlog import EventLog


@dataclass(frozen=True, slots=True)
class Rework:
    """Repeats of one activity. `self_loops` directly follow themselves; `returns` come back after other work.

    `with_median_s` and `without_median_s` are the median cycle times of the cases that have a return to
    this activity and of those that pass it only once; None where there are none. That is a difference, not a cause.
    """

    activity: str
    cases: int
    cases_share: float
    self_loops: int
    returns: int
    with_median_s: float | None
    without_median_s: float | None


def find_rework(log: EventLog) -> list[Rework]:
    """Every activity that repeats within a case, most returns first, then most self-loops.

    >>> [(r.activity, r.self_loops, r.returns) for r in find_rework(EventLog.from_traces(["abab", "aab"]))]
    [('a', 1, 1), ('b', 0, 1)]
    """
    n_act = len(log.activities)
    flag = flag_repeats(log.activity, log.case_start, n_act)
    case, seconds = log.case_of_event(), log.cycle_time_s()
    rows = []
    for a in np.unique(log.activity[flag > 0]):
        here = log.activity == a
        loops, returns = here & (flag == SELF_LOOP), here & (flag == RETURN)
        back = np.zeros(log.n_cases, dtype=np.bool_)
        back[case[returns]] = True
        has = np.zeros(log.n_cases, dtype=np.bool_)
        has[case[here]] = True
        repeats = int(np.unique(case[here & (flag > 0)]).size)
        rows.append(
            Rework(
                activity=log.activities[a],
                cases=repeats,
                cases_share=repeats / log.n_cases,
                self_loops=int(loops.sum()),
                returns=int(returns.sum()),
                with_median_s=float(np.median(seconds[back])) if back.any() else None,
                without_median_s=float(np.median(seconds[has & ~back])) if (has & ~back).any() else None,
            )
        )
    return sorted(rows, key=lambda r: (-r.returns, -r.self_loops, r.activity))
