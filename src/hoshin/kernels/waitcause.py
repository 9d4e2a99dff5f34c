"""Split each wait into what the resource was doing meanwhile, in n log n time."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hoshin.kernels.calendar import worked_before


@njit(cache=True, nogil=True)
def _find(parent: NDArray[np.int64], i: int) -> int:
    root = i
    while parent[root] != root:
        root = int(parent[root])
    while parent[i] != root:
        parent[i], i = root, int(parent[i])
    return root


@njit(cache=True, nogil=True)
def _prefix(tree: NDArray[np.int64], i: int) -> int:
    total = 0
    while i > 0:
        total += int(tree[i])
        i -= i & -i
    return total


@njit(cache=True, nogil=True)
def _points(a: NDArray[np.int64], b: NDArray[np.int64], c: NDArray[np.int64]) -> NDArray[np.int64]:
    """Distinct values, sorted."""
    ordered = np.sort(np.concatenate((a, b, c)))
    keep = 0
    for i in range(ordered.size):
        if i == 0 or ordered[i] != ordered[keep - 1]:
            ordered[keep] = ordered[i]
            keep += 1
    return ordered[:keep].copy()


@njit(cache=True, nogil=True)
def _busy(points: NDArray[np.int64], begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many instances run in each segment between points: int64 (points.size,), the last 0."""
    running = np.zeros(points.size, dtype=np.int64)
    at, until = np.searchsorted(points, begin), np.searchsorted(points, end)
    for j in range(begin.size):
        if at[j] < until[j]:
            running[at[j]] += 1
            running[until[j]] -= 1
    return np.cumsum(running)


@njit(cache=True, nogil=True)
def split_waits(
    members: NDArray[np.int64],
    first: NDArray[np.int64],
    enabled_ns: NDArray[np.int64],
    from_ns: NDArray[np.int64],
    begin_ns: NDArray[np.int64],
    end_ns: NDArray[np.int64],
    calendar: NDArray[np.int32],
    timetable: tuple[
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.int32],
        NDArray[np.int64],
    ],
) -> NDArray[np.int64]:
    """Nanoseconds of each wait [from, begin) by cause: int64 (n, 4) = contention, overtaken, off duty, rest.

    Resource r has the instances `members[first[r]:first[r + 1]]` and works by calendar `calendar[r]` of
    `timetable` (the arrays of `worked_before`). While the resource runs an instance enabled no later
    than this one, the wait is contention; while it runs only later ones, overtaken; while it runs none,
    off duty or the rest. Each instant has one cause, so a row sums to begin - from exactly.

    Instances enter a union of busy time in order of enablement (union-find over segments, Fenwick tree
    over lengths), so a query costs O(log m) however long the wait. O(m log m) per resource.
    Slow twin: tests/naive_waiting.py::split_waits.
    """
    out = np.zeros((begin_ns.size, 4), dtype=np.int64)
    opens, closes, befores, firsts, grid, spec = timetable
    for r in range(first.size - 1):
        own = members[first[r] : first[r + 1]]
        if own.size == 0:
            continue
        begin, end, start, enabled = begin_ns[own], end_ns[own], from_ns[own], enabled_ns[own]
        points = _points(begin, end, start)
        running = _busy(points, begin, end)
        worked = worked_before(points, calendar[r : r + 1], opens, closes, befores, firsts, grid, spec)
        busy = np.zeros(points.size, dtype=np.int64)
        idle = np.zeros(points.size, dtype=np.int64)
        for i in range(points.size - 1):
            if running[i] > 0:
                busy[i + 1] = busy[i] + points[i + 1] - points[i]
                idle[i + 1] = idle[i]
            else:
                busy[i + 1] = busy[i]
                idle[i + 1] = idle[i] + worked[i + 1] - worked[i]
        parent = np.arange(points.size)
        tree = np.zeros(points.size + 1, dtype=np.int64)
        order = np.argsort(enabled, kind="mergesort")
        at, until = np.searchsorted(points, begin), np.searchsorted(points, end)
        since = np.searchsorted(points, start)
        entered = 0
        for q in range(order.size):
            e = order[q]
            while entered < order.size and enabled[order[entered]] <= enabled[e]:
                j = order[entered]
                entered += 1
                i = _find(parent, at[j])
                while i < until[j]:
                    length = points[i + 1] - points[i]
                    k = i + 1
                    while k < tree.size:
                        tree[k] += length
                        k += k & -k
                    parent[i] = i + 1
                    i = _find(parent, i + 1)
            whole = begin[e] - start[e]
            before = _prefix(tree, at[e]) - _prefix(tree, since[e])
            taken = busy[at[e]] - busy[since[e]]
            rest = idle[at[e]] - idle[since[e]]
            row = out[own[e]]
            row[0] = before
            row[1] = taken - before
            row[2] = whole - taken - rest
            row[3] = rest
    return out


