"""The traces of a model as a deterministic automaton: the form in which single paths can be cut or lengthened.

Sources: Hopcroft, Motwani, Ullman, Introduction to Automata Theory (2006), ch. 2 and 4; a state machine
whose states all lie between its source and its sink is sound: van der Aalst (1998).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from hoshin.errors import NotConverged
from hoshin.mine.model.petri import NetBuilder, PetriNet, reachable

LIMIT = 20_000
Pair = tuple[str, str]
# What stands before the first and after the last activity of a trace in a pair.
START, END = "(start)", "(end)"


@dataclass(frozen=True, slots=True)
class Automaton:
    """State 0 is the first. `steps[q]` gives the next state per activity; a trace may end in a `final` state.

    Trimmed (every state lies on an accepted trace) and minimal, so equal languages give equal automata.
    """

    steps: tuple[Mapping[str, int], ...]
    final: frozenset[int]

    def pairs(self) -> set[Pair]:
        """Activities that can directly follow one another, with START and END."""
        into: list[set[str]] = [set() for _ in self.steps]
        into[0].add(START)
        for step in self.steps:
            for label, q in step.items():
                into[q].add(label)
        found = {(a, b) for q, step in enumerate(self.steps) for a in into[q] for b in step}
        return found | {(a, END) for q in self.final for a in into[q]}


def automaton_of(net: PetriNet, *, limit: int = LIMIT) -> Automaton | None:
    """The automaton of the traces of `net`; None if it has none.

    NotConverged(model.states) beyond `limit` markings or states. Exponential at worst in what runs in parallel.
    """
    number: dict[tuple[int, ...], int] = {}
    edges: list[tuple[int, str | None, int]] = []
    final: set[int] = set()
    for marking, enabled in reachable(net, limit):
        here = number.setdefault(marking, len(number))
        if marking == net.final:
            final.add(here)
        for t in enabled:
            there = number.setdefault(net.fire(marking, t), len(number))
            edges.append((here, net.transitions[t].label, there))
    if len(number) >= limit:
        raise _too_many(limit)
    return determinise(edges, final, limit=limit)


def _too_many(limit: int) -> NotConverged:
    return NotConverged(
        "model.states",
        f"This part of the model has more than {limit:,} states, because much of it runs in parallel.",
        hint="Remark on activities, or on paths within one branch.",
    )


def determinise(
    edges: Iterable[tuple[int, str | None, int]], final: Collection[int], *, limit: int = LIMIT
) -> Automaton | None:
    """The minimal automaton of a graph that starts in 0; a label None is silent. None if it accepts nothing."""
    visible: dict[int, list[tuple[str, int]]] = {}
    silent: dict[int, list[int]] = {}
    for a, label, b in edges:
        if label is None:
            silent.setdefault(a, []).append(b)
        else:
            visible.setdefault(a, []).append((label, b))

    def closed(states: Iterable[int]) -> frozenset[int]:
        seen = set(states)
        stack = list(seen)
        while stack:
            fresh = [b for b in silent.get(stack.pop(), ()) if b not in seen]
            seen.update(fresh)
            stack += fresh
        return frozenset(seen)

    first = closed([0])
    number, order, steps = {first: 0}, [first], []
    for held in order:
        to: dict[str, set[int]] = {}
        for q in held:
            for label, b in visible.get(q, ()):
                to.setdefault(label, set()).add(b)
        row = {}
        for label in sorted(to):
            target = closed(to[label])
            if target not in number:
                number[target] = len(order)
                order.append(target)
            row[label] = number[target]
        steps.append(row)
        if len(order) > limit:
            raise _too_many(limit)
    ends = set(final)
    return _least(steps, {q for q, held in enumerate(order) if held & ends})


def _least(steps: list[dict[str, int]], final: set[int]) -> Automaton | None:
    """Trim, then merge states that no continuation tells apart (Moore)."""
    back: list[list[int]] = [[] for _ in steps]
    for q, row in enumerate(steps):
        for r in row.values():
            back[r].append(q)
    alive, stack = set(final), list(final)
    while stack:
        fresh = [q for q in back[stack.pop()] if q not in alive]
        alive.update(fresh)
        stack += fresh
    if 0 not in alive:
        return None
    kept = sorted(alive)
    group = {q: int(q in final) for q in kept}
    while True:
        named: dict[object, int] = {}
        after = {}
        for q in kept:
            told = tuple((label, group[r]) for label, r in sorted(steps[q].items()) if r in alive)
            after[q] = named.setdefault((group[q], told), len(named))
        if len(named) == len(set(group.values())):
            break
        group = after
    shown: dict[int, dict[str, int]] = {}
    for q in kept:
        shown.setdefault(group[q], {label: group[r] for label, r in sorted(steps[q].items()) if r in alive})
    # Numbers in order of first visit, so that equal languages look equal.
    names, order = {group[0]: 0}, [group[0]]
    for g in order:
        for r in shown[g].values():
            if r not in names:
                names[r] = len(order)
                order.append(r)
    rows = tuple({label: names[r] for label, r in shown[g].items()} for g in order)
    return Automaton(rows, frozenset(names[group[q]] for q in final))


def rewrite_paths(whole: Automaton, drop: Collection[Pair], insert: Mapping[Pair, str]) -> Automaton | None:
    """The traces in which no pair of `drop` stands side by side, with `insert[a, b]` put between each a and b that do.

    All pairs are read on the trace as it was, so their order cannot matter. None if no trace is left.
    """
    watched = {a for a, _ in (*drop, *insert)}
    number: dict[object, int] = {(0, START): 0}
    queue: list[tuple[int, str]] = [(0, START)]
    edges: list[tuple[int, str | None, int]] = []
    final: set[int] = set()
    for q, last in queue:
        here = number[q, last]
        if q in whole.final and (last, END) not in drop:
            added = insert.get((last, END))
            if added is not None:
                edges.append((here, added, number.setdefault(END, len(number))))
            final.add(here if added is None else number[END])
        for label, r in whole.steps[q].items():
            if (last, label) in drop:
                continue
            then = (r, label if label in watched else "")
            if then not in number:
                number[then] = len(number)
                queue.append(then)
            begin = here
            if (last, label) in insert:
                begin = number.setdefault(("before", here, label), len(number))
                edges.append((here, insert[last, label], begin))
            edges.append((begin, label, number[then]))
    return determinise(edges, final)


def automaton_to_net(automaton: Automaton) -> PetriNet:
    """A sound state machine with the traces of `automaton`: a place per state."""
    net = NetBuilder()
    source, sink = net.place("source"), net.place("sink")
    places = [net.place(f"s{q}") for q in range(len(automaton.steps))]
    net.transition(None, [source], [places[0]])
    for q, step in enumerate(automaton.steps):
        for label, r in step.items():
            net.transition(label, [places[q]], [places[r]])
    for q in sorted(automaton.final):
        net.transition(None, [places[q]], [sink])
    return net.build({source: 1}, {sink: 1})
