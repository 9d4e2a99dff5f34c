"""Work after hours: which activities are finished once begun, also when the shift has ended."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels.roster import WEEK_S
from hoshin.twin.clocks import roster_of, within
from hoshin.twin.observe import Tasks

Floats = NDArray[np.float64]
LEAST_CROSSINGS = 20
MOSTLY = 0.8
# Work that ends longer after the shift was paused, not finished.
LONGEST_S = 6 * 3600.0
LEAST_BEGINS = 100
EDGE_S = 60.0


def finished_late(tasks: Tasks) -> NDArray[np.bool_]:
    """bool (n_activities,): at least four of five tasks under way when people stop beginning new ones end soon
    after, outside the hours in which tasks are begun."""
    crossings = np.zeros(len(tasks.log.activities))
    late = np.zeros(len(tasks.log.activities))
    for r in range(len(tasks.log.resources)):
        rows = np.flatnonzero((tasks.res == r) & (tasks.end > tasks.begin))
        hours = roster_of(tasks.begin[rows]) if rows.size >= LEAST_BEGINS else []
        if not hours:
            continue
        closing = _closing(hours, tasks.begin[rows])
        over = tasks.end[rows] > closing + EDGE_S
        soon = over & (tasks.end[rows] < closing + LONGEST_S) & ~within(hours, tasks.end[rows])
        crossings += np.bincount(tasks.act[rows][over], minlength=crossings.size)
        late += np.bincount(tasks.act[rows][soon], minlength=late.size)
    found: NDArray[np.bool_] = (crossings >= LEAST_CROSSINGS) & (late >= MOSTLY * crossings)
    return found


def _closing(hours: list[tuple[float, float]], moments: Floats) -> Floats:
    """The end of the hours that each moment lies in or before."""
    ends = np.array([b for _, b in hours])
    week = moments % WEEK_S
    at = np.searchsorted(ends, week, side="left")
    found: Floats = moments - week + np.where(at < ends.size, ends[np.minimum(at, ends.size - 1)], ends[0] + WEEK_S)
    return found
