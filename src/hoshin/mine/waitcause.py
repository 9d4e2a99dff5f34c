"""Why work waits: each wait split into batching, contention, prioritisation, off-duty time and the rest.

The five add up to the wait exactly, to the nanosecond, because every instant of it has one cause:

1. batching: until the last member of its batch was possible;
2. contention: the resource works on something that could be done no later than this (first come, first served);
3. prioritisation: the resource works only on things that came later, so this one was overtaken;
4. calendar: the resource works on nothing and is off duty;
5. extraneous: the resource is idle and on duty, so what holds the work up is not in the log.

Source: the five causes of Lashkevich et al., "Why am I waiting? Data-driven analysis of waiting times in
business processes" (2023); the order of precedence and the exact split are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels import waitcause as kernel
from hoshin.mine.batch import Batches, find_batches
from hoshin.mine.calendar import ALWAYS, Calendar, calendars_by_resource
from hoshin.mine.instance import Instances
from hoshin.mine.timetable import timetable
from hoshin.units import NS_PER_S

CAUSES = ("batching", "contention", "prioritisation", "calendar", "extraneous")


@dataclass(frozen=True, slots=True, eq=False)
class WaitCauses:
    """`cause_ns` int64 (n, 5): the wait of each instance by cause, in the order of CAUSES."""

    work: Instances
    batches: Batches
    cause_ns: NDArray[np.int64]


def split_waiting(
    work: Instances,
    *,
    calendars: dict[str, Calendar] | None = None,
    default: Calendar = ALWAYS,
    gap_s: float = 0.0,
    patience_s: float = 60.0,
) -> WaitCauses:
    """Split the wait of every instance by cause. `calendars` are per resource, `default` is for all others.

    A wait for an unknown resource can only be batching, calendar (of `default`) or extraneous.
    """
    batches = find_batches(work, calendars=calendars, default=default, gap_s=gap_s, patience_s=patience_s)
    n = work.begin_ns.size
    cause = np.zeros((n, 5), dtype=np.int64)
    if n == 0:
        return WaitCauses(work, batches, cause)
    chosen, which = calendars_by_resource(work.log.resources, calendars or {}, default)
    table = timetable(chosen, int(work.enabled_ns.min()), int(work.end_ns.max()))
    since = batches.ready_ns
    cause[:, 0] = since - work.enabled_ns
    cause[:, 1:] = kernel.split_waits(
        work.members, work.first, work.enabled_ns, since, work.begin_ns, work.end_ns,
        np.array(which, dtype=np.int32),
        (table.open_ns, table.close_ns, table.before_ns, table.first, table.grid, table.grid_spec),
    )  # fmt: skip
    nobody = work.resource < 0
    if nobody.any():
        on_duty = table.between(since[nobody], work.begin_ns[nobody])
        cause[nobody, 3] = work.begin_ns[nobody] - since[nobody] - on_duty
        cause[nobody, 4] = on_duty
    return WaitCauses(work, batches, cause)


def cause_table(split: WaitCauses, by: str = "activity") -> list[dict[str, Any]]:
    """Totals by `activity`, by `transition` or by `resource`: waits, total and the share of each cause."""
    work, log = split.work, split.work.log
    if by == "resource":
        keys, names = work.resource.astype(np.int64), [{"resource": r} for r in log.resources]
        keys = np.where(keys < 0, len(names), keys)
        names.append({"resource": "(unknown)"})
    elif by == "transition":
        n_act = len(log.activities)
        source = np.where(work.enabler < 0, n_act, log.activity[work.enabler])
        keys = source.astype(np.int64) * n_act + log.activity
        spelled = [*log.activities, "(case begin)"]
        names = [{"from": a, "to": b} for a in spelled for b in log.activities]
    else:
        keys, names = log.activity.astype(np.int64), [{"activity": a} for a in log.activities]
    total = np.zeros((len(names), 5), dtype=np.float64)
    np.add.at(total, keys, split.cause_ns / NS_PER_S)
    count = np.bincount(keys, minlength=len(names))
    rows = []
    for k in np.argsort(-total.sum(axis=1), kind="stable"):
        if count[k]:
            whole = total[k].sum()
            shares = {f"{c}_share": float(total[k, i] / whole) if whole else 0.0 for i, c in enumerate(CAUSES)}
            rows.append({**names[k], "n": int(count[k]), "waiting_s": float(whole), **shares})
    return rows
