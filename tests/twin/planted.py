"""A process whose way changes on a known day: simulated in plain Python, apart from hoshin's engine.

Cases are received by two, checked by four and decided by two people, first come, first served; some go back to
the start. Work is lognormal. With `office`, people begin tasks from Monday to Friday, 8:00 to 18:00, only.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from hoshin.log.eventlog import EventLog
from hoshin.twin.model import to_ns

DAY_S = 86_400.0
ACTIVITIES = ("receive", "check", "decide")


@dataclass(frozen=True)
class Way:
    """How it works: cases a day on working days, mean work (s), people, share sent back, extra wait before deciding."""

    per_day: float = 72.0
    work_s: tuple[float, float, float] = (1150.0, 2500.0, 1440.0)
    people: tuple[int, int, int] = (2, 4, 2)
    back: float = 0.2
    delay_s: float = 0.0
    office: bool = False


CHANGES = {
    "none": lambda w: w,
    "arrivals": lambda w: replace(w, per_day=w.per_day * 1.25),
    "routing": lambda w: replace(w, back=0.35),
    "durations": lambda w: replace(w, work_s=(w.work_s[0], w.work_s[1] * 1.3, w.work_s[2])),
    "capacity": lambda w: replace(w, people=(w.people[0], w.people[1] - 1, w.people[2])),
    "delays": lambda w: replace(w, delay_s=7200.0),
}
OFFICE = Way(per_day=40.0, work_s=(860.0, 1870.0, 1080.0), office=True)


def on_duty(t: float, way: Way) -> float:
    """When work can begin, from `t` on."""
    if not way.office:
        return t
    day, hour = divmod(t, DAY_S)
    if hour >= 18 * 3600:
        day, hour = day + 1, 0.0
    day += max(0, 7 - day % 7) if day % 7 >= 5 else 0
    return max(t, day * DAY_S + 8 * 3600)


def planted(change: str, seed: int, *, way: Way = Way(), days: int = 110, at: int = 60) -> EventLog:
    """A log of `days` days in which `change` (of CHANGES) happens at the start of day `at`."""
    rng = random.Random(f"{change} {seed}")
    later = CHANGES[change](way)

    def now(t: float) -> Way:
        return later if t >= at * DAY_S else way

    rows: list[tuple[int, int, int, float, float]] = []
    free = [list(range(n)) for n in way.people]
    queues: list[deque[tuple[int, float]]] = [deque() for _ in way.people]
    events: list[tuple[float, int, str, int, int, int, float]] = []
    order = 0

    def push(t: float, kind: str, case: int = 0, act: int = 0, who: int = 0, began: float = 0.0) -> None:
        nonlocal order
        order += 1
        heapq.heappush(events, (t, order, kind, case, act, who, began))

    def begin(act: int, t: float) -> None:
        w = now(t)
        ready = on_duty(t, w)
        if ready > t:
            push(ready, "wake", act=act)
            return
        able = [p for p in free[act] if p < w.people[act]]
        while queues[act] and able:
            who = able.pop(rng.randrange(len(able)))
            free[act].remove(who)
            case, _ = queues[act].popleft()
            push(t + w.work_s[act] * rng.lognormvariate(-0.125, 0.5), "end", case, act, who, t)

    t, case = 0.0, 0
    while t < days * DAY_S:
        w = now(t)
        t += rng.expovariate(w.per_day / (36_000.0 if w.office else DAY_S))
        if on_duty(t, w) > t:
            t = on_duty(t, w)
            continue
        push(t, "ready", case, 0)
        case += 1
    while events and events[0][0] < days * DAY_S:
        t, _, kind, case, act, who, began = heapq.heappop(events)
        if kind == "ready":
            queues[act].append((case, t))
        elif kind == "end":
            rows.append((case, act, who, began, t))
            free[act].append(who)
            back = act == 1 and rng.random() < now(t).back
            if act < 2:
                push(t + (now(t).delay_s if act == 1 and not back else 0.0), "ready", case, 0 if back else act + 1)
        begin(act, t)
    return as_log(rows)


def as_log(rows: list[tuple[int, int, int, float, float]]) -> EventLog:
    """The tasks of all cases, also those still under way at the end."""
    case, act, who, start, end = (np.array(c) for c in zip(*sorted(rows, key=lambda r: (r[0], r[4])), strict=True))
    which, n = np.unique(case, return_counts=True)
    return EventLog(
        activity=act.astype(np.int32), t_ns=to_ns(end, "UTC"), start_ns=to_ns(start, "UTC"),
        case_start=np.concatenate([[0], np.cumsum(n)]).astype(np.int64), activities=ACTIVITIES,
        case_ids=pl.Series([f"case-{c}" for c in which]), resource=(act * 10 + who).astype(np.int32),
        resources=tuple(f"{a}-{k}" for a in ACTIVITIES for k in range(10)), name="planted",
    )  # fmt: skip
