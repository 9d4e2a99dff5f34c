"""Optimal alignments of traces with block-structured models, by dynamic programming.

A model is cut into regions: automata without parallelism, whose edges are silent, an activity, or a
parallel block; the branches of a block are regions again, with disjoint activities. So a block splits
into one independent problem per branch on the events of that branch, and the whole stays polynomial.
A move on the log alone or on a visible activity of the model alone costs 1, all else 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

SILENT, ACTIVITY, BLOCK = 0, 1, 2
# A region that is one activity has a closed form: exactly once, at most once, at least once, any number.
GENERAL, ONCE, OPTIONAL, REPEATED, ANY = 0, 1, 2, 3, 4
FAR = 1 << 28


class Regions(NamedTuple):
    """Region r has `region[r]`: first edge, end of edges, states, shape and activity (of a closed form). Its states
    are 0 (start), 1 (end), 2 ... . Edge e has `edge[e]`: source, target, kind (SILENT, ACTIVITY or BLOCK) and value
    (the activity or block). Block k has the branches `branch[block[k, 0]:block[k, 1]]`, which are regions, and
    costs `block[k, 2]` to pass without events. All int32. `region_has` bool (R, L) and `block_has` bool (K, L)
    are alphabets (region 0 has every activity), `branch_of` int32 (K, L) the branch of an activity."""

    region: NDArray[np.int32]
    edge: NDArray[np.int32]
    block: NDArray[np.int32]
    branch: NDArray[np.int32]
    region_has: NDArray[np.bool_]
    block_has: NDArray[np.bool_]
    branch_of: NDArray[np.int32]


class Desk(NamedTuple):
    """Work space for one trace of n events.

    `at[r, :rank[r, n]]` are the positions in the trace of the events of region r, `rank[r, e]` how many stand
    before position e; the same of block k in `block_at` and `block_rank`. `cell[x]` holds distance, predecessor
    edge and predecessor column, for region r from x = `base[r, 0]`, column by column; `row[base[r, 1] +
    i * (m + 1) + j]` is the cost of its events i..j, known if `done[r, i]`. `entered[e]` is the cheapest
    entry so far into the block of edge e.
    """

    at: NDArray[np.int32]
    rank: NDArray[np.int32]
    block_at: NDArray[np.int32]
    block_rank: NDArray[np.int32]
    base: NDArray[np.int64]
    cell: NDArray[np.int32]
    row: NDArray[np.int32]
    done: NDArray[np.bool_]
    entered: NDArray[np.int32]


@njit(cache=True, nogil=True)
def lay_out(model: Regions, trace: NDArray[np.int32]) -> Desk:
    """Project `trace` on every region and block and make room for their tables."""
    n_regions, n_blocks, n = model.region.shape[0], model.block.shape[0], trace.size
    at = np.empty((n_regions, n), dtype=np.int32)
    rank = np.zeros((n_regions, n + 1), dtype=np.int32)
    block_at = np.empty((n_blocks, n), dtype=np.int32)
    block_rank = np.zeros((n_blocks, n + 1), dtype=np.int32)
    base = np.zeros((n_regions + 1, 2), dtype=np.int64)
    for r in range(n_regions):
        m = 0
        for e in range(n):
            if model.region_has[r, trace[e]]:
                at[r, m] = e
                m += 1
            rank[r, e + 1] = m
        general = model.region[r, 3] == GENERAL
        base[r + 1, 0] = base[r, 0] + (np.int64(m + 1) * model.region[r, 2] if general else 0)
        base[r + 1, 1] = base[r, 1] + (np.int64(m + 1) * (m + 1) if general and r > 0 else 0)
    for k in range(n_blocks):
        m = 0
        for e in range(n):
            if model.block_has[k, trace[e]]:
                block_at[k, m] = e
                m += 1
            block_rank[k, e + 1] = m
    cell = np.empty((base[n_regions, 0], 3), dtype=np.int32)
    row = np.empty(base[n_regions, 1], dtype=np.int32)
    done = np.zeros((n_regions, n + 1), dtype=np.bool_)
    entered = np.empty(model.edge.shape[0], dtype=np.int32)
    return Desk(at, rank, block_at, block_rank, base, cell, row, done, entered)


@njit(cache=True, nogil=True)
def closed_form(shape: int, n: int) -> int:
    """Cost of `n` events of the one activity of a region."""
    if shape == ONCE:
        return n - 1 if n > 0 else 1
    if shape == OPTIONAL:
        return n - 1 if n > 1 else 0
    if shape == REPEATED:
        return 0 if n > 0 else 1
    return 0


@njit(cache=True, nogil=True)
def lower(cell: NDArray[np.int32], x: int, d: int, edge: int, column: int) -> bool:
    """Write distance `d` and where it came from into cell `x` if it is nearer."""
    if d >= cell[x, 0]:
        return False
    cell[x, 0], cell[x, 1], cell[x, 2] = d, edge, column
    return True


@njit(cache=True, nogil=True)
def advance(
    model: Regions, desk: Desk, trace: NDArray[np.int32], r: int, first: int, p: int, wanted: NDArray[np.int64]
) -> int:
    """Distances in region `r` from its start before event `first` to every state, from column `p` on.

    Returns -1 when all columns are done; else the column to come back to when the row `wanted` (branch,
    begin) is known. Entering a block later by log moves alone is never better than entering it at once,
    because each of its branches may make the same log moves: such entries are skipped, and the rows of the
    branches they would ask for are never computed.
    """
    n_states, m = model.region[r, 2], desk.rank[r, trace.size]
    base, lo, hi = desk.base[r, 0], model.region[r, 0], model.region[r, 1]
    cell, edge = desk.cell, model.edge
    if p == first:
        for x in range(base + first * n_states, base + (m + 1) * n_states):
            cell[x, 0] = FAR
        cell[base + first * n_states, 0] = 0
        cell[base + first * n_states, 1] = -1
        desk.entered[lo:hi] = FAR
    while True:
        here = base + p * n_states
        changed = True
        while changed:
            changed = False
            for e in range(lo, hi):
                d = cell[here + edge[e, 0], 0]
                if edge[e, 2] == ACTIVITY:
                    d += 1
                elif edge[e, 2] == BLOCK:
                    d += model.block[edge[e, 3], 2]
                changed |= lower(cell, here + edge[e, 1], d, e, p)
        if p == m:
            return -1
        position = desk.at[r, p]
        activity = trace[position]
        after = here + n_states
        for s in range(n_states):
            lower(cell, after + s, cell[here + s, 0] + 1, -2, p)
        for e in range(lo, hi):
            d = cell[here + edge[e, 0], 0]
            if d >= FAR:
                continue
            if edge[e, 2] == ACTIVITY and edge[e, 3] == activity:
                lower(cell, after + edge[e, 1], d, e, p)
            elif edge[e, 2] == BLOCK and model.block_has[edge[e, 3], activity] and d - p < desk.entered[e]:
                k = edge[e, 3]
                for b in range(model.block[k, 0], model.block[k, 1]):
                    c = model.branch[b]
                    begin = desk.rank[c, position]
                    if model.region[c, 3] == GENERAL and begin < desk.rank[c, trace.size] and not desk.done[c, begin]:
                        wanted[0], wanted[1] = c, begin
                        return p
                desk.entered[e] = d - p
                cross(model, desk, trace, r, e, p)
        p += 1


@njit(cache=True, nogil=True)
def cross(model: Regions, desk: Desk, trace: NDArray[np.int32], r: int, e: int, p: int) -> None:
    """Enter the block of edge `e` before event `p` of region `r` and leave it after each of the block's later events.

    One branch moves on per event; the rows of the branches are known.
    """
    k, position, n_states = model.edge[e, 3], desk.at[r, p], model.region[r, 2]
    cost = desk.cell[desk.base[r, 0] + p * n_states + model.edge[e, 0], 0] + model.block[k, 2]
    i = desk.block_rank[k, position]
    for j in range(i, desk.block_rank[k, trace.size]):
        where = desk.block_at[k, j]
        c = model.branch_of[k, trace[where]]
        begin, end = desk.rank[c, position], desk.rank[c, where]
        if model.region[c, 3] != GENERAL:
            n = end - begin
            cost += closed_form(model.region[c, 3], n + 1) - closed_form(model.region[c, 3], n)
        else:
            x = desk.base[c, 1] + np.int64(begin) * (desk.rank[c, trace.size] + 1) + end
            cost += desk.row[x + 1] - desk.row[x]
        q = desk.rank[r, where] + 1
        to = desk.base[r, 0] + q * n_states + model.edge[e, 1]
        lower(desk.cell, to, cost + (q - p) - (j + 1 - i), e, p)


@njit(cache=True, nogil=True)
def solve(model: Regions, desk: Desk, trace: NDArray[np.int32], r: int, first: int, stack: NDArray[np.int64]) -> None:
    """Fill the table of region `r` from column `first`, and before it every row of a branch that it asks for."""
    wanted = np.empty(2, dtype=np.int64)
    stack[0, 0], stack[0, 1], stack[0, 2] = r, first, first
    size = 1
    while size:
        c, begin = stack[size - 1, 0], stack[size - 1, 1]
        back = advance(model, desk, trace, c, begin, stack[size - 1, 2], wanted)
        if back >= 0:
            stack[size - 1, 2] = back
            stack[size, 0], stack[size, 1], stack[size, 2] = wanted[0], wanted[1], wanted[1]
            size += 1
            continue
        size -= 1
        if c > 0:
            width = desk.rank[c, trace.size] + 1
            x = desk.base[c, 1] + np.int64(begin) * width
            for q in range(begin, width):
                desk.row[x + q] = desk.cell[desk.base[c, 0] + q * model.region[c, 2] + 1, 0]
            desk.done[c, begin] = True


@njit(cache=True, nogil=True)
def put(out: NDArray[np.int32], size: int, key: int, event: int, fires: int) -> int:
    out[0, size], out[1, size], out[2, size] = key, event, fires
    return size + 1


@njit(cache=True, nogil=True)
def simple_moves(model: Regions, desk: Desk, frame: NDArray[np.int64], out: NDArray[np.int32], size: int) -> int:
    """Moves of a region that is one activity, over its events `frame[4]`..`frame[1]`, latest first."""
    c, j, stop, i = frame[0], frame[1], frame[3], frame[4]
    shape, activity = model.region[c, 3], model.region[c, 4]
    if i == j and shape in (ONCE, REPEATED):
        return put(out, size, 2 * stop, -1, activity)
    for x in range(j - 1, i - 1, -1):
        fits = shape in (REPEATED, ANY) or x == i
        size = put(out, size, 2 * desk.at[c, x] + 1, desk.at[c, x], activity if fits else -1)
    return size


@njit(cache=True, nogil=True)
def trace_back(
    model: Regions, desk: Desk, trace: NDArray[np.int32], out: NDArray[np.int32], stack: NDArray[np.int64]
) -> int:
    """Write the moves of the best path, latest first, to `out` (3, capacity); returns how many, -1 if `out` is full.

    Rows of `out`: key to order by, position in the trace (-1: model move), activity of the model (-1: log move).
    A frame of work is region, last column, column and state now, the trace position at which what follows
    begins, and the first column (as "to be filled" while the state is -1).
    """
    n = trace.size
    frames = np.empty((2 * model.region.shape[0] + 2, 6), dtype=np.int64)
    frames[0] = np.array([0, n, n, n, 0, 1], dtype=np.int64)
    depth, size = 1, 0
    while depth:
        frame = frames[depth - 1]
        r, last, bound = frame[0], frame[1], frame[3]
        if size + 2 * n + 4 >= out.shape[1]:
            return -1
        if model.region[r, 3] != GENERAL:
            size = simple_moves(model, desk, frame, out, size)
            depth -= 1
            continue
        if frame[5] < 0:
            solve(model, desk, trace, r, frame[4], stack)
            frame[5] = 1
        p = frame[2]
        x = desk.base[r, 0] + p * model.region[r, 2] + frame[5]
        e, begin = desk.cell[x, 1], desk.cell[x, 2]
        if e == -1:
            depth -= 1
            continue
        frame[2] = begin
        here = 2 * (desk.at[r, p] if p < last else bound)
        if e == -2:
            size = put(out, size, 2 * desk.at[r, begin] + 1, desk.at[r, begin], -1)
            continue
        frame[5] = model.edge[e, 0]
        value = model.edge[e, 3]
        if model.edge[e, 2] == ACTIVITY:
            if begin == p:
                size = put(out, size, here, -1, value)
            else:
                size = put(out, size, 2 * desk.at[r, begin] + 1, desk.at[r, begin], value)
        elif model.edge[e, 2] == BLOCK:
            start = stop = here // 2
            if begin < p:
                start, stop = np.int64(desk.at[r, begin]), np.int64(desk.at[r, p - 1] + 1)
            for y in range(begin, p):
                if not model.block_has[value, trace[desk.at[r, y]]]:
                    size = put(out, size, 2 * desk.at[r, y] + 1, desk.at[r, y], -1)
            for b in range(model.block[value, 0], model.block[value, 1]):
                c = model.branch[b]
                frames[depth, 0], frames[depth, 1], frames[depth, 2] = c, desk.rank[c, stop], desk.rank[c, stop]
                frames[depth, 3], frames[depth, 4], frames[depth, 5] = stop, desk.rank[c, start], -1
                depth += 1
    return size


@njit(cache=True, nogil=True)
def align_blocks(
    model: Regions, activity: NDArray[np.int32], start: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """An optimal alignment of each trace `activity[start[v]:start[v + 1]]`.

    Returns `cost` int32 (n,), `offset` int64 (n + 1,), and per move `event` int32 (position in the trace, -1
    = model move) and `fires` int32 (activity of the model, -1 = log move); silent moves are left out.
    About O(m^2) per region for a trace with m events in it, O(m^3) at worst.
    Source: after Schwanen, Pakusa, van der Aalst, Process Tree Alignments (2024).
    Slow twin: tests/naive_align.py::cheapest.
    """
    n = start.size - 1
    cost = np.zeros(n, dtype=np.int32)
    offset = np.zeros(n + 1, dtype=np.int64)
    event = np.empty(max(16, 2 * activity.size), dtype=np.int32)
    fires = np.empty(event.size, dtype=np.int32)
    out = np.empty((3, 256), dtype=np.int32)
    stack = np.empty((model.region.shape[0] + 1, 3), dtype=np.int64)
    for v in range(n):
        trace = activity[start[v] : start[v + 1]]
        desk = lay_out(model, trace)
        solve(model, desk, trace, 0, 0, stack)
        cost[v] = desk.cell[trace.size * model.region[0, 2] + 1, 0]
        size = -1
        while size < 0:
            size = trace_back(model, desk, trace, out, stack)
            if size < 0:
                out = np.empty((3, 2 * out.shape[1]), dtype=np.int32)
        order = np.argsort(out[0, :size][::-1], kind="mergesort")
        while offset[v] + size > event.size:
            event = np.concatenate((event, np.empty_like(event)))
            fires = np.concatenate((fires, np.empty_like(fires)))
        for x in range(size):
            event[offset[v] + x] = out[1, size - 1 - order[x]]
            fires[offset[v] + x] = out[2, size - 1 - order[x]]
        offset[v + 1] = offset[v] + size
    return cost, offset, event[: offset[n]].copy(), fires[: offset[n]].copy()
