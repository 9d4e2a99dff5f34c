"""Is a twin calibrated? Fitted to the first part of its log, it is asked for the rest, beside two that know less.

The floor puts whole past cases on new arrivals, so a distance of 1.0 floors is as good as resampling the past; the
plain twin works around the clock and has no delays but queues. All are compared with the same future: the cases that
arrived after the cut; what has not ended by the end of the log is left out on every side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from hoshin.log.eventlog import EventLog
from hoshin.twin.distance import HOUR_S, Trail, circadian, earth, gram_distance, trail_of
from hoshin.twin.fit import fit_twin
from hoshin.twin.floor import floor
from hoshin.twin.model import Twin, as_date, moment_s
from hoshin.twin.observe import Tasks, observe
from hoshin.twin.simulate import Settings, simulate_log
from hoshin.twin.stats import DAY_S

Floats = NDArray[np.float64]
ENOUGH_CASES = 30
WITHIN = 1.25
# Distances below these are as good as none: a share, cases, and hours.
ASPECTS = {
    "control flow": ("share of 3-grams", 0.01), "arrivals": ("cases a day", 0.5), "waiting": ("h", 0.02),
    "processing": ("h", 0.02), "cycle time": ("h", 0.05), "calendar": ("h", 0.05), "work in progress": ("cases", 0.2),
}  # fmt: skip


def score(
    log: EventLog, *, share: float = 0.8, replications: int = 5, seed: int = 0,
    fit: Callable[[EventLog], Twin] = fit_twin,
) -> dict[str, Any]:  # fmt: skip
    """Scores of the twin that `fit` makes of the past of `log`, for `Twin.scores`: plain data.

    `share` of the events are in the past. Per aspect: `twin`, `floor` and `plain` are mean distances from the future,
    `ratio` twin over floor, `holds` whether that is at most 1.25 (two standard errors allowed). `calibrated`: every
    aspect holds and the mean ratio is below that of the plain twin. `misfits` in words. `why_not` says why there are no
    scores when past or future have less than 30 cases.
    """
    cut = int(np.quantile(log.t_ns, share)) if log.n_events else 0
    begin, end, held = log.case_begin_ns(), log.case_end_ns(), log.events_per_case() > 0
    past, future = log.select_cases(held & (end <= cut)), log.select_cases(held & (begin > cut))
    if min(past.n_cases, future.n_cases) < ENOUGH_CASES:
        return {"calibrated": False, "why_not": f"Only {past.n_cases} cases ended in the first {share:.0%} of the log "
                f"and {future.n_cases} began after; {ENOUGH_CASES} of each are needed to judge a twin."}  # fmt: skip
    since, until = (float(moment_s(np.array([t]), log.time_zone)[0]) for t in (cut, int(log.t_ns.max())))
    real, known = _trail(observe(future)), _trail(observe(past))
    twin = fit(past)
    warm = min(since - float(known.begin.min()), 3 * float(np.quantile(known.leave() - known.arrive(), 0.9)))
    sides: dict[str, Callable[[int], Trail]] = {
        "twin": lambda k: _simulated(twin, log, since, until, warm, seed, k),
        "floor": lambda k: floor(known, since, None, until, np.random.default_rng((seed, k))),
        "plain": lambda k: _simulated(plain(twin), log, since, until, warm, seed, k),
    }
    made = {side: [_ended(make(k), until) for k in range(replications)] for side, make in sides.items()}
    off = {side: np.array([_distances(real, t, since, until) for t in trails]) for side, trails in made.items()}
    aspects = [_aspect(k, {side: x[:, k] for side, x in off.items()}) for k in range(len(ASPECTS))]
    ratio, plain_ratio = (float(np.mean([a[key] for a in aspects])) for key in ("ratio", "plain_ratio"))
    fails = [a["aspect"] for a in aspects if not a["holds"]]
    beats = ratio < plain_ratio or plain(twin) == twin
    return {
        "calibrated": not fails and beats, "fails": fails, "beats_plain": beats, "mean_ratio": ratio,
        "plain_mean_ratio": plain_ratio, "cut": as_date(since), "past_cases": past.n_cases,
        "future_cases": future.n_cases, "aspects": aspects,
        "misfits": [_words(name, real, made["twin"], log) for name in fails],
    }  # fmt: skip


def plain(twin: Twin) -> Twin:
    """`twin` around the clock and without unexplained delays."""
    replace = msgspec.structs.replace
    return replace(
        twin, resources=[replace(r, roster="") for r in twin.resources], rosters={}, delays={},
        ways=[replace(w, delay="") for w in twin.ways],
    )  # fmt: skip


def _simulated(
    twin: Twin, log: EventLog, since: float, until: float, warm: float, seed: int, replication: int
) -> Trail:
    """The cases of `twin` that arrive from `since` on, in a system that has run for `warm` seconds by then."""
    per_s = twin.arrival.demand / twin.arrival.mean_gap_s
    n = int(1.5 * per_s * (until - since + warm)) + 50
    settings = Settings(n, since_s=since - warm, seed=seed, horizon_s=until - since + warm)
    trail = trail_of(simulate_log(twin, settings, replication), log.activities)
    return trail.pick(np.flatnonzero(trail.arrive() > since))


def _trail(tasks: Tasks) -> Trail:
    return Trail(tasks.act.astype(np.int64), tasks.begin, tasks.end, tasks.case_start)


def _ended(trail: Trail, until: float) -> Trail:
    return trail.pick(np.flatnonzero(trail.leave() <= until))


def _distances(real: Trail, made: Trail, since: float, until: float) -> list[float]:
    """One per aspect; infinite where nothing was simulated."""
    if not made.n_cases:
        return [np.inf] * len(ASPECTS)
    pairs = [(_waits(t), (t.end - t.begin) / HOUR_S, (t.leave() - t.arrive()) / HOUR_S)
             for t in (real, made)]  # fmt: skip
    waiting, processing, cycle = (earth(a, b) for a, b in zip(*pairs, strict=True))
    moments = [np.concatenate([t.begin, t.end]) for t in (real, made)]
    days = np.arange(since, until + DAY_S, DAY_S)
    per_day = [np.histogram(t.arrive(), days)[0].astype(np.float64) for t in (real, made)]
    in_progress = [_under_way(t, since, until) for t in (real, made)]
    apart = [float(np.abs(x[0] - x[1]).mean()) for x in (per_day, in_progress)]
    return [gram_distance(real, made), apart[0], waiting, processing, cycle, circadian(*moments), apart[1]]


def _waits(trail: Trail) -> Floats:
    """Hours from the latest end so far in the case to each later begin, at least 0; [0] when no case has two tasks."""
    first = np.zeros(trail.begin.size, dtype=np.bool_)
    first[trail.case_start[:-1]] = True
    case = trail.case()
    # Running maximum within cases: later cases are lifted above all earlier ones.
    lift = case * (trail.end.max() - trail.end.min() + 1.0)
    latest = np.maximum.accumulate(trail.end + lift) - lift
    waits = np.maximum(trail.begin[1:] - latest[:-1], 0.0)[~first[1:]] / HOUR_S
    return waits if waits.size else np.zeros(1)


def _under_way(trail: Trail, since: float, until: float) -> Floats:
    """Cases under way at every hour of the window."""
    hours = np.arange(since, until, HOUR_S)
    came = np.searchsorted(np.sort(trail.arrive()), hours, side="right")
    gone = np.searchsorted(np.sort(trail.leave()), hours, side="right")
    return (came - gone).astype(np.float64)


def _aspect(k: int, off: dict[str, Floats]) -> dict[str, Any]:
    name, (unit, least) = list(ASPECTS.items())[k]
    twin, base, bare = (float(off[side].mean()) for side in ("twin", "floor", "plain"))
    errors = [WITHIN**weight * off[side].std(ddof=1) / np.sqrt(off[side].size)
              for side, weight in (("twin", 0), ("floor", 1))]  # fmt: skip
    slack = 2 * float(np.hypot(*errors)) if np.isfinite(twin) else 0.0
    goal = max(base, least)
    return {
        "aspect": name, "unit": unit, "twin": twin, "floor": base, "plain": bare, "ratio": twin / goal,
        "plain_ratio": bare / goal, "holds": bool(twin - slack <= WITHIN * goal),
    }  # fmt: skip


def _words(aspect: str, real: Trail, made: list[Trail], log: EventLog) -> str:
    """What is wrong with an aspect, in a sentence."""

    def both(figure: Callable[[Trail], float]) -> tuple[float, float]:
        return float(figure(real)), float(np.mean([figure(t) for t in made]))

    figures: dict[str, tuple[str, Callable[[Trail], float]]] = {
        "arrivals": ("cases arrived in the hold-out", lambda t: t.n_cases),
        "waiting": ("hours of waiting before a task, on average", lambda t: _waits(t).mean()),
        "processing": ("hours of work per task, on average", lambda t: (t.end - t.begin).mean() / HOUR_S),
        "cycle time": ("hours of cycle time, on average", lambda t: (t.leave() - t.arrive()).mean() / HOUR_S),
        "work in progress": ("hours of all cases under way", lambda t: (t.leave() - t.arrive()).sum() / HOUR_S),
    }
    if aspect in figures:
        what, figure = figures[aspect]
        truth, told = both(figure)
        return f"{aspect}: {truth:,.3g} {what}; the twin says {told:,.3g}."
    if aspect == "calendar":
        hours = [np.bincount((t.end % 86_400 // HOUR_S).astype(int), minlength=24) / t.end.size for t in (real, *made)]
        told_hours = np.mean(hours[1:], axis=0)
        at = int(np.abs(told_hours - hours[0]).argmax())
        share = f"{hours[0][at]:.1%} of tasks end between {at}:00 and {at + 1}:00"
        return f"calendar: {share}; the twin says {told_hours[at]:.1%}."
    (a, b), truth, told = _worst_step(real, made, len(log.activities))
    names = [*log.activities, "(start)", "(end)"]
    return f"control flow: {names[a]} > {names[b]} makes {truth:.1%} of all steps; the twin says {told:.1%}."


def _worst_step(real: Trail, made: list[Trail], n: int) -> tuple[tuple[int, int], float, float]:
    """The pair of activities (n = start, n + 1 = end) whose share of all steps is furthest off, and both shares."""

    def shares(t: Trail) -> Floats:
        first, last = t.case_start[:-1], t.case_start[1:] - 1
        inner = np.setdiff1d(np.arange(t.act.size), last)
        a = np.concatenate([t.act[inner], np.full(first.size, n), t.act[last]])
        b = np.concatenate([t.act[inner + 1], t.act[first], np.full(last.size, n + 1)])
        counts = np.bincount(a * (n + 2) + b, minlength=(n + 2) ** 2)
        return np.asarray(counts / counts.sum())

    truth = shares(real)
    told = np.mean([shares(t) for t in made if t.n_cases] or [truth], axis=0)
    at = int(np.abs(told - truth).argmax())
    return divmod(at, n + 2), float(truth[at]), float(told[at])
