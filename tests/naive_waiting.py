"""Slow twins of the waiting kernels: pair by pair, and instant by instant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, pairwise

# (activity, begin, end) of the events of one case, in log order.
Case = Sequence[tuple[int, int, int]]


def overlaps(cases: Sequence[Case]) -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], int]]:
    overlap: dict[tuple[int, int], int] = {}
    both: dict[tuple[int, int], int] = {}
    for case in cases:
        met, held = set(), set()
        for (a, a0, a1), (b, b0, b1) in combinations(case, 2):
            held |= {(a, b), (b, a)}
            if a0 < b1 and b0 < a1:
                met |= {(a, b), (b, a)}
        for pairs, counts in ((met, overlap), (held, both)):
            for pair in pairs:
                counts[pair] = counts.get(pair, 0) + 1
    return overlap, both


def enablers(case: Case, concurrent: Callable[[int, int], bool]) -> list[tuple[int, int]]:
    """(position of the enabler or -1, time) of every event of one case."""
    arrival = min((begin for _, begin, _ in case), default=0)
    found = []
    for e, (activity, begin, _) in enumerate(case):
        before = [j for j in range(e) if case[j][2] <= begin and not concurrent(case[j][0], activity)]
        last = max(before, key=lambda j: (case[j][2], j), default=-1)
        found.append((last, case[last][2] if before else arrival))
    return found


def split_waits(
    spans: Sequence[tuple[int, int, int, int]], on_duty: Callable[[int], bool]
) -> list[tuple[int, int, int, int]]:
    """`spans` are (enabled, from, begin, end) of one resource, in whole instants; see the kernel for the causes."""
    rows = []
    for enabled, start, begin, _ in spans:
        row = [0, 0, 0, 0]
        for t in range(start, begin):
            running = [other[0] for other in spans if other[2] <= t < other[3]]
            if any(other <= enabled for other in running):
                row[0] += 1
            elif running:
                row[1] += 1
            elif not on_duty(t):
                row[2] += 1
            else:
                row[3] += 1
        rows.append((row[0], row[1], row[2], row[3]))
    return rows


def share_time(spans: Sequence[tuple[int, int]]) -> tuple[list[float], int]:
    """Share of every (begin, end) of one resource, and its busy time."""
    last = max((end for _, end in spans), default=0)
    at = [sum(a <= t < b for a, b in spans) for t in range(last)]
    return [sum(1 / at[t] for t in range(a, b)) for a, b in spans], sum(k > 0 for k in at)


def idle(spans: Sequence[tuple[int, int]], on_duty: Callable[[int], bool], until: int) -> int:
    """On-duty instants before `until` in which no (begin, end) runs."""
    return sum(on_duty(t) and not any(a <= t < b for a, b in spans) for t in range(until))


def occupancy(spans: Sequence[tuple[int, int]], edges: Sequence[int]) -> list[int]:
    """Time spent within each window by all (enter, leave)."""
    return [sum(max(0, min(b, hi) - max(a, lo)) for a, b in spans) for lo, hi in pairwise(edges)]


def peaks(items: Sequence[tuple[int, int]], edges: Sequence[int]) -> list[tuple[int, int]]:
    """(most present, since when) in each window of whole instants; `items` are (enter, leave)."""
    found = []
    for lo, hi in pairwise(edges):
        levels = [sum(a <= t < b for a, b in items) for t in range(lo, hi)]
        found.append((max(levels), lo + levels.index(max(levels))))
    return found
