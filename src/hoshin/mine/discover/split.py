"""Split miner with guaranteed soundness: a filtered graph with concurrency, free of block structure.

Source: Augusto, Conforti, Dumas, La Rosa, Polyvyanyy, Split Miner: Automated Discovery of Accurate and
Simple Business Process Models from Event Logs (2019). Unlike the original, the model is always sound.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.dfg import discover_dfg
from hoshin.mine.discover._gateways import END, START, Mined, Pair, connected, sound_net
from hoshin.mine.model.convert import tree_to_net
from hoshin.mine.model.petri import PetriNet
from hoshin.mine.model.tree import TAU


def discover(log: EventLog, *, noise: float = 0.4, balance: float = 0.3) -> PetriNet:
    """The net of `log`; see `mine_split`."""
    return mine_split(log, noise=noise, balance=balance).net


def mine_split(log: EventLog, *, noise: float = 0.4, balance: float = 0.3) -> Mined:
    """A sound net of `log`, with what was given up for it.

    `noise` is the share of edges filtered away, rarest first, beyond those that keep every activity on a
    path; `balance` how unequal the two orders of a concurrent pair may be. InvalidInput(discover.share)
    unless both are in [0, 1].

    >>> from hoshin.mine.discover.split import mine_split
    >>> mine_split(EventLog.from_traces(["abcd", "acbd"])).net.free_choice()
    True
    """
    for name, value in (("noise", noise), ("balance", balance)):
        if not 0 <= value <= 1:
            raise InvalidInput("discover.share", f"{name} must be in [0, 1], got {value}.")
    graph = discover_dfg(log)
    codes = [a for a in range(len(log.activities)) if graph.starts[a] or graph.frequency[:, a].any()]
    if not codes:
        return Mined(tree_to_net(TAU), (), ())
    follows = graph.frequency.astype(np.int64)
    repeats = {a for a in codes if follows[a, a]}
    short = short_loops(log)
    pairs: dict[Pair, float] = {}
    strength: dict[tuple[int, int], float] = {}
    for a in codes:
        for b in codes:
            ab, ba = int(follows[a, b]), int(follows[b, a])
            if a == b or not ab:
                continue
            if ba and not (short[a, b] or short[b, a]) and abs(ab - ba) / (ab + ba) < balance:
                pairs[frozenset((a, b))] = float(min(ab, ba))
            elif ab > ba or short[a, b] or short[b, a] or (ab == ba and a < b):
                strength[a, b] = float(ab)
    strength |= {(START, a): float(graph.starts[a]) for a in codes if graph.starts[a]}
    strength |= {(a, END): float(graph.ends[a]) for a in codes if graph.ends[a]}
    pairs = _reconnected(codes, strength, pairs, follows)
    most = {a: max(w for (x, _), w in strength.items() if x == a) for a in {x for x, _ in strength}}
    floor = float(np.quantile(list(most.values()), noise)) if noise else 0.0
    edges = connected({e for e, w in strength.items() if w > floor}, strength, codes)
    kept = {pair: w for pair, w in pairs.items() if all(any(n in e for e in edges) for n in pair)}
    return sound_net(log.activities, edges, repeats, kept)


def _reconnected(
    codes: list[int], strength: dict[tuple[int, int], float], pairs: dict[Pair, float], follows: NDArray[np.int64]
) -> dict[Pair, float]:
    """Give the edges of pairs back to activities that nothing else reaches or leaves (changes `strength`)."""
    left = dict(pairs)
    while True:
        reached = _span(strength, START, forward=True)
        leaving = _span(strength, END, forward=False)
        stranded = [a for a in codes if a not in reached or a not in leaving]
        weak = [pair for pair in left if pair & set(stranded)]
        if not stranded or not weak:
            return left
        pair = max(weak, key=lambda p: (left[p], sorted(p)))
        del left[pair]
        a, b = sorted(pair)
        strength[a, b], strength[b, a] = float(follows[a, b]), float(follows[b, a])


def _span(strength: dict[tuple[int, int], float], root: int, *, forward: bool) -> set[int]:
    seen, stack = {root}, [root]
    while stack:
        n = stack.pop()
        for a, b in strength:
            source, target = (a, b) if forward else (b, a)
            if source == n and target not in seen:
                seen.add(target)
                stack.append(target)
    return seen


def short_loops(log: EventLog) -> NDArray[np.int64]:
    """How often a b a happens: int64 (n_act, n_act)."""
    n = len(log.activities)
    counts = np.zeros((n, n), dtype=np.int64)
    if log.n_events > 2:
        case, a = log.case_of_event(), log.activity
        here = (case[2:] == case[:-2]) & (a[2:] == a[:-2]) & (a[1:-1] != a[:-2])
        np.add.at(counts, (a[:-2][here], a[1:-1][here]), 1)
    return counts
