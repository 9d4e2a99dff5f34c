"""The process map: which activities and paths to draw, with frequency and time on each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.kernels.dfg import count_ends, pair_gaps
from hoshin.log.eventlog import EventLog
from hoshin.units import NS_PER_S

# Layouts of more paths than this are unreadable and slow (see docs/adr/layout.md).
MAX_PATHS = 150
START, END = "▶", "■"


@dataclass(frozen=True, slots=True)
class MapNode:
    """An activity on the map. `events` counts all its occurrences, `mean_work_s` is None without start times."""

    activity: str
    events: int
    mean_work_s: float | None


@dataclass(frozen=True, slots=True)
class MapPath:
    """A path on the map; `source` or `target` is START or END for the ends of cases (times None)."""

    source: str
    target: str
    times: int
    median_s: float | None
    mean_s: float | None


@dataclass(frozen=True, slots=True)
class ProcessMap:
    """What is drawn. Numbers are those of the whole log, whatever is left out; `flow_share` of all
    directly-follows movement is on the paths drawn."""

    nodes: tuple[MapNode, ...]
    paths: tuple[MapPath, ...]
    flow_share: float


def draw_map(log: EventLog, *, activities: float = 1.0, paths: float = 1.0) -> ProcessMap:
    """Choose what to draw of `log`: the commonest share of activities, the commonest share of paths.

    The commonest way in and out of every drawn activity always stays, so none floats alone. At most
    150 paths are drawn. Raises InvalidInput(map.share) unless both shares lie in [0, 1].
    """
    for name, value in (("activities", activities), ("paths", paths)):
        if not 0 <= value <= 1:
            raise InvalidInput("map.share", f"{name} must lie between 0 and 1, got {value}.")
    n_act = len(log.activities)
    events = np.bincount(log.activity, minlength=n_act)
    present = np.flatnonzero(events)
    keep = max(1, round(activities * present.size)) if present.size else 0
    kept = sorted(present[np.argsort(-events[present], kind="stable")][:keep].tolist())
    offsets, gap_ns = pair_gaps(log.activity, log.begin_ns(), log.t_ns, log.case_start, n_act)
    times = np.diff(offsets).reshape(n_act, n_act)
    starts, ends = count_ends(log.activity, log.case_start, n_act)
    chosen = choose_paths(times, starts, ends, kept, paths)
    drawn = []
    for a, b in chosen:
        gaps = gap_ns[offsets[a * n_act + b] : offsets[a * n_act + b + 1]] / NS_PER_S
        source, target = log.activities[a], log.activities[b]
        drawn.append(MapPath(source, target, int(gaps.size), float(np.median(gaps)), float(gaps.mean())))
    flow = sum(p.times for p in drawn)
    for a in kept:
        if starts[a] >= _floor(starts):
            drawn.append(MapPath(START, log.activities[a], int(starts[a]), None, None))
        if ends[a] >= _floor(ends):
            drawn.append(MapPath(log.activities[a], END, int(ends[a]), None, None))
    nodes = tuple(MapNode(log.activities[a], int(events[a]), _mean_work_s(log, a)) for a in kept)
    return ProcessMap(nodes, tuple(drawn), flow / int(times.sum()) if times.any() else 1.0)


def _floor(counts: NDArray[np.int64]) -> float:
    """Ends of cases are drawn from 5% of the cases up, or where most cases start or end."""
    return float(min(counts.max(initial=0), 0.05 * counts.sum()) or 1)


def choose_paths(
    times: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    kept: list[int],
    share: float,
) -> list[tuple[int, int]]:
    """Pairs to draw: the commonest way in and out of each kept activity, then the commonest others."""
    inside = [(a, b) for a in kept for b in kept if times[a, b]]
    needed: set[tuple[int, int]] = set()
    for x in kept:
        ways_in = [p for p in inside if p[1] == x and p[0] != x]
        ways_out = [p for p in inside if p[0] == x and p[1] != x]
        if ways_in and starts[x] < times[max(ways_in, key=lambda p: times[p])]:
            needed.add(max(ways_in, key=lambda p: (times[p], -p[0])))
        if ways_out and ends[x] < times[max(ways_out, key=lambda p: times[p])]:
            needed.add(max(ways_out, key=lambda p: (times[p], -p[1])))
        if not starts[x] and ways_in:
            needed.add(max(ways_in, key=lambda p: (times[p], -p[0])))
        if not ends[x] and ways_out:
            needed.add(max(ways_out, key=lambda p: (times[p], -p[1])))
    ranked = sorted(inside, key=lambda p: (-times[p], p))
    extra = [p for p in ranked[: round(share * len(ranked))] if p not in needed]
    room = max(0, MAX_PATHS - len(needed))
    return sorted(needed | set(extra[:room]))


def _mean_work_s(log: EventLog, activity: int) -> float | None:
    if log.start_ns is None:
        return None
    here = log.activity == activity
    return float((log.t_ns[here] - log.start_ns[here]).mean() / NS_PER_S)