@njit(cache=True, nogil=True)
def share_time(
    members: NDArray[np.int64], first: NDArray[np.int64], begin_ns: NDArray[np.int64], end_ns: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Each instance's share of its resource's time, and the busy time of each resource, in ns.

    While a resource runs k instances at once, each gets 1/k of the time. Returns float64 (n,), 0 for
    instances without a resource, and int64 (n_resources,), the union of their spans; the shares of a
    resource add up to it. O(m log m). Slow twin: tests/naive_waiting.py::share_time.
    """
    out = np.zeros(begin_ns.size, dtype=np.float64)
    union = np.zeros(first.size - 1, dtype=np.int64)
    for r in range(first.size - 1):
        own = members[first[r] : first[r + 1]]
        if own.size == 0:
            continue
        begin, end = begin_ns[own], end_ns[own]
        points = _points(begin, end, end[:0])
        running = _busy(points, begin, end)
        shared = np.zeros(points.size, dtype=np.float64)
        for i in range(points.size - 1):
            length = points[i + 1] - points[i]
            shared[i + 1] = shared[i] + (length / running[i] if running[i] > 0 else 0.0)
            union[r] += length if running[i] > 0 else 0
        at, until = np.searchsorted(points, begin), np.searchsorted(points, end)
        for j in range(own.size):
            out[own[j]] = shared[until[j]] - shared[at[j]]
    return out, union


@njit(cache=True, nogil=True)
def idle_before(
    resource: NDArray[np.int32],
    worked_ns: NDArray[np.int64],
    members: NDArray[np.int64],
    first: NDArray[np.int64],
    worked_begin: NDArray[np.int64],
    worked_end: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Working time, up to each instant, in which the resource ran nothing: int64 (n_queries,), in ns.

    Everything is told in working time of the resource at hand (see `worked_before`): the instants
    `worked_ns` and the span of every instance. Members are sorted by begin within each resource.
    O((members + queries) log members). Slow twin: tests/naive_waiting.py::idle.
    """
    opens = np.empty(members.size, dtype=np.int64)
    closes = np.empty(members.size, dtype=np.int64)
    before = np.empty(members.size, dtype=np.int64)
    start = np.zeros(first.size, dtype=np.int64)
    n = 0
    for r in range(first.size - 1):
        total = np.int64(0)
        for m in range(first[r], first[r + 1]):
            a, b = worked_begin[members[m]], worked_end[members[m]]
            if n > start[r] and a <= closes[n - 1]:
                if b > closes[n - 1]:
                    total += b - closes[n - 1]
                    closes[n - 1] = b
            elif b > a:
                opens[n], closes[n], before[n] = a, b, total
                total += b - a
                n += 1
        start[r + 1] = n
    out = np.empty(resource.size, dtype=np.int64)
    for q in range(resource.size):
        lo, hi = start[resource[q]], start[resource[q] + 1]
        i = lo + np.searchsorted(opens[lo:hi], worked_ns[q], side="right") - 1
        busy = np.int64(0)
        if i >= lo:
            busy = before[i] + min(worked_ns[q], closes[i]) - opens[i]
        out[q] = worked_ns[q] - busy
    return out
