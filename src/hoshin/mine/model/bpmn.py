"""BPMN 2.0 control flow: events, tasks, gateways and sequence flows.

Element names are those of the standard (OMG BPMN 2.0.2), e.g. `exclusiveGateway`, `userTask`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

TASKS = frozenset(
    {
        *("task", "userTask", "manualTask", "serviceTask", "scriptTask", "sendTask", "receiveTask"),
        *("businessRuleTask", "callActivity", "subProcess", "adHocSubProcess", "transaction"),
    }
)
EVENTS = frozenset({"startEvent", "endEvent", "intermediateThrowEvent", "intermediateCatchEvent", "boundaryEvent"})
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})


@dataclass(frozen=True, slots=True)
class Node:
    """`kind` is the BPMN element name. A boundary event is `attached_to` a task and `cancels` it or not;
    `inside` names the expanded sub-process that holds the node."""

    id: str
    kind: str
    name: str = ""
    attached_to: str = ""
    cancels: bool = True
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    id: str
    source: str
    target: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Bpmn:
    """Nodes and sequence flows."""

    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...]
    name: str = ""

    def node(self, id: str) -> Node:
        return next(n for n in self.nodes if n.id == id)

    def labels(self) -> frozenset[str]:
        holders = {n.inside for n in self.nodes if n.inside}
        return frozenset(n.name or n.id for n in self.nodes if n.kind in TASKS and n.id not in holders)

    def incoming(self) -> dict[str, list[Flow]]:
        return self._by("target")

    def outgoing(self) -> dict[str, list[Flow]]:
        return self._by("source")

    def _by(self, end: str) -> dict[str, list[Flow]]:
        result: dict[str, list[Flow]] = {n.id: [] for n in self.nodes}
        for flow in self.flows:
            result[getattr(flow, end)].append(flow)
        return result


@dataclass(slots=True)
class BpmnBuilder:
    """Collects nodes and flows with ids of its own."""

    nodes: list[Node] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)

    def node(self, kind: str, name: str = "") -> str:
        prefix = {"startEvent": "start", "endEvent": "end"}.get(kind, "gateway" if kind in GATEWAYS else "task")
        self.nodes.append(Node(f"{prefix}_{len(self.nodes)}", kind, name))
        return self.nodes[-1].id

    def flow(self, source: str, target: str) -> None:
        self.flows.append(Flow(f"flow_{len(self.flows)}", source, target))

    def build(self, name: str = "") -> Bpmn:
        return Bpmn(tuple(self.nodes), tuple(self.flows), name)


def without_needless_gateways(model: Bpmn) -> Bpmn:
    """The same model without gateways that neither split nor join, and with joins fused into the joins they feed."""
    nodes = {n.id: n for n in model.nodes}
    flows = list(model.flows)
    changed = True
    while changed:
        changed = False
        into, out = _ends(flows)
        for node in list(nodes.values()):
            if node.kind not in ("exclusiveGateway", "parallelGateway"):
                continue
            entering, leaving = into.get(node.id, []), out.get(node.id, [])
            if len(leaving) == 1:
                flow = leaving[0]
                target = nodes[flow.target]
                single = len(entering) == 1
                fuses = target.kind == node.kind and target.id != node.id
                if (single or fuses) and flow.target != node.id:
                    flows = [f for f in flows if f.id != flow.id]
                    flows = [Flow(f.id, f.source, flow.target, f.name) if f.target == node.id else f for f in flows]
                    del nodes[node.id]
                    changed = True
                    break
            elif len(entering) == 1:
                flow = entering[0]
                source = nodes[flow.source]
                if source.kind == node.kind and source.id != node.id:
                    flows = [f for f in flows if f.id != flow.id]
                    flows = [Flow(f.id, flow.source, f.target, f.name) if f.source == node.id else f for f in flows]
                    del nodes[node.id]
                    changed = True
                    break
    return Bpmn(tuple(nodes.values()), tuple(flows), model.name)


def _ends(flows: Iterable[Flow]) -> tuple[dict[str, list[Flow]], dict[str, list[Flow]]]:
    into: dict[str, list[Flow]] = {}
    out: dict[str, list[Flow]] = {}
    for flow in flows:
        into.setdefault(flow.target, []).append(flow)
        out.setdefault(flow.source, []).append(flow)
    return into, out
