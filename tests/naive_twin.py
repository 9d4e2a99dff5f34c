"""Slow twins of the simulation kernels, in the plainest Python."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

WEEK = 604_800
Intervals = Sequence[tuple[float, float]]


def on_duty(t: float, roster: Intervals | None, away: Intervals) -> bool:
    at_work = roster is None or any(a <= t % WEEK < b for a, b in roster)
    return at_work and not any(a <= t < b for a, b in away)


def next_on(t: int, roster: Intervals | None, away: Intervals) -> int:
    while not on_duty(t, roster, away):
        t += 1
    return t


def add_work(t: int, work: int, roster: Intervals | None, away: Intervals) -> int:
    """Second by second."""
    while work > 0:
        work -= on_duty(t, roster, away)
        t += 1
    return t


def uniform(key: int, activity: int, occurrence: int, purpose: int) -> float:
    mask = 2**64 - 1
    word = ((activity + 1) << 36) ^ (occurrence << 4) ^ purpose
    x = ((key + 0x9E3779B97F4A7C15) & mask) ^ ((word * 0xD1342543DE82EF95) & mask)
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
    return ((x ^ (x >> 31)) >> 11) / 2**53


def simulate(arrive: Sequence[float], work: Sequence[float], servers: int) -> list[float]:
    """End of each case at one first-come-first-served station (Kiefer-Wolfowitz)."""
    free = [float("-inf")] * servers
    ends = []
    for t, w in zip(arrive, work):
        start = max(t, heapq.heappop(free))
        heapq.heappush(free, start + w)
        ends.append(start + w)
    return ends


def arrival_times(n: int, since: float, gap: float, open_s: Intervals) -> list[float]:
    """`n` arrivals `gap` apart in the open seconds of the week, stretched so that a week of them is a week."""
    total = sum(b - a for a, b in open_s)
    step, t, times = gap * total / WEEK, int(since), []
    passed = 0.0
    while len(times) < n:
        if any(a <= t % WEEK < b for a, b in open_s):
            passed += 1
            if passed >= step * (len(times) + 1) - 1e-6:
                times.append(float(t + 1))
        t += 1
    return times


def blocks(
    act: Sequence[int], begin: Sequence[float], end: Sequence[float], beside: Sequence[Sequence[bool]]
) -> tuple[list[float], list[bool]]:
    """When each event of one case could have begun, and whether it joined the block before it."""
    at, joined, block = [begin[0]], [False], [0]
    for i in range(1, len(act)):
        over = max(end[:i])
        join = begin[i] < over or all(beside[act[j]][act[i]] for j in block)
        at.append(at[-1] if join else over)
        joined.append(join)
        block = [*block, i] if join else [i]
    return at, joined


def count_turns(ready: list[float], begin: list[float], work: list[float], apart: float) -> list[int]:
    """By definition: at each begin, all that were ready and had not begun."""
    found = [0, 0, 0, 0]
    for i, now in enumerate(begin):
        others = [
            j for j in range(len(begin))
            if begin[j] > now and abs(ready[j] - ready[i]) >= apart and ready[j] <= now - apart
        ]  # fmt: skip
        if others and ready[i] <= now:
            found[0] += 1
            found[1] += all(ready[i] < ready[j] for j in others)
            found[2] += all(ready[i] > ready[j] for j in others)
            found[3] += all(work[i] <= work[j] for j in others)
    return found
