"""Refit one component of a twin to recent tasks and leave the rest as it is."""

from __future__ import annotations

from collections import Counter

import msgspec
import numpy as np

from hoshin.errors import InvalidInput
from hoshin.kernels.roster import WEEK_S
from hoshin.log.eventlog import EventLog
from hoshin.twin.clocks import on_clock
from hoshin.twin.fit import fit_twin
from hoshin.twin.model import Resource, Twin, moment_s

# Weekly shifts and clocks are learned anew only from as many weeks as the fit itself asks for.
ROSTER_WEEKS = 3
ENOUGH = 30
replace = msgspec.structs.replace


def refit(twin: Twin, recent: EventLog, component: str) -> Twin:
    """`twin` with `component` (arrivals, routing, durations, capacity or delays) as `recent` shows it: the cases that
    arrived since it changed. What `recent` shows too little of stays; of the other components nothing changes, but
    that new activities and people come in. InvalidInput(twin.component) for another name."""
    parts = {
        "arrivals": _arrivals,
        "routing": _routing,
        "durations": _durations,
        "capacity": _capacity,
        "delays": _delays,
    }
    if component not in parts:
        raise InvalidInput.unknown("twin.component", "component", component, parts)
    return parts[component](twin, recent, fit_twin(_finished(recent) if component == "routing" else recent))


def since(log: EventLog, moment: float, until: float) -> EventLog:
    """The cases of `log` that arrive from `moment` on, as far as they had come by `until`."""
    log = log.select_events(moment_s(log.t_ns, log.time_zone) <= until)
    return log.select_cases(moment_s(log.case_begin_ns(), log.time_zone) >= moment)


def _finished(log: EventLog) -> EventLog:
    """The cases whose last activity is one that cases end with: the commonest last activities, 95 % of all."""
    last = log.activity[log.case_start[1:] - 1]
    ends, held = set(), 0
    for activity, n in Counter(last.tolist()).most_common():
        ends.add(activity)
        held += n
        if held >= 0.95 * last.size:
            break
    return log.select_cases(np.isin(last, list(ends)))


def _weeks(log: EventLog) -> float:
    return float(log.t_ns.max() - log.begin_ns().min()) / 1e9 / WEEK_S


def _arrivals(twin: Twin, recent: EventLog, fresh: Twin) -> Twin:
    """The gaps since; read off the old clock while there are not weeks enough for a new one."""
    if _weeks(recent) >= ROSTER_WEEKS or not twin.arrival.clock:
        return replace(twin, arrival=fresh.arrival, clocks={**twin.clocks, "arrivals": fresh.clocks["arrivals"]})
    moments = np.sort(moment_s(recent.case_begin_ns(), recent.time_zone))
    gaps = np.maximum(np.diff(on_clock(twin.clocks[twin.arrival.clock], moments)), 0.0)
    if gaps.size == 0 or gaps.sum() <= 0:
        return twin
    values = [round(float(g), 3) for g in gaps]
    return replace(twin, arrival=replace(twin.arrival, mean_gap_s=float(gaps.mean()), gaps_s=values, demand=1.0))


def _routing(twin: Twin, recent: EventLog, fresh: Twin) -> Twin:
    """The new ways; a delay stays with its pair of activities, and new pairs bring theirs."""
    twin = _with_new(twin, fresh)
    known = set(_pairs(twin))
    delays = {k: d for k, d in fresh.delays.items() if k not in known} | twin.delays
    ways = [replace(w, delay=pair if pair in delays else "") for w, pair in zip(fresh.ways, _pairs(fresh), strict=True)]
    return replace(twin, ways=ways, sorts=fresh.sorts, delays=delays)


def _durations(twin: Twin, recent: EventLog, fresh: Twin) -> Twin:
    """Work of the activities done ENOUGH times since, and the paces of those who did them."""
    counts = np.bincount(recent.activity, minlength=len(recent.activities))
    known = {name for name, n in zip(recent.activities, counts.tolist(), strict=True) if n >= ENOUGH}
    new = {a.name: a.duration for a in fresh.activities}
    pace = {(s.resource, s.activity): s.scale for s in fresh.skills}
    activities = [replace(a, duration=new[a.name], speed=1.0) if a.name in known else a for a in twin.activities]
    skills = [
        replace(s, scale=pace.get((s.resource, s.activity), s.scale), duration=None) if s.activity in known else s
        for s in twin.skills
    ]
    return replace(twin, activities=activities, skills=skills)


