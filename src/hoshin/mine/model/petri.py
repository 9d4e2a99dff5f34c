"""Accepting Petri nets: places, transitions, weighted arcs, an initial and a final marking.

Source: van der Aalst, Process Mining (2016), ch. 3; Murata, Petri Nets (1989).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from hoshin.errors import InvalidInput

Arcs = tuple[tuple[int, int], ...]
Marking = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Transition:
    """`label` is the activity, None if silent. Two transitions may have the same label."""

    name: str
    label: str | None


@dataclass(frozen=True, slots=True)
class PetriNet:
    """Transition t takes `pre[t]` and gives `post[t]`, each sorted pairs (place, weight).

    `initial` and `final` are tokens per place. A run is complete when it reaches `final` exactly.
    """

    places: tuple[str, ...]
    transitions: tuple[Transition, ...]
    pre: tuple[Arcs, ...]
    post: tuple[Arcs, ...]
    initial: Marking
    final: Marking

    def labels(self) -> frozenset[str]:
        return frozenset(t.label for t in self.transitions if t.label is not None)

    def n_arcs(self) -> int:
        return sum(map(len, self.pre)) + sum(map(len, self.post))

    def enabled(self, marking: Marking) -> list[int]:
        """Transitions that may fire in `marking`."""
        return [t for t, need in enumerate(self.pre) if all(marking[p] >= w for p, w in need)]

    def fire(self, marking: Marking, t: int) -> Marking:
        """The marking after the enabled transition `t`."""
        tokens = list(marking)
        for p, w in self.pre[t]:
            tokens[p] -= w
        for p, w in self.post[t]:
            tokens[p] += w
        return tuple(tokens)

    def producers(self) -> list[list[int]]:
        """Per place, the transitions that put tokens there."""
        return self._sides(self.post)

    def consumers(self) -> list[list[int]]:
        """Per place, the transitions that take tokens from there."""
        return self._sides(self.pre)

    def _sides(self, arcs: tuple[Arcs, ...]) -> list[list[int]]:
        result: list[list[int]] = [[] for _ in self.places]
        for t, side in enumerate(arcs):
            for p, _ in side:
                result[p].append(t)
        return result

    def free_choice(self) -> bool:
        """Whether transitions that share an input place share all of them (and arcs weigh one)."""
        return all(w == 1 for side in (*self.pre, *self.post) for _, w in side) and all(
            len({self.pre[t] for t in takers}) <= 1 for takers in self.consumers()
        )

    def marked(self, marking: Marking) -> dict[str, int]:
        """The tokens of `marking` by place name, for people."""
        return {self.places[p]: n for p, n in enumerate(marking) if n}


@dataclass(slots=True)
class NetBuilder:
    """Collects places and transitions by name, then `build()`s the frozen net."""

    places: dict[str, int] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)
    pre: list[dict[int, int]] = field(default_factory=list)
    post: list[dict[int, int]] = field(default_factory=list)

    def place(self, name: str = "") -> int:
        """The number of the place `name`, made on first use; without a name, a new one."""
        name = name or f"p{len(self.places)}"
        return self.places.setdefault(name, len(self.places))

    def transition(
        self, label: str | None, pre: Iterable[int] = (), post: Iterable[int] = (), *, name: str = ""
    ) -> int:
        """A new transition; a place given twice is an arc of weight two."""
        self.transitions.append(Transition(name or f"t{len(self.transitions)}", label))
        self.pre.append(_weights(pre))
        self.post.append(_weights(post))
        return len(self.transitions) - 1

    def build(self, initial: Mapping[int, int], final: Mapping[int, int]) -> PetriNet:
        return PetriNet(
            places=tuple(self.places),
            transitions=tuple(self.transitions),
            pre=tuple(tuple(sorted(side.items())) for side in self.pre),
            post=tuple(tuple(sorted(side.items())) for side in self.post),
            initial=tuple(initial.get(p, 0) for p in range(len(self.places))),
            final=tuple(final.get(p, 0) for p in range(len(self.places))),
        )


def _weights(places: Iterable[int]) -> dict[int, int]:
    result: dict[int, int] = {}
    for p in places:
        result[p] = result.get(p, 0) + 1
    return result


def reachable(net: PetriNet, limit: int) -> Iterator[tuple[Marking, list[int]]]:
    """Every reachable marking with what it enables, breadth first, at most `limit` of them."""
    seen = {net.initial}
    queue = [net.initial]
    for marking in queue:
        enabled = net.enabled(marking)
        yield marking, enabled
        for t in enabled:
            after = net.fire(marking, t)
            if after not in seen and len(seen) < limit:
                seen.add(after)
                queue.append(after)


def workflow_ends(net: PetriNet) -> tuple[int, int]:
    """The one source and the one sink of a workflow net; InvalidInput(model.workflow) if it is none."""
    sources = [p for p, givers in enumerate(net.producers()) if not givers]
    sinks = [p for p, takers in enumerate(net.consumers()) if not takers]
    if len(sources) != 1 or len(sinks) != 1:
        raise InvalidInput(
            "model.workflow",
            f"A workflow net has one source and one sink place; this net has {len(sources)} and {len(sinks)}.",
            hint="Give it one start and one end, or set the markings in the PNML file.",
        )
    return sources[0], sinks[0]
