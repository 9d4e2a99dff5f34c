"""Where the open cases of a log stand at a moment: routing state, tasks under way, and what they may be waiting for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels import plan as layout
from hoshin.kernels.draw import DIST, draw_many
from hoshin.kernels.roster import work_between
from hoshin.log.eventlog import EventLog
from hoshin.twin.compile import KINDS
from hoshin.twin.model import Duration, Twin, Way
from hoshin.twin.observe import observe
from hoshin.twin.phases import read_clock, unread_clock

Floats = NDArray[np.float64]
# Draws per silent case; when none outlasts the silence, the case is overdue.
DRAWS = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """One case that may be open: its index in the log, when it came, its routing `state`, when it was last heard of
    (`silent_since`), and its tasks under way: (activity, resource or "", begin)."""

    case: int
    arrive_s: float
    state: int
    silent_since: float
    running: tuple[tuple[str, str, float], ...]


def standings(twin: Twin, log: EventLog, as_of: float) -> list[Standing]:
    """Cases begun by `as_of` (a moment) that can still go on, from events up to `as_of` only.

    A task under way shows only in a log with start times. A past that the twin does not know is read from the last
    activity on.
    """
    tasks = observe(log)
    known = log.start_ns is not None
    ways = _ways(twin)
    after = _after(twin)
    goes_on = {w.state for w in twin.ways if w.activity}
    found = []
    for c in range(tasks.n_cases):
        rows = range(int(tasks.case_start[c]), int(tasks.case_start[c + 1]))
        if tasks.begin[rows[0]] > as_of:
            continue
        state, last, running = -1, -np.inf, []
        for i in rows:
            over = tasks.end[i] <= as_of
            if not over and not (known and tasks.begin[i] <= as_of):
                continue
            name = log.activities[tasks.act[i]]
            state = _step(twin, ways, after, state, name, bool(tasks.beside[i]))
            if over:
                last = max(last, float(tasks.end[i]))
            else:
                who = log.resources[tasks.res[i]] if tasks.res[i] >= 0 else ""
                running.append((name, who, float(tasks.begin[i])))
        if state < 0 or (not running and state not in goes_on):
            continue
        found.append(Standing(int(tasks.origin[c]), float(tasks.begin[rows[0]]), state,
                              last if np.isfinite(last) else float(tasks.begin[rows[0]]), tuple(running)))  # fmt: skip
    return found


def _ways(twin: Twin) -> dict[tuple[int, str], list[Way]]:
    found: dict[tuple[int, str], list[Way]] = defaultdict(list)
    for w in twin.ways:
        found[w.state, w.activity].append(w)
    return found


def _after(twin: Twin) -> dict[str, int]:
    """The likeliest state after each activity."""
    best: dict[str, tuple[float, int]] = {}
    for w in twin.ways:
        if w.activity and (w.activity not in best or w.share > best[w.activity][0]):
            best[w.activity] = (w.share, w.next)
    return {name: state for name, (_, state) in best.items()}


def _step(
    twin: Twin, ways: dict[tuple[int, str], list[Way]], after: dict[str, int], state: int, name: str, beside: bool
) -> int:
    """The state after `name` from `state` (-1: the start of a case)."""
    starts = [s.state for s in sorted(twin.sorts, key=lambda s: -s.share)] if state < 0 else [state]
    options = [w for s in starts for w in ways.get((s, name), [])]
    fitting = [w for w in options if w.beside == beside] or options
    if fitting:
        return max(fitting, key=lambda w: w.share).next
    return after.get(name, state)


@dataclass(frozen=True, slots=True, eq=False)
class Waits:
    """How long tasks of each activity queue in the twin: share that waits at all, mean of those waits (s)."""

    share: dict[str, float]
    mean_s: dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """What a silent case may be doing, equally likely each: `way` (index into the twin's ways, -1 = it is over),
    when its task is `ready`, and when work on it `began` (NaN: it still waits). `overdue`: its silence is longer than
    the twin can explain."""

    way: NDArray[np.int64]
    ready: Floats
    began: Floats
    overdue: bool = False


def pools(
    twin: Twin, held: list[Standing], as_of: float, waits: Waits, rng: np.random.Generator, *, unseen_work: bool
) -> tuple[list[Standing], list[Pool | None]]:
    """The cases that may be open, and for each without a task under way what it may be doing, given its silence.

    By rejection: the way on, delay, queueing (and, with `unseen_work`, work) are drawn DRAWS times; draws that would
    have shown by now are dropped; one that ends the case stays. Cases that are over in all of them are left out.
    """
    out: dict[int, list[int]] = defaultdict(list)
    for k, w in enumerate(twin.ways):
        out[w.state].append(k)
    kept: list[Standing] = []
    found: list[Pool | None] = []
    for s in held:
        pool = None if s.running else _pool(twin, np.array(out[s.state]), s, as_of, waits, rng, unseen_work)
        if pool is None or (pool.way >= 0).any():
            kept.append(s)
            found.append(pool)
    return kept, found


def _pool(
    twin: Twin, ways: NDArray[np.int64], s: Standing, as_of: float, waits: Waits, rng: np.random.Generator,
    unseen_work: bool,
) -> Pool:  # fmt: skip
    share = np.array([twin.ways[k].share for k in ways])
    pick = ways[np.minimum(np.searchsorted(np.cumsum(share) / share.sum(), rng.random(DRAWS), "right"), ways.size - 1)]
    ready, began, free = np.full(DRAWS, np.inf), np.full(DRAWS, np.nan), np.full(DRAWS, np.inf)
    u = rng.random((3, DRAWS))
    for k in np.unique(pick):
        way, mine = twin.ways[k], pick == k
        if not way.activity:
            continue
        ready[mine] = _later(twin, way, s.silent_since, u[0, mine])
        waiting = waits.share.get(way.activity, 0.0)
        queued = -waits.mean_s.get(way.activity, 0.0) * np.log(np.maximum(1 - u[1, mine] / max(waiting, 1e-9), 1e-300))
        begin = ready[mine] + np.where(u[1, mine] < waiting, queued, 0.0)
        began[mine] = np.where(begin <= as_of, begin, np.nan)
        work = twin.activity(way.activity)
        free[mine] = begin + (quantiles(work.duration, u[2, mine]) / work.speed if unseen_work else 0.0)
    over = ~np.isfinite(ready)
    holds = over | (free > as_of)
    if holds.any():
        return Pool(np.where(over, -1, pick)[holds], ready[holds], began[holds])
    able = max((int(k) for k in ways if twin.ways[k].activity), key=lambda k: twin.ways[k].share)
    return Pool(np.array([able]), np.array([s.silent_since]), np.array([np.nan]), overdue=True)


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """What one replication takes the open cases to be doing: OPEN records by live case, the cases kept (indices into
    those held), and the states they go on from."""

    open: NDArray[np.void]
    kept: NDArray[np.int64]
    state: NDArray[np.int64]


def guess(twin: Twin, held: list[Standing], found: list[Pool | None], as_of: float, rng: np.random.Generator) -> Guess:
    """One draw from the pools; tasks under way stay what they are. Cases are in the order in which they queue."""
    acts = {a.name: i for i, a in enumerate(twin.activities)}
    people = {r.name: i for i, r in enumerate(twin.resources)}
    names = list(people)
    rows = []
    for k, (s, pool) in enumerate(zip(held, found, strict=True)):
        for name, who, begin in s.running:
            if name in acts:
                done = _done(twin, who, begin, as_of)
                rows.append((begin, k, s.state, acts[name], people.get(who, -1), begin, begin, begin, done))
        if pool is None:
            continue
        pick = int(rng.integers(pool.way.size))
        if pool.way[pick] < 0:
            continue
        way, ready, began = twin.ways[pool.way[pick]], float(pool.ready[pick]), float(pool.began[pick])
        res, done, started = -1, 0.0, layout.NOT_STARTED
        if np.isfinite(began):
            res = _someone(twin, way.activity, people, rng)
            done, started = _done(twin, names[res] if res >= 0 else "", began, as_of), began
        rows.append((ready, k, way.next, acts[way.activity], res, s.silent_since, ready, started, done))
    rows.sort(key=lambda r: r[0])
    order = list(dict.fromkeys(r[1] for r in rows))
    place = {k: i for i, k in enumerate(order)}
    records = np.array([(place[r[1]], *r[3:]) for r in rows], dtype=layout.OPEN)
    records = records[np.argsort(records["case"], kind="stable")]
    states = {r[1]: r[2] for r in rows}
    return Guess(records, np.array(order, np.int64), np.array([states[k] for k in order], np.int64))


def _later(twin: Twin, way: Way, since: float, u: Floats) -> Floats:
    """When tasks that become possible at `since` have served their delay."""
    delay = twin.delays.get(way.delay) if way.delay else None
    if delay is None:
        return np.full(u.size, since)
    span = delay.scale * quantiles(delay.duration, u)
    if not delay.clock:
        return since + span
    clock = np.array(twin.clocks[delay.clock])
    later: Floats = np.maximum(unread_clock(clock, read_clock(clock, np.array([since])) + span), since)
    return later


def quantiles(duration: Duration, u: Floats) -> Floats:
    """The quantiles of a Duration at `u`, as the kernel draws them."""
    values = np.sort(np.array(duration.values, dtype=np.float64))
    kind = KINDS["constant"] if duration.kind == "empirical" and values.size == 0 else KINDS[duration.kind]
    row = np.array([(kind, duration.a, duration.b, 0, values.size)], dtype=DIST)
    found: Floats = draw_many(row, values, 0, u)
    return found


def _someone(twin: Twin, activity: str, people: dict[str, int], rng: np.random.Generator) -> int:
    doers = twin.doers(activity)
    if not doers:
        return -1
    weight = np.array([s.weight for s in doers])
    return people[doers[int(rng.choice(len(doers), p=weight / weight.sum()))].resource]


def _done(twin: Twin, who: str, begin: float, as_of: float) -> float:
    """Seconds on duty from `begin` to `as_of`."""
    roster = next((r.roster for r in twin.resources if r.name == who), "")
    if not roster:
        return as_of - begin
    week = twin.rosters[roster]
    lo, hi = (np.array([span[side] for span in week]) for side in (0, 1))
    done = work_between(np.array([begin]), np.array([as_of]), np.zeros(1, dtype=np.int64),
                        np.array([0, len(week)]), lo, hi)  # fmt: skip
    return float(done[0])
