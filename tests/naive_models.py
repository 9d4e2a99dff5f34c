"""Slow twins for models: the traces they accept, the cost of an alignment, by plain enumeration."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from hoshin.mine.model.petri import PetriNet
from hoshin.mine.model.tree import TAU, ProcessTree, leaf, loop, par, seq, xor

Words = frozenset[tuple[str, ...]]


def trees(labels: str = "abcdef", *, repeat: bool = False, max_leaves: int = 6) -> st.SearchStrategy[ProcessTree]:
    """Process trees; each label at most once unless `repeat`."""

    @st.composite
    def draw_tree(draw: st.DrawFn) -> ProcessTree:
        free = list(labels)

        def node(room: int) -> ProcessTree:
            kind = draw(st.sampled_from(["leaf", "leaf", "tau", "seq", "xor", "par", "loop"])) if room > 1 else "leaf"
            if kind == "tau" or not free:
                return TAU
            if kind == "leaf":
                at = draw(st.integers(0, len(free) - 1))
                return leaf(free[at] if repeat else free.pop(at))
            if kind == "loop":
                return loop(node(room // 2), node(room // 2))
            n = draw(st.integers(2, 3))
            return {"seq": seq, "xor": xor, "par": par}[kind](*(node(room // n) for _ in range(n)))

        return node(max_leaves)

    return draw_tree()


def shuffles(a: tuple[str, ...], b: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    if not a or not b:
        yield a + b
        return
    for rest in shuffles(a[1:], b):
        yield a[:1] + rest
    for rest in shuffles(a, b[1:]):
        yield b[:1] + rest


def tree_words(tree: ProcessTree, n: int) -> Words:
    """Traces of `tree` of at most `n` events."""
    if tree.operator is None:
        word = () if tree.label is None else (tree.label,)
        return frozenset([word] if len(word) <= n else [])
    parts = [tree_words(child, n) for child in tree.children]
    if tree.operator == "xor":
        return frozenset().union(*parts)
    if tree.operator == "loop":
        result = parts[0]
        while True:
            longer = result | {a + b + c for a in result for b in parts[1] for c in parts[0] if len(a + b + c) <= n}
            if longer == result:
                return frozenset(result)
            result = longer
    result = frozenset([()])
    for part in parts:
        if tree.operator == "sequence":
            result = frozenset(a + b for a in result for b in part if len(a + b) <= n)
        else:
            result = frozenset(w for a in result for b in part if len(a + b) <= n for w in shuffles(a, b))
    return result


def net_words(net: PetriNet, n: int) -> Words:
    """Traces of `net` of at most `n` events, by walking its markings."""
    seen = {(net.initial, ())}
    stack: list[tuple[tuple[int, ...], tuple[str, ...]]] = [(net.initial, ())]
    words = set()
    while stack:
        marking, word = stack.pop()
        if marking == net.final:
            words.add(word)
        for t in net.enabled(marking):
            label = net.transitions[t].label
            after = (net.fire(marking, t), word if label is None else (*word, label))
            if len(after[1]) <= n and after not in seen:
                seen.add(after)
                stack.append(after)
    return frozenset(words)
