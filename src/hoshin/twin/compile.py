"""From the twin as a document to the arrays that a kernel runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.kernels import draw
from hoshin.kernels import plan as layout
from hoshin.kernels.plan import Plan
from hoshin.kernels.roster import WEEK_S
from hoshin.twin.model import Activity, Duration, Resource, Twin

KINDS = {"constant": draw.CONSTANT, "exponential": draw.EXPONENTIAL, "lognormal": draw.LOGNORMAL,
         "uniform": draw.UNIFORM, "weibull": draw.WEIBULL, "empirical": draw.EMPIRICAL}  # fmt: skip
QUEUES = {"fifo": layout.FIFO, "lifo": layout.LIFO, "shortest": layout.SHORTEST, "priority": layout.PRIORITY,
          "deadline": layout.DEADLINE}  # fmt: skip


class Tables:
    """Distributions as they are collected: rows of DIST and the values of the empirical ones."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, ...]] = []
        self.values: list[NDArray[np.float64]] = []
        self._size = 0
        self._seen: dict[int, int] = {}
        self._kept: list[Duration] = []

    def add(self, duration: Duration) -> int:
        """The index of `duration`."""
        if id(duration) in self._seen:
            return self._seen[id(duration)]
        if duration.kind not in KINDS:
            raise InvalidInput.unknown("twin.duration", "kind of duration", duration.kind, KINDS)
        kind = duration.kind if duration.kind != "empirical" or duration.values else "constant"
        lo = self._size
        if kind == "empirical":
            self.values.append(np.sort(np.asarray(duration.values, dtype=np.float64)))
            self._size += len(duration.values)
        self.rows.append((KINDS[kind], duration.a, duration.b, lo, self._size))
        self._seen[id(duration)] = len(self.rows) - 1
        self._kept.append(duration)
        return len(self.rows) - 1


def compile_twin(
    twin: Twin, *, seed: int = 0, replication: int = 0, until_s: float = 0.0, since_s: float = 0.0
) -> Plan:
    """The plan of `twin`. Breakdowns of resources with an mtbf are drawn for [since_s, until_s).

    Raises InvalidInput(twin.activity, twin.resource, twin.roster, twin.duration, twin.queue) where a name
    leads nowhere.
    """
    tables = Tables()
    acts = {a.name: i for i, a in enumerate(twin.activities)}
    people = {r.name: i for i, r in enumerate(twin.resources)}
    skills, by_res = _skills(twin, acts, people, tables)
    clocks = list(twin.clocks)
    ways, state_ptr = _ways(twin, acts, clocks, tables)
    cal_ptr, cal_lo, cal_hi, rosters = _rosters(twin)
    res, off_lo, off_hi = _resources(twin, by_res, skills, rosters, (seed, replication, since_s, until_s))
    return Plan(
        acts=_acts(twin, acts, skills, tables), skills=skills, by_res=by_res, res=res, state_ptr=state_ptr, ways=ways,
        dists=np.array(tables.rows, dtype=draw.DIST) if tables.rows else np.zeros(0, draw.DIST),
        table=np.concatenate(tables.values) if tables.values else np.zeros(0),
        cal_ptr=cal_ptr, cal_lo=cal_lo, cal_hi=cal_hi, off_lo=off_lo, off_hi=off_hi,
        warp=np.array([twin.clocks[c] for c in clocks]) if clocks else np.zeros((0, 2)),
    )  # fmt: skip


def _index(names: dict[str, int], name: str, what: str) -> int:
    if name not in names:
        if what == "activity":
            raise InvalidInput.unknown("twin.activity", "activity", name, names)
        if what == "roster":
            raise InvalidInput.unknown("twin.roster", "roster", name, names)
        raise InvalidInput.unknown("twin.resource", "resource", name, names)
    return names[name]


def _skills(
    twin: Twin, acts: dict[str, int], people: dict[str, int], tables: Tables
) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    rows = []
    own = {a.name: a.duration for a in twin.activities}
    for s in twin.skills:
        duration = s.duration if s.duration is not None else own.get(s.activity, Duration())
        rows.append((_index(people, s.resource, "resource"), _index(acts, s.activity, "activity"),
                     tables.add(duration), s.weight, s.scale))  # fmt: skip
    skills = np.array(rows, dtype=layout.SKILL) if rows else np.zeros(0, layout.SKILL)
    skills = skills[np.argsort(skills["act"], kind="stable")]
    return skills, np.argsort(skills["res"], kind="stable").astype(np.int64)


def _acts(twin: Twin, acts: dict[str, int], skills: NDArray[np.void], tables: Tables) -> NDArray[np.void]:
    rows = np.zeros(len(acts), dtype=layout.ACTIVITY)
    conditions = bot_conditions(twin)
    for i, a in enumerate(twin.activities):
        if a.queue not in QUEUES:
            raise InvalidInput.unknown("twin.queue", "queue discipline", a.queue, QUEUES)
        if a.together and a.patience is not None:
            raise InvalidInput("twin.batch", f"{a.name!r} is done in one job for several cases, so one cannot leave.",
                               hint="Drop its patience, or set together to false.")  # fmt: skip
        row = rows[i]
        row["skill_lo"], row["skill_hi"] = np.searchsorted(skills["act"], [i, i + 1])
        row["dist"], row["scale"], row["queue"] = tables.add(a.duration), 1.0 / a.speed, QUEUES[a.queue]
        row["pause"] = a.pause
        row["patience"] = -1 if a.patience is None else tables.add(a.patience)
        row["batch"], row["together"] = a.batch, a.together
        row["batch_wait"] = np.inf if a.batch_wait_s is None else a.batch_wait_s
        row["alt"] = _index(acts, a.bot, "activity") if a.bot else -1
        row["alt_p"], row["alt_bit"] = a.bot_share, conditions.get(bot_condition(a), -1)
        row["exc_p"], row["exc_after"] = a.fails, a.fails_after_s
        row["exc_to"] = _index(acts, a.fails_to, "activity") if a.fails_to else -1
        row["boost"], row["stick"] = a.boost, a.stick
        row["label"] = acts.get(a.label, i)
    return rows


