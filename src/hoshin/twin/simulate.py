"""Simulate a twin: cases arrive, flow and end; the answer is numbers, or an event log like the real one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.kernels.draw import arrival_times, stream_keys
from hoshin.kernels.plan import DONE, RUNNING, Arrivals, Plan
from hoshin.kernels.roster import WEEK_S, work_between
from hoshin.log.eventlog import EventLog
from hoshin.twin.compile import bot_conditions, compile_twin
from hoshin.twin.engine import Room, Run, make_arrivals, simulate
from hoshin.twin.model import Twin, as_date, to_ns
from hoshin.twin.phases import in_phases

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run: `n_cases` arrive from `since_s` on (a moment; default: where the fitted log ends), or all that
    come up to the moment `until_s`; numbers count cases that arrive `warm_s` later, and all stops at `horizon_s`
    after the start. `arrive_s` gives the arrivals outright. People are paid to `until_s`, or to the last event."""

    n_cases: int = 1000
    since_s: float | None = None
    warm_s: float = 0.0
    horizon_s: float = np.inf
    seed: int = 0
    until_s: float | None = None
    arrive_s: Floats | None = None


def arrivals_of(twin: Twin, settings: Settings, replication: int) -> tuple[Arrivals, NDArray[np.int64]]:
    """Arrivals of one replication and the sort of every case."""
    since = start_of(twin, settings)
    times = settings.arrive_s
    if times is None and settings.until_s is None:
        times = _arrive(twin, settings.n_cases, since, settings.seed, replication)
    elif times is None and settings.until_s is not None:
        times, n = np.zeros(0), settings.n_cases
        while times.size == 0 or times[-1] <= settings.until_s:
            times = _arrive(twin, n, since, settings.seed, replication)
            n *= 2
        times = times[times <= settings.until_s]
    assert times is not None
    sort = sorts_of(twin, times.size, settings.seed, replication)
    n_bits = bot_conditions(twin)
    priority = np.array([s.priority for s in twin.sorts])[sort]
    due = times + np.array([s.due_s for s in twin.sorts])[sort]
    state = np.array([s.state for s in twin.sorts], dtype=np.int64)[sort]
    bits = eligible(twin, n_bits)[sort] if n_bits else None
    for (_, since_s), bit in n_bits.items():
        if since_s >= 0 and bits is not None:
            bits[times < since_s] &= ~(1 << bit)
    made = make_arrivals(times, settings.seed, replication, priority=priority, due=due, state=state, bits=bits)
    return made, sort


def _arrive(twin: Twin, n: int, since: float, seed: int, replication: int) -> Floats:
    """The first `n` arrivals; a larger `n` only adds later ones."""
    a = twin.arrival
    clock = np.array(twin.clocks[a.clock]) if a.clock else np.array([0.0, WEEK_S])
    gaps = np.array(a.gaps_s) if a.gaps_s else np.array([-a.mean_gap_s])
    restart = 1 / max(a.run_length, 1.0)
    if a.files and a.demand != 1:
        few = int(n / a.demand * 1.2) + 100
        once = arrival_times(few, since, gaps, restart, clock, seed, replication)
        times = _larger_files(once, a.demand, seed, replication)[:n]
    else:
        times = arrival_times(n, since, gaps / a.demand, restart, clock, seed, replication)
    return in_phases(times, since, a.phases, clock) if a.phases else times


def _larger_files(times: Floats, demand: float, seed: int, replication: int) -> Floats:
    """Each case `demand` times on average, at its moment."""
    u = (stream_keys(times.size, seed, -(2**31) - replication) >> np.uint64(11)).astype(np.float64) / 2.0**53
    return np.repeat(times, np.floor(demand + u).astype(np.int64))


def start_of(twin: Twin, settings: Settings) -> float:
    """The moment at which the simulation starts, whatever the scenario."""
    if settings.since_s is not None:
        return settings.since_s
    given = settings.arrive_s
    return twin.window_s[1] if given is None or given.size == 0 else float(given[0])


