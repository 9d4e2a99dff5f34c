"""Theory beside the twin: what queueing formulas say of each role, what the twin says, and why they differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from hoshin.twin.engine import replicate
from hoshin.twin.how import How
from hoshin.twin.loads import RoleLoad, arrivals_per_s, role_loads
from hoshin.twin.model import Arrival, Twin
from hoshin.twin.queueing import ggc, mmc, scv
from hoshin.twin.roles import roles
from hoshin.twin.simulate import simulate_twin
from hoshin.twin.study import half_width, warm_up

# Theory and twin are told to differ beyond this share of the theory's wait, if the interval says so too.
CLOSE = 0.1
Change = Callable[[Twin], Twin]


@dataclass(frozen=True, slots=True)
class Waits:
    """One replication of a twin: mean wait of the tasks of each activity (NaN: none came), people's busy share, and
    L - lambda W as a share of L over cases that came after the warm-up and are done."""

    twin: Twin
    how: How
    warm_s: float

    def __call__(self, replication: int) -> tuple[list[float], list[int], list[float], float]:
        settings = self.how.settings(self.twin, self.warm_s)
        run, _ = simulate_twin(self.twin, settings, replication)
        n = run.tally["n"]
        wait = np.divide(run.tally["wait"], n, out=np.full(n.size, np.nan), where=n > 0)
        since = float(run.arrive_s[0]) if run.arrive_s.size else 0.0
        span = max(run.last_s - since - self.warm_s, 1e-9)
        cycle = run.cycle_s(since + self.warm_s)
        little = (run.wip_case_s - cycle.sum()) / run.wip_case_s if run.wip_case_s else 0.0
        return wait.tolist(), n.tolist(), (run.used_s / span).tolist(), float(little)


def theory(twin: Twin, how: How, *, executor: Executor | None = None) -> dict[str, Any]:
    """A row per role that anybody queues for: erlangs, rho, the M/M/c and Allen-Cunneen wait (G/G/c), the twin's wait
    with its interval, and why they differ: the one feature without which twin and theory come closest.

    Theory takes the role as one line with one queue, on the clock of its hours. `little_residual_share` is L - lambda
    W over L: near 0, or the run is too short for what stays in the system.
    """
    warm_s = warm_up([twin], how)
    loads = [load for load in role_loads(twin) if load.servers and load.per_s > 0]
    found, busy, little = _measured(twin, how, warm_s, executor)
    variants = {name: change(twin) for name, change in FEATURES.items() if change(twin) != twin}
    without = {
        name: (_says(changed), _measured(changed, how, warm_s, executor)[0]) for name, changed in variants.items()
    }
    says = _says(twin)
    rows = []
    for load in loads:
        waits, role = found[load.role], load.role
        half = half_width(waits, how.level)
        plain = mmc(load.per_s / load.duty_share, load.work_s, load.servers).mean_wait_s
        gaps = {name: _gap(float(w[role].mean()), s[role]) for name, (s, w) in without.items() if role in s}
        rows.append({
            "role": role, "erlangs": load.erlangs, "servers": load.servers, "rho_share": load.rho,
            "twin_busy_share": busy[role] / load.duty_share, "mmc_wait_s": plain, "theory_wait_s": says[role],
            "twin_wait_s": float(waits.mean()), "plus_minus_s": half,
            "why": _why(load, says[role], float(waits.mean()), half, gaps),
        })  # fmt: skip
    return {"cases_per_day": arrivals_per_s(twin) * 86_400, "arrival_scv": _arrival_scv(twin),
            "little_residual_share": little, "roles": rows}  # fmt: skip


def _says(twin: Twin) -> dict[str, float]:
    """The Allen-Cunneen wait of each role, on the clock of its hours."""
    ca2 = _arrival_scv(twin)
    return {
        x.role: ggc(x.per_s / x.duty_share, x.work_s, x.servers, arrival_scv=ca2, service_scv=x.work_scv).mean_wait_s
        for x in role_loads(twin)
        if x.servers and x.per_s > 0
    }


def _gap(twin: float, says: float) -> float:
    """How far the twin is from theory, relative; waits below a second count as a second."""
    return abs(twin - says) / max(says, 1.0) if np.isfinite(says) else np.inf


def _measured(
    twin: Twin, how: How, warm_s: float, executor: Executor | None
) -> tuple[dict[str, Any], dict[str, float], float]:
    """Waits by role per replication, busy share by role, Little's residual."""
    found = replicate(Waits(twin, how, warm_s), how.replications, executor)
    wait, n, used = (np.array([f[i] for f in found]) for i in range(3))
    share = _shares(twin)
    index = {r.name: i for i, r in enumerate(twin.resources)}
    waits, busy = {}, {}
    for role, who in roles(twin).items():
        weight = n * share[role]
        total = weight.sum(axis=1)
        waits[role] = np.divide((np.nan_to_num(wait) * weight).sum(axis=1), total, out=np.zeros(total.size),
                                where=total > 0)  # fmt: skip
        busy[role] = float(used[:, [index[r.name] for r in who]].sum(axis=1).mean()) / sum(r.capacity for r in who)
    return waits, busy, float(np.mean([f[3] for f in found]))


