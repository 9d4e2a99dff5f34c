"""The log to come if nothing changes: by the twin's queues or by precedents, as earlier outlooks judge.

What a change would do is never asked of this: that is the queueing twin's part. An outlook has two parts, when cases
arrive and what becomes of them; each is chosen by how well it would have foretold stretches of the log itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.twin.distance import MEASURES, Trail, distances
from hoshin.twin.fit import fit_twin
from hoshin.twin.model import Twin, to_ns
from hoshin.twin.observe import Tasks, observe
from hoshin.twin.precedent import ALL, Ask, Seen, answers, arrivals, bodies, seen_of, unseen_weight
from hoshin.twin.simulate import Settings, simulate_twin

WINDOWS = (2, 4, 8, ALL)
BODIES = ("matched", "any", "weighted", "queueing")
ORIGINS = 3
TRIALS = 2
# Above this the queueing twin is not fitted anew for every look back.
MANY_EVENTS = 60_000


@dataclass(frozen=True, slots=True)
class Way:
    """One way to look ahead: `windows` past windows give the arrivals; `body` says what becomes of a case: `matched` as
    the case whose arrival it took, among those ended in its window; `any` or `weighted` as a past case of its weekday
    and time of day (weighted by how hard it was to see); `queueing` as the twin simulates it."""

    windows: int
    body: str


PLAIN = Way(ALL, "any")
# Being worse than usual in one measure is not made up for by being as much better in another.
WORSE = 2.0


@dataclass(frozen=True, slots=True)
class Choice:
    """The way chosen, and the losses of all that were tried: mean over looks back and measures of the log of distance
    over the median way's, where worse counts twice; lower is better."""

    way: Way
    losses: dict[Way, float]


class Past:
    """A log up to a moment, as outlooks need it."""

    def __init__(self, log: EventLog, tasks: Tasks | None = None) -> None:
        self.log = log
        self.tasks = observe(log) if tasks is None else tasks

    @cached_property
    def seen(self) -> Seen:
        return seen_of(self.tasks)

    @cached_property
    def twin(self) -> Twin:
        return fit_twin(self.log)

    @cached_property
    def rows(self) -> Trail:
        """The tasks as a trail whose `act` is the place of the row: carries everything else along."""
        place = np.arange(self.tasks.act.size, dtype=np.int64)
        return Trail(place, self.tasks.begin, self.tasks.end, self.tasks.case_start)


@dataclass(frozen=True, slots=True, eq=False)
class Foreseen:
    """Events of cases to come: as `Trail`, `act` by the log's activities, and `res` by its resources."""

    trail: Trail
    res: NDArray[np.int64]


def foresee(past: Past, ask: Ask, way: Way, seed: int, replication: int) -> Foreseen:
    """One log to come, made as `way` says; cases that end after `ask.until_s` are left out."""
    rng = np.random.default_rng([seed, replication])
    times, cases = arrivals(past.seen, ask, way.windows, rng, matched=way.body == "matched")
    if way.body == "queueing":
        made = _queued(past, times, seed, replication)
    else:
        if way.body != "matched":
            weight = unseen_weight(past.seen) if way.body == "weighted" else np.ones(past.seen.arrive.size)
            cases = bodies(past.seen, times, weight, rng)
        moved = past.rows.pick(cases).shift(times - past.seen.arrive[cases])
        act, res = past.tasks.act[moved.act].astype(np.int64), past.tasks.res[moved.act].astype(np.int64)
        made = Foreseen(Trail(act, moved.begin, moved.end, moved.case_start), res)
    in_time = made.trail.leave() <= ask.until_s
    rows = np.repeat(in_time, np.diff(made.trail.case_start))
    return Foreseen(made.trail.pick(np.flatnonzero(in_time)), made.res[rows])


def _queued(past: Past, times: NDArray[np.float64], seed: int, replication: int) -> Foreseen:
    """Cases at `times` through the twin, which is already busy with those of the weeks before."""
    since = times[0] if times.size else past.seen.until_s
    cycle = past.seen.leave - past.seen.arrive
    warm = 3 * float(cycle.mean()) if cycle.size else 0.0
    back = max(since - float(past.seen.until_s), 0.0)
    before = np.sort(past.seen.arrive + back)
    before = before[(before >= since - warm) & (before < since)]
    run, _ = simulate_twin(
        past.twin, Settings(before.size + times.size, arrive_s=np.concatenate([before, times]), seed=seed), replication,
        log=True,
    )  # fmt: skip
    rows = run.rows[run.rows["case"] >= before.size]
    rows = rows[np.lexsort((rows["end"], rows["start"], rows["case"]))]
    _, counts = np.unique(rows["case"], return_counts=True)
    start = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
    trail = Trail(rows["act"].astype(np.int64), rows["start"].copy(), rows["end"].copy(), start)
    return Foreseen(trail, rows["res"].astype(np.int64))


