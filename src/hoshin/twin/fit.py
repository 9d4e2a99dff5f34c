"""Fit a twin to a log: arrivals, routing, work, people, shifts, and the delays that none of these explains."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from hoshin.kernels import waiting as kernel
from hoshin.kernels.roster import WEEK_S, work_between
from hoshin.log.eventlog import EventLog
from hoshin.twin.balance import balance
from hoshin.twin.batches import Batch, done_together, released
from hoshin.twin.clocks import clock_of, on_clock, roster_of, within
from hoshin.twin.delays import find_delays
from hoshin.twin.model import Activity, Arrival, Resource, Skill, Sort, Twin, Way, empirical
from hoshin.twin.observe import Tasks, observe
from hoshin.twin.overtime import finished_late
from hoshin.twin.routing import routing
from hoshin.twin.turns import queue_of

Floats = NDArray[np.float64]
Rosters = dict[str, list[tuple[float, float]]]
MOST_IN_HAND = 50


def fit_twin(log: EventLog, *, order: int = 8, least: int = 5) -> Twin:
    """A twin of the process that wrote `log`.

    `order` and `least`: a routing context is up to `order` tasks long and was seen at least `least` times.
    Fitted in closed form, then balanced (see `balance`) with fixed seeds: the same log gives the same twin.
    InvalidInput(twin.empty) for a log without events.
    """
    tasks = observe(log)
    together, hands = done_together(tasks)
    late = finished_late(hands)
    rosters, of = _rosters(hands, late)
    resources = _resources(hands, of)
    able = _able(tasks)
    work = np.where(late[tasks.act], tasks.end - tasks.begin, _work(tasks, rosters, of))
    waits = _waits(hands, rosters, of, resources, able)
    batches = together | released(hands, hands.enabled + waits)
    waits[np.isin(tasks.act, list(batches))] = 0.0
    ready = tasks.enabled + waits
    ways, _ = routing(tasks, order=order, least=least)
    clock = clock_of(tasks.begin)
    arrival, arrival_clock = _arrivals(tasks)
    delays = find_delays(tasks, ready, clock)
    ways = [w if w.delay in delays else Way(w.state, w.activity, w.share, w.next, w.beside) for w in ways]
    twin = Twin(
        activities=[
            _activity(name, work[tasks.act == a], queue_of(tasks, ready, work, a), not late[a], batches.get(a))
            for a, name in enumerate(log.activities)
        ],
        resources=resources, skills=_skills(tasks, able, work), ways=ways, arrival=arrival,
        delays=delays, rosters=rosters, clocks={"starts": clock, "arrivals": arrival_clock},
        sorts=[Sort()], name=log.name, time_zone=log.time_zone, currency=log.currency,
        source={"log": log.name, "cases": tasks.n_cases, "tasks": int(tasks.act.size)},
        window_s=(float(tasks.begin.min()), float(tasks.end.max())), assumptions=[*tasks.assumptions, *ASSUMED],
    )  # fmt: skip
    return balance(twin, tasks)


ASSUMED = (
    "A case arrives when its first task begins; a wait before that is not in the log.",
    "Queues are first come, first served, where the log does not show last come or shortest first.",
    "Arrivals, routing and work go on as in the whole log: no trend.",
)


def _activity(name: str, work: Floats, queue: str, pause: bool, batch: Batch | None) -> Activity:
    plain = Activity(name, empirical(work), queue, bool(pause))
    if batch is None:
        return plain
    return replace(plain, batch=batch.size, batch_wait_s=batch.wait_s, together=batch.together)


def _rosters(tasks: Tasks, late: NDArray[np.bool_]) -> tuple[Rosters, list[str]]:
    """Shifts of those seen 100 times or more; the others share everybody's. Names per resource, "" = always. Ends of
    work that is finished after hours (`late` activities) are none of the shift."""
    rosters: Rosters = {}
    ended = ~late[tasks.act]
    everybody = roster_of(np.concatenate([tasks.begin[tasks.res >= 0], tasks.end[(tasks.res >= 0) & ended]]))
    if everybody:
        rosters["everybody"] = everybody
    of = []
    for r, name in enumerate(tasks.log.resources):
        mine = tasks.res == r
        seen = np.concatenate([tasks.begin[mine], tasks.end[mine & ended]])
        own = roster_of(seen) if mine.sum() >= 100 else []
        if own and within(own, seen).mean() >= 0.95:
            rosters[name] = own
            of.append(name)
        else:
            fits = bool(everybody) and (seen.size == 0 or within(everybody, seen).mean() >= 0.95)
            of.append("everybody" if fits else "")
    used = {name: rosters[name] for name in rosters if name in of}
    return used, of


def _arrays(rosters: Rosters) -> tuple[NDArray[np.int64], Floats, Floats]:
    lo = [a for week in rosters.values() for a, _ in week]
    hi = [b for week in rosters.values() for _, b in week]
    return np.cumsum([0, *(len(week) for week in rosters.values())]).astype(np.int64), np.array(lo), np.array(hi)


def _resources(tasks: Tasks, of: list[str]) -> list[Resource]:
    """Capacity: the tasks in hand that 95 % of starts stay within."""
    n = len(tasks.log.resources)
    order = np.argsort(tasks.begin, kind="stable")
    hand = kernel.load_at_start(tasks.res, tasks.begin, tasks.end, order, max(n, 1), MOST_IN_HAND)
    found = []
    for r, name in enumerate(tasks.log.resources):
        total = hand[r].sum()
        level = int(np.searchsorted(np.cumsum(hand[r]), 0.95 * total)) if total else 1
        found.append(Resource(name, capacity=max(level, 1), roster=of[r]))
    return found


def _able(tasks: Tasks) -> dict[int, dict[int, int]]:
    """Who does each activity, and how often; those below a fiftieth of the busiest are taken as exceptions."""
    counts: dict[int, dict[int, int]] = defaultdict(dict)
    known = tasks.res >= 0
    pairs, n = np.unique(np.stack([tasks.act[known], tasks.res[known]]), axis=1, return_counts=True)
    for (a, r), k in zip(pairs.T.tolist(), n.tolist()):
        counts[a][r] = k
    return {a: {r: k for r, k in c.items() if k >= 0.02 * max(c.values())} for a, c in counts.items()}


def _work(tasks: Tasks, rosters: Rosters, of: list[str]) -> Floats:
    """Seconds on duty from begin to end; all of them where the roster knows of none."""
    number = {name: i for i, name in enumerate(rosters)}
    roster = np.array([number.get(name, -1) for name in of] + [-1], dtype=np.int64)[tasks.res]
    done = work_between(tasks.begin, tasks.end, roster, *_arrays(rosters))
    return np.where(done > 0, done, tasks.end - tasks.begin)


def _skills(tasks: Tasks, able: dict[int, dict[int, int]], work: Floats) -> list[Skill]:
    """Speed of each resource at each activity, shrunk to the activity's mean as if 20 tasks had taken it."""
    names, people = tasks.log.activities, tasks.log.resources
    found = []
    for a, counts in sorted(able.items()):
        mean = work[tasks.act == a].mean()
        for r, n in sorted(counts.items()):
            own = work[(tasks.act == a) & (tasks.res == r)].sum()
            scale = (own + 20 * mean) / (n + 20) / mean if mean > 0 else 1.0
            found.append(Skill(people[r], names[a], weight=float(n), scale=float(scale)))
    return found


