"""Counting Declare constraints over all pairs of activities in one pass per trace."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Rows of the result of `count_pairs`.
RESPONSE, ALTERNATE_RESPONSE, CHAIN_RESPONSE = 0, 1, 2
PRECEDENCE, ALTERNATE_PRECEDENCE, CHAIN_PRECEDENCE = 3, 4, 5
TOGETHER, AFTER, DIRECTLY, EQUALLY = 6, 7, 8, 9
SUCCESSION, ALTERNATE_SUCCESSION, CHAIN_SUCCESSION = 10, 11, 12


@njit(cache=True, nogil=True)
def count_pairs(
    activity: NDArray[np.int32], start: NDArray[np.int64], weight: NDArray[np.int64], n_act: int
) -> NDArray[np.int64]:
    """Cases in which each constraint holds, and is concerned, for every pair (a, b).

    `activity[start[v]:start[v + 1]]` is a trace that `weight[v]` cases follow. Returns int64 (13, n_act,
    n_act). Response, alternate and chain response of (a, b): every a has what it needs of b, in traces
    with a. The three precedences of (a, b): every b has what it needs of a, in traces with b. TOGETHER:
    both stand in the trace; AFTER: some b after some a; DIRECTLY: some b directly after an a; EQUALLY: both
    stand in it equally often, or neither does. The successions: response and precedence both hold.
    O(n_events * n_act + n_traces * n_act^2). Source: Di Ciccio, Montali, Declarative Process
    Specifications (2022). Slow twin: tests/naive_declare.py::holds.
    """
    held = np.zeros((13, n_act, n_act), dtype=np.int64)
    first = np.empty(n_act, dtype=np.int64)
    last = np.empty(n_act, dtype=np.int64)
    count = np.empty(n_act, dtype=np.int64)
    follows = np.empty((n_act, n_act), dtype=np.int64)
    broken_response = np.empty((n_act, n_act), dtype=np.bool_)
    broken_precedence = np.empty((n_act, n_act), dtype=np.bool_)
    for v in range(start.size - 1):
        first[:] = -1
        last[:] = -1
        count[:] = 0
        follows[:] = 0
        broken_response[:] = False
        broken_precedence[:] = False
        for e in range(start[v], start[v + 1]):
            x = activity[e]
            for y in range(n_act):
                if y == x:
                    continue
                # x comes again without y since: y does not respond to each x.
                if last[x] >= 0 and last[y] < last[x]:
                    broken_response[x, y] = True
                # x comes without y since the last x: y does not precede each x.
                if last[y] < 0 or last[y] < last[x]:
                    broken_precedence[y, x] = True
            if e > start[v]:
                follows[activity[e - 1], x] += 1
            if first[x] < 0:
                first[x] = e
            last[x] = e
            count[x] += 1
        w = weight[v]
        for a in range(n_act):
            for b in range(n_act):
                if a == b:
                    continue
                if count[a] == count[b]:
                    held[EQUALLY, a, b] += w
                response = count[a] > 0 and last[b] > last[a]
                precedence = count[a] > 0 and count[b] > 0 and first[a] < first[b]
                if response:
                    held[RESPONSE, a, b] += w
                if precedence:
                    held[PRECEDENCE, a, b] += w
                if response and precedence:
                    held[SUCCESSION, a, b] += w
                turns_after = response and not broken_response[a, b]
                turns_before = count[b] > 0 and not broken_precedence[a, b]
                if turns_after:
                    held[ALTERNATE_RESPONSE, a, b] += w
                if turns_before:
                    held[ALTERNATE_PRECEDENCE, a, b] += w
                if turns_after and turns_before:
                    held[ALTERNATE_SUCCESSION, a, b] += w
                chain_after = count[a] > 0 and follows[a, b] == count[a]
                chain_before = count[b] > 0 and follows[a, b] == count[b]
                if chain_after:
                    held[CHAIN_RESPONSE, a, b] += w
                if chain_before:
                    held[CHAIN_PRECEDENCE, a, b] += w
                if chain_after and chain_before:
                    held[CHAIN_SUCCESSION, a, b] += w
                if count[a] and count[b]:
                    held[TOGETHER, a, b] += w
                    if first[a] < last[b]:
                        held[AFTER, a, b] += w
                    if follows[a, b]:
                        held[DIRECTLY, a, b] += w
    return held
