"""PTML: process trees as ProM and pm4py store them."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from hoshin.connect.model import _xml
from hoshin.errors import InvalidInput, Unsupported
from hoshin.mine.model.tree import TAU, Operator, ProcessTree, build, leaf

OPERATORS: dict[str, Operator] = {"sequence": "sequence", "xor": "xor", "def": "xor", "and": "and", "xorLoop": "loop"}
ELEMENTS = {"sequence": "sequence", "xor": "xor", "and": "and", "loop": "xorLoop"}


def read(path: Path) -> ProcessTree:
    """The first tree of the file. Children keep the order of the file's edges."""
    root = _xml.parse(path)
    trees = _xml.descendants(root, "processTree")
    if not trees:
        raise InvalidInput("ptml.tree", f"{path} holds no <processTree>.", hint="Give a PTML file.")
    nodes = {e.get("id"): e for e in trees[0] if e.get("id") and _xml.tag(e) != "parentsNode"}
    children: dict[str, list[str]] = {}
    for element in trees[0]:
        if _xml.tag(element) == "parentsNode":
            children.setdefault(element.get("sourceId"), []).append(element.get("targetId"))

    def node(key: str) -> ProcessTree:
        element = nodes.get(key)
        if element is None:
            raise InvalidInput("ptml.node", f"{path} refers to node {key!r}, which does not exist.", hint="Export it.")
        kind = _xml.tag(element)
        if kind == "automaticTask":
            return TAU
        if kind == "manualTask":
            return leaf(element.get("name")) if element.get("name") else TAU
        if kind not in OPERATORS:
            raise Unsupported(
                "ptml.operator",
                f"{_xml.place_of(path, element)}: the operator {kind!r} is not supported.",
                hint="Use sequence, xor, and, xorLoop.",
            )
        return build(OPERATORS[kind], [node(c) for c in children.get(key, [])])

    return node(trees[0].get("root"))


def write(tree: ProcessTree, path: Path) -> None:
    """Write `tree`; a loop gets the silent third child that the format asks for."""
    root = etree.Element("ptml")
    holder = etree.SubElement(root, "processTree", id="tree", name="tree", root="n0")
    made: list[str] = []
    edges: list[tuple[str, str]] = []

    def add(node: ProcessTree) -> str:
        key = f"n{len(made)}"
        made.append(key)
        if node.operator is None:
            kind = "automaticTask" if node.label is None else "manualTask"
            etree.SubElement(holder, kind, id=key, name=node.label or "")
            return key
        etree.SubElement(holder, ELEMENTS[node.operator], id=key, name="")
        for child in (*node.children, TAU) if node.operator == "loop" else node.children:
            edges.append((key, add(child)))
        return key

    add(tree)
    for e, (source, target) in enumerate(edges):
        etree.SubElement(holder, "parentsNode", id=f"e{e}", sourceId=source, targetId=target)
    _xml.write(root, path)
