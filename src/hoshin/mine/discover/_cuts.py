"""Cuts of a directly-follows graph: ways to split its activities into independent parts.

Source: Leemans, Fahland, van der Aalst (2013); Leemans, Robust Process Mining with Guarantees (2017), ch. 4-6.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

Pair = tuple[int, int]


@dataclass(slots=True)
class Follows:
    """A directly-follows graph over `activities`: counts of pairs, starts, ends, and empty traces."""

    activities: set[int] = field(default_factory=set)
    pairs: dict[Pair, int] = field(default_factory=dict)
    starts: dict[int, int] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    empty: int = 0

    def without_rare(self, noise: float) -> Follows:
        """Without pairs and ends rarer than `noise` times the commonest that leaves the same activity, and without
        starts rarer than `noise` times the commonest start."""
        most: dict[int, int] = dict(self.ends)
        for (a, _), n in self.pairs.items():
            most[a] = max(most.get(a, 0), n)
        first = max(self.starts.values(), default=0)
        last = max(self.ends.values(), default=0)
        return Follows(
            set(self.activities),
            {(a, b): n for (a, b), n in self.pairs.items() if n >= noise * most[a]},
            {a: n for a, n in self.starts.items() if n >= noise * first},
            {a: n for a, n in self.ends.items() if n >= noise * last},
            self.empty,
        )


def components(nodes: Iterable[int], edges: Iterable[Pair]) -> list[set[int]]:
    """Connected components of an undirected graph, in order of their smallest node."""
    group = {n: n for n in nodes}

    def find(n: int) -> int:
        while group[n] != n:
            group[n] = group[group[n]]
            n = group[n]
        return n

    for a, b in edges:
        group[find(a)] = find(b)
    result: dict[int, set[int]] = {}
    for n in sorted(group):
        result.setdefault(find(n), set()).add(n)
    return list(result.values())


def reach(nodes: Iterable[int], edges: Iterable[Pair]) -> dict[int, set[int]]:
    """What every node reaches by one or more edges."""
    after: dict[int, set[int]] = {n: set() for n in nodes}
    for a, b in edges:
        after[a].add(b)
    result = {}
    for n in after:
        seen: set[int] = set()
        stack = list(after[n])
        while stack:
            m = stack.pop()
            if m not in seen:
                seen.add(m)
                stack.extend(after[m] - seen)
        result[n] = seen
    return result


def xor_cut(dfg: Follows) -> list[set[int]] | None:
    """Parts that never touch."""
    parts = components(dfg.activities, dfg.pairs)
    return parts if len(parts) > 1 else None


def sequence_cut(dfg: Follows) -> list[set[int]] | None:
    """Parts that only go forward: every earlier activity reaches every later one, never the other way."""
    after = reach(dfg.activities, dfg.pairs)
    nodes = sorted(dfg.activities)
    tied = [(a, b) for i, a in enumerate(nodes) for b in nodes[i + 1 :] if (b in after[a]) == (a in after[b])]
    groups = components(nodes, tied)
    if len(groups) < 2:
        return None

    # What stays apart reaches one way only, so the groups are in a line.
    def reaches(group: set[int]) -> int:
        return sum(1 for other in groups if other is not group and next(iter(other)) in after[next(iter(group))])

    return sorted(groups, key=reaches, reverse=True)


def skipped_together(dfg: Follows, parts: list[set[int]]) -> list[set[int]]:
    """The parts of a sequence with neighbours joined that are only ever skipped together.

    Two neighbours are joined when something jumps over both, the first leads only to the second and the
    second comes only from the first: then one choice skips both, instead of two independent choices.
    """
    where = {a: i for i, part in enumerate(parts) for a in part}
    n = len(parts)
    jumps = {(where[a], where[b]) for a, b in dfg.pairs if where[a] != where[b]}
    jumps |= {(-1, where[a]) for a in dfg.starts} | {(where[a], n) for a in dfg.ends}
    result = [set(parts[0])]
    for j in range(1, n):
        i = j - 1
        over = any(a < i and b > j for a, b in jumps) or (dfg.empty > 0 and n == 2)
        only = all(b == j for a, b in jumps if a == i) and all(a == i for a, b in jumps if b == j)
        if over and only:
            result[-1] |= parts[j]
        else:
            result.append(set(parts[j]))
    return result if len(result) > 1 else parts


def and_cut(dfg: Follows) -> list[set[int]] | None:
    """Parts of which every activity follows, and is followed by, every one of the others; each can start and end."""
    nodes = sorted(dfg.activities)
    apart = [
        (a, b)
        for i, a in enumerate(nodes)
        for b in nodes[i + 1 :]
        if (a, b) not in dfg.pairs or (b, a) not in dfg.pairs
    ]
    parts = components(nodes, apart)
    whole = [p for p in parts if p & dfg.starts.keys() and p & dfg.ends.keys()]
    broken = [p for p in parts if p not in whole]
    if len(whole) < 2:
        return None
    for part in broken:
        whole[0] = whole[0] | part
    return whole


def loop_cut(dfg: Follows) -> list[set[int]] | None:
    """A body with all starts and ends, and parts that lead from its ends back to its starts."""
    starts, ends = set(dfg.starts), set(dfg.ends)
    body = starts | ends
    rest = dfg.activities - body
    redos = components(rest, [(a, b) for a, b in dfg.pairs if a in rest and b in rest])
    kept = []
    for part in redos:
        entered = {(a, b) for a, b in dfg.pairs if b in part and a in body}
        left = {(a, b) for a, b in dfg.pairs if a in part and b in body}
        fits = (
            all(a in ends for a, _ in entered)
            and all(b in starts for _, b in left)
            and all((e, b) in dfg.pairs for _, b in entered for e in ends)
            and all((a, s) in dfg.pairs for a, _ in left for s in starts)
        )
        if fits:
            kept.append(part)
        else:
            body |= part
    return [body, *kept] if kept else None
