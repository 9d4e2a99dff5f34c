"""Optimal alignments of traces with any Petri net: A* over trace position and marking.

The lower bound is a sum over parts of the net that behave as automata (places that hold one token
together): each part bounds the cost of the activities given to it, and no activity is given to two.
A move on the log alone or on a visible activity of the model alone costs 1, all else 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

FAR = 1 << 28
SILENT = -1
# What an activity costs that no part bounds, and one that the model does not have.
UNBOUND, UNKNOWN = -1, -2


class Net(NamedTuple):
    """Transition t takes `pre[pre_at[t]:pre_at[t + 1]]`, rows (place, weight), and gives `post` likewise; `label`
    int32 (T,) is its activity or SILENT. `initial` and `final` int32 (P,) are markings."""

    pre_at: NDArray[np.int32]
    pre: NDArray[np.int32]
    post_at: NDArray[np.int32]
    post: NDArray[np.int32]
    label: NDArray[np.int32]
    initial: NDArray[np.int32]
    final: NDArray[np.int32]


class Parts(NamedTuple):
    """Part c has `states[c]` states, ends in `final[c]` and owns `arc[arc_at[c]:arc_at[c + 1]]`, rows (source, target,
    activity given to the part, or SILENT if free); source -1 stands for an activity possible in any state.
    `state_of` int32 (C, P) is the state a marked place means (-1: not of the part); `part_of` int32 (L,) the
    part of an activity, UNBOUND or UNKNOWN."""

    states: NDArray[np.int32]
    final: NDArray[np.int32]
    arc_at: NDArray[np.int32]
    arc: NDArray[np.int32]
    state_of: NDArray[np.int32]
    part_of: NDArray[np.int32]


class Book(NamedTuple):
    """Markings met so far, numbered: tokens, states per part, successors `next[at:at + many]` of (transition, marking).
    `slot` is the hash table; `used` counts markings and successors."""

    tokens: NDArray[np.int16]
    states: NDArray[np.int16]
    at: NDArray[np.int32]
    many: NDArray[np.int32]
    next: NDArray[np.int32]
    slot: NDArray[np.int32]
    used: NDArray[np.int64]


class Nodes(NamedTuple):
    """Search nodes: rows (cost, position, marking, parent, activity fired or -1 for a log move and -2 for nothing,
    whether an event was taken, next in bucket). `bucket` holds the newest node per estimate."""

    row: NDArray[np.int32]
    bucket: NDArray[np.int32]


@njit(cache=True, nogil=True)
def open_book(net: Net, parts: Parts, limit: int) -> Book:
    """An empty book with room for `limit` markings (untouched memory costs nothing)."""
    size = 16
    while size < 2 * limit:
        size *= 2
    return Book(
        np.empty((limit, net.initial.size), dtype=np.int16),
        np.empty((limit, parts.states.size), dtype=np.int16),
        np.full(limit, -1, dtype=np.int32),
        np.zeros(limit, dtype=np.int32),
        np.empty((limit * 8, 2), dtype=np.int32),
        np.full(size, -1, dtype=np.int32),
        np.zeros(2, dtype=np.int64),
    )


@njit(cache=True, nogil=True)
def number(book: Book, parts: Parts, marking: NDArray[np.int32]) -> int:
    """The number of `marking`, new or known; -1 if the book is full."""
    h = np.uint64(14695981039346656037)
    for p in range(marking.size):
        h = (h ^ np.uint64(marking[p])) * np.uint64(1099511628211)
    h ^= h >> np.uint64(31)
    mask = book.slot.size - 1
    slot = np.int64(h & np.uint64(mask))
    while book.slot[slot] >= 0:
        m = book.slot[slot]
        same = True
        for p in range(marking.size):
            if book.tokens[m, p] != marking[p]:
                same = False
                break
        if same:
            return int(m)
        slot = (slot + 1) & mask
    m = book.used[0]
    if m >= book.tokens.shape[0]:
        return -1
    book.used[0] += 1
    book.slot[slot] = m
    for p in range(marking.size):
        book.tokens[m, p] = marking[p]
    for c in range(parts.states.size):
        book.states[m, c] = -1
        for p in range(marking.size):
            if marking[p] > 0 and parts.state_of[c, p] >= 0:
                book.states[m, c] = parts.state_of[c, p]
    return int(m)


@njit(cache=True, nogil=True)
def expand(book: Book, net: Net, parts: Parts, m: int) -> bool:
    """Write down the successors of marking `m`; False if the book is full."""
    book.at[m] = book.used[1]
    marking = np.empty(net.initial.size, dtype=np.int32)
    for t in range(net.label.size):
        enabled = True
        for x in range(net.pre_at[t], net.pre_at[t + 1]):
            if book.tokens[m, net.pre[x, 0]] < net.pre[x, 1]:
                enabled = False
                break
        if not enabled:
            continue
        for p in range(marking.size):
            marking[p] = book.tokens[m, p]
        for x in range(net.pre_at[t], net.pre_at[t + 1]):
            marking[net.pre[x, 0]] -= net.pre[x, 1]
        for x in range(net.post_at[t], net.post_at[t + 1]):
            marking[net.post[x, 0]] += net.post[x, 1]
            if marking[net.post[x, 0]] > 30_000:
                return False
        after = number(book, parts, marking)
        if after < 0 or book.used[1] >= book.next.shape[0]:
            return False
        book.next[book.used[1], 0] = t
        book.next[book.used[1], 1] = after
        book.used[1] += 1
        book.many[m] += 1
    return True


@njit(cache=True, nogil=True)
def bounds(parts: Parts, trace: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Least cost per part, state and position to complete: `least` int32 (sum of columns x states,), `column` int32
    (C, n + 1) where the column of a position starts, and `unknown` int32 (n + 1,) events the model lacks."""
    n, n_parts = trace.size, parts.states.size
    column = np.zeros((n_parts, n + 1), dtype=np.int32)
    unknown = np.zeros(n + 1, dtype=np.int32)
    for e in range(n - 1, -1, -1):
        unknown[e] = unknown[e + 1] + (1 if parts.part_of[trace[e]] == UNKNOWN else 0)
    size = 0
    for c in range(n_parts):
        column[c, n] = size
        size += parts.states[c]
        for e in range(n - 1, -1, -1):
            column[c, e] = column[c, e + 1]
            if parts.part_of[trace[e]] == c:
                column[c, e] = size
                size += parts.states[c]
    least = np.full(size, FAR, dtype=np.int32)
    for c in range(n_parts):
        least[column[c, n] + parts.final[c]] = 0
        for e in range(n, -1, -1):
            here = column[c, e]
            if e < n:
                if here == column[c, e + 1]:
                    continue
                before = column[c, e + 1]
                for s in range(parts.states[c]):
                    least[here + s] = min(least[before + s] + 1, FAR)
                for x in range(parts.arc_at[c], parts.arc_at[c + 1]):
                    if parts.arc[x, 2] == trace[e]:
                        if parts.arc[x, 0] < 0:
                            for s in range(parts.states[c]):
                                least[here + s] = min(least[here + s], least[before + s])
                        else:
                            s = here + parts.arc[x, 0]
                            least[s] = min(least[s], least[before + parts.arc[x, 1]])
            changed = True
            while changed:
                changed = False
                for x in range(parts.arc_at[c], parts.arc_at[c + 1]):
                    if parts.arc[x, 0] >= 0:
                        d = least[here + parts.arc[x, 1]] + (0 if parts.arc[x, 2] == SILENT else 1)
                        if d < least[here + parts.arc[x, 0]]:
                            least[here + parts.arc[x, 0]] = d
                            changed = True
    return least, column, unknown


