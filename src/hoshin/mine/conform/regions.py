"""A process tree laid out for the alignment kernel: regions, blocks and their alphabets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hoshin.kernels import align as kernel
from hoshin.kernels.align import Regions
from hoshin.mine.model.tree import TAU, ProcessTree, leaf, loop, xor


def has_disjoint_branches(tree: ProcessTree) -> bool:
    """Whether no activity stands in two branches of one parallel block: what the kernel needs."""
    if tree.operator == "and" and sum(len(c.labels()) for c in tree.children) > len(tree.labels()):
        return False
    return all(has_disjoint_branches(child) for child in tree.children)


def shortest(tree: ProcessTree) -> int:
    """Events of the shortest trace.

    >>> from hoshin.mine.model.tree import parse_tree
    >>> shortest(parse_tree("->( 'a', X( 'b', ->( 'c', 'd' ) ), *( +( 'e', 'f' ), 'g' ) )"))
    4
    """
    match tree.operator:
        case None:
            return 0 if tree.label is None else 1
        case "xor":
            return min(shortest(child) for child in tree.children)
        case "loop":
            return shortest(tree.children[0])
        case _:
            return sum(shortest(child) for child in tree.children)


@dataclass(slots=True)
class _Region:
    states: int = 2
    edges: list[tuple[int, int, int, int]] = field(default_factory=list)

    def state(self) -> int:
        self.states += 1
        return self.states - 1


def lay_out(tree: ProcessTree, codes: Mapping[str, int]) -> Regions:
    """The regions of `tree`; `codes` gives each activity its number, 0 .. len(codes)-1.

    The tree's parallel branches must be disjoint (`has_disjoint_branches`).
    """
    regions: list[_Region] = []
    trees: list[ProcessTree] = []
    blocks: list[tuple[ProcessTree, list[int]]] = []

    def region(node: ProcessTree) -> int:
        made = _Region()
        regions.append(made)
        trees.append(node)
        number = len(regions) - 1
        add(made, node, 0, 1)
        return number

    def add(into: _Region, node: ProcessTree, begin: int, end: int) -> None:
        match node.operator:
            case None if node.label is None:
                into.edges.append((begin, end, kernel.SILENT, 0))
            case None:
                into.edges.append((begin, end, kernel.ACTIVITY, codes[node.label or ""]))
            case "sequence":
                stops = [begin, *(into.state() for _ in node.children[1:]), end]
                for child, a, b in zip(node.children, stops, stops[1:]):
                    add(into, child, a, b)
            case "xor":
                for child in node.children:
                    add(into, child, begin, end)
            case "loop":
                do, redo = into.state(), into.state()
                into.edges.append((begin, do, kernel.SILENT, 0))
                add(into, node.children[0], do, redo)
                add(into, node.children[1], redo, do)
                into.edges.append((redo, end, kernel.SILENT, 0))
            case "and":
                into.edges.append((begin, end, kernel.BLOCK, len(blocks)))
                inside: list[int] = []
                blocks.append((node, inside))
                inside.extend(region(child) for child in node.children)

    region(tree)
    flat = [edge for made in regions for edge in made.edges]
    n_codes = len(codes)
    region_has = np.zeros((len(regions), n_codes), dtype=np.bool_)
    block_has = np.zeros((len(blocks), n_codes), dtype=np.bool_)
    branch_of = np.full((len(blocks), n_codes), -1, dtype=np.int32)
    for r, node in enumerate(trees):
        region_has[r, [codes[label] for label in node.labels()]] = True
    region_has[0] = True
    for k, (_, inside) in enumerate(blocks):
        for r in inside:
            block_has[k] |= region_has[r]
            branch_of[k, region_has[r]] = r
    ends = np.cumsum([len(made.edges) for made in regions])
    shapes = [_shape(node, codes) if r else (kernel.GENERAL, 0) for r, node in enumerate(trees)]
    region_rows = [(end - len(made.edges), end, made.states, *shape) for made, end, shape in zip(regions, ends, shapes)]
    last = np.cumsum([len(inside) for _, inside in blocks])
    block_rows = [(end - len(inside), end, shortest(node)) for (node, inside), end in zip(blocks, last)]
    return Regions(
        region=np.array(region_rows, dtype=np.int32),
        edge=np.array(flat, dtype=np.int32).reshape(len(flat), 4),
        block=np.array(block_rows, dtype=np.int32).reshape(len(blocks), 3),
        branch=np.array([r for _, inside in blocks for r in inside], dtype=np.int32),
        region_has=region_has,
        block_has=block_has,
        branch_of=branch_of,
    )


def _shape(tree: ProcessTree, codes: Mapping[str, int]) -> tuple[int, int]:
    """The closed form of a region that is one activity."""
    labels = tree.labels()
    if len(labels) != 1:
        return kernel.GENERAL, 0
    (label,) = labels
    one = leaf(label)
    forms = {
        one: kernel.ONCE,
        xor(one, TAU): kernel.OPTIONAL,
        xor(TAU, one): kernel.OPTIONAL,
        loop(one): kernel.REPEATED,
        loop(TAU, one): kernel.ANY,
        xor(TAU, loop(one)): kernel.ANY,
        xor(loop(one), TAU): kernel.ANY,
    }
    return forms.get(tree, kernel.GENERAL), codes[label]