def _waits(
    tasks: Tasks, rosters: Rosters, of: list[str], resources: list[Resource], able: dict[int, dict[int, int]]
) -> Floats:
    """The part of each wait that neither queue nor shift explains, float64 (n,)."""
    number = {name: i for i, name in enumerate(rosters)}
    since, until = float(tasks.begin.min()), float(tasks.end.max()) + 1.0
    lows, highs, ptr = [], [], [0]
    for r, resource in enumerate(resources):
        mine = tasks.res == r
        lo, hi = kernel.free_intervals(
            np.sort(tasks.begin[mine]), np.sort(tasks.end[mine]), resource.capacity, since, until,
            number.get(of[r], -1), *_arrays(rosters),
        )  # fmt: skip
        lows.append(lo)
        highs.append(hi)
        ptr.append(ptr[-1] + lo.size)
    lists = [sorted(able.get(a, {})) for a in range(len(tasks.log.activities))]
    able_ptr = np.cumsum([0, *(len(x) for x in lists)]).astype(np.int64)
    flat = np.array([r for x in lists for r in x], dtype=np.int64)
    free = (np.concatenate(lows), np.concatenate(highs)) if lows else (np.zeros(0), np.zeros(0))
    delay = kernel.unexplained(
        tasks.act, tasks.enabled, tasks.begin, able_ptr, flat, np.array(ptr, dtype=np.int64), *free
    )
    nobody = np.array([not x for x in lists])[tasks.act]
    return np.where(nobody, np.maximum(tasks.begin - tasks.enabled, 0.0), delay)


def _arrivals(tasks: Tasks) -> tuple[Arrival, list[float]]:
    """Gaps on the clock of arrivals, in the order they came; and that clock. Where cases come in files (many at once,
    at even steps of the clock) it is the files that it counts."""
    moments = np.sort(tasks.arrive())
    arrival, clock = _arrival(moments, moments)
    apart = np.diff(moments, prepend=-np.inf) > 1e-3 * np.diff(moments).mean() if moments.size > 1 else moments > np.inf
    if apart.mean() < 0.5 and apart.sum() > 2:
        filed, file_clock = _arrival(moments, moments[apart])
        gaps = np.asarray(filed.gaps_s)
        gaps = gaps[gaps > 1e-3 * gaps.mean()]
        if gaps.std() < 0.1 * gaps.mean():
            return replace(filed, files=True), file_clock
    return arrival, clock


def _arrival(moments: Floats, ticks: Floats) -> tuple[Arrival, list[float]]:
    clock = clock_of(ticks)
    gaps = np.maximum(np.diff(on_clock(clock, moments)), 0.0)
    if gaps.size == 0 or gaps.sum() <= 0:
        return Arrival(WEEK_S, clock="arrivals"), clock
    return Arrival(float(gaps.mean()), [round(float(g), 3) for g in gaps], "arrivals"), clock
