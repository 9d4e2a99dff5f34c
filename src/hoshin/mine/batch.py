"""Batches: work that a resource lets gather and then does together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels import waitcause as kernel
from hoshin.mine.calendar import ALWAYS, Calendar, calendars_by_resource
from hoshin.mine.instance import Instances
from hoshin.mine.timetable import timetable
from hoshin.units import NS_PER_S

KINDS = ("parallel", "sequential", "concurrent")


@dataclass(frozen=True, slots=True, eq=False)
class Batches:
    """`of` int64 (n,): the batch of each instance, -1 for none. `kind` int8 (n_batches,) into KINDS, `size`
    int64 (n_batches,). `ready_ns` int64 (n,): since when the last member was possible, the instance's
    own enablement where it is in no batch."""

    of: NDArray[np.int64]
    kind: NDArray[np.int8]
    size: NDArray[np.int64]
    ready_ns: NDArray[np.int64]


def find_batches(
    work: Instances,
    *,
    calendars: dict[str, Calendar] | None = None,
    default: Calendar = ALWAYS,
    gap_s: float = 0.0,
    patience_s: float = 60.0,
) -> Batches:
    """Batches of one activity by one resource: parallel (same begin and end), sequential or concurrent.

    Members follow each other within `gap_s`, and all were possible before the first began. Parallel
    members make a batch as they are. For the others that is not enough: a queue behind a busy clerk
    looks the same. They are a batch only if the resource was on duty and idle for more than
    `patience_s` while a member already waited for the last one to come. Source: the batch types of
    Martin et al., "Batch processing: definition and event log identification" (2015); the idleness rule
    is ours.
    """
    log, n = work.log, work.begin_ns.size
    of = np.full(n, -1, dtype=np.int64)
    candidates, kinds = _runs(work, int(gap_s * NS_PER_S))
    if not candidates:
        return Batches(of, np.zeros(0, np.int8), np.zeros(0, np.int64), work.enabled_ns)
    bounds = np.array([(work.enabled_ns[m].min(), work.enabled_ns[m].max()) for m in candidates])
    who = np.array([work.resource[m[0]] for m in candidates], dtype=np.int32)
    chosen, which = calendars_by_resource(log.resources, calendars or {}, default)
    lo, hi = int(work.enabled_ns.min()), int(work.end_ns.max())
    table = timetable(chosen, lo, hi)
    number = np.append(np.array(which, dtype=np.int32), np.int32(0))
    worked_begin = table.worked_before(work.begin_ns, number[work.resource])
    worked_end = table.worked_before(work.end_ns, number[work.resource])
    idle = [
        kernel.idle_before(
            who, table.worked_before(bounds[:, k].copy(), number[who]), work.members, work.first,
            worked_begin, worked_end,
        )
        for k in (0, 1)
    ]  # fmt: skip
    kept = (np.array(kinds) == 0) | (idle[1] - idle[0] > patience_s * NS_PER_S)
    ready = work.enabled_ns.copy()
    members = [m for m, keep in zip(candidates, kept) if keep]
    for number_, batch in enumerate(members):
        of[batch] = number_
        ready[batch] = work.enabled_ns[batch].max()
    return Batches(
        of,
        np.array(kinds, dtype=np.int8)[kept],
        np.array([m.size for m in members], dtype=np.int64),
        np.minimum(ready, work.begin_ns),
    )


def batch_table(work: Instances, batches: Batches) -> list[dict[str, Any]]:
    """Per activity: how many batches, of which kind and size, and what waiting for them costs."""
    rows = []
    held = batches.of >= 0
    for a, name in enumerate(work.log.activities):
        here = held & (work.log.activity == a)
        if not here.any():
            continue
        numbers = np.unique(batches.of[here])
        kind, size = batches.kind[numbers], batches.size[numbers]
        gathered = (batches.ready_ns - work.enabled_ns)[here] / NS_PER_S
        rows.append(
            {
                "activity": name,
                "batches": int(numbers.size),
                "batched_share": float(here.sum() / (work.log.activity == a).sum()),
                "mean_size": float(size.mean()),
                "largest": int(size.max()),
                **{kind_name: int((kind == k).sum()) for k, kind_name in enumerate(KINDS)},
                "mean_gathering_s": float(gathered.mean()),
                "total_gathering_s": float(gathered.sum()),
            }
        )
    return sorted(rows, key=lambda row: -row["total_gathering_s"])


def _runs(work: Instances, gap_ns: int) -> tuple[list[NDArray[np.int64]], list[int]]:
    """Maximal runs of one activity by one resource, each within the gap of the last, all possible before the first."""
    resource, activity = work.resource, work.log.activity
    order = np.lexsort((work.enabled_ns, work.end_ns, work.begin_ns, activity, resource))
    order = order[resource[order] >= 0]
    begin, end, enabled = work.begin_ns[order], work.end_ns[order], work.enabled_ns[order]
    runs: list[NDArray[np.int64]] = []
    kinds: list[int] = []
    # Only neighbours that could belong together start a closer look: most instances never do.
    kin = (resource[order][1:] == resource[order][:-1]) & (activity[order][1:] == activity[order][:-1])
    near = kin & (begin[1:] <= end[:-1] + gap_ns) & (enabled[1:] <= begin[:-1])
    free = 0
    for s in np.flatnonzero(near).tolist():
        if s < free:
            continue
        reach, stop = end[s], s + 1
        while stop < order.size and kin[stop - 1] and begin[stop] <= reach + gap_ns and enabled[stop] <= begin[s]:
            reach = max(reach, end[stop])
            stop += 1
        free = stop
        runs.append(order[s:stop])
        same = (begin[s:stop] == begin[s]).all() and (end[s:stop] == end[s]).all()
        apart = (begin[s + 1 : stop] >= end[s : stop - 1]).all()
        kinds.append(0 if same else 1 if apart else 2)
    return runs, kinds
