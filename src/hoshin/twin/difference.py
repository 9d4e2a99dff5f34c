"""What two versions of a twin differ in: a row per parameter that is not the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from hoshin.kernels.roster import WEEK_S
from hoshin.twin.model import Twin
from hoshin.twin.visits import state_visits

Parameters = dict[tuple[str, str, str], float]


def differences(a: Twin, b: Twin, *, least: float = 0.0) -> list[dict[str, Any]]:
    """Rows of component, of, parameter, before, after (None where one has no such thing), by component, the largest
    relative change first; changes of less than the share `least` are left out."""
    before, after = parameters(a), parameters(b)
    rows = []
    for key in {**before, **after}:
        x, y = before.get(key), after.get(key)
        if key[2] == "scale" and (x is None or y is None):
            continue  # that someone (no longer) does it is said by the weight
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
        found["delays", activity.name, "batch"] = float(activity.batch)
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
    visits = state_visits(twin)
    flow: dict[tuple[str, str], float] = {}
    total: dict[str, float] = {}
    for w in twin.ways:
        here = last.get(w.state, "")
        flow[here, w.activity] = flow.get((here, w.activity), 0.0) + float(visits[w.state]) * w.share
        total[here] = total.get(here, 0.0) + float(visits[w.state]) * w.share
    return {(x, y): n / total[x] for (x, y), n in flow.items() if total[x] > 0}
