"""Queueing theory: closed forms and approximations for waiting lines, and what they say of a twin.

Notation (Kendall): lambda arrivals per second, mu services per second and server, c servers, offered load
a = lambda / mu in erlangs, rho = a / c. Sources: Gross & Harris, Fundamentals of Queueing Theory (2018);
Whitt, The queueing network analyzer (1983); Garnett, Mandelbaum & Reiman (2002) for Erlang A.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, inf

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput


def erlang_b(load: float, servers: int) -> float:
    """Share of arrivals lost when nobody waits: M/M/c/c with `load` erlangs.

    >>> round(erlang_b(10, 12), 6)
    0.119739
    """
    _check(load, servers)
    b = 1.0
    for k in range(1, servers + 1):
        b = load * b / (k + load * b)
    return b


def erlang_c(load: float, servers: int) -> float:
    """Share of arrivals that wait in M/M/c; 1 when load >= servers.

    >>> round(erlang_c(10, 12), 6)
    0.449388
    """
    if load >= servers:
        return 1.0
    b = erlang_b(load, servers)
    return b / (1 - load / servers * (1 - b))


@dataclass(frozen=True, slots=True)
class Line:
    """Steady state of one waiting line: utilisation, P(wait), mean wait, mean time in system (s), mean number
    waiting and in system; infinite where load >= servers."""

    rho: float
    wait_share: float
    mean_wait_s: float
    mean_stay_s: float
    mean_waiting: float
    mean_present: float
    servers: int
    per_s: float
    service_s: float

    def waits_longer(self, t_s: float) -> float:
        """P(wait > t) of M/M/c. 100 calls an hour, 180 s, 8 agents: 88.0148 % are answered within 20 s.

        >>> round(1 - mmc(100 / 3600, 180, 8).waits_longer(20), 6)
        0.880148
        """
        return self.wait_share * exp(-(self.servers / self.service_s - self.per_s) * t_s) if self.rho < 1 else 1.0


def mmc(per_s: float, service_s: float, servers: int = 1) -> Line:
    """M/M/c.

    >>> line = mmc(2.0, 1.0, 3)
    >>> round(line.wait_share, 6), round(line.mean_waiting, 6), round(line.mean_wait_s, 6)
    (0.444444, 0.888889, 0.444444)
    """
    return ggc(per_s, service_s, servers)


def ggc(
    per_s: float, service_s: float, servers: int = 1, *, arrival_scv: float = 1.0, service_scv: float = 1.0
) -> Line:
    """G/G/c by Allen-Cunneen: the M/M/c wait times (ca^2 + cs^2) / 2. Exact for M/M/c and M/G/1.

    >>> round(ggc(0.8, 1.0, service_scv=0.0).mean_wait_s, 6)
    2.0
    """
    load = per_s * service_s
    _check(load, servers)
    rho = load / servers
    if rho >= 1:
        return Line(rho, 1.0, inf, inf, inf, inf, servers, per_s, service_s)
    p = erlang_c(load, servers)
    wait = p * service_s / (servers - load) * (arrival_scv + service_scv) / 2
    stay = wait + service_s
    return Line(rho, p, wait, stay, per_s * wait, per_s * stay, servers, per_s, service_s)


@dataclass(frozen=True, slots=True)
class Patient:
    """Erlang A: share that leaves, share that waits, mean wait of everyone (s), mean number waiting."""

    leave_share: float
    wait_share: float
    mean_wait_s: float
    mean_waiting: float


def erlang_a(per_s: float, service_s: float, servers: int, patience_s: float) -> Patient:
    """M/M/c+M: callers leave after an exponential patience. Solved as a birth-death chain, to 1e-15 of mass."""
    load = per_s * service_s
    _check(load, servers)
    if patience_s <= 0:
        raise InvalidInput("queueing.patience", f"Patience is {patience_s} s.", hint="It must be above 0.")
    log_p, total = [0.0], 0.0
    k = 0
    while True:
        k += 1
        death = min(k, servers) / service_s + max(k - servers, 0) / patience_s
        log_p.append(log_p[-1] + float(np.log(per_s / death)))
        if k > servers and log_p[-1] < max(log_p) - 40:
            break
    p = np.exp(np.array(log_p) - max(log_p))
    p /= p.sum()
    n = np.arange(p.size)
    total = float((p * np.maximum(n - servers, 0)).sum())
    return Patient(total / patience_s / per_s, float(p[servers:].sum()), total / per_s, total)


def priority_waits(per_s: list[float], service_s: float, servers: int = 1, *, service_scv: float = 1.0) -> list[float]:
    """Mean wait of each class, most urgent first, without preemption (Cobham 1954): M/G/1, or M/M/c with one mu.

    >>> [round(w, 3) for w in priority_waits([0.4, 0.4], 1.0)]
    [1.333, 6.667]
    """
    load = sum(per_s) * service_s
    _check(load, servers)
    if load >= servers:
        raise InvalidInput("queueing.unstable", f"{load:.3g} erlangs on {servers} servers has no steady state.")
    base = erlang_c(load, servers) * service_s / servers * (1 + service_scv) / 2
    waits, before = [], 0.0
    for rate in per_s:
        after = before + rate * service_s / servers
        waits.append(base / ((1 - before) * (1 - after)))
        before = after
    return waits


def jackson(
    entering_per_s: Mapping[str, float], routes: Mapping[tuple[str, str], float], service_s: Mapping[str, float],
    servers: Mapping[str, int],
) -> dict[str, Line]:  # fmt: skip
    """An open Jackson network: the traffic equations, then M/M/c at each station (Jackson 1957).

    >>> lines = jackson({"a": 1.0}, {("a", "a"): 0.5}, {"a": 0.25}, {"a": 1})
    >>> lines["a"].rho, lines["a"].mean_stay_s
    (0.5, 0.5)
    """
    names = list(service_s)
    back = np.array([[routes.get((i, j), 0.0) for i in names] for j in names])
    rate = np.linalg.solve(np.eye(len(names)) - back, np.array([entering_per_s.get(n, 0.0) for n in names]))
    return {n: mmc(float(r), service_s[n], servers[n]) for n, r in zip(names, rate)}


def servers_needed(per_s: float, service_s: float, *, within_s: float, share: float) -> int:
    """Fewest servers so that `share` of arrivals wait at most `within_s` (M/M/c).

    >>> servers_needed(100 / 3600, 180, within_s=20, share=0.8)
    8
    """
    if not 0 < share < 1:
        raise InvalidInput("queueing.share", f"share must be in (0, 1), got {share}.")
    c = int(per_s * service_s) + 1
    while 1 - mmc(per_s, service_s, c).waits_longer(within_s) < share:
        c += 1
    return c


def scv(sample: NDArray[np.float64]) -> float:
    """Squared coefficient of variation of a sample."""
    mean = float(sample.mean()) if sample.size else 0.0
    return float(sample.var()) / mean**2 if mean else 0.0


def _check(load: float, servers: int) -> None:
    if servers < 1 or not load >= 0:
        raise InvalidInput("queueing.load", f"{load:g} erlangs on {servers} servers.",
                           hint="Load must be 0 or more, servers 1 or more.")  # fmt: skip