def bot_condition(a: Activity) -> tuple[str, float]:
    """Which cases its bot may take: a condition on attributes ("" = all), and from which arrival on (-1: any)."""
    return a.bot_when, -1.0 if a.bot_from_s is None else a.bot_from_s


def bot_conditions(twin: Twin) -> dict[tuple[str, float], int]:
    """Every condition on cases that a bot has, and its bit."""
    found = {bot_condition(a) for a in twin.activities if a.bot} - {("", -1.0)}
    return {condition: bit for bit, condition in enumerate(sorted(found))}


def _ways(
    twin: Twin, acts: dict[str, int], clocks: list[str], tables: Tables
) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    n_states = 1 + max((max(w.state, w.next) for w in twin.ways), default=0)
    ways = np.zeros(len(twin.ways), dtype=layout.WAY)
    state = np.array([w.state for w in twin.ways], dtype=np.int64)
    order = np.argsort(state, kind="stable")
    for to, at in enumerate(order):
        w = twin.ways[at]
        delay = twin.delays.get(w.delay) if w.delay else None
        ways[to] = (
            w.share, _index(acts, w.activity, "activity") if w.activity else layout.END, w.beside, w.next,
            -1 if delay is None else tables.add(delay.duration),
            clocks.index(delay.clock) if delay is not None and delay.clock else -1,
            1.0 if delay is None else delay.scale,
        )  # fmt: skip
    state_ptr = np.searchsorted(state[order], np.arange(n_states + 1)).astype(np.int64)
    for s in range(n_states):
        a, b = state_ptr[s], state_ptr[s + 1]
        if a == b:
            raise InvalidInput(
                "twin.routing", f"Routing state {s} leads nowhere.", hint="Give it a way on, or to the end."
            )
        total = ways["cum"][a:b].sum()
        if not total > 0:
            raise InvalidInput("twin.routing", f"The ways on from routing state {s} have no probability.")
        ways["cum"][a:b] = np.cumsum(ways["cum"][a:b]) / total
        ways["cum"][b - 1] = 1.0
    return ways, state_ptr


def _rosters(twin: Twin) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], dict[str, int]]:
    names = {name: i for i, name in enumerate(twin.rosters)}
    lo: list[float] = []
    hi: list[float] = []
    ptr = [0]
    for name, intervals in twin.rosters.items():
        last = 0.0
        for a, b in sorted(intervals):
            if not last <= a < b <= WEEK_S:
                raise InvalidInput(
                    "twin.roster", f"Roster {name!r} has the interval [{a:g}, {b:g}).",
                    hint="Intervals are seconds of the week from Monday 00:00, 0 to 604800, and do not overlap.",
                )  # fmt: skip
            lo.append(a)
            hi.append(b)
            last = b
        ptr.append(len(lo))
    return np.array(ptr, dtype=np.int64), np.array(lo), np.array(hi), names


def _resources(
    twin: Twin, by_res: NDArray[np.int64], skills: NDArray[np.void], rosters: dict[str, int], draws: tuple[Any, ...]
) -> tuple[NDArray[np.void], NDArray[np.float64], NDArray[np.float64]]:
    rows = np.zeros(len(twin.resources), dtype=layout.RESOURCE)
    owner = skills["res"][by_res]
    off: list[tuple[float, float]] = []
    for i, r in enumerate(twin.resources):
        mine = _union([*r.away, *_breakdowns(r, i, *draws)])
        lo, hi = np.searchsorted(owner, [i, i + 1])
        rows[i] = (lo, hi, r.capacity, _index(rosters, r.roster, "roster") if r.roster else -1, len(off),
                   len(off) + len(mine))  # fmt: skip
        off += mine
    return rows, np.array([a for a, _ in off]), np.array([b for _, b in off])


def _breakdowns(
    r: Resource, i: int, seed: int, replication: int, since_s: float, until_s: float
) -> list[tuple[float, float]]:
    """Exponential times up (mean mtbf) and down (mean mttr), the same for a name in every scenario."""
    if not (r.mtbf_s > 0 and r.mttr_s > 0):
        return []
    word = int.from_bytes(r.name.encode()[-7:], "little")
    rng = np.random.Generator(np.random.Philox(key=[seed & (2**63 - 1), (word ^ (replication << 40)) & (2**63 - 1)]))
    found, t = [], since_s
    while t < until_s:
        t += rng.exponential(r.mtbf_s)
        down = rng.exponential(r.mttr_s)
        found.append((t, t + down))
        t += down
    return found


def _union(intervals: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Sorted, overlapping ones merged."""
    merged: list[tuple[float, float]] = []
    for a, b in sorted(intervals):
        if merged and a <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        elif b > a:
            merged.append((a, b))
    return merged