def sorts_of(twin: Twin, n: int, seed: int, replication: int) -> NDArray[np.int64]:
    """Draw the sort of each case: int64 (n,), the same in every scenario."""
    if len(twin.sorts) == 1:
        return np.zeros(n, dtype=np.int64)
    share = np.cumsum([s.share for s in twin.sorts])
    u = (stream_keys(n, seed, ~replication) >> np.uint64(11)).astype(np.float64) / 2.0**53
    return np.minimum(np.searchsorted(share / share[-1], u, side="right"), len(twin.sorts) - 1).astype(np.int64)


def eligible(twin: Twin, conditions: dict[tuple[str, float], int]) -> NDArray[np.int64]:
    """For each sort of case, the bits of the conditions on attributes that hold: int64 (n_sorts,)."""
    frame = pl.DataFrame([s.attributes for s in twin.sorts], infer_schema_length=None)
    bits = np.zeros(len(twin.sorts), dtype=np.int64)
    for (text, _), bit in conditions.items():
        if not text:
            bits |= 1 << bit
            continue
        try:
            holds = frame.select(pl.sql_expr(text).fill_null(False)).to_series()
            bits |= holds.cast(pl.Boolean).to_numpy().astype(np.int64) << bit
        except (pl.exceptions.PolarsError, ValueError) as error:
            raise InvalidInput(
                "twin.condition", f"The condition {text!r} cannot be read: {str(error).splitlines()[0]}",
                hint=f"Case attributes in this twin: {', '.join(frame.columns) or 'none'}.",
            ) from None  # fmt: skip
    return bits


def simulate_twin(
    twin: Twin, settings: Settings, replication: int = 0, *, log: bool = False, room: Room | None = None,
    plan: Plan | None = None,
) -> tuple[Run, NDArray[np.int64]]:  # fmt: skip
    """One replication and the sort of every case. The same (seed, replication) gives the same run."""
    arrivals, sort = arrivals_of(twin, settings, replication)
    since = start_of(twin, settings)
    if plan is None:
        last = float(arrivals.t[-1]) if arrivals.t.size else 0.0
        until = min(since + settings.horizon_s, last + 10 * (last - since) + 30 * 86_400)
        plan = compile_twin(twin, seed=settings.seed, replication=replication, since_s=since, until_s=until)
    run = simulate(
        plan, arrivals, warm_s=since + settings.warm_s, horizon_s=since + settings.horizon_s, log=log, room=room
    )
    return run, sort


def simulate_log(twin: Twin, settings: Settings, replication: int = 0) -> EventLog:
    """A log as the twin would write it, with start times, resources and case attributes; finished cases only."""
    run, sort = simulate_twin(twin, settings, replication, log=True)
    return as_log(twin, run, sort)


def as_log(twin: Twin, run: Run, sort: NDArray[np.int64], *, finished: bool = True) -> EventLog:
    """The rows of `run` as an event log."""
    rows = run.rows
    if finished:
        rows = rows[run.status[rows["case"]] == DONE]
    rows = rows[np.lexsort((rows["start"], rows["end"], rows["case"]))]
    which, counts = np.unique(rows["case"], return_counts=True)
    names = list(dict.fromkeys(a.label or a.name for a in twin.activities))
    code = np.array([names.index(a.label or a.name) for a in twin.activities], dtype=np.int32)
    attributes = (
        [twin.sorts[s].attributes for s in sort[which]] if len(twin.sorts) > 1 or twin.sorts[0].attributes else []
    )
    return EventLog(
        activity=code[rows["act"]],
        t_ns=to_ns(rows["end"], twin.time_zone),
        start_ns=to_ns(rows["start"], twin.time_zone),
        case_start=np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)]),
        activities=tuple(names),
        case_ids=pl.Series([f"sim-{c}" for c in which], dtype=pl.String),
        resource=rows["res"].astype(np.int32),
        resources=tuple(r.name for r in twin.resources),
        cases=pl.DataFrame(attributes, infer_schema_length=None) if attributes else pl.DataFrame(),
        name=f"{twin.name}-simulated",
        time_zone=twin.time_zone,
        currency=twin.currency,
    )


