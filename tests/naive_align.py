"""Slow twins of alignments: Dijkstra over trace position and marking, in the plainest Python."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from hoshin.mine.model.petri import PetriNet


def cheapest(net: PetriNet, trace: Sequence[str]) -> int | None:
    """Least number of log moves and visible model moves, None if the net cannot complete."""
    start = (0, net.initial)
    best = {start: 0}
    heap = [(0, start)]
    while heap:
        cost, (position, marking) = heapq.heappop(heap)
        if cost > best[position, marking]:
            continue
        if position == len(trace) and marking == net.final:
            return cost
        steps = [] if position == len(trace) else [(cost + 1, (position + 1, marking))]
        for t in net.enabled(marking):
            label, after = net.transitions[t].label, net.fire(marking, t)
            steps.append((cost + (label is not None), (position, after)))
            if position < len(trace) and label == trace[position]:
                steps.append((cost, (position + 1, after)))
        for price, state in steps:
            if price < best.get(state, price + 1):
                best[state] = price
                heapq.heappush(heap, (price, state))
    return None