@njit(cache=True, nogil=True)
def place(table: NDArray[np.int32], row: NDArray[np.int32], position: int, m: int) -> int:
    """The slot of the state (position, marking m) in the hash table of nodes."""
    h = (np.uint64(m) * np.uint64(0x9E3779B97F4A7C15)) ^ (np.uint64(position) * np.uint64(0xC2B2AE3D27D4EB4F))
    h ^= h >> np.uint64(29)
    mask = table.size - 1
    slot = np.int64(h & np.uint64(mask))
    while table[slot] >= 0 and (row[table[slot], 1] != position or row[table[slot], 2] != m):
        slot = (slot + 1) & mask
    return int(slot)


@njit(cache=True, nogil=True)
def search(net: Net, parts: Parts, book: Book, nodes: Nodes, trace: NDArray[np.int32], highest: int) -> int:
    """The node that completes an optimal alignment; -1 at the limits, -2 if none costs at most `highest`."""
    least, column, unknown = bounds(parts, trace)
    row, bucket, n = nodes.row, nodes.bucket, trace.size
    bucket[: highest + 1] = -1
    table = np.full(1 << 10, -1, dtype=np.int32)
    goal = number(book, parts, net.final)
    made, estimate = 0, 0
    # Candidate steps from one node: cost, position, marking, activity fired, event taken.
    step = np.zeros(5, dtype=np.int64)
    at = -1
    while True:
        n_steps = 1 if at < 0 else 1 + 2 * book.many[row[at, 2]]
        for k in range(n_steps):
            if at < 0:
                step[0], step[1], step[2], step[3], step[4] = 0, 0, number(book, parts, net.initial), -2, 0
            elif k == 0:
                if row[at, 1] == n:
                    continue
                step[0], step[1], step[2], step[3], step[4] = row[at, 0] + 1, row[at, 1] + 1, row[at, 2], -1, 1
            else:
                x = book.at[row[at, 2]] + (k - 1) // 2
                label = net.label[book.next[x, 0]]
                step[1], step[2], step[4] = row[at, 1], book.next[x, 1], 0
                step[3] = label if label != SILENT else -2
                if (k - 1) % 2 == 0:
                    step[0] = row[at, 0] + (0 if label == SILENT else 1)
                elif label != SILENT and row[at, 1] < n and trace[row[at, 1]] == label:
                    step[0], step[1], step[4] = row[at, 0], row[at, 1] + 1, 1
                else:
                    continue
            f = step[0] + unknown[step[1]]
            for c in range(parts.states.size):
                f += least[column[c, step[1]] + book.states[step[2], c]]
            if f > highest:
                continue
            slot = place(table, row, step[1], step[2])
            if table[slot] >= 0 and row[table[slot], 0] <= step[0]:
                continue
            if made >= row.shape[0]:
                return -1
            row[made, 0], row[made, 1], row[made, 2] = step[0], step[1], step[2]
            row[made, 3], row[made, 4], row[made, 5] = at, step[3], step[4]
            row[made, 6] = bucket[f]
            bucket[f] = made
            table[slot] = made
            made += 1
            if 2 * made > table.size:
                table = np.full(4 * table.size, -1, dtype=np.int32)
                for x in range(made):
                    slot = place(table, row, row[x, 1], row[x, 2])
                    if table[slot] < 0 or row[x, 0] < row[table[slot], 0]:
                        table[slot] = x
            estimate = min(estimate, f)
        while True:
            while estimate <= highest and bucket[estimate] < 0:
                estimate += 1
            if estimate > highest:
                return -2
            at = bucket[estimate]
            bucket[estimate] = row[at, 6]
            if table[place(table, row, row[at, 1], row[at, 2])] == at:
                break
        if row[at, 1] == n and row[at, 2] == goal:
            return int(at)
        if book.at[row[at, 2]] < 0 and not expand(book, net, parts, row[at, 2]):
            return -1


