"""Twins written by hand: a network of stations, for theory, teaching and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hoshin.twin.model import Activity, Arrival, Duration, Resource, Skill, Sort, Twin, Way


@dataclass(frozen=True, slots=True)
class Station:
    """`servers` equal people do `work`; then cases go `to` other stations with these shares, or leave.

    0 servers: nobody is needed. `roster`: name of a roster; `options` go to the Activity.
    """

    work: Duration
    servers: int = 1
    to: Mapping[str, float] = field(default_factory=dict)
    roster: str = ""
    options: Mapping[str, object] = field(default_factory=dict)


def network(
    stations: Mapping[str, Station],
    *,
    mean_gap_s: float,
    first: Mapping[str, float] | None = None,
    rosters: Mapping[str, Sequence[tuple[float, float]]] | None = None,
    sorts: Sequence[Sort] = (Sort(),),
) -> Twin:
    """A twin of `stations` with Poisson arrivals; `first` gives where cases enter (default: the first station).

    >>> network({"desk": Station(Duration("exponential", 60.0), 2)}, mean_gap_s=40.0).activity("desk").name
    'desk'
    """
    names = list(stations)
    number = {name: i + 1 for i, name in enumerate(names)}
    ways = [Way(0, name, share, number[name]) for name, share in (first or {names[0]: 1.0}).items()]
    resources, skills, activities = [], [], []
    for name, station in stations.items():
        activities.append(Activity(name, station.work, **station.options))  # type: ignore[arg-type]
        ways += [Way(number[name], to, share, number[to]) for to, share in station.to.items()]
        rest = 1.0 - sum(station.to.values())
        if rest > 1e-12:
            ways.append(Way(number[name], "", rest, 0))
        for k in range(station.servers):
            resources.append(Resource(f"{name}-{k + 1}", role=name, roster=station.roster))
            skills.append(Skill(f"{name}-{k + 1}", name))
    return Twin(
        activities=activities, resources=resources, skills=skills, ways=ways, arrival=Arrival(mean_gap_s),
        rosters={k: list(v) for k, v in (rosters or {}).items()}, sorts=list(sorts), name="network",
    )  # fmt: skip
