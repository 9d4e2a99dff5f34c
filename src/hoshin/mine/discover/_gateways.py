"""From a dependency graph and concurrent pairs to a sound net: gateways before and after each activity.

Successors are grouped as in split miner: those with the same concurrent partners by a choice, those that
complete each other by a fork; predecessors likewise by joins. What comes out unsound is repaired by
treating the least evident concurrent pair as a choice, until the net is sound; without any pair it is an
automaton, which is.
Source: Augusto, Conforti, Dumas, La Rosa, Polyvyanyy, Split Miner (2019), for the splits; joins and repair
are our own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from hoshin.mine.model.bpmn import BpmnBuilder, without_needless_gateways
from hoshin.mine.model.frombpmn import bpmn_to_net
from hoshin.mine.model.petri import PetriNet
from hoshin.mine.model.sound import check_soundness

# Markings looked at per candidate; more is taken as unsound.
LIMIT = 5_000
START, END = -1, -2
Pair = frozenset[int]


@dataclass(frozen=True, slots=True)
class Mined:
    """A sound net, the concurrent pairs (names) that had to be given up for it, and why."""

    net: PetriNet
    given_up: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]


def sound_net(
    names: Collection[str], edges: Collection[tuple[int, int]], repeats: Collection[int], pairs: Mapping[Pair, float]
) -> Mined:
    """The net of `edges` (START and END included) with loops on `repeats`; `pairs` gives the evidence of each
    concurrent pair, the greater the better. Every activity must lie on a path from START to END."""
    labels = list(names)
    left = dict(pairs)
    given_up: list[tuple[str, str]] = []
    reasons: list[str] = []
    while True:
        net = _net(labels, edges, repeats, set(left))
        verdict = check_soundness(net, limit=LIMIT)
        if verdict.sound:
            return Mined(net, tuple(given_up), tuple(reasons))
        weakest = min(left, key=lambda pair: (left[pair], sorted(pair)))
        del left[weakest]
        a, b = sorted(weakest)
        given_up.append((labels[a], labels[b]))
        why = verdict.problems[0] if verdict.problems else verdict.why
        reasons.append(f"{labels[a]!r} and {labels[b]!r} are a choice, not concurrent: {why}")


def _net(names: list[str], edges: Collection[tuple[int, int]], repeats: Collection[int], pairs: set[Pair]) -> PetriNet:
    model = BpmnBuilder()
    after: dict[int, list[int]] = {}
    before: dict[int, list[int]] = {}
    for a, b in sorted(edges):
        after.setdefault(a, []).append(b)
        before.setdefault(b, []).append(a)
    # Each activity is a chain from its entry to its exit, with a loop around it if it repeats itself.
    entry: dict[int, str] = {}
    leave: dict[int, str] = {}
    for n in sorted({*after, *before}):
        if n == START:
            leave[n] = model.node("startEvent", "start")
        elif n == END:
            entry[n] = model.node("endEvent", "end")
        else:
            task = model.node("task", names[n])
            entry[n] = leave[n] = task
            if n in repeats:
                entry[n], leave[n] = model.node("exclusiveGateway"), model.node("exclusiveGateway")
                model.flow(entry[n], task)
                model.flow(task, leave[n])
                model.flow(leave[n], entry[n])
    # A port per edge and side, so that splits and joins meet in the middle.
    out_port: dict[tuple[int, int], str] = {}
    for n, targets in after.items():
        _fan(model, leave[n], targets, pairs, out_port, n, outward=True)
    for n, sources in before.items():
        _fan(model, entry[n], sources, pairs, out_port, n, outward=False)
    return bpmn_to_net(without_needless_gateways(model.build()))


def _fan(
    model: BpmnBuilder, hub: str, others: list[int], pairs: set[Pair], port: dict[tuple[int, int], str], n: int, *,
    outward: bool,
) -> None:  # fmt: skip
    """Gateways between `hub` and its neighbours `others`, a port for each."""
    groups: list[tuple[str, set[int], set[int]]] = []
    for other in others:
        if outward:
            made = port[n, other] = model.node("exclusiveGateway")
        else:
            made = port[other, n]
        groups.append((made, {other}, {o for o in others if frozenset((o, other)) in pairs}))

    def join(kind: str, members: list[int], future: set[int]) -> None:
        gate = model.node(kind)
        for m in members:
            model.flow(gate, groups[m][0]) if outward else model.flow(groups[m][0], gate)
        cover = {o for m in members for o in groups[m][1]}
        rest = [g for i, g in enumerate(groups) if i not in members]
        groups[:] = [*rest, (gate, cover, future - cover)]

    while len(groups) > 1:
        same = _alike(groups, lambda g: frozenset(g[2]))
        if same:
            join("exclusiveGateway", same, set(groups[same[0]][2]))
            continue
        whole = _alike(groups, lambda g: frozenset(g[1] | g[2]))
        if whole:
            join("parallelGateway", whole, set.intersection(*(groups[m][2] for m in whole)))
            continue
        join("exclusiveGateway", list(range(len(groups))), set())
    last = groups[0][0]
    model.flow(hub, last) if outward else model.flow(last, hub)


def _alike(groups: list[tuple[str, set[int], set[int]]], key: object) -> list[int]:
    """The first set of two or more groups with the same key."""
    assert callable(key)
    found: dict[frozenset[int], list[int]] = {}
    for i, group in enumerate(groups):
        found.setdefault(key(group), []).append(i)
    return next((members for members in found.values() if len(members) > 1), [])


def connected(
    edges: Collection[tuple[int, int]], strength: Mapping[tuple[int, int], float], nodes: Collection[int]
) -> set[tuple[int, int]]:
    """`edges` plus the strongest path from START to, and from there to END, for every node (widest paths)."""
    kept = set(edges)
    for root, forward in ((START, True), (END, False)):
        width: dict[int, float] = {root: float("inf")}
        via: dict[int, int] = {}
        left = {root, *nodes, START, END}
        while left:
            n = max(left, key=lambda m: (width.get(m, -1.0), -m))
            left.discard(n)
            if n not in width:
                continue
            for (a, b), w in strength.items():
                source, target = (a, b) if forward else (b, a)
                if source == n and target in left and min(w, width[n]) > width.get(target, -1.0):
                    width[target], via[target] = min(w, width[n]), n
        kept |= {(via[n], n) if forward else (n, via[n]) for n in nodes if n in via}
    return kept
