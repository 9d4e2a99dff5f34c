"""Inductive miner on a directly-follows graph alone: for logs too large to look at trace by trace.

Source: Leemans, Fahland, van der Aalst, Scalable Process Discovery with Guarantees (2015), IMd.
"""

from __future__ import annotations

from hoshin.log.eventlog import EventLog
from hoshin.mine.dfg import Dfg, discover_dfg
from hoshin.mine.discover._cuts import Follows, Pair, and_cut, loop_cut, sequence_cut, skipped_together, xor_cut
from hoshin.mine.discover.inductive import check_noise
from hoshin.mine.model.tree import TAU, ProcessTree, leaf, loop, par, seq, simplify, xor


def discover(log: EventLog, *, noise: float = 0.0) -> ProcessTree:
    """The process tree of the directly-follows graph of `log`.

    Unlike the miner on the log it does not see how often an activity happens in a case, so it may not fit
    every trace. InvalidInput(discover.noise) unless 0 <= noise < 1.

    >>> print(discover(EventLog.from_traces(["abcd", "acbd", "aed"])))
    ->( 'a', X( +( 'b', 'c' ), 'e' ), 'd' )
    """
    graph = discover_dfg(log)
    empty = int((log.events_per_case() == 0).sum())
    return discover_from_graph(graph, noise=noise, empty=empty)


def discover_from_graph(graph: Dfg, *, noise: float = 0.0, empty: int = 0) -> ProcessTree:
    """The process tree of a graph; `empty` counts cases without events."""
    check_noise(noise)
    codes = range(len(graph.activities))
    dfg = Follows(
        activities={a for a in codes if graph.frequency[a].any() or graph.frequency[:, a].any() or graph.starts[a]},
        pairs={(a, b): int(n) for a in codes for b in codes if (n := graph.frequency[a, b])},
        starts={a: int(n) for a in codes if (n := graph.starts[a])},
        ends={a: int(n) for a in codes if (n := graph.ends[a])},
        empty=empty,
    )
    return simplify(_mine(dfg, graph.activities, noise))


def _mine(dfg: Follows, names: tuple[str, ...], noise: float) -> ProcessTree:
    if not dfg.activities:
        return TAU
    if dfg.empty:
        rest = Follows(dfg.activities, dfg.pairs, dfg.starts, dfg.ends)
        tree = _mine(rest, names, noise)
        return xor(TAU, tree) if dfg.empty >= noise * (dfg.empty + sum(dfg.starts.values())) else tree
    if len(dfg.activities) == 1:
        (activity,) = dfg.activities
        again = dfg.pairs.get((activity, activity), 0)
        tree = leaf(names[activity])
        return loop(tree) if again and again >= noise * sum(dfg.starts.values()) else tree
    for graph in [dfg, dfg.without_rare(noise)] if noise else [dfg]:
        if parts := xor_cut(graph):
            return xor(*(_mine(_within(graph, part), names, noise) for part in parts))
        if parts := sequence_cut(graph):
            return seq(*(_mine(g, names, noise) for g in _split_sequence(graph, skipped_together(graph, parts))))
        if parts := and_cut(graph):
            return par(*(_mine(_within(graph, part), names, noise) for part in parts))
        if parts := loop_cut(graph):
            body, *redos = (_mine(_repeated(graph, part), names, noise) for part in parts)
            return loop(body, xor(*redos))
    return loop(TAU, xor(*(leaf(names[a]) for a in sorted(dfg.activities))))


def _within(dfg: Follows, part: set[int]) -> Follows:
    """The graph of the activities of `part`; an activity left without a way in or out may start or end."""
    pairs = {(a, b): n for (a, b), n in dfg.pairs.items() if a in part and b in part}
    starts = {a: n for a, n in dfg.starts.items() if a in part}
    ends = {a: n for a, n in dfg.ends.items() if a in part}
    return _anchored(Follows(set(part), pairs, starts, ends))


def _anchored(dfg: Follows) -> Follows:
    """With a start and an end where filtering took the last ones away."""
    if not dfg.starts:
        dfg.starts = dict.fromkeys(dfg.activities, 1)
    if not dfg.ends:
        dfg.ends = dict.fromkeys(dfg.activities, 1)
    return dfg


def _split_sequence(dfg: Follows, parts: list[set[int]]) -> list[Follows]:
    """A graph per part: what enters it from before starts it, what leaves it ends it, what jumps over it skips it."""
    where = {a: i for i, part in enumerate(parts) for a in part}
    n = len(parts)
    starts: list[dict[int, int]] = [{} for _ in parts]
    ends: list[dict[int, int]] = [{} for _ in parts]
    pairs: list[dict[Pair, int]] = [{} for _ in parts]
    skipped = [0] * n

    def step(source: int | None, target: int | None, count: int) -> None:
        i = -1 if source is None else where[source]
        j = n if target is None else where[target]
        if source is not None:
            ends[i][source] = ends[i].get(source, 0) + count
        if target is not None:
            starts[j][target] = starts[j].get(target, 0) + count
        for k in range(i + 1, j):
            skipped[k] += count

    for (a, b), count in dfg.pairs.items():
        if where[a] == where[b]:
            pairs[where[a]][a, b] = count
        elif where[a] < where[b]:
            step(a, b, count)
    for a, count in dfg.starts.items():
        step(None, a, count)
    for a, count in dfg.ends.items():
        step(a, None, count)
    return [_anchored(Follows(set(parts[i]), pairs[i], starts[i], ends[i], skipped[i])) for i in range(n)]


def _repeated(dfg: Follows, part: set[int]) -> Follows:
    """The graph of one part of a loop: what enters it starts it, what leaves it ends it."""
    made = Follows(set(part))
    for (a, b), n in dfg.pairs.items():
        if a in part and b in part:
            if a in dfg.ends and b in dfg.starts:
                continue  # the silent way round
            made.pairs[a, b] = n
        elif b in part:
            made.starts[b] = made.starts.get(b, 0) + n
        elif a in part:
            made.ends[a] = made.ends.get(a, 0) + n
    for a, n in dfg.starts.items():
        if a in part:
            made.starts[a] = made.starts.get(a, 0) + n
    for a, n in dfg.ends.items():
        if a in part:
            made.ends[a] = made.ends.get(a, 0) + n
    return _anchored(made)
