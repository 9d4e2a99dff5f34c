"""What two versions of a twin differ in: a row per parameter that is not the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels.roster import WEEK_S
from hoshin.twin.model import Twin

Floats = NDArray[np.float64]
Parameters = dict[tuple[str, str, str], float]


def differences(a: Twin, b: Twin, *, least: float = 0.0) -> list[dict[str, Any]]:
    """Rows of component, of, parameter, before, after (None where one has no such thing), by component, the largest
    relative change first; changes of less than the share `least` are left out."""
    before, after = parameters(a), parameters(b)
    rows = []
    for key in {**before, **after}:
        x, y = before.get(key), after.get(key)
        size = np.inf if x is None or y is None else abs(y - x) / max(abs(x), abs(y), 1e-12)
        if size > max(least, 1e-9):
            component, of, parameter = key
            row = {"component": component, "of": of, "parameter": parameter, "before": x, "after": y}
            rows.append((COMPONENTS.index(component), -size, of, parameter, row))
    return [row for *_, row in sorted(rows, key=lambda r: r[:4])]


COMPONENTS = ("arrivals", "routing", "durations", "capacity", "delays")


def parameters(twin: Twin) -> Parameters:
    """The parameters a person would ask about, keyed by (component, of what, parameter)."""
    found: Parameters = {}
    found["arrivals", "cases", "per_week"] = WEEK_S / twin.arrival.mean_gap_s * twin.arrival.demand
    for (x, y), share in step_shares(twin).items():
        found["routing", f"{x or '(start)'} > {y or '(end)'}", "share"] = share
    for activity in twin.activities:
        found["durations", activity.name, "mean_work_s"] = activity.duration.mean_s() / activity.speed
    for s in twin.skills:
        found["durations", f"{s.resource} at {s.activity}", "scale"] = s.scale
        found["capacity", f"{s.resource} at {s.activity}", "weight"] = s.weight
    for r in twin.resources:
        found["capacity", r.name, "capacity"] = float(r.capacity)
        week = sum(hi - lo for lo, hi in twin.rosters.get(r.roster, [])) if r.roster else WEEK_S
        found["capacity", r.name, "hours_per_week"] = week / 3600
    for name, delay in twin.delays.items():
        found["delays", name.replace(">", " > ", 1), "mean_delay_s"] = delay.duration.mean_s() * delay.scale
    return found


def step_shares(twin: Twin) -> dict[tuple[str, str], float]:
    """Share of each next activity ("" = the case ends) after each activity ("" = the start), over all cases."""
    last = {w.next: w.activity for w in twin.ways if w.activity}
    visits = visits_of(twin)
    flow: dict[tuple[str, str], float] = {}
    total: dict[str, float] = {}
    for w in twin.ways:
        here = last.get(w.state, "")
        flow[here, w.activity] = flow.get((here, w.activity), 0.0) + visits.get(w.state, 0.0) * w.share
        total[here] = total.get(here, 0.0) + visits.get(w.state, 0.0) * w.share
    return {(x, y): n / total[x] for (x, y), n in flow.items() if total[x] > 0}


def visits_of(twin: Twin) -> dict[int, float]:
    """Expected visits of a case to each routing state (Kemeny & Snell 1960), to 1e-9."""
    share = sum(s.share for s in twin.sorts)
    inside = [w for w in twin.ways if w.activity]
    states = sorted({w.state for w in twin.ways} | {w.next for w in inside} | {s.state for s in twin.sorts})
    at = {s: i for i, s in enumerate(states)}
    step: Floats = np.zeros(len(states))
    for s in twin.sorts:
        step[at[s.state]] += s.share / share
    a, b = (np.array([at[getattr(w, end)] for w in inside], dtype=np.int64) for end in ("state", "next"))
    p = np.array([w.share for w in inside])
    visits = step.copy()
    for _ in range(100_000):
        step = np.bincount(b, step[a] * p, minlength=len(states)).astype(np.float64)
        visits += step
        if step.sum() < 1e-9:
            break
    return {s: float(visits[at[s]]) for s in states}
