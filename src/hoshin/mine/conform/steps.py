"""What a model can do next: states reached by visible activities alone, silent steps taken as needed.

For trees a state is what remains to be done (a derivative of the tree), so wide parallelism costs
nothing; for other nets it is the set of markings that silent steps reach.
Source: Brzozowski, Derivatives of Regular Expressions (1964), carried over to shuffles.
"""

from __future__ import annotations

from typing import Protocol

from hoshin.errors import NotConverged
from hoshin.mine.model.family import Model, as_net, find_tree
from hoshin.mine.model.petri import Marking, PetriNet
from hoshin.mine.model.tree import ProcessTree

State = frozenset[int]
LIMIT = 50_000


class Steps(Protocol):
    """A model as a deterministic automaton, made as it is walked."""

    @property
    def start(self) -> State: ...

    def enabled(self, state: State) -> frozenset[str]:
        """Activities that may come next."""
        ...

    def after(self, state: State, label: str) -> State:
        """The state after `label`; empty if it may not come."""
        ...

    def complete(self, state: State) -> bool:
        """Whether the model may stop here."""
        ...


def steps_of(model: Model) -> Steps:
    """The automaton of any model of the family."""
    tree = find_tree(model)
    return NetSteps(as_net(model)) if tree is None else TreeSteps(tree)


Key = tuple[str, str | tuple[int, ...]]


class TreeSteps:
    """States are sets of remainders, each remainder a tree known by number."""

    def __init__(self, tree: ProcessTree) -> None:
        self._keys: list[Key] = []
        self._numbers: dict[Key, int] = {}
        self._nullable: dict[int, bool] = {}
        self._first: dict[int, frozenset[str]] = {}
        self._derived: dict[tuple[int, str], State] = {}
        self._after: dict[tuple[State, str], State] = {}
        self._silent = self._number(("sequence", ()))
        self.start: State = frozenset([self._of(tree)])

    def enabled(self, state: State) -> frozenset[str]:
        return frozenset(label for n in state for label in self._first_of(n))

    def after(self, state: State, label: str) -> State:
        known = self._after.get((state, label))
        if known is None:
            known = self._after[state, label] = frozenset(m for n in state for m in self._derive(n, label))
        return known

    def complete(self, state: State) -> bool:
        return any(self._null(n) for n in state)

    def _number(self, key: Key) -> int:
        number = self._numbers.setdefault(key, len(self._keys))
        if number == len(self._keys):
            self._keys.append(key)
        return number

    def _of(self, tree: ProcessTree) -> int:
        if tree.operator is None:
            return self._silent if tree.label is None else self._number(("leaf", tree.label))
        children = [self._of(child) for child in tree.children]
        if tree.operator == "sequence":
            return self._in_order(*children)
        return self._number((tree.operator, tuple(children)))

    def _in_order(self, *children: int) -> int:
        flat: list[int] = []
        for child in children:
            kind, inner = self._keys[child]
            flat.extend(n for n in inner if isinstance(n, int)) if kind == "sequence" else flat.append(child)
        return flat[0] if len(flat) == 1 else self._number(("sequence", tuple(flat)))

    def _beside(self, children: list[int]) -> int:
        left = [n for n in children if n != self._silent]
        if len(left) < 2:
            return left[0] if left else self._silent
        return self._number(("and", tuple(sorted(left))))

    def _inner(self, n: int) -> tuple[str, list[int]]:
        kind, inner = self._keys[n]
        return kind, [c for c in inner if isinstance(c, int)]

    def _null(self, n: int) -> bool:
        known = self._nullable.get(n)
        if known is None:
            kind, children = self._inner(n)
            match kind:
                case "leaf":
                    known = False
                case "xor":
                    known = any(self._null(c) for c in children)
                case "loop":
                    known = self._null(children[0])
                case _:
                    known = all(self._null(c) for c in children)
            self._nullable[n] = known
        return known

    def _first_of(self, n: int) -> frozenset[str]:
        known = self._first.get(n)
        if known is None:
            kind, children = self._inner(n)
            if kind == "leaf":
                known = frozenset([str(self._keys[n][1])])
            else:
                if kind in ("sequence", "loop"):
                    reached = next((i for i, c in enumerate(children) if not self._null(c)), len(children))
                    children = children[: reached + 1]
                known = frozenset(label for c in children for label in self._first_of(c))
            self._first[n] = known
        return known

    def _derive(self, n: int, label: str) -> State:
        known = self._derived.get((n, label))
        if known is None:
            known = frozenset(self._remainders(n, label)) if label in self._first_of(n) else frozenset()
            self._derived[n, label] = known
        return known

    def _remainders(self, n: int, label: str) -> set[int]:
        kind, children = self._inner(n)
        match kind:
            case "leaf":
                return {self._silent}
            case "xor":
                return {m for c in children for m in self._derive(c, label)}
            case "sequence":
                first, rest = children[0], self._in_order(*children[1:])
                result = {self._in_order(m, rest) for m in self._derive(first, label)}
                return result | (self._derive(rest, label) if self._null(first) else set())
            case "and":
                return {
                    self._beside([*children[:i], m, *children[i + 1 :]])
                    for i, c in enumerate(children)
                    for m in self._derive(c, label)
                }
            case _:
                do, redo = children
                again = self._number(("xor", (self._silent, self._in_order(redo, n))))
                result = {self._in_order(m, again) for m in self._derive(do, label)}
                return result | ({self._in_order(m, n) for m in self._derive(redo, label)} if self._null(do) else set())


class NetSteps:
    """States are sets of markings, closed under silent transitions."""

    def __init__(self, net: PetriNet) -> None:
        self.net = net
        self._markings: list[Marking] = []
        self._numbers: dict[Marking, int] = {}
        self._after: dict[tuple[State, str], State] = {}
        self.start: State = self._closed({net.initial})

    def enabled(self, state: State) -> frozenset[str]:
        return frozenset(
            label
            for n in state
            for t in self.net.enabled(self._markings[n])
            if (label := self.net.transitions[t].label) is not None
        )

    def after(self, state: State, label: str) -> State:
        known = self._after.get((state, label))
        if known is None:
            fired = {
                self.net.fire(self._markings[n], t)
                for n in state
                for t in self.net.enabled(self._markings[n])
                if self.net.transitions[t].label == label
            }
            known = self._after[state, label] = self._closed(fired)
        return known

    def complete(self, state: State) -> bool:
        return any(self._markings[n] == self.net.final for n in state)

    def _closed(self, markings: set[Marking]) -> State:
        stack, seen = list(markings), set(markings)
        while stack:
            marking = stack.pop()
            for t in self.net.enabled(marking):
                if self.net.transitions[t].label is None:
                    after = self.net.fire(marking, t)
                    if after not in seen:
                        seen.add(after)
                        stack.append(after)
            if len(seen) > LIMIT:
                raise NotConverged(
                    "conform.silent",
                    f"Silent transitions alone reach more than {LIMIT:,} markings.",
                    hint="Use a block-structured model, whose states are counted otherwise.",
                )
        for marking in seen:
            if marking not in self._numbers:
                self._numbers[marking] = len(self._markings)
                self._markings.append(marking)
        return frozenset(self._numbers[m] for m in seen)
