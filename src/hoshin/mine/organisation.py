"""Who does what with whom: roles, skills, handovers, working together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster import hierarchy

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.instance import Instances
from hoshin.units import NS_PER_S

MOST = 2000


def profile(log: EventLog) -> NDArray[np.int64]:
    """How often each resource did each activity: int64 (n_resources, n_act). InvalidInput(organisation.resources)
    if the log has no resources."""
    if log.resource is None or not log.resources:
        raise InvalidInput(
            "organisation.resources", f"Log {log.name!r} has no resources.", hint="Import it with a resource column."
        )
    n_act = len(log.activities)
    known = log.resource >= 0
    key = log.resource[known].astype(np.int64) * n_act + log.activity[known]
    return np.bincount(key, minlength=len(log.resources) * n_act).reshape(-1, n_act)


def skills(log: EventLog) -> list[dict[str, Any]]:
    """Per activity: how many can do it, who does most, and the share of that one: what hangs on one person."""
    count = profile(log)
    rows = []
    for a, name in enumerate(log.activities):
        total = int(count[:, a].sum())
        if total:
            top = int(np.argmax(count[:, a]))
            rows.append(
                {
                    "activity": name,
                    "times": total,
                    "people": int((count[:, a] > 0).sum()),
                    "most_by": log.resources[top],
                    "most_share": float(count[top, a] / total),
                }
            )
    return sorted(rows, key=lambda row: (row["people"], -row["times"]))


@dataclass(frozen=True, slots=True, eq=False)
class Roles:
    """`of` int64 (n_resources,) is the role of a resource, -1 for one with too little work; `names` say its first
    number, counted by work, and its main activity."""

    of: NDArray[np.int64]
    names: tuple[str, ...]


def find_roles(log: EventLog, *, alike: float = 0.7, least: int = 5) -> Roles:
    """Groups of resources with alike work: average-linkage clusters of cosine similarity at least `alike`.

    Resources with fewer than `least` events are left out; beyond 2,000 the busiest are taken. Source:
    profiles of van der Aalst, Reijers and Song, "Discovering social networks from event logs" (2005).
    """
    count = profile(log)
    of = np.full(count.shape[0], -1, dtype=np.int64)
    busy = np.flatnonzero(count.sum(axis=1) >= least)
    busy = busy[np.argsort(-count[busy].sum(axis=1), kind="stable")][:MOST]
    if busy.size == 0:
        return Roles(of, ())
    unit = count[busy] / np.linalg.norm(count[busy], axis=1, keepdims=True)
    group = np.ones(1, dtype=np.int64)
    if busy.size > 1:
        group = hierarchy.fcluster(hierarchy.linkage(unit, "average", metric="cosine"), 1 - alike, "distance")
    works = [(g, count[busy[group == g]].sum(axis=0)) for g in np.unique(group)]
    works.sort(key=lambda pair: -int(pair[1].sum()))
    for number, (g, _) in enumerate(works):
        of[busy[group == g]] = number
    return Roles(of, tuple(f"{n}: {log.activities[int(np.argmax(work))]}" for n, (_, work) in enumerate(works, 1)))


def roles(log: EventLog, *, alike: float = 0.7, least: int = 5) -> list[dict[str, Any]]:
    """A row per role of `find_roles`, the one with most work first: its people and what they do."""
    found, count = find_roles(log, alike=alike, least=least), profile(log)
    rows = []
    for number, name in enumerate(found.names):
        own = np.flatnonzero(found.of == number)
        own = own[np.argsort(-count[own].sum(axis=1), kind="stable")]
        work = count[own].sum(axis=0)
        top = [a for a in np.argsort(-work, kind="stable")[:5] if work[a]]
        rows.append(
            {
                "role": name,
                "people": int(own.size),
                "events": int(work.sum()),
                "does": "; ".join(f"{log.activities[a]} {work[a] / work.sum():.0%}" for a in top),
                "who": ", ".join(log.resources[r] for r in own[:10]) + (", ..." if own.size > 10 else ""),
            }
        )
    return rows


def handovers(work: Instances) -> list[dict[str, Any]]:
    """Who passes work to whom: times, and the wait between the end of the one and the begin of the other."""
    profile(work.log)
    took = np.flatnonzero(work.enabler >= 0)
    giver, taker = work.resource[work.enabler[took]], work.resource[took]
    known = (giver >= 0) & (taker >= 0) & (giver != taker)
    frame = pl.DataFrame({"a": giver[known], "b": taker[known], "w": work.waiting_ns[took][known] / NS_PER_S})
    table = frame.group_by("a", "b").agg(pl.len().alias("n"), pl.col("w").median().alias("m"), pl.col("w").sum())
    names = work.log.resources
    return [
        {"from": names[a], "to": names[b], "times": n, "median_waiting_s": m, "total_waiting_s": w}
        for a, b, n, m, w in table.sort("n", "a", "b", descending=[True, False, False]).iter_rows()
    ]


def together(log: EventLog) -> list[dict[str, Any]]:
    """Pairs that work on the same cases: shared cases, as a number and as a share of the rarer one's cases."""
    profile(log)
    assert log.resource is not None
    known = log.resource >= 0
    shape = (len(log.resources), log.n_cases)
    at = (log.resource[known], log.case_of_event()[known])
    member = sparse.csr_matrix((np.ones(int(known.sum())), at), shape=shape)
    member.data[:] = 1.0
    shared = sparse.triu(member @ member.T, k=1).tocoo()
    cases = np.asarray(member.sum(axis=1)).ravel()
    rows = [
        {
            "a": log.resources[a],
            "b": log.resources[b],
            "cases": int(n),
            "rarer_share": float(n / min(cases[a], cases[b])),
        }
        for a, b, n in zip(shared.row, shared.col, shared.data)
    ]
    return sorted(rows, key=lambda row: -row["cases"])
