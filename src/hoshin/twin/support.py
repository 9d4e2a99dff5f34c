"""What a twin may be asked: the range its log has seen, and warnings where a scenario or time leaves it."""

from __future__ import annotations

from typing import Any

import numpy as np

from hoshin.kernels.roster import WEEK_S
from hoshin.log.eventlog import EventLog
from hoshin.twin.model import Twin, as_date
from hoshin.twin.observe import observe

HOUR_S, DAY_S = 3600.0, 86_400.0
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def seen(log: EventLog) -> dict[str, Any]:
    """What `log` shows and a scenario may go beyond, as plain data for `Twin.seen`.

    `demand`: cases of the busiest stretch of seven days over those of an average one. `people`: per activity, the
    most resources that did it within seven days. `hours`: hours of the week (0 = Monday 00:00) with any work.
    """
    tasks = observe(log)
    arrive = np.sort(tasks.arrive())
    weeks = (float(tasks.end.max()) - float(tasks.begin.min())) / WEEK_S
    busiest = int((np.searchsorted(arrive, arrive + WEEK_S, side="left") - np.arange(arrive.size)).max())
    people: dict[str, int] = {}
    for a, name in enumerate(log.activities):
        mine = (tasks.act == a) & (tasks.res >= 0)
        pairs = np.unique(np.stack([tasks.begin[mine] // WEEK_S, tasks.res[mine]]), axis=1)[0]
        if pairs.size:
            people[name] = int(np.unique(pairs, return_counts=True)[1].max())
    hours = np.unique(np.concatenate([tasks.begin, tasks.end]) % WEEK_S // HOUR_S).astype(int)
    return {
        "demand": max(busiest * max(weeks, 1.0) / arrive.size, 1.0), "people": people, "hours": hours.tolist(),
        "newest_s": float(tasks.end.max()),
    }  # fmt: skip


def leaves_range(base: Twin, other: Twin) -> list[str]:
    """Where the scenario `other` of the twin `base` asks for what its log has never shown: a sentence each."""
    return [*_demand(base, other), *_capacity(base, other), *_hours(base, other), *_pairs(base, other)]


def stale(twin: Twin, *, now_s: float, fresh_s: float, newer_log: str = "") -> list[str]:
    """Why the data of `twin` is too old, if it is: `newer_log` names the version its log has now; its last event is
    more than `fresh_s` before `now_s` (a moment; see `model`)."""
    found = []
    if newer_log:
        found.append(f"The log has changed since: this twin was not fitted to {newer_log}. Fit it again.")
    age = now_s - twin.window_s[1]
    if twin.window_s[1] > twin.window_s[0] and age > fresh_s:
        found.append(
            f"The twin's data ends {as_date(twin.window_s[1])}, {age / DAY_S:,.0f} days ago; "
            f"{fresh_s / DAY_S:,.0f} days are allowed."
        )
    return found


def _demand(base: Twin, other: Twin) -> list[str]:
    most = base.seen.get("demand")
    factor = other.arrival.demand / base.arrival.demand * base.arrival.mean_gap_s / other.arrival.mean_gap_s
    if most is None or factor <= max(most, 1.0) * (1 + 1e-9):
        return []
    return [f"Demand of {factor:.3g} times the average is beyond the busiest week in the log ({most:.3g} times)."]


def _capacity(base: Twin, other: Twin) -> list[str]:
    found = []
    people = base.seen.get("people", {})
    for activity in base.activities:
        before, after = len(base.doers(activity.name)), len(other.doers(activity.name))
        most = people.get(activity.name)
        if most is not None and after > max(before, most):
            found.append(f"{activity.name}: {after} can do it; the log never shows more than {most} in one week.")
    slots = {r.name: r.capacity for r in base.resources}
    for r in other.resources:
        if r.capacity > slots.get(r.name, r.capacity):
            found.append(f"{r.name}: {r.capacity} tasks at once; the log shows up to {slots[r.name]}.")
    return found


def _hours(base: Twin, other: Twin) -> list[str]:
    if not base.seen.get("hours"):
        return []
    known = set(base.seen["hours"])
    rosters = {r.name: _on_duty(base, r.roster) for r in base.resources}
    new: set[int] = set()
    for r in other.resources:
        if r.name in rosters:
            new |= _on_duty(other, r.roster) - rosters[r.name] - known
    if not new:
        return []
    shown = ", ".join(f"{DAYS[h // 24]} {h % 24:02d}:00" for h in sorted(new)[:3])
    more = f" and {len(new) - 3} more" if len(new) > 3 else ""
    return [f"Nobody in the log works at these hours of the week: {shown}{more}."]


def _on_duty(twin: Twin, roster: str) -> set[int]:
    """Hours of the week that `roster` touches."""
    if not roster:
        return set(range(168))
    return {
        h
        for lo, hi in twin.rosters.get(roster, [])
        for h in range(int(lo // HOUR_S), max(int(np.ceil(hi / HOUR_S)), int(lo // HOUR_S) + 1))
    }


def _pairs(base: Twin, other: Twin) -> list[str]:
    people, known = {r.name for r in base.resources}, {(s.resource, s.activity) for s in base.skills}
    able = {r: {a for who, a in known if who == r} for r in people}
    names = {a.name for a in base.activities}
    found = [
        f"{s.resource} has never done {s.activity} in the log: the pace is assumed."
        for s in other.skills
        if s.resource in people and s.activity in names and s.activity not in able[s.resource]
    ]
    found += [f"{a.name} is not in the log: all about it is assumed." for a in other.activities if a.name not in names]
    found += [f"{b} after {a} has never been seen in the log." for a, b in sorted(_steps(other) - _steps(base))
              if {a, b} <= names | {""}]  # fmt: skip
    return found


def _steps(twin: Twin) -> set[tuple[str, str]]:
    """Pairs of activity and next activity ("" = none) that routing can take."""
    last = {w.next: w.activity for w in twin.ways if w.activity}
    return {(last.get(w.state, ""), w.activity) for w in twin.ways if w.share > 0 and w.activity}
