"""Change a model in one place and keep it sound: put a tree for an activity, rewrite paths where they are made.

Silencing or refining a transition by a sound block keeps a sound, safe net sound: van der Aalst, Workflow
Verification (2000). Paths are rewritten in the smallest block that makes them; the rest stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hoshin.mine.model.automaton import END, START, Automaton, Pair, automaton_of, automaton_to_net, rewrite_paths
from hoshin.mine.model.blocks import net_to_tree
from hoshin.mine.model.convert import tree_to_net
from hoshin.mine.model.family import Model, as_net, find_tree
from hoshin.mine.model.petri import NetBuilder, PetriNet
from hoshin.mine.model.tree import ProcessTree, leaf, nullable, par, seq, simplify

HOLE = "\x00hole "


def substitute(model: Model, label: str, tree: ProcessTree) -> ProcessTree | PetriNet:
    """`model` with `tree` wherever it has the activity `label`.

    >>> from hoshin.mine.model.tree import parse_tree
    >>> print(substitute(parse_tree("X( 'a', 'b' )"), "a", parse_tree("->( 'a', 'c' )")))
    X( ->( 'a', 'c' ), 'b' )
    """
    found = find_tree(model)
    if found is None:
        return refine(as_net(model), label, tree_to_net(tree))
    return simplify(_put(found, label, tree))


def _put(node: ProcessTree, label: str, tree: ProcessTree) -> ProcessTree:
    if node.operator is None:
        return tree if node.label == label else node
    return ProcessTree(node.operator, None, tuple(_put(child, label, tree) for child in node.children))


def refine(net: PetriNet, label: str, part: PetriNet) -> PetriNet:
    """`net` with the workflow net `part` in place of every transition labelled `label`."""
    built = NetBuilder()
    for name in net.places:
        built.place(name)
    begin, end = part.initial.index(1), part.final.index(1)
    for t, transition in enumerate(net.transitions):
        pre = [p for p, w in net.pre[t] for _ in range(w)]
        post = [p for p, w in net.post[t] for _ in range(w)]
        if transition.label != label:
            built.transition(transition.label, pre, post)
            continue
        inner = [built.place(f"r{t}.{len(built.places)}") for _ in part.places]
        built.transition(None, pre, [inner[begin]])
        for u, step in enumerate(part.transitions):
            built.transition(step.label, [inner[p] for p, _ in part.pre[u]], [inner[p] for p, _ in part.post[u]])
        built.transition(None, [inner[end]], post)
    return built.build(dict(enumerate(net.initial)), dict(enumerate(net.final)))


@dataclass(slots=True)
class Region:
    """Children `held` of the node at `path`: what a change of paths is confined to."""

    path: tuple[int, ...]
    held: frozenset[int]
    drop: set[Pair] = field(default_factory=set)
    insert: dict[Pair, str] = field(default_factory=dict)


def follow(tree: ProcessTree) -> dict[Pair, list[tuple[tuple[int, ...], frozenset[int]]]]:
    """Each pair that can stand side by side, with the nodes (and which of their children) that bring it together.

    What runs beside a block may come in between: there, side by side means within the block.

    >>> from hoshin.mine.model.tree import parse_tree
    >>> follow(parse_tree("->( 'a', X( 'b', tau ), 'c' )"))["a", "c"]
    [((), frozenset({0, 1, 2}))]
    """
    made: dict[Pair, list[tuple[tuple[int, ...], frozenset[int]]]] = {}

    def add(path: tuple[int, ...], held: range | set[int], before: set[str], after: set[str]) -> None:
        for pair in ((a, b) for a in before for b in after):
            made.setdefault(pair, []).append((path, frozenset(held)))

    def walk(node: ProcessTree, path: tuple[int, ...]) -> tuple[set[str], set[str]]:
        """(first, last) activities of the node."""
        if node.operator is None:
            own = set(node.labels())
            return own, own
        ends = [walk(child, (*path, i)) for i, child in enumerate(node.children)]
        free = [nullable(child) for child in node.children]
        n = len(ends)
        if node.operator == "loop":
            (do, done), (redo, redone) = ends
            add(path, {0, 1}, done | (redone if free[0] else set()), redo | (do if free[1] else set()))
            add(path, {0, 1}, redone, do | (redo if free[0] else set()))
            return do | (redo if free[0] else set()), done | (redone if free[0] else set())
        if node.operator == "and":
            for i in range(n):
                for j in range(n):
                    if i != j:
                        add(path, {i, j}, set(node.children[i].labels()), set(node.children[j].labels()))
        if node.operator != "sequence":
            return set().union(*(f for f, _ in ends)), set().union(*(e for _, e in ends))
        for i in range(n):
            for j in range(i + 1, n):
                add(path, range(i, j + 1), ends[i][1], ends[j][0])
                if not free[j]:
                    break
        first: set[str] = set()
        last: set[str] = set()
        for i in range(n):
            first |= ends[i][0] if all(free[:i]) else set()
            last |= ends[i][1] if all(free[i + 1 :]) else set()
        return first, last

    first, last = walk(tree, ())
    whole = range(len(tree.children))
    opening, closing = whole, whole
    if tree.operator == "sequence":
        firm = [i for i in whole if not nullable(tree.children[i])] or [0, whole[-1]]
        opening, closing = range(firm[0] + 1), range(firm[-1], whole[-1] + 1)
    if nullable(tree):
        opening = closing = whole
        add((), whole, {START}, {END})
    add((), opening, {START}, first)
    add((), closing, last, {END})
    return made


def paths_of(model: Model) -> set[Pair]:
    """The pairs of activities that can directly follow one another in `model`, with START and END."""
    tree = find_tree(model)
    if tree is not None:
        return set(follow(tree))
    found = automaton_of(as_net(model))
    return found.pairs() if found else set()


def edit_paths(model: Model, drop: set[Pair], insert: Mapping[Pair, str]) -> ProcessTree | PetriNet | None:
    """`model` without the paths `drop`, and with an activity on each path of `insert`; None if nothing is left.

    In a process tree each path is rewritten within the smallest block that makes it, exactly; another net as a
    whole. The result is a tree where it is block-structured, else a net; sound either way.
    """
    tree = find_tree(model)
    if tree is None:
        return _rewritten(as_net(model), drop, insert)
    regions: list[Region] = []
    made = follow(tree)
    for pair in sorted({*drop, *insert}):
        for path, held in made.get(pair, ()):
            into = {pair: insert[pair]} if pair in insert else {}
            regions.append(Region(path, held, {pair} & drop, into))
    nets: list[PetriNet] = []
    while regions:
        region = _taken(tree, regions)
        done = _rewritten(tree_to_net(_part(tree, region)), region.drop, region.insert)
        if done is None and not region.path and region.held == _children(tree, ()):
            return None
        if done is None:
            full = _children(tree, region.path)
            path = region.path if region.held != full else region.path[:-1]
            regions.append(Region(path, _children(tree, path), region.drop, region.insert))
            continue
        if isinstance(done, PetriNet):
            nets.append(done)
            done = leaf(f"{HOLE}{len(nets) - 1}")
        gone = (
            region.held - {min(region.held, default=0)} if region.held != _children(tree, region.path) else frozenset()
        )
        for other in regions:
            if other.path == region.path:
                other.held = frozenset(i - sum(g < i for g in gone) for i in other.held)
        tree = _with(tree, region.path, region.held, done)
    tree = simplify(tree)
    if not nets:
        return tree
    net = tree_to_net(tree)
    for n, part in enumerate(nets):
        net = refine(net, f"{HOLE}{n}", part)
    return net


def _taken(tree: ProcessTree, regions: list[Region]) -> Region:
    """Take out the last region in reading order, with all that overlap it."""
    found = max(regions, key=lambda r: (r.path, sorted(r.held)))
    regions.remove(found)
    while True:
        near = next((r for r in regions if _touch(found, r)), None)
        if near is None:
            return found
        regions.remove(near)
        outer = found if len(found.path) <= len(near.path) else near
        held = outer.held | (near.held | found.held if near.path == found.path else frozenset())
        if _node(tree, outer.path).operator == "sequence":
            held = frozenset(range(min(held), max(held) + 1))
        found = Region(outer.path, held, found.drop | near.drop, found.insert | near.insert)


def _touch(a: Region, b: Region) -> bool:
    outer, inner = (a, b) if len(a.path) <= len(b.path) else (b, a)
    n = len(outer.path)
    if inner.path[:n] != outer.path:
        return False
    if len(inner.path) > n:
        return inner.path[n] in outer.held
    return outer.held == inner.held or bool(outer.held & inner.held)


def _node(tree: ProcessTree, path: tuple[int, ...]) -> ProcessTree:
    for i in path:
        tree = tree.children[i]
    return tree


def _children(tree: ProcessTree, path: tuple[int, ...]) -> frozenset[int]:
    return frozenset(range(len(_node(tree, path).children)))


def _part(tree: ProcessTree, region: Region) -> ProcessTree:
    node = _node(tree, region.path)
    if region.held == _children(tree, region.path):
        return node
    join = {"sequence": seq, "and": par}[node.operator or ""]
    return join(*(node.children[i] for i in sorted(region.held)))


def _with(tree: ProcessTree, path: tuple[int, ...], held: frozenset[int], new: ProcessTree) -> ProcessTree:
    """`tree` with `new` for the children `held` of the node at `path`."""
    children = list(tree.children)
    if path:
        children[path[0]] = _with(children[path[0]], path[1:], held, new)
    elif len(held) == len(children):
        return new
    else:
        at = min(held)
        children = [new if i == at else child for i, child in enumerate(children) if i == at or i not in held]
    return ProcessTree(tree.operator, None, tuple(children))


def _rewritten(net: PetriNet, drop: set[Pair], insert: Mapping[Pair, str]) -> ProcessTree | PetriNet | None:
    whole = automaton_of(net)
    left = rewrite_paths(whole, drop, insert) if whole else None
    if left is None:
        return None
    machine = automaton_to_net(left)
    return net_to_tree(machine) or machine


def follows_within(model: Model, first: str, then: str) -> Automaton | None:
    """The automaton of `model` with every activity but `first` and `then` unseen."""
    net = as_net(model)
    built = NetBuilder()
    for name in net.places:
        built.place(name)
    for t, transition in enumerate(net.transitions):
        label = transition.label if transition.label in (first, then) else None
        pre, post = ([p for p, w in side[t] for _ in range(w)] for side in (net.pre, net.post))
        built.transition(label, pre, post)
    return automaton_of(built.build(dict(enumerate(net.initial)), dict(enumerate(net.final))))
