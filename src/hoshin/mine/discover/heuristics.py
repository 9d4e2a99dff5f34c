"""Heuristics-style net: dependencies by how one-sided a succession is, robust to noise, made sound.

Source: Weijters, van der Aalst, Alves de Medeiros, Process Mining with the HeuristicsMiner Algorithm (2006).
"""

from __future__ import annotations

import numpy as np

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.dfg import discover_dfg
from hoshin.mine.discover._gateways import END, START, Mined, Pair, connected, sound_net
from hoshin.mine.discover.split import short_loops
from hoshin.mine.model.convert import tree_to_net
from hoshin.mine.model.petri import PetriNet
from hoshin.mine.model.tree import TAU


def discover(log: EventLog, *, noise: float = 0.1, together: float = 0.65) -> PetriNet:
    """The net of `log`; see `mine_heuristics`."""
    return mine_heuristics(log, noise=noise, together=together).net


def mine_heuristics(log: EventLog, *, noise: float = 0.1, together: float = 0.65) -> Mined:
    """A sound net of the dependencies of `log`, with what was given up for it.

    b depends on a when (|a>b| - |b>a|) / (|a>b| + |b>a| + 1) is at least 1 - `noise`; every activity keeps
    its best predecessor and successor. Two successors of a are concurrent when (|b>c| + |c>b|) /
    (|a>b| + |a>c| + 1) is above `together`. InvalidInput(discover.share) unless both are in [0, 1].
    """
    for name, value in (("noise", noise), ("together", together)):
        if not 0 <= value <= 1:
            raise InvalidInput("discover.share", f"{name} must be in [0, 1], got {value}.")
    graph = discover_dfg(log)
    follows, short = graph.frequency, short_loops(log)
    codes = [a for a in range(len(log.activities)) if graph.starts[a] or follows[:, a].any()]
    if not codes:
        return Mined(tree_to_net(TAU), (), ())
    depends = (follows - follows.T) / (follows + follows.T + 1)
    both = (short + short.T) / (short + short.T + 1)
    strength: dict[tuple[int, int], float] = {}
    for a in codes:
        for b in codes:
            if a != b and follows[a, b]:
                strength[a, b] = float(max(depends[a, b], both[a, b], 1e-6))
    first, last = int(graph.starts.max()), int(graph.ends.max())
    strength |= {(START, a): float(graph.starts[a] / first) for a in codes if graph.starts[a]}
    strength |= {(a, END): float(graph.ends[a] / last) for a in codes if graph.ends[a]}
    sure = {e for e, w in strength.items() if w >= 1 - noise}
    edges = connected(sure, strength, codes)
    pairs: dict[Pair, float] = {}
    for hub in codes:
        for near in ({b for a, b in edges if a == hub}, {a for a, b in edges if b == hub}):
            for b in near - {START, END}:
                for c in near - {START, END, b}:
                    if follows[b, c] and follows[c, b] and (b, c) not in edges and (c, b) not in edges:
                        out = follows[hub, b] + follows[hub, c] + 1, follows[b, hub] + follows[c, hub] + 1
                        if (follows[b, c] + follows[c, b]) / max(out) > together:
                            pairs[frozenset((b, c))] = float(np.minimum(follows[b, c], follows[c, b]))
    return sound_net(log.activities, edges, {a for a in codes if follows[a, a]}, pairs)