def summary(twin: Twin, run: Run, settings: Settings, sla_s: float | None = None) -> dict[str, Any]:
    """Headline numbers of one replication: what scenarios compare; `sla_s`: how long a case should take at most."""
    warm = start_of(twin, settings) + settings.warm_s
    cycle = run.cycle_s(warm)
    counted = int((run.arrive_s[: run.n_started] >= warm).sum())
    span = max(run.last_s - warm, 1e-9)
    tally = run.tally
    busy = run.used_s / span
    found: dict[str, Any] = {
        "cases": counted,
        "done_share": cycle.size / counted if counted else 0.0,
        "mean_cycle_time_s": float(cycle.mean()) if cycle.size else float("nan"),
        "median_cycle_time_s": float(np.median(cycle)) if cycle.size else float("nan"),
        "p90_cycle_time_s": float(np.quantile(cycle, 0.9)) if cycle.size else float("nan"),
        "mean_queue_s": float(tally["wait"].sum()) / max(counted, 1),
        "mean_delay_s": float(tally["delay"].sum()) / max(counted, 1),
        "mean_work_s": float(tally["work"].sum()) / max(counted, 1),
        "throughput_per_day": cycle.size / span * 86_400,
        "mean_wip": run.wip_case_s / span,
        "from": as_date(warm),
        "people_hours": float(sum(b * span for b in busy)) / 3600,
    }
    money = sum(a.money * n for a, n in zip(twin.activities, tally["n"]))
    carbon = sum(a.kg_co2e * n for a, n in zip(twin.activities, tally["n"]))
    paid_to = run.last_s if settings.until_s is None else settings.until_s
    for r, hours in zip(twin.resources, on_duty_hours(twin, warm, paid_to)):
        money += r.money_per_hour * r.capacity * hours
        carbon += r.kg_co2e_per_hour * hours
    if sla_s is not None and cycle.size:
        late = (
            (run.arrive_s >= warm)
            & (run.status != DONE)
            & ((run.status != RUNNING) | (run.last_s - run.arrive_s > sla_s))
        )
        found["within_sla_share"] = float((cycle <= sla_s).sum() / (cycle.size + late.sum()))
    if money:
        found["total_cost"] = float(money)
        found["cost_per_case"] = float(money) / max(counted, 1)
    if carbon:
        found["kg_co2e_per_case"] = float(carbon) / max(counted, 1)
    due = np.array([s.due_s for s in twin.sorts])
    if due.any() and cycle.size:
        found["late_share"] = float((cycle > due.max()).mean()) if len(set(due)) == 1 else float("nan")
    return found


def on_duty_hours(twin: Twin, since: float, until: float) -> list[float]:
    """Paid hours of each resource in [since, until): those of its roster, less its absences."""
    names = list(twin.rosters)
    weeks = [twin.rosters[name] for name in names]
    ptr = np.cumsum([0, *(len(week) for week in weeks)]).astype(np.int64)
    lo, hi = (np.array([span[side] for week in weeks for span in week]) for side in (0, 1))
    found = []
    for r in twin.resources:
        spans = complement(r.away, since, until)
        roster = np.full(len(spans), names.index(r.roster) if r.roster else -1, dtype=np.int64)
        begin, end = (np.array([span[side] for span in spans]) for side in (0, 1))
        found.append(float(work_between(begin, end, roster, ptr, lo, hi).sum()) / 3600)
    return found


def complement(away: list[tuple[float, float]], since: float, until: float) -> list[tuple[float, float]]:
    """The parts of [since, until) outside `away`.

    >>> complement([(3, 4), (8, 99)], 0, 10)
    [(0, 3), (4, 8)]
    """
    found, at = [], since
    for a, b in sorted(away):
        if a > at:
            found.append((at, min(a, until)))
        at = max(at, b)
        if at >= until:
            break
    if at < until:
        found.append((at, until))
    return [(a, b) for a, b in found if a < b]
