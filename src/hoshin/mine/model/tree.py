"""Process trees: block-structured models that are sound by construction.

Operators: sequence `->`, exclusive choice `X`, parallel `+`, loop `*` (do, redo). A leaf is an
activity or the silent `tau`. Source: Leemans, Fahland, van der Aalst, Discovering Block-Structured
Process Models from Event Logs (2013).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hoshin.errors import InvalidInput

Operator = Literal["sequence", "xor", "and", "loop"]
SIGNS: dict[str, Operator] = {"->": "sequence", "X": "xor", "+": "and", "*": "loop"}
SIGN_OF = {operator: sign for sign, operator in SIGNS.items()}


@dataclass(frozen=True, slots=True)
class ProcessTree:
    """A node: an operator over `children`, or a leaf with `label` (None = silent).

    A loop has exactly two children, do and redo: do (redo do)*.
    """

    operator: Operator | None = None
    label: str | None = None
    children: tuple[ProcessTree, ...] = ()

    def __str__(self) -> str:
        if self.operator is None:
            return "tau" if self.label is None else "'" + self.label.replace("\\", "\\\\").replace("'", "\\'") + "'"
        return f"{SIGN_OF[self.operator]}( {', '.join(map(str, self.children))} )"

    @property
    def silent(self) -> bool:
        return self.operator is None and self.label is None

    def leaves(self) -> Iterator[ProcessTree]:
        """Leaves from left to right."""
        if self.operator is None:
            yield self
        for child in self.children:
            yield from child.leaves()

    def labels(self) -> frozenset[str]:
        return frozenset(leaf.label for leaf in self.leaves() if leaf.label is not None)

    def size(self) -> int:
        """Nodes, operators and leaves alike."""
        return 1 + sum(child.size() for child in self.children)


TAU = ProcessTree()


def leaf(label: str) -> ProcessTree:
    return ProcessTree(label=label)


def seq(*children: ProcessTree) -> ProcessTree:
    """Children one after another; none at all is silent, one is itself."""
    return _join("sequence", children)


def xor(*children: ProcessTree) -> ProcessTree:
    """Exactly one of the children."""
    return _join("xor", children)


def par(*children: ProcessTree) -> ProcessTree:
    """All children, interleaved."""
    return _join("and", children)


def loop(do: ProcessTree, redo: ProcessTree = TAU) -> ProcessTree:
    """do (redo do)*"""
    return ProcessTree("loop", None, (do, redo))


def _join(operator: Operator, children: tuple[ProcessTree, ...]) -> ProcessTree:
    if not children:
        return TAU
    return children[0] if len(children) == 1 else ProcessTree(operator, None, children)


def simplify(tree: ProcessTree) -> ProcessTree:
    """The same language with fewer nodes: flat operators, no needless silent leaves, no twins in a choice.

    >>> print(simplify(parse_tree("->( 'a', ->( tau, X( 'b', X( tau, tau ) ) ) )")))
    ->( 'a', X( 'b', tau ) )
    """
    if tree.operator is None:
        return tree
    children = [simplify(child) for child in tree.children]
    if tree.operator == "loop":
        return loop(*children)
    flat: list[ProcessTree] = []
    for child in children:
        flat.extend(child.children if child.operator == tree.operator else (child,))
    if tree.operator == "xor":
        unique = list(dict.fromkeys(flat))
        if TAU in unique and any(nullable(child) for child in unique if not child.silent):
            unique.remove(TAU)
        return xor(*unique)
    return _join(tree.operator, tuple(child for child in flat if not child.silent))


def nullable(tree: ProcessTree) -> bool:
    """Whether the model accepts the empty trace."""
    match tree.operator:
        case None:
            return tree.label is None
        case "xor":
            return any(nullable(child) for child in tree.children)
        case "loop":
            return nullable(tree.children[0])
        case _:
            return all(nullable(child) for child in tree.children)


TOKEN = re.compile(r"\s*(->|[X+*(),]|'(?:[^'\\]|\\.)*'|tau|τ)")


def parse_tree(text: str) -> ProcessTree:
    """A tree from its text: ->( 'a', X( 'b', tau ), *( 'c', 'd' ) ).

    A loop of one child redoes silently; a third child is what leaves the loop. Raises
    InvalidInput(model.tree) naming the place where the text goes wrong.

    >>> print(parse_tree("*( 'a', tau, 'b' )"))
    ->( *( 'a', tau ), 'b' )
    """
    position = 0

    def wrong(expected: str) -> InvalidInput:
        found = text[position : position + 12] or "the end"
        return InvalidInput(
            "model.tree",
            f"The process tree is not readable at character {position + 1}: expected {expected}, found {found!r}.",
            hint="Write for example ->( 'a', X( 'b', tau ), +( 'c', *( 'd', 'e' ) ) ).",
        )

    def take(expected: str) -> str:
        nonlocal position
        found = TOKEN.match(text, position)
        if not found:
            raise wrong(expected)
        position = found.end()
        return found[1]

    def node() -> ProcessTree:
        nonlocal position
        begin = position
        token = take("an operator or a leaf")
        if token in ("tau", "τ"):
            return TAU
        if token.startswith("'"):
            return leaf(re.sub(r"\\(.)", r"\1", token[1:-1]))
        if token not in SIGNS:
            position = begin
            raise wrong("an operator or a leaf")
        if take("'('") != "(":
            position = begin
            raise wrong("'(' after the operator")
        children = [node()]
        while (mark := take("',' or ')'")) == ",":
            children.append(node())
        if mark != ")":
            raise wrong("',' or ')'")
        return build(SIGNS[token], children)

    tree = node()
    if text[position:].strip():
        raise wrong("the end")
    return tree


def build(operator: Operator, children: list[ProcessTree]) -> ProcessTree:
    """A node from its children; a loop may have one (do), two (do, redo) or three (do, redo, exit)."""
    if operator != "loop":
        return _join(operator, tuple(children))
    if len(children) > 3:
        raise InvalidInput("model.loop", f"A loop has at most three children (do, redo, exit), not {len(children)}.")
    body = loop(*children[:2])
    return body if len(children) < 3 or children[2].silent else seq(body, children[2])
