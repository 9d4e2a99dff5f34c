"""BPMN 2.0 XML, with the diagram interchange that modelling tools need to open a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import graphlay
from lxml import etree

from hoshin.connect.model import _xml
from hoshin.errors import InvalidInput
from hoshin.mine.model.bpmn import EVENTS, GATEWAYS, TASKS, Bpmn, Flow, Node

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
KINDS = TASKS | EVENTS | GATEWAYS
MARGIN = 80.0


def read(path: Path) -> Bpmn:
    """The first process of the file that has flow nodes: pools, lanes, data and diagrams are passed over."""
    root = _xml.parse(path)
    for process in _xml.descendants(root, "process"):
        nodes: list[Node] = []
        flows: list[Flow] = []
        _collect(process, "", nodes, flows)
        if nodes:
            known = {n.id for n in nodes}
            for flow in flows:
                for end in (flow.source, flow.target):
                    if end not in known:
                        raise InvalidInput(
                            "bpmn.flow",
                            f"{path}: sequence flow {flow.id!r} refers to {end!r}, which is no flow node.",
                            hint="Export the model again.",
                        )
            return Bpmn(tuple(nodes), tuple(flows), process.get("name") or "")
    raise InvalidInput("bpmn.process", f"{path} holds no process with flow nodes.", hint="Give a BPMN 2.0 file.")


def _collect(holder: Any, inside: str, nodes: list[Node], flows: list[Flow]) -> None:
    for element in holder:
        kind = _xml.tag(element)
        if kind == "sequenceFlow":
            name = element.get("name") or ""
            flows.append(Flow(element.get("id"), element.get("sourceRef"), element.get("targetRef"), name))
        elif kind in KINDS:
            name = re.sub(r"\s+", " ", element.get("name") or "").strip()
            attached = element.get("attachedToRef") or ""
            cancels = element.get("cancelActivity", "true") != "false"
            nodes.append(Node(element.get("id"), kind, name, attached, cancels, inside))
            _collect(element, element.get("id"), nodes, flows)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Where things stand: `boxes` (x, y, width, height) per node id, `paths` of points per flow id."""

    boxes: dict[str, tuple[float, float, float, float]]
    paths: dict[str, list[tuple[float, float]]]


def size_of(node: Node) -> tuple[float, float]:
    if node.kind in EVENTS:
        return 36.0, 36.0
    return (50.0, 50.0) if node.kind in GATEWAYS else (100.0, 80.0)


def draw(model: Bpmn) -> Drawing:
    """A layered drawing from left to right in whole pixels; a sub-process is drawn closed."""
    graph = graphlay.Graph()
    shown = [n for n in model.nodes if not n.inside]
    ids = {n.id for n in shown}
    flows = [f for f in model.flows if f.source in ids and f.target in ids]
    for node in shown:
        width, height = size_of(node)
        graph.node(node.id, width=width, height=height)
    for flow in flows:
        graph.edge(flow.source, flow.target)
    made = graphlay.layout(graph, options={"direction": "leftright"})
    placed = [(n["center"], n["size"]) for n in made.nodes]
    corners = [(at["x"] - size["width"] / 2, at["y"] - size["height"] / 2) for at, size in placed]
    points = [(p["x"], p["y"]) for edge in made.edges for p in edge["points"]]
    left, top = (min(c[axis] for c in [*corners, *points]) - MARGIN for axis in (0, 1))
    boxes = {n.id: (float(round(x - left)), float(round(y - top)), *size_of(n)) for n, (x, y) in zip(shown, corners)}
    paths = {
        flow.id: [(float(round(p["x"] - left)), float(round(p["y"] - top))) for p in edge["points"]]
        for flow, edge in zip(flows, made.edges)
    }
    for node in shown:
        if node.attached_to in boxes:  # a boundary event sits on the lower edge of its task
            x, y, width, height = boxes[node.attached_to]
            boxes[node.id] = (x + width / 2 - 18, y + height - 18, 36.0, 36.0)
            for flow in flows:
                if flow.source == node.id:
                    paths[flow.id][0] = (x + width / 2, y + height + 18)
    return Drawing(boxes, paths)


def write(model: Bpmn, path: Path) -> None:
    """Write `model` with a drawing. Element ids stay as they are."""
    root = etree.Element(
        f"{{{BPMN}}}definitions",
        nsmap={"bpmn": BPMN, "bpmndi": BPMNDI, "dc": DC, "di": DI},
        id="definitions",
        targetNamespace="https://hoshin.example/bpmn",
        exporter="hoshin",
    )
    process = etree.SubElement(root, f"{{{BPMN}}}process", id="process", isExecutable="false")
    if model.name:
        process.set("name", model.name)
    into, out = model.incoming(), model.outgoing()
    holders: dict[str, Any] = {"": process}
    for node in model.nodes:
        element = etree.SubElement(holders[node.inside], f"{{{BPMN}}}{node.kind}", id=node.id)
        if node.name:
            element.set("name", node.name)
        if node.attached_to:
            element.set("attachedToRef", node.attached_to)
            element.set("cancelActivity", str(node.cancels).lower())
        for flow in into[node.id]:
            etree.SubElement(element, f"{{{BPMN}}}incoming").text = flow.id
        for flow in out[node.id]:
            etree.SubElement(element, f"{{{BPMN}}}outgoing").text = flow.id
        holders[node.id] = element
    where = {n.id: n.inside for n in model.nodes}
    for flow in model.flows:
        ends = {"sourceRef": flow.source, "targetRef": flow.target}
        element = etree.SubElement(holders[where[flow.source]], f"{{{BPMN}}}sequenceFlow", id=flow.id, **ends)
        if flow.name:
            element.set("name", flow.name)
    _diagram(root, model)
    _xml.write(root, path)


def _diagram(root: Any, model: Bpmn) -> None:
    drawing = draw(model)
    diagram = etree.SubElement(root, f"{{{BPMNDI}}}BPMNDiagram", id="diagram")
    plane = etree.SubElement(diagram, f"{{{BPMNDI}}}BPMNPlane", id="plane", bpmnElement="process")
    for node in (n for n in model.nodes if n.id in drawing.boxes):
        shape = etree.SubElement(plane, f"{{{BPMNDI}}}BPMNShape", id=f"{node.id}_shape", bpmnElement=node.id)
        if node.kind == "exclusiveGateway":
            shape.set("isMarkerVisible", "true")
        x, y, width, height = (f"{v:g}" for v in drawing.boxes[node.id])
        etree.SubElement(shape, f"{{{DC}}}Bounds", x=x, y=y, width=width, height=height)
    for flow in (f for f in model.flows if f.id in drawing.paths):
        edge = etree.SubElement(plane, f"{{{BPMNDI}}}BPMNEdge", id=f"{flow.id}_edge", bpmnElement=flow.id)
        for x_, y_ in drawing.paths[flow.id]:
            etree.SubElement(edge, f"{{{DI}}}waypoint", x=f"{x_:g}", y=f"{y_:g}")