def choose(past: Past, ask: Ask) -> Choice:
    """Try every way of looking ahead on stretches of the past like the one asked for, and take the best.

    Each look back sees only what had ended by then. Without any stretch to look back on: any past case, all windows.
    """
    losses: dict[Way, list[float]] = {}
    with_queues = past.tasks.act.size <= MANY_EVENTS
    ways = [Way(k, b) for k in WINDOWS for b in BODIES if with_queues or b != "queueing"]
    for before, asked, truth in _looks_back(past, ask):
        table = np.array([_mean_distances(before, asked, truth, way) for way in ways])
        usual = np.maximum(np.nanmedian(table, axis=0), 1e-6)
        for way, row in zip(ways, table):
            worth = np.log((0.1 + np.nan_to_num(row / usual, nan=20.0)) / 1.1)
            losses.setdefault(way, []).append(float(np.where(worth > 0, WORSE * worth, worth).mean()))
    mean = {way: float(np.mean(v)) for way, v in losses.items()}
    return Choice(min(mean, key=lambda w: (round(mean[w], 6), -w.windows), default=PLAIN), mean)


def _mean_distances(before: Past, asked: Ask, truth: Trail, way: Way) -> NDArray[np.float64]:
    rows = []
    for trial in range(TRIALS):
        made = distances(truth, foresee(before, asked, way, 1, trial).trail)
        rows.append([made[m] for m in MEASURES])
    found: NDArray[np.float64] = np.array(rows).mean(axis=0)
    return found


def _looks_back(past: Past, ask: Ask) -> list[tuple[Past, Ask, Trail]]:
    """Earlier moments, what is asked there (the same, or less if the log is short), and what then came."""
    seen, found = past.seen, []
    length = min(ask.until_s - ask.since_s, 0.3 * seen.span_s) if ask.n is None else 0.0
    n = None if ask.n is None else max(min(ask.n, seen.arrive.size // 4), 1)
    if n is None:
        latest = seen.until_s - length
    else:
        latest = _latest_with(seen, n)
    step = max(0.25 * (seen.until_s - latest), 86_400.0)
    for k in range(ORIGINS):
        at = latest - k * step
        ended = np.flatnonzero(seen.leave < at)
        asked = Ask(at, np.inf if n else at + length, n)
        came = answers(seen, at, asked.until_s, n)
        if ended.size < 20 or came is None or came.size < 5:
            break
        keep = np.zeros(past.log.n_cases, dtype=np.bool_)
        keep[past.tasks.origin[ended]] = True
        tasks = past.tasks.pick(came)
        truth = Trail(tasks.act.astype(np.int64), tasks.begin, tasks.end, tasks.case_start)
        found.append((Past(past.log.select_cases(keep), past.tasks.pick(ended)), asked, truth))
    return found


def _latest_with(seen: Seen, n: int) -> float:
    """The latest moment after which `n` cases began and ended."""
    return float(np.sort(seen.arrive)[::-1][n - 1])


def outlook_log(past: Past, ask: Ask, choice: Choice, *, seed: int = 0, replication: int = 0) -> EventLog:
    """One outlook as an event log, with start times and resources. InvalidInput(twin.outlook) if no case fits."""
    import polars as pl

    made = foresee(past, ask, choice.way, seed, replication)
    trail, zone = made.trail, past.log.time_zone
    if trail.n_cases == 0:
        raise InvalidInput("twin.outlook", "No case of the outlook begins and ends in the time asked for.",
                           hint="Ask for a longer time.")  # fmt: skip
    case = trail.case()
    order = np.lexsort((trail.begin, trail.end, case))
    return EventLog(
        activity=trail.act[order].astype(np.int32), t_ns=to_ns(trail.end[order], zone),
        start_ns=to_ns(trail.begin[order], zone), case_start=trail.case_start, activities=past.log.activities,
        case_ids=pl.Series([f"next-{c}" for c in range(trail.n_cases)], dtype=pl.String),
        resource=made.res[order].astype(np.int32), resources=past.log.resources, name=f"{past.log.name}-outlook",
        time_zone=zone, currency=past.log.currency,
    )  # fmt: skip


def measures(past: Past, ask: Ask, choice: Choice, *, replications: int, seed: int) -> list[dict[str, Any]]:
    """A row per measure: mean over replications, and the middle 90 % of them."""
    if replications < 2:
        raise InvalidInput("twin.outlook", f"{replications} replication gives no range.", hint="Take at least 2.")
    rows = []
    for replication in range(replications):
        trail = foresee(past, ask, choice.way, seed, replication).trail
        cycle = trail.leave() - trail.arrive()
        rows.append((trail.n_cases, float(cycle.mean()) if cycle.size else np.nan, trail.act.size))
    table = np.array(rows)
    low, high = np.nanquantile(table, [0.05, 0.95], axis=0)
    return [
        {"measure": name, "mean": float(m), "low": float(a), "high": float(b)}
        for name, m, a, b in zip(("cases", "mean_cycle_time_s", "events"), np.nanmean(table, axis=0), low, high)
    ]
