"""A small simulator with known truth: one stage of clerks with hours, priorities, batches and outside delays.

Plainer than the twin on purpose: what it plants is what the mining must find.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hoshin.log.eventlog import EventLog
from hoshin.mine.calendar import ALWAYS, Calendar
from tests.mine.worklogs import Row, worklog
from tests.naive_calendar import is_working


@dataclass(frozen=True)
class Stage:
    """Cases arrive at random; one clerk serves them; times are whole minutes."""

    cases: int = 200
    between: float = 12.0
    service: float = 8.0
    calendar: Calendar = ALWAYS
    urgent_share: float = 0.0
    batch: int = 1
    outside: int = 0  # minutes that the clerk, though idle, cannot begin
    seed: int = 1


def simulate(stage: Stage) -> EventLog:
    """The log of `stage`: every case arrives (an instant, by itself), then is served by `clerk`."""
    rng = np.random.default_rng(stage.seed)
    now, arrivals = 0, []
    for _ in range(stage.cases):
        now += int(rng.exponential(stage.between)) + 1
        arrivals.append(now)
    urgent = rng.random(stage.cases) < stage.urgent_share
    length = np.maximum(rng.exponential(stage.service, stage.cases).astype(int), 1)
    rows: list[Row] = [(str(c), "arrive", f"door{c}", t, t) for c, t in enumerate(arrivals)]
    waiting: list[int] = []
    todo, t = list(range(stage.cases)), 0
    while todo or waiting:
        while todo and arrivals[todo[0]] + stage.outside <= t:
            waiting.append(todo.pop(0))
        ready = len(waiting) >= stage.batch or (not todo and waiting)
        if not ready or not is_working(stage.calendar, t):
            t += 1
            continue
        waiting.sort(key=lambda c: (not urgent[c], arrivals[c]))
        chosen = [waiting.pop(0) for _ in range(min(stage.batch, len(waiting)))]
        took = int(length[chosen].max())
        rows += [(str(c), "serve", "clerk", t, t + took) for c in chosen]
        t += took
    return worklog(rows)
