"""What a log shows of each task: when it could begin, began and ended, beside what, by whom."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.kernels import waiting as kernel
from hoshin.log.eventlog import EventLog
from hoshin.twin.cases import Cases
from hoshin.twin.model import moment_s

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Tasks(Cases):
    """Events sorted by case, then begin; moments in wall-clock seconds (see `model`).

    `act`, `res` int32 (-1 = nobody known); `begin`, `end`, `enabled` float64; `beside` bool: it was released
    with the event before it; `before` int32: the activity that enabled it, -1 at the start of a case;
    `case_start` int64; `origin`: index of each case in the log. `assumptions` in words.
    """

    act: NDArray[np.int32]
    res: NDArray[np.int32]
    begin: Floats
    end: Floats
    enabled: Floats
    beside: NDArray[np.bool_]
    before: NDArray[np.int32]
    case_start: Ints
    origin: Ints
    log: EventLog
    assumptions: tuple[str, ...]

    def pick(self, cases: Ints) -> Tasks:
        """The tasks of these cases, in this order."""
        rows, start = self.rows_of(cases)
        columns = {c: getattr(self, c)[rows] for c in ("act", "res", "begin", "end", "enabled", "beside", "before")}
        return replace(self, **columns, case_start=start, origin=self.origin[cases])


def observe(log: EventLog) -> Tasks:
    """Read the tasks of `log`. InvalidInput(twin.empty) when it has no events."""
    if log.n_events == 0:
        raise InvalidInput("twin.empty", f"Log {log.name!r} has no events to fit a twin to.")
    notes: list[str] = []
    if log.lifecycle is not None and log.start_ns is None and "complete" in [x.lower() for x in log.lifecycles]:
        done = np.array([x.lower() == "complete" for x in log.lifecycles])
        if not done[log.lifecycle[log.lifecycle >= 0]].all():
            log = log.select_events((log.lifecycle >= 0) & done[log.lifecycle])
            notes.append("Only 'complete' events were used: the log has no start and end in one event.")
    begin, end = moment_s(log.begin_ns(), log.time_zone), moment_s(log.t_ns, log.time_zone)
    case = log.case_of_event()
    res = log.resource if log.resource is not None else np.full(log.n_events, -1, dtype=np.int32)
    if log.start_ns is None:
        begin = _guess_begin(case, res, end)
        notes.append(
            "The log has no start times: work is taken to begin when the case's previous event ended"
            + (
                ", or when its resource finished its previous task, whichever is later."
                if log.resource is not None
                else "."
            )
        )
    if log.resource is None:
        notes.append("The log has no resources: nobody is ever busy; all waiting is kept as delay.")
    begin = np.minimum(begin, end)
    order = np.lexsort((end, begin, case))
    held = np.flatnonzero(log.events_per_case())
    start = np.concatenate([np.zeros(1, np.int64), np.cumsum(log.events_per_case()[held])])
    act, begin, end = log.activity[order], begin[order], end[order]
    enabled, by, beside = kernel.blocks(act, begin, end, start, concurrent(act, begin, end, start, len(log.activities)))
    before = np.where(by >= 0, act[by], -1).astype(np.int32)
    return Tasks(act, res[order], begin, end, enabled, beside, before, start, held.astype(np.int64), log, tuple(notes))


def concurrent(act: NDArray[np.int32], begin: Floats, end: Floats, start: Ints, n_act: int) -> NDArray[np.bool_]:
    """Which activities run side by side: they overlap in three of ten of their meetings, or come in either order
    (each first in 15 % or more of the cases that have both once) and meet at least 5 times."""
    follows, overlaps, firsts = kernel.pair_orders(act, begin, end, start, n_act)
    meet = follows + follows.T
    both = firsts + firsts.T
    share = np.divide(firsts, both, out=np.zeros(both.shape), where=both > 0)
    either_way = (np.minimum(share, share.T) >= 0.15) & (both >= 10) & (np.minimum(follows, follows.T) > 0)
    overlap = overlaps + overlaps.T
    found: NDArray[np.bool_] = (meet >= 5) & ((overlap >= 0.3 * meet) | (either_way & (meet >= 0.05 * both)))
    return found


def _guess_begin(case: NDArray[np.int32], res: NDArray[np.int32], end: Floats) -> Floats:
    """The later of the previous end in the case and the previous end of the resource, not after the end."""
    begin = end.copy()
    same = np.flatnonzero(case[1:] == case[:-1]) + 1
    begin[same] = end[same - 1]
    order = np.lexsort((end, res))
    follow = order[1:][(res[order[1:]] == res[order[:-1]]) & (res[order[1:]] >= 0)]
    lead = order[:-1][(res[order[1:]] == res[order[:-1]]) & (res[order[1:]] >= 0)]
    inside = case_first(case)[follow] == 0
    begin[follow] = np.where(inside, np.maximum(begin[follow], end[lead]), begin[follow])
    return np.minimum(begin, end)


def case_first(case: NDArray[np.int32]) -> NDArray[np.int8]:
    """1 at the first event of each case."""
    first = np.ones(case.size, dtype=np.int8)
    first[1:] = case[1:] != case[:-1]
    return first
