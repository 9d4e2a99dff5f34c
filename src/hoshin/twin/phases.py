"""Demand that changes on given dates: arrival times moved as if the clock of arrivals ran faster or slower."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels.roster import WEEK_S

Floats = NDArray[np.float64]


def in_phases(times: Floats, since_s: float, phases: Sequence[tuple[float, float, float]], clock: Floats) -> Floats:
    """Rising arrival `times` after `since_s`, float64 (n,), with `factor` times as many in each (from, to, factor).

    `clock` is the weekly clock on which arrivals are even: values rising 0 .. WEEK_S at equal steps of the week.
    Where phases overlap their factors multiply. The k-th case stays the k-th. O(n log phases).
    Source: time change of a point process (Cinlar, Introduction to Stochastic Processes, 1975).

    >>> in_phases(np.array([10.0, 20.0, 30.0]), 0.0, [(20.0, 1e9, 2.0)], np.array([0.0, WEEK_S]))
    array([10., 20., 25.])
    """
    edges = sorted({since_s, *(t for a, b, _ in phases for t in (a, b) if since_s < t < np.inf)})
    factor = np.array([np.prod([f for a, b, f in phases if a <= t < b]) for t in edges])
    passed = read_clock(clock, np.array(edges))
    passed -= passed[0]
    scaled = np.concatenate([[0.0], np.cumsum(factor[:-1] * np.diff(passed))])
    x = read_clock(clock, times) - read_clock(clock, np.array([since_s]))[0]
    at = np.maximum(np.searchsorted(scaled, x, side="right") - 1, 0)
    y = passed[at] + (x - scaled[at]) / factor[at]
    moved = unread_clock(clock, y + read_clock(clock, np.array([since_s]))[0])
    return np.where((y == x) | ((at == 0) & (factor[0] == 1)), times, moved)


def read_clock(clock: Floats, moments: Floats) -> Floats:
    """Moments as read off a weekly clock."""
    week = np.floor(moments / WEEK_S)
    found: Floats = week * WEEK_S + np.interp(moments - week * WEEK_S, np.linspace(0.0, WEEK_S, clock.size), clock)
    return found


def unread_clock(clock: Floats, values: Floats) -> Floats:
    """The moments at which a weekly clock shows `values`."""
    week = np.floor(values / WEEK_S)
    found: Floats = week * WEEK_S + np.interp(values - week * WEEK_S, clock, np.linspace(0.0, WEEK_S, clock.size))
    return found
