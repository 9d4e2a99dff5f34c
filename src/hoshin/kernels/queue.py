"""How many are present over time: areas under step functions, per group and window."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def occupancy(
    group: NDArray[np.int32],
    enter_ns: NDArray[np.int64],
    leave_ns: NDArray[np.int64],
    edges_ns: NDArray[np.int64],
    n_groups: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Time spent in each window, arrivals and departures: float64 and two int64 (n_groups, n_windows).

    `edges_ns` int64 (n_windows + 1,), increasing; window w is [edges[w], edges[w + 1]). An item of
    group g >= 0 is present in [enter, leave). Divided by the width of the window, the time (in ns) is
    the mean number present. O((n + windows) log windows). Slow twin: tests/naive_waiting.py::occupancy.
    """
    n_windows = edges_ns.size - 1
    area = np.zeros((n_groups, n_windows), dtype=np.float64)
    full = np.zeros((n_groups, n_windows + 1), dtype=np.float64)
    arrivals = np.zeros((n_groups, n_windows), dtype=np.int64)
    departures = np.zeros((n_groups, n_windows), dtype=np.int64)
    for n in range(group.size):
        g = group[n]
        if g < 0:
            continue
        i = np.searchsorted(edges_ns, enter_ns[n], side="right") - 1
        j = np.searchsorted(edges_ns, leave_ns[n], side="right") - 1
        if 0 <= i < n_windows:
            arrivals[g, i] += 1
        if 0 <= j < n_windows:
            departures[g, j] += 1
        enter, leave = max(enter_ns[n], edges_ns[0]), min(leave_ns[n], edges_ns[-1])
        if enter >= leave:
            continue
        i, j = max(i, 0), min(j, n_windows - 1)
        if i == j:
            area[g, i] += leave - enter
            continue
        area[g, i] += edges_ns[i + 1] - enter
        area[g, j] += leave - edges_ns[j]
        full[g, i + 1] += 1
        full[g, j] -= 1
    for g in range(n_groups):
        through = 0.0
        for w in range(n_windows):
            through += full[g, w]
            area[g, w] += through * (edges_ns[w + 1] - edges_ns[w])
    return area, arrivals, departures


@njit(cache=True, nogil=True)
def busy_spans(
    members: NDArray[np.int64], first: NDArray[np.int64], begin_ns: NDArray[np.int64], end_ns: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """The disjoint spans in which each resource runs something: resource int32, begin and end int64 (n_spans,).

    Members are sorted by begin within each resource. O(members).
    """
    who = np.empty(members.size, dtype=np.int32)
    opens = np.empty(members.size, dtype=np.int64)
    closes = np.empty(members.size, dtype=np.int64)
    n = 0
    for r in range(first.size - 1):
        fresh = True
        for m in range(first[r], first[r + 1]):
            a, b = begin_ns[members[m]], end_ns[members[m]]
            if not fresh and a <= closes[n - 1]:
                closes[n - 1] = max(closes[n - 1], b)
            elif b > a:
                who[n], opens[n], closes[n] = r, a, b
                n += 1
                fresh = False
    return who[:n].copy(), opens[:n].copy(), closes[:n].copy()


@njit(cache=True, nogil=True)
def find_peaks(
    group: NDArray[np.int32],
    t_ns: NDArray[np.int64],
    change: NDArray[np.int64],
    edges_ns: NDArray[np.int64],
    n_groups: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The most that are present at once in each window, and since when: two int64 (n_groups, n_windows).

    Changes of +1 and -1 in the number present, sorted by group, then time. A level counts where it lasts; its moment is
    the first of that level in the window, the window's begin for a window that nothing is present in.
    `edges_ns` as in `occupancy`. O(n + groups * windows). Slow twin: tests/naive_waiting.py::peaks.
    """
    n_windows = edges_ns.size - 1
    most = np.zeros((n_groups, n_windows), dtype=np.int64)
    since = np.empty((n_groups, n_windows), dtype=np.int64)
    for g in range(n_groups):
        since[g] = edges_ns[:-1]
    level, w = 0, 0
    for n in range(t_ns.size):
        g = group[n]
        if n == 0 or group[n - 1] != g:
            level, w = 0, 0
        level += change[n]
        last = n + 1 == t_ns.size or group[n + 1] != g
        if last or t_ns[n + 1] == t_ns[n]:
            continue
        begin, end = t_ns[n], t_ns[n + 1]
        while w < n_windows and edges_ns[w + 1] <= begin:
            w += 1
        v = w
        while v < n_windows and edges_ns[v] < end:
            if level > most[g, v]:
                most[g, v], since[g, v] = level, max(begin, edges_ns[v])
            v += 1
    return most, since


@njit(cache=True, nogil=True)
def describe_groups(
    offsets: NDArray[np.int64], value: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Size, and mean, median, 90th percentile and maximum, of the groups of `value`.

    Group g is `value[offsets[g]:offsets[g + 1]]`, which is sorted in place. Returns int64 (n_groups,)
    and float64 (n_groups, 4), NaN for an empty group. Percentiles interpolate linearly. O(n log n).
    """
    n_groups = offsets.size - 1
    count = np.empty(n_groups, dtype=np.int64)
    stats = np.full((n_groups, 4), np.nan)
    for g in range(n_groups):
        part = value[offsets[g] : offsets[g + 1]]
        count[g] = part.size
        if part.size == 0:
            continue
        part.sort()
        total = 0.0
        for k in range(part.size):
            total += part[k]
        stats[g, 0] = total / part.size
        for s, q in ((1, 0.5), (2, 0.9)):
            at = q * (part.size - 1)
            low = int(at)
            high = min(low + 1, part.size - 1)
            stats[g, s] = part[low] + (at - low) * (part[high] - part[low])
        stats[g, 3] = part[-1]
    return count, stats
