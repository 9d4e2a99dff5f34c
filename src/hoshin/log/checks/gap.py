"""Holes in the extraction: stretches without any event where the weekly rhythm expects many."""

from __future__ import annotations

import numpy as np

from hoshin.log.checks._clock import local_ns
from hoshin.log.eventlog import EventLog
from hoshin.log.finding import Finding, Given

TITLE = "Gaps in the extraction"
WEIGHT, ZERO_AT = 10, 0.1
WHY = "A missing month looks like a drop in volume and cuts the cases that run through it."
HOUR_NS, DAY_NS = 3_600_000_000_000, 86_400_000_000_000
# So many expected events that none at all is no chance, even if events come in bursts of ten.
EXPECTED = 100.0
NEAR_NS = 28 * DAY_NS


def find(log: EventLog, given: Given) -> Finding | None:
    """Expected events of a stretch = rate of its hours of the week over the log, scaled to the four weeks
    around it. Needs four weeks of data."""
    local = np.sort(local_ns(log))
    low, high = (int(x) for x in np.quantile(local, [0.001, 0.999], method="nearest"))
    days = (high - low) / DAY_NS
    if days < 28:
        return None
    hour_of_week = np.floor_divide(local, HOUR_NS) % 168
    rate = np.bincount(hour_of_week, minlength=168) / (days / 7)
    steps = np.diff(local)
    longest = np.argsort(steps)[::-1][:200]
    found, missing, shown = [], 0, []
    for k in sorted(longest):
        start, end = int(local[k]), int(local[k + 1])
        if end - start < 12 * HOUR_NS or start < low or end > high:
            continue
        around = np.searchsorted(local, [start - NEAR_NS, end + NEAR_NS])
        normal = expected(rate, max(start - NEAR_NS, low), start) + expected(rate, end, min(end + NEAR_NS, high))
        level = (around[1] - around[0]) / max(normal, 1e-9)
        if level * expected(rate, start, end) >= EXPECTED:
            found.append((start, end))
            missing += max(1, round((end - start) / DAY_NS))
            shown.append(f"{minute(start)} to {minute(end)}")
    events = np.empty(0, dtype=np.int64)
    if found:
        edges = np.array([moment for pair in found for moment in pair])
        events = np.flatnonzero(np.isin(local_ns(log), edges))
    return Finding(
        missing, max(round(days), 1), "days", events, f"No event from {'; '.join(shown[:5])}." if found else ""
    )


def expected(rate: np.ndarray[tuple[int, ...], np.dtype[np.float64]], start_ns: int, end_ns: int) -> float:
    """Events that a weekly `rate`, float64 (168,) per hour, yields between two local times."""
    if end_ns <= start_ns:
        return 0.0
    first, last = start_ns // HOUR_NS, end_ns // HOUR_NS
    hours = np.arange(first, last + 1)
    weight = np.ones(hours.size)
    weight[0] -= (start_ns % HOUR_NS) / HOUR_NS
    weight[-1] -= 1 - (end_ns % HOUR_NS) / HOUR_NS
    return float((rate[hours % 168] * weight).sum())


def minute(ns: int) -> str:
    return str(np.datetime64(ns, "ns").astype("datetime64[m]")).replace("T", " ")