def _capacity(twin: Twin, recent: EventLog, fresh: Twin) -> Twin:
    """Who works, at what, how often, at how many tasks at once; their hours once there are weeks enough to see them.
    Until then newcomers keep the hours of most of those who can do the same."""
    old = {r.name: r for r in twin.resources}
    paces = {(s.resource, s.activity): s for s in twin.skills}
    able = {s.activity for s in fresh.skills}
    skills = [
        replace(s, scale=paces[s.resource, s.activity].scale, duration=paces[s.resource, s.activity].duration)
        if (s.resource, s.activity) in paces
        else s
        for s in fresh.skills
    ]
    skills += [s for s in twin.skills if s.activity not in able]
    at_work = {s.resource for s in skills}
    if _weeks(recent) >= ROSTER_WEEKS:
        new = {r.name: r for r in fresh.resources}
        rosters = {**twin.rosters, **fresh.rosters}
        resources = [new.get(name, old.get(name)) or old[name] for name in {**old, **new} if name in at_work]
        used = {r.roster for r in resources}
        rosters = {k: v for k, v in rosters.items() if k in used}
        return replace(twin, resources=resources, skills=skills, rosters=rosters)
    resources = [r for r in twin.resources if r.name in at_work]
    resources += [_newcomer(twin, r, {s.activity for s in skills if s.resource == r.name}) for r in fresh.resources
                  if r.name not in old and r.name in at_work]  # fmt: skip
    return replace(twin, resources=resources, skills=skills)


def _newcomer(twin: Twin, person: Resource, does: set[str]) -> Resource:
    like = {s.resource for s in twin.skills if s.activity in does}
    rosters = Counter(r.roster for r in twin.resources if r.name in like)
    return replace(person, roster=rosters.most_common(1)[0][0] if rosters else "")


def _delays(twin: Twin, recent: EventLog, fresh: Twin) -> Twin:
    """The delays since, and what gathers into batches; pairs of activities not seen since keep theirs."""
    seen = set(_pairs(fresh))
    new = {a.name: a for a in fresh.activities if any(pair.endswith(f">{a.name}") for pair in seen)}
    activities = [
        replace(a, batch=new[a.name].batch, batch_wait_s=new[a.name].batch_wait_s, together=new[a.name].together)
        if a.name in new
        else a
        for a in twin.activities
    ]
    delays = {k: d for k, d in twin.delays.items() if k not in seen} | fresh.delays
    ways = [replace(w, delay=pair if pair in delays else "") for w, pair in zip(twin.ways, _pairs(twin), strict=True)]
    clocks = {**twin.clocks, **{d.clock: fresh.clocks[d.clock] for d in fresh.delays.values() if d.clock}}
    return replace(twin, activities=activities, delays=delays, ways=ways, clocks=clocks)


def _pairs(twin: Twin) -> list[str]:
    """The name that the fit gives to the delay of each way: 'before>activity'."""
    last = {w.next: w.activity for w in twin.ways if w.activity}
    return [f"{last.get(w.state, '')}>{w.activity}" for w in twin.ways]


def _with_new(twin: Twin, fresh: Twin) -> Twin:
    """`twin` with the activities and people that only `fresh` knows."""
    activities, people = {a.name for a in twin.activities}, {r.name for r in twin.resources}
    new = {a.name for a in fresh.activities} - activities
    skills = [s for s in fresh.skills if s.activity in new]
    resources = [_newcomer(twin, r, set()) for r in fresh.resources
                 if r.name not in people and r.name in {s.resource for s in skills}]  # fmt: skip
    return replace(
        twin, activities=[*twin.activities, *(a for a in fresh.activities if a.name in new)],
        skills=[*twin.skills, *skills], resources=[*twin.resources, *resources],
    )  # fmt: skip
