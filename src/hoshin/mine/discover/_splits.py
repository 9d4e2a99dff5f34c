"""Sublogs: variants with their counts, and how a cut splits them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from hoshin.kernels.variants import group_traces
from hoshin.log.eventlog import EventLog
from hoshin.mine.discover._cuts import Follows

Trace = tuple[int, ...]
Sublog = dict[Trace, int]


def sublog_of(log: EventLog) -> Sublog:
    """The variants of `log` as activity codes, with their counts."""
    variant, first_case = group_traces(log.activity, log.case_start)
    counts = np.bincount(variant, minlength=first_case.size)
    return {
        tuple(log.activity[log.case_start[c] : log.case_start[c + 1]].tolist()): int(n)
        for c, n in zip(first_case, counts)
    }


def follows_of(log: Sublog) -> Follows:
    """The directly-follows graph of a sublog."""
    pairs: dict[tuple[int, int], int] = {}
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    activities: set[int] = set()
    empty = 0
    for trace, n in log.items():
        if not trace:
            empty += n
            continue
        activities.update(trace)
        starts[trace[0]] = starts.get(trace[0], 0) + n
        ends[trace[-1]] = ends.get(trace[-1], 0) + n
        for pair in pairwise(trace):
            pairs[pair] = pairs.get(pair, 0) + n
    return Follows(activities, pairs, starts, ends, empty)


def project(log: Sublog, part: Iterable[int]) -> Sublog:
    """The sublog of the events of `part`; traces without any stay, empty."""
    keep = set(part)
    result: Counter[Trace] = Counter()
    for trace, n in log.items():
        result[tuple(a for a in trace if a in keep)] += n
    return dict(result)


def split_xor(log: Sublog, parts: list[set[int]]) -> list[Sublog]:
    """Each trace goes to the part that has most of its events; the others are dropped from it. An empty trace
    goes nowhere."""
    result: list[Counter[Trace]] = [Counter() for _ in parts]
    where = {a: i for i, part in enumerate(parts) for a in part}
    for trace, n in log.items():
        if trace:
            best = Counter(where[a] for a in trace).most_common(1)[0][0]
            result[best][tuple(a for a in trace if where[a] == best)] += n
    return [dict(r) for r in result]


def split_sequence(log: Sublog, parts: list[set[int]]) -> list[Sublog]:
    """Each trace is cut where the fewest events fall outside their part; those are dropped."""
    result: list[Counter[Trace]] = [Counter() for _ in parts]
    where = {a: i for i, part in enumerate(parts) for a in part}
    for trace, n in log.items():
        at = [where[a] for a in trace]
        cuts = None if all(a <= b for a, b in pairwise(at)) else best_cuts(at, len(parts))
        pieces: list[list[int]] = [[] for _ in parts]
        for position, (a, i) in enumerate(zip(trace, at)):
            if cuts is None or cuts[i] <= position < cuts[i + 1]:
                pieces[i].append(a)
        for i, piece in enumerate(pieces):
            result[i][tuple(piece)] += n
    return [dict(r) for r in result]


def best_cuts(at: list[int], n_parts: int) -> list[int]:
    """Cut points c[0]=0 <= c[1] ... <= c[n_parts]=len that keep the most events: event e is kept if it stands in
    the slice of its part `at[e]`.

    >>> best_cuts([0, 1, 0, 0, 1, 1], 2)
    [0, 4, 6]
    """
    n = len(at)
    kept = np.zeros((n_parts, n + 1), dtype=np.int64)
    for i in range(n_parts):
        kept[i, 1:] = np.cumsum(np.asarray(at) == i)
    # best[i, e]: most kept of the first e events by parts 0..i; part i begins where best - kept is greatest.
    best = kept[0]
    begin = np.zeros((n_parts, n + 1), dtype=np.int64)
    for i in range(1, n_parts):
        gain = best - kept[i]
        top = np.maximum.accumulate(gain)
        first = np.flatnonzero(np.concatenate([[True], gain[1:] > top[:-1]]))
        begin[i] = first[np.searchsorted(first, np.arange(n + 1), side="right") - 1]
        best = top + kept[i]
    cuts = [n]
    for i in range(n_parts - 1, 0, -1):
        cuts.append(int(begin[i, cuts[-1]]))
    return [0, *reversed(cuts)] if n_parts > 1 else [0, n]


def split_loop(log: Sublog, parts: list[set[int]]) -> list[Sublog]:
    """Each trace is cut between body and redo; a body that is missing before, after or between redos is empty."""
    result: list[Counter[Trace]] = [Counter() for _ in parts]
    where = {a: i for i, part in enumerate(parts) for a in part}
    for trace, n in log.items():
        at = 0
        expects_body = True
        while at < len(trace) or expects_body:
            part = where[trace[at]] if at < len(trace) else 0
            if expects_body and part != 0:
                result[0][()] += n
                expects_body = False
                continue
            end = at
            while end < len(trace) and where[trace[end]] == part:
                end += 1
            result[part][trace[at:end]] += n
            expects_body = part != 0
            at = end
    return [dict(r) for r in result]


def split_repeats(log: Sublog, dfg: Follows, *, strict: bool) -> Sublog | None:
    """Traces cut before every start activity (if `strict`, only where an end activity stands before it); None if
    nothing was cut."""
    result: Counter[Trace] = Counter()
    cut = False
    for trace, n in log.items():
        last = 0
        for e in range(1, len(trace)):
            if trace[e] in dfg.starts and (not strict or trace[e - 1] in dfg.ends):
                result[trace[last:e]] += n
                last, cut = e, True
        result[trace[last:]] += n
    return dict(result) if cut else None
