"""Slow twins of the object-centric measures: sets and loops over plain objects."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from statistics import mean, median
from typing import Any

from hoshin.log.ocel import Ocel
from tests.ocels import plain


def lives(ocel: Ocel) -> dict[str, list[tuple[int, str, int]]]:
    """(event number, activity, time) of every object, in order."""
    facts = plain(ocel)
    number = {event: k for k, (event, _, _) in enumerate(facts["events"])}
    found: dict[str, set[int]] = defaultdict(set)
    for event, target, _ in facts["e2o"]:
        found[target].add(number[event])
    return {o: [(k, *facts["events"][k][1:]) for k in sorted(events)] for o, events in found.items()}


def directly_follows(ocel: Ocel) -> dict[tuple[str, str, str], dict[str, Any]]:
    """(type, source, target) to times, objects, couples, median and mean seconds."""
    types = plain(ocel)["objects"]
    steps: dict[tuple[str, str, str], list[tuple[str, tuple[int, int], float]]] = defaultdict(list)
    for o, events in lives(ocel).items():
        if types[o] is not None:
            for (k, a, t), (m, b, u) in pairwise(events):
                steps[types[o], a, b].append((o, (k, m), (u - t) / 1e9))
    return {
        edge: {
            "times": len(found),
            "objects": len({o for o, _, _ in found}),
            "couples": len({pair for _, pair, _ in found}),
            "median_s": median(gap for _, _, gap in found),
            "mean_s": mean(gap for _, _, gap in found),
        }
        for edge, found in steps.items()
    }


def waits(ocel: Ocel) -> list[tuple[str, dict[str, list[float]], float]]:
    """(activity, arrivals in seconds per type, time) of every event at which a declared object arrives."""
    types = plain(ocel)["objects"]
    arriving: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for o, events in lives(ocel).items():
        if types[o] is not None:
            for (_, _, t), (m, _, _) in pairwise(events):
                arriving[m][types[o]].append(t / 1e9)
    facts = plain(ocel)["events"]
    return [(facts[m][1], dict(found), facts[m][2] / 1e9) for m, found in sorted(arriving.items())]


def opera(ocel: Ocel) -> tuple[dict[str, list[tuple[float, float, float]]], dict[tuple[str, str], list[Any]]]:
    """Per activity (flow, synchronisation, sojourn) of each event; per (activity, type) (pooling, lagging, last),
    the latter two None where no other type arrives."""
    per_activity, per_type = defaultdict(list), defaultdict(list)
    for activity, found, now in waits(ocel):
        every = [t for times in found.values() for t in times]
        per_activity[activity].append((now - min(every), max(every) - min(every), now - max(every)))
        for kind, times in found.items():
            others = [t for other, those in found.items() if other != kind for t in those]
            lag = max(max(times) - min(others), 0.0) if others else None
            last = max(times) > max(others) if others else None
            per_type[activity, kind].append((max(times) - min(times), lag, last))
    return per_activity, per_type
