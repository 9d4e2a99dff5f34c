"""Batches read off the log: tasks done together as one job, or collected and released at one moment.

What waits for a batch waits for nobody: the rule that gathers it (so many, or so long) goes into the twin, and the
wait is no delay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hoshin.twin.observe import Tasks

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST_BATCHES = 20
# Of the tasks of an activity that must be in batches, and how alike batches must be for a rule.
MOSTLY = 0.8
ALIKE = 0.15


@dataclass(frozen=True, slots=True)
class Batch:
    """`size` tasks, or those there `wait_s` after the first (None: however long), are released; `together`: as one
    job."""

    size: int
    wait_s: float | None
    together: bool


def done_together(tasks: Tasks) -> tuple[dict[int, Batch], Tasks]:
    """Activities whose tasks one resource begins and ends several at a time, to the instant; and the tasks as the
    people saw them: one of each job is theirs, and all are there when the last of them is."""
    key = np.stack([tasks.act.astype(float), tasks.res.astype(float), tasks.begin, tasks.end], axis=1)
    _, job, size = np.unique(key, axis=0, return_inverse=True, return_counts=True)
    job = job.ravel()
    found: dict[int, Batch] = {}
    res, enabled = tasks.res.copy(), tasks.enabled.copy()
    for a in range(len(tasks.log.activities)):
        rows = np.flatnonzero((tasks.act == a) & (tasks.res >= 0) & (tasks.end > tasks.begin))
        if rows.size < LEAST_BATCHES or (size[job[rows]] > 1).mean() < MOSTLY:
            continue
        rule = _rule(*_gathered(job[rows], tasks.enabled[rows]), together=True)
        if rule is None:
            continue
        found[a] = rule
        order = rows[np.lexsort((enabled[rows], job[rows]))]
        last = np.append(job[order][1:] != job[order][:-1], True)
        res[order[~last]] = -1
        there = np.zeros(size.size)
        np.maximum.at(there, job[rows], tasks.enabled[rows])
        enabled[rows] = there[job[rows]]
    return found, replace(tasks, res=res, enabled=enabled) if found else tasks


def released(tasks: Tasks, ready: Floats) -> dict[int, Batch]:
    """Activities whose tasks wait for nobody and then become ready several at one moment."""
    found = {}
    for a in range(len(tasks.log.activities)):
        rows = np.flatnonzero((tasks.act == a) & (tasks.res >= 0))
        if rows.size < LEAST_BATCHES:
            continue
        held = ready[rows] > tasks.enabled[rows] + 1.0
        _, group, size = np.unique(np.round(ready[rows]), return_inverse=True, return_counts=True)
        several = size[group] > 1
        if held.mean() < 0.5 or several.mean() < 0.6:  # those that then queue seem ready later, one by one
            continue
        rows = rows[several]
        rule = _rule(*_gathered(group[several], tasks.enabled[rows], ready[rows]), together=False)
        if rule is not None:
            found[a] = rule
    return found


def _gathered(group: Ints, enabled: Floats, ready: Floats | None = None) -> tuple[Ints, Floats]:
    """Size of each batch, and seconds from its first task to its release (or its last task)."""
    n = int(group.max()) + 1
    first, last = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(first, group, enabled)
    np.maximum.at(last, group, enabled if ready is None else ready)
    size = np.bincount(group, minlength=n)
    return size[size > 0], (last - first)[size > 0]


def _rule(size: Ints, wait_s: Floats, *, together: bool) -> Batch | None:
    """So many, or so long: whichever nearly all batches share."""
    if size.size < LEAST_BATCHES:
        return None
    usual = int(np.median(size))
    if usual > 1 and (size == usual).mean() >= MOSTLY:
        return Batch(usual, None, together)
    long = float(np.median(wait_s))
    if long > 0 and (np.abs(wait_s - long) <= ALIKE * long).mean() >= MOSTLY:
        return Batch(int(size.max() * 100), long, together)
    return None
