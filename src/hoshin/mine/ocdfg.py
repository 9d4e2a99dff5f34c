"""The object-centric directly-follows graph: for each object type, what follows what in the life of its objects.

Source: Berti and van der Aalst, OC-PM: analyzing object-centric event logs and process models (2022): an edge is
counted in pairs of events, in objects, and in both together (an object may take it again).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.kernels.dfg import count_ends, pair_gaps
from hoshin.log.ocel import Ocel
from hoshin.mine.map import MAX_PATHS, choose_paths
from hoshin.units import NS_PER_S


@dataclass(frozen=True, slots=True)
class OcNode:
    """An activity: its `events`, and per object type how many objects are in one of them, how many have it as
    their first and as their last event."""

    activity: str
    events: int
    objects: dict[str, int]
    starts: dict[str, int]
    ends: dict[str, int]


@dataclass(frozen=True, slots=True)
class OcPath:
    """`target` directly follows `source` for objects of `object_type`: `times` in all, by `objects` different
    objects, in `couples` different pairs of events (one pair may carry many objects at once). Times between the
    two events are over `times`."""

    object_type: str
    source: str
    target: str
    times: int
    objects: int
    couples: int
    median_s: float
    mean_s: float


@dataclass(frozen=True, slots=True)
class Ocdfg:
    """Nodes in the order of the log's activities, those without events left out; paths by type, then commonest
    first. Numbers are of the whole log, whatever is left out; `flow_share` of all steps of objects are on `paths`."""

    object_types: tuple[str, ...]
    nodes: tuple[OcNode, ...]
    paths: tuple[OcPath, ...]
    flow_share: float


def discover_ocdfg(ocel: Ocel, object_types: tuple[str, ...] = (), *, paths: float = 1.0) -> Ocdfg:
    """The graph of the objects of `object_types` (all by default).

    `paths` is the share of paths kept per type beyond those that keep every activity of the type connected; at
    most 150 in all. Raises InvalidInput(ocel.object_type), InvalidInput(map.share).
    """
    if not 0 <= paths <= 1:
        raise InvalidInput("map.share", f"paths must lie between 0 and 1, got {paths}.")
    chosen = object_types or ocel.object_types
    per_type = [_of_type(ocel, name, paths) for name in chosen]
    kept = [p for found in per_type for p in found.paths]
    total = sum(found.steps for found in per_type)
    if paths < 1 and len(kept) > MAX_PATHS:
        floor = sorted((p.times for p in kept), reverse=True)[MAX_PATHS - 1]
        kept = [p for p in kept if p.times >= floor][:MAX_PATHS]
    events = np.bincount(ocel.event_type, minlength=len(ocel.event_types))
    nodes = tuple(
        OcNode(
            activity,
            int(events[a]),
            {n: int(f.objects[a]) for n, f in zip(chosen, per_type) if f.objects[a]},
            {n: int(f.starts[a]) for n, f in zip(chosen, per_type) if f.starts[a]},
            {n: int(f.ends[a]) for n, f in zip(chosen, per_type) if f.ends[a]},
        )
        for a, activity in enumerate(ocel.event_types)
        if events[a] and any(f.objects[a] for f in per_type)
    )
    return Ocdfg(chosen, nodes, tuple(kept), sum(p.times for p in kept) / total if total else 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class _OfType:
    """What one object type contributes; arrays are per activity."""

    paths: list[OcPath]
    steps: int
    objects: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def _of_type(ocel: Ocel, name: str, share: float) -> _OfType:
    n_act = len(ocel.event_types)
    event, target = ocel.pairs_of(ocel.type_code(name))
    activity, moment = ocel.event_type[event], ocel.t_ns[event]
    start = np.concatenate([[0], np.flatnonzero(np.diff(target)) + 1, [target.size]]).astype(np.int64)
    start = start if target.size else np.zeros(1, dtype=np.int64)
    offsets, gap_ns = pair_gaps(activity, moment, moment, start, n_act)
    starts, ends = count_ends(activity, start, n_act)
    here = np.flatnonzero(target[1:] == target[:-1])
    pair = activity[here].astype(np.int64) * n_act + activity[here + 1]
    couples = _distinct(pair, event[here].astype(np.int64) * ocel.n_events + event[here + 1], n_act)
    objects = _distinct(pair, target[here].astype(np.int64), n_act)
    times = np.diff(offsets).reshape(n_act, n_act)
    seen = np.unique(target.astype(np.int64) * max(n_act, 1) + activity) % max(n_act, 1)
    involved = np.bincount(seen, minlength=n_act)
    edges = (
        choose_paths(times, starts, ends, np.flatnonzero(involved).tolist(), share)
        if share < 1
        else list(zip(*(axis.tolist() for axis in np.nonzero(times))))
    )
    found = []
    for a, b in edges:
        at = a * n_act + b
        gaps = gap_ns[offsets[at] : offsets[at + 1]] / NS_PER_S
        source, follower = ocel.event_types[a], ocel.event_types[b]
        counts = (int(times[a, b]), int(objects[at]), int(couples[at]))
        found.append(OcPath(name, source, follower, *counts, float(np.median(gaps)), float(gaps.mean())))
    found.sort(key=lambda p: (-p.times, p.source, p.target))
    return _OfType(found, int(times.sum()), involved, starts, ends)


def _distinct(pair: NDArray[np.int64], key: NDArray[np.int64], n_act: int) -> NDArray[np.int64]:
    """How many different `key` there are per pair: int64 (n_act * n_act,)."""
    order = np.lexsort((key, pair))
    pair, key = pair[order], key[order]
    new = np.ones(pair.size, dtype=np.bool_)
    new[1:] = (pair[1:] != pair[:-1]) | (key[1:] != key[:-1])
    return np.bincount(pair[new], minlength=n_act * n_act)
