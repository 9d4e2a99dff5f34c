"""From a Petri net to a process tree, where the net is block-structured.

Each step replaces a pattern by one transition that carries a tree, the inverse of refining that
transition, so the traces stay the same; a net that shrinks to one transition between its source and
its sink is the tree on it. Source: van Zelst, Leemans, Translating Workflow Nets to Process Trees (2020).
"""

from __future__ import annotations

from hoshin.mine.model.petri import PetriNet
from hoshin.mine.model.tree import TAU, ProcessTree, leaf, loop, par, seq, simplify, xor

Places = frozenset[int]


def net_to_tree(net: PetriNet) -> ProcessTree | None:
    """The tree with the traces of `net`, or None if the net is not block-structured.

    >>> from hoshin.mine.model.convert import tree_to_net
    >>> from hoshin.mine.model.tree import parse_tree
    >>> print(net_to_tree(tree_to_net(parse_tree("->( 'a', +( 'b', *( 'c', tau ) ) )"))))
    ->( 'a', +( 'b', *( 'c', tau ) ) )
    """
    if any(w != 1 for side in (*net.pre, *net.post) for _, w in side):
        return None
    if sum(net.initial) != 1 or sum(net.final) != 1:
        return None
    shrinking = _Shrinking(net)
    while shrinking.step():
        pass
    return shrinking.result()


