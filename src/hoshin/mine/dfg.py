"""The directly-follows graph: what follows what, how often and after how long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.kernels import dfg as kernel
from hoshin.log.eventlog import EventLog


@dataclass(frozen=True, slots=True, eq=False)
class Dfg:
    """Counts of directly-follows pairs. `frequency` int64 (n_act, n_act), row = from; `starts` and `ends`
    int64 (n_act,) count cases."""

    activities: tuple[str, ...]
    frequency: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def edges(self) -> dict[tuple[str, str], int]:
        rows, columns = np.nonzero(self.frequency)
        return {(self.activities[a], self.activities[b]): int(self.frequency[a, b]) for a, b in zip(rows, columns)}


def discover_dfg(log: EventLog, *, keep: float = 1.0) -> Dfg:
    """Directly-follows graph of `log`: the commonest edges that carry share `keep` of all transitions.

    Raises InvalidInput(mine.keep) unless 0 < keep <= 1. Ties at the cut are all kept.

    >>> discover_dfg(EventLog.from_traces(["ab", "ab", "ac"]), keep=0.6).edges()
    {('a', 'b'): 2}
    """
    if not 0 < keep <= 1:
        raise InvalidInput("mine.keep", f"keep must be in (0, 1], got {keep}.")
    n_act = len(log.activities)
    frequency = kernel.count_follows(log.activity, log.case_start, n_act)
    starts, ends = kernel.count_ends(log.activity, log.case_start, n_act)
    if keep < 1 and frequency.any():
        ranked = np.sort(frequency, axis=None)[::-1]
        carried = np.cumsum(ranked)
        floor = ranked[np.searchsorted(carried, keep * carried[-1])]
        frequency = np.where(frequency >= floor, frequency, 0)
    return Dfg(log.activities, frequency, starts, ends)
