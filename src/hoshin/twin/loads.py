"""Load and capacity: how much work comes, who can do it, and whether it can be done at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from hoshin.kernels.roster import FOREVER_S, WEEK_S
from hoshin.twin.model import Resource, Twin
from hoshin.twin.roles import roles
from hoshin.twin.visits import activity_visits


@dataclass(frozen=True, slots=True)
class RoleLoad:
    """A role in the long run: tasks per second that come to it, mean and squared coefficient of variation of their
    work (s), people (`servers`, tasks at once), share of the week on duty and up, erlangs of work, and rho."""

    role: str
    per_s: float
    work_s: float
    work_scv: float
    servers: int
    duty_share: float
    erlangs: float
    rho: float


def arrivals_per_s(twin: Twin) -> float:
    """Cases per second in the long run: changes of demand that end are over."""
    a = twin.arrival
    gap = float(np.mean(a.gaps_s)) if a.gaps_s else a.mean_gap_s
    lasting = [factor for _, until, factor in a.phases if until >= FOREVER_S]
    return a.demand * float(np.prod(lasting)) / gap


def duty_share(r: Resource, twin: Twin) -> float:
    """Share of the time at work and up; 0 for one who has left for good by the end."""
    if any(until >= FOREVER_S for _, until in r.away):
        return 0.0
    week = sum(b - a for a, b in twin.rosters[r.roster]) / WEEK_S if r.roster else 1.0
    return week * (r.mtbf_s / (r.mtbf_s + r.mttr_s) if r.mtbf_s else 1.0)


def work_s(twin: Twin) -> dict[str, float]:
    """Seconds of usual work per case and activity; 0 for activities that nobody has to do."""
    done = {s.activity for s in twin.skills}
    visits = activity_visits(twin)
    return {
        a.name: visits[a.name] * a.duration.mean_s() / a.speed / (a.batch if a.together else 1)
        for a in twin.activities
        if a.name in done
    }


def least_utilisation(twin: Twin) -> tuple[float, list[str]]:
    """The utilisation of the busiest when work is shared as evenly as skills allow, and who they are (roles).

    Below 1 the queues stay finite under any policy that never idles; at 1 or above they grow whatever is done.
    Linear programme: minimise rho subject to all work being assigned to able people within rho times capacity.
    """
    need = {a: w * arrivals_per_s(twin) for a, w in work_s(twin).items()}
    acts, people = list(need), [r.name for r in twin.resources]
    skills = [s for s in twin.skills if s.activity in need]
    if not skills:
        return 0.0, []
    n = len(skills)
    act = np.array([acts.index(s.activity) for s in skills])
    res = np.array([people.index(s.resource) for s in skills])
    duty = np.array([duty_share(r, twin) * r.capacity for r in twin.resources])
    times = np.array([s.scale * _relative(twin, s.activity, s.duration) for s in skills])
    equal = coo_matrix((np.ones(n), (act, np.arange(n))), shape=(len(acts), n + 1))
    rows, columns = np.concatenate([res, np.arange(len(people))]), np.concatenate([np.arange(n), [n] * len(people)])
    limit = coo_matrix((np.concatenate([times, -duty]), (rows, columns)), shape=(len(people), n + 1))
    found = linprog(
        np.concatenate([np.zeros(n), [1.0]]), A_ub=limit, b_ub=np.zeros(len(people)), A_eq=equal,
        b_eq=np.array(list(need.values())), method="highs",
    )  # fmt: skip
    if found.status != 0:
        return np.inf, sorted({a for a in acts if not duty[res[act == acts.index(a)]].sum() > 0})
    tight = {people[r] for r in np.flatnonzero(found.ineqlin.marginals < -1e-12)}
    return float(found.x[-1]), [role for role, who in roles(twin).items() if tight & {r.name for r in who}]


def _relative(twin: Twin, activity: str, own: object) -> float:
    from hoshin.twin.model import Duration

    mean = twin.activity(activity).duration.mean_s()
    return own.mean_s() / mean if isinstance(own, Duration) and mean > 0 else 1.0


def role_loads(twin: Twin) -> list[RoleLoad]:
    """Each role's load when tasks go to those who can do them in proportion to their weights and time on duty."""
    per_s, visits = arrivals_per_s(twin), activity_visits(twin)
    duty = {r.name: duty_share(r, twin) * r.capacity for r in twin.resources}
    moments: dict[str, NDArray[np.float64]] = defaultdict(lambda: np.zeros(3))
    for a in twin.activities:
        doers = [s for s in twin.doers(a.name) if duty[s.resource] > 0]
        total = sum(s.weight * duty[s.resource] for s in doers)
        for s in doers:
            rate = per_s * visits[a.name] * s.weight * duty[s.resource] / total / (a.batch if a.together else 1)
            own = s.duration or a.duration
            mean = own.mean_s() * s.scale / a.speed
            moments[s.resource] += rate * np.array([1.0, mean, mean**2 * (1 + own.scv())])
    found = []
    for role, who in roles(twin).items():
        rate, load, squares = np.sum([moments[r.name] for r in who], axis=0)
        there = [r for r in who if duty[r.name] > 0]
        servers = sum(r.capacity for r in there)
        on = sum(duty[r.name] for r in there) / servers if servers else 0.0
        scv = squares / rate / (load / rate) ** 2 - 1 if load > 0 else 0.0
        rho = load / (servers * on) if servers else (np.inf if load else 0.0)
        found.append(RoleLoad(role, float(rate), float(load / rate) if rate else 0.0, float(scv), servers, on,
                              float(load), float(rho)))  # fmt: skip
    return found


def overload(twin: Twin) -> Iterator[str]:
    """In words: roles at or above full load, however the work is shared, or as it is shared in the data."""
    rho, who = least_utilisation(twin)
    if rho >= 1:
        yield (f"Overload: {', '.join(who) or 'nobody'} would need {rho:.0%} of their time, however work is shared; "
               "queues grow without end and figures depend on the length of the run.")  # fmt: skip
    elif rho > 0.95:
        yield f"Near overload: {', '.join(who)} are at {rho:.0%} at best; small errors move the result far."
    if rho < 1:
        for load in role_loads(twin):
            if load.rho >= 1 and load.erlangs > 0:
                yield (f"{load.role} is at {load.rho:.0%} as work is shared now: others who can do it will have to "
                       "take more of it than in the data.")  # fmt: skip