class _Shrinking:
    """A net whose transitions carry trees, and the steps that shrink it."""

    def __init__(self, net: PetriNet) -> None:
        self.tree: dict[int, ProcessTree] = {}
        self.pre: dict[int, Places] = {}
        self.post: dict[int, Places] = {}
        self.giving: dict[int, set[int]] = {p: set() for p in range(len(net.places))}
        self.taking: dict[int, set[int]] = {p: set() for p in range(len(net.places))}
        self.source, self.sink = net.initial.index(1), net.final.index(1)
        self.next = 0
        for t, transition in enumerate(net.transitions):
            tree = TAU if transition.label is None else leaf(transition.label)
            self.add(tree, frozenset(p for p, _ in net.pre[t]), frozenset(p for p, _ in net.post[t]))
        self.isolate_ends()

    def isolate_ends(self) -> None:
        """A silent transition before a source that is given to, and after a sink that is taken from."""
        if self.giving[self.source] or self.source == self.sink:
            old, self.source = self.source, self.new_place()
            self.add(TAU, frozenset([self.source]), frozenset([old]))
        if self.taking[self.sink]:
            old, self.sink = self.sink, self.new_place()
            self.add(TAU, frozenset([old]), frozenset([self.sink]))

    def new_place(self) -> int:
        p = max(self.giving, default=-1) + 1
        self.giving[p], self.taking[p] = set(), set()
        return p

    def add(self, tree: ProcessTree, pre: Places, post: Places) -> None:
        t = self.next
        self.next += 1
        self.tree[t], self.pre[t], self.post[t] = tree, pre, post
        for p in pre:
            self.taking[p].add(t)
        for p in post:
            self.giving[p].add(t)

    def drop(self, *transitions: int) -> None:
        for t in transitions:
            for p in self.pre.pop(t):
                self.taking[p].discard(t)
            for p in self.post.pop(t):
                self.giving[p].discard(t)
            del self.tree[t]

    def drop_place(self, p: int) -> None:
        for t in self.giving.pop(p):
            self.post[t] -= {p}
        for t in self.taking.pop(p):
            self.pre[t] -= {p}

    def result(self) -> ProcessTree | None:
        if len(self.tree) != 1:
            return None
        (t,) = self.tree
        whole = self.pre[t] == {self.source} and self.post[t] == {self.sink} and self.source != self.sink
        loose = set(self.giving) - {self.source, self.sink}
        return simplify(self.tree[t]) if whole and not loose else None

    def step(self) -> bool:
        return self.choice() or self.sequence() or self.repeat() or self.parallel() or self.implied()

    def choice(self) -> bool:
        """Transitions from and to the same places are one choice."""
        groups: dict[tuple[Places, Places], list[int]] = {}
        for t in self.tree:
            groups.setdefault((self.pre[t], self.post[t]), []).append(t)
        found = False
        for (pre, post), group in groups.items():
            if len(group) > 1:
                tree = xor(*(self.tree[t] for t in group))
                self.drop(*group)
                self.add(tree, pre, post)
                found = True
        return found

    def sequence(self) -> bool:
        """A place between one giver, which gives nothing else, and one taker, which takes nothing else."""
        found = False
        for p in list(self.giving):
            if p in (self.source, self.sink) or len(self.giving[p]) != 1 or len(self.taking[p]) != 1:
                continue
            (first,), (second,) = self.giving[p], self.taking[p]
            if first != second and len(self.post[first]) == 1 and len(self.pre[second]) == 1:
                tree = seq(self.tree[first], self.tree[second])
                pre, post = self.pre[first], self.post[second]
                if pre & post and len(pre | post) > 1:
                    continue
                self.drop(first, second)
                del self.giving[p], self.taking[p]
                self.add(tree, pre, post)
                found = True
        return found

    def repeat(self) -> bool:
        """do: p -> q and redo: q -> p where nothing else takes from p or gives to q; or a redo on one place."""
        for t in list(self.tree):
            if len(self.pre[t]) != 1 or len(self.post[t]) != 1:
                continue
            (p,), (q,) = self.pre[t], self.post[t]
            if p == q:
                self.unroll(t, p)
                return True
            if self.taking[p] != {t} or self.giving[q] != {t} or q == self.sink:
                continue
            back = [u for u in self.taking[q] if self.pre[u] == {q} and self.post[u] == {p}]
            if len(back) == 1:
                tree = loop(self.tree[t], self.tree[back[0]])
                self.drop(t, back[0])
                self.add(tree, frozenset([p]), frozenset([q]))
                return True
        return False

    def unroll(self, t: int, p: int) -> None:
        """Transition `t` repeats on place `p`: split the place around a silent do with `t` as redo."""
        redo = self.tree[t]
        self.drop(t)
        q = self.new_place()
        for u in list(self.taking[p]):
            tree, pre, post = self.tree[u], self.pre[u], self.post[u]
            self.drop(u)
            self.add(tree, (pre - {p}) | {q}, post)
        self.add(loop(TAU, redo), frozenset([p]), frozenset([q]))

    def parallel(self) -> bool:
        """Transitions between places that are filled together and emptied together."""
        groups: dict[tuple[Places, Places], list[int]] = {}
        for t in self.tree:
            pre, post = self.pre[t], self.post[t]
            if pre & post or any(self.taking[p] != {t} for p in pre) or any(self.giving[p] != {t} for p in post):
                continue
            if self.source in pre or self.sink in post:
                continue
            givers = {frozenset(self.giving[p]) for p in pre}
            takers = {frozenset(self.taking[p]) for p in post}
            if len(givers) == 1 and len(takers) == 1:
                groups.setdefault((givers.pop(), takers.pop()), []).append(t)
        for (filled, emptied), group in groups.items():
            if len(group) > 1 and filled and emptied:
                tree = par(*(self.tree[t] for t in group))
                self.drop_places([p for t in group for p in self.pre[t]][1:])
                self.drop_places([p for t in group for p in self.post[t]][1:])
                pre = frozenset(p for t in group for p in self.pre[t])
                post = frozenset(p for t in group for p in self.post[t])
                self.drop(*group)
                self.add(tree, pre, post)
                return True
        return False

    def drop_places(self, places: list[int]) -> None:
        for p in places:
            self.drop_place(p)

    def implied(self) -> bool:
        """A place filled and emptied as another is, or as a branch beside it, says nothing new."""
        seen: dict[tuple[Places, Places], int] = {}
        for p in list(self.giving):
            if p in (self.source, self.sink):
                continue
            key = (frozenset(self.giving[p]), frozenset(self.taking[p]))
            if not key[0] and not key[1]:
                self.drop_place(p)
                return True
            if key in seen:
                self.drop_place(p)
                return True
            seen[key] = p
        for t in self.tree:
            if len(self.pre[t]) == 1 and len(self.post[t]) == 1:
                (a,), (b,) = self.pre[t], self.post[t]
                beside = (frozenset(self.giving[a]), frozenset(self.taking[b]))
                if a != b and self.taking[a] == {t} == self.giving[b] and all(beside) and beside in seen:
                    self.drop_place(seen[beside])
                    return True
        return False