@njit(cache=True, nogil=True)
def align_net(
    net: Net, parts: Parts, activity: NDArray[np.int32], start: NDArray[np.int64], shortest: int, limit: int
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """An optimal alignment of each trace `activity[start[v]:start[v + 1]]`.

    `shortest` is the least number of events of a run (a bound on costs), `limit` the most markings and the
    most search nodes per trace, times 4. Returns as `kernels.align.align_blocks`: `cost` (-1 where the limit
    was reached, -2 where no run completes), `offset`, `event`, `fires`.
    Source: Adriansyah, Aligning Observed and Modeled Behavior (2014); the bound is cost partitioning over
    state-machine components. Slow twin: tests/naive_align.py::cheapest.
    """
    n = start.size - 1
    cost = np.zeros(n, dtype=np.int32)
    offset = np.zeros(n + 1, dtype=np.int64)
    event = np.empty(max(16, 2 * activity.size), dtype=np.int32)
    fires = np.empty(event.size, dtype=np.int32)
    longest = 0
    for v in range(n):
        longest = max(longest, start[v + 1] - start[v])
    book = open_book(net, parts, limit)
    nodes = Nodes(
        np.empty((4 * limit, 7), dtype=np.int32), np.empty(longest + shortest + 1, dtype=np.int32)
    )  # fmt: skip
    for v in range(n):
        trace = activity[start[v] : start[v + 1]]
        at = search(net, parts, book, nodes, trace, trace.size + shortest)
        if at < 0:
            cost[v] = at
            offset[v + 1] = offset[v]
            continue
        cost[v] = nodes.row[at, 0]
        size, x = 0, at
        while x >= 0:
            size += 1 if nodes.row[x, 4] != -2 else 0
            x = nodes.row[x, 3]
        offset[v + 1] = offset[v] + size
        while offset[v + 1] > event.size:
            event = np.concatenate((event, np.empty_like(event)))
            fires = np.concatenate((fires, np.empty_like(fires)))
        y = offset[v + 1]
        while at >= 0:
            if nodes.row[at, 4] != -2:
                y -= 1
                event[y] = nodes.row[at, 1] - 1 if nodes.row[at, 5] else -1
                fires[y] = nodes.row[at, 4]
            at = nodes.row[at, 3]
    return cost, offset, event[: offset[n]].copy(), fires[: offset[n]].copy()