def _shares(twin: Twin) -> dict[str, Any]:
    """Share of each activity's tasks that a role does, by weight."""
    role_of = {r.name: role for role, who in roles(twin).items() for r in who}
    found: dict[str, Any] = defaultdict(lambda: np.zeros(len(twin.activities)))
    for a, activity in enumerate(twin.activities):
        doers = twin.doers(activity.name)
        for s in doers:
            found[role_of[s.resource]][a] += s.weight / sum(d.weight for d in doers)
    return found


def _arrival_scv(twin: Twin) -> float:
    """Squared coefficient of variation of gaps between cases, on the clock of arrivals."""
    return scv(np.array(twin.arrival.gaps_s)) if twin.arrival.gaps_s else 1.0


def _why(load: RoleLoad, says: float, twin: float, half: float, gaps: dict[str, float]) -> str:
    """`gaps`: how far twin and theory are apart without each feature."""
    if not np.isfinite(says):
        return f"at {load.rho:.0%} there is no steady state; the wait grows with the length of the run"
    gap = _gap(twin, says)
    if gap <= CLOSE or abs(twin - says) <= half:
        return "they agree"
    nearest = min(gaps, key=lambda name: gaps[name], default=None)
    if nearest is not None and gaps[nearest] < 0.75 * gap:
        return f"mostly {nearest}" + ("" if gaps[nearest] <= 2 * CLOSE else ", not alone")
    return "tasks do not come independently: they follow from other queues, or people share several queues"


def _always(twin: Twin) -> Twin:
    """Everybody at work round the clock, cases spread evenly over the week, the load on people the same."""
    share = {r.role: r.duty_share for r in role_loads(twin) if r.servers}
    whole = {r.name: share.get(role, 1.0) for role, who in roles(twin).items() for r in who}
    resources = [msgspec.structs.replace(r, roster="") for r in twin.resources]
    skills = [msgspec.structs.replace(s, scale=s.scale / max(whole[s.resource], 1e-9)) for s in twin.skills]
    if not any(r.roster for r in twin.resources):
        skills = twin.skills
    delays = {k: msgspec.structs.replace(d, clock="") for k, d in twin.delays.items()}
    return msgspec.structs.replace(twin, resources=resources, skills=skills, delays=delays,
                                   arrival=msgspec.structs.replace(twin.arrival, clock=""))  # fmt: skip


def _poisson(twin: Twin) -> Twin:
    if not twin.arrival.gaps_s:
        return twin
    a = twin.arrival
    plain = Arrival(float(np.mean(a.gaps_s)), clock=a.clock, demand=a.demand, phases=a.phases)
    return msgspec.structs.replace(twin, arrival=plain)


def _activities(**fields: Any) -> Change:
    def changed(twin: Twin) -> Twin:
        return msgspec.structs.replace(twin, activities=[msgspec.structs.replace(a, **fields) for a in twin.activities])

    return changed


FEATURES: dict[str, Change] = {
    "hours and rhythm of the week": _always,
    "bursts of arrivals": _poisson,
    "batches": _activities(batch=1, batch_wait_s=None, together=False),
    "the order of the queue": _activities(queue="fifo", boost=0.0),
    "cases that leave the queue": _activities(patience=None),
    "breakdowns and absences": lambda twin: msgspec.structs.replace(
        twin, resources=[msgspec.structs.replace(r, mtbf_s=0.0, mttr_s=0.0, away=[]) for r in twin.resources]
    ),
    "delays that nobody explains": lambda twin: msgspec.structs.replace(
        twin, delays={}, ways=[msgspec.structs.replace(w, delay="") for w in twin.ways]
    ),
}
