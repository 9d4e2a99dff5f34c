"""Object-centric performance: how long an event waits for its objects, and which of them it waits for.

An object arrives at an event when its previous event ends. Of the objects that arrive at an event:

- flow time: from the first arrival to the event;
- synchronisation: from the first arrival to the last: waiting for each other;
- sojourn: from the last arrival to the event: flow = synchronisation + sojourn;
- pooling of a type: from its first object's arrival to its last object's;
- lagging of a type: from the first arrival of other types to the last of its own, if that is later.

Source: Park, Adams, van der Aalst, OPerA: Object-Centric Performance Analysis (ER 2022). There arrivals are tokens
of an object-centric Petri net; here they are the objects' previous events, so that no model is needed. Events
have one timestamp, so sojourn holds both waiting and work.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.log.eventlog import Codes, Times
from hoshin.log.ocel import Ocel
from hoshin.units import NS_PER_S

NEVER, ALWAYS = np.iinfo(np.int64).max, np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean, median and 90% quantile in seconds."""

    mean_s: float
    median_s: float
    p90_s: float


@dataclass(frozen=True, slots=True)
class ActivityTimes:
    """`measured` of the `events` of an activity have an object that was somewhere before."""

    activity: str
    events: int
    measured: int
    flow: Spread
    synchronisation: Spread
    sojourn: Spread


@dataclass(frozen=True, slots=True)
class TypeTimes:
    """Objects of `object_type` at an activity: `measured` events at which some arrive. `last_share` of the events
    at which other types arrive too had to wait for this type: its last object came strictly after all others."""

    activity: str
    object_type: str
    measured: int
    pooling: Spread
    lagging: Spread | None
    last_share: float | None


@dataclass(frozen=True, slots=True)
class OcTimes:
    """The activities with the most flow time in all first; their types in the order of the log."""

    activities: tuple[ActivityTimes, ...]
    types: tuple[TypeTimes, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """Per event: first and last arrival over all its objects, int64 (n_events,), and per object type, (n_types,
    n_events). First is the largest and last the smallest int64 where nothing arrives."""

    first: Times
    last: Times
    first_of: NDArray[np.int64]
    last_of: NDArray[np.int64]


def arrivals(ocel: Ocel) -> Arrivals:
    """When the objects of each event had their previous event. O(E2O log E2O)."""
    n_types = len(ocel.object_types)
    first_of = np.full((n_types, ocel.n_events), NEVER)
    last_of = np.full((n_types, ocel.n_events), ALWAYS)
    for code in range(n_types):
        event, moment = _arriving(ocel, code)
        np.minimum.at(first_of[code], event, moment)
        np.maximum.at(last_of[code], event, moment)
    return Arrivals(first_of.min(axis=0, initial=NEVER), last_of.max(axis=0, initial=ALWAYS), first_of, last_of)


def _arriving(ocel: Ocel, code: int) -> tuple[Codes, Times]:
    """(event, time of the object's previous event) of every object of a type at every event but its first."""
    event, target = ocel.pairs_of(code)
    follows = np.flatnonzero(target[1:] == target[:-1])
    return event[follows + 1], ocel.t_ns[event[follows]]


def measure_times(ocel: Ocel) -> OcTimes:
    """Flow, synchronisation, sojourn, pooling and lagging times of every activity."""
    at = arrivals(ocel)
    known = at.first != NEVER
    activities, types = [], []
    for a, name in enumerate(ocel.event_types):
        own = np.flatnonzero((ocel.event_type == a) & known)
        if not own.size:
            continue
        now, first, last = ocel.t_ns[own], at.first[own], at.last[own]
        n = int((ocel.event_type == a).sum())
        spreads = (_spread(now - first), _spread(last - first), _spread(now - last))
        activities.append(ActivityTimes(name, n, int(own.size), *spreads))
        types += [t for code in range(len(ocel.object_types)) if (t := _type_times(ocel, at, own, name, code))]
    activities.sort(key=lambda t: -t.flow.mean_s * t.measured)
    place = {t.activity: k for k, t in enumerate(activities)}
    return OcTimes(tuple(activities), tuple(sorted(types, key=lambda t: place[t.activity])))


def _type_times(ocel: Ocel, at: Arrivals, events: NDArray[np.int64], activity: str, code: int) -> TypeTimes | None:
    own = events[at.first_of[code, events] != NEVER]
    if not own.size:
        return None
    pooling = _spread(at.last_of[code, own] - at.first_of[code, own])
    others = np.delete(np.arange(len(ocel.object_types)), code)
    first = at.first_of[np.ix_(others, own)].min(axis=0, initial=NEVER)
    last = at.last_of[np.ix_(others, own)].max(axis=0, initial=ALWAYS)
    both = first != NEVER
    if not both.any():
        return TypeTimes(activity, ocel.object_types[code], int(own.size), pooling, None, None)
    mine = at.last_of[code, own[both]]
    lagging = _spread(np.maximum(mine - first[both], 0))
    waited = float((mine > last[both]).mean())
    return TypeTimes(activity, ocel.object_types[code], int(own.size), pooling, lagging, waited)


def _spread(ns: Times) -> Spread:
    mean, median, p90 = ns.mean(), np.median(ns), np.quantile(ns, 0.9)
    return Spread(float(mean) / NS_PER_S, float(median) / NS_PER_S, float(p90) / NS_PER_S)
