"""From BPMN to an accepting Petri net: a place per sequence flow, transitions per task, event and gateway.

Source: Dijkman, Dumas, Ouyang, Semantics and Analysis of Business Process Models in BPMN (2008).
"""

from __future__ import annotations

from itertools import combinations

from hoshin.errors import InvalidInput, Unsupported
from hoshin.mine.model.bpmn import TASKS, Bpmn, Flow, Node
from hoshin.mine.model.convert import fuse_silent
from hoshin.mine.model.petri import NetBuilder, PetriNet, reachable

LIMIT = 20_000


def bpmn_to_net(model: Bpmn) -> PetriNet:
    """The net of a BPMN process, silent steps fused.

    Tasks are its activities (by name, or id where unnamed); events and gateways are silent. Inclusive
    gateways may split; one that joins, a complex gateway, an event sub-process or a non-interrupting
    boundary event raises Unsupported(model.bpmn). Several end events are one end: the model completes
    when every token has reached an end; InvalidInput(model.ends) if runs differ in how many do.
    """
    if not any(n.kind == "startEvent" and not n.inside for n in model.nodes):
        raise InvalidInput("model.start", "The BPMN process has no start event.", hint="Add one and export it again.")
    net = NetBuilder()
    source, sink = net.place("source"), net.place("sink")
    for flow in model.flows:
        net.place(flow.id)
    into, out = model.incoming(), model.outgoing()
    holders = {n.inside for n in model.nodes if n.inside}
    for node in model.nodes:
        _add(net, node, into[node.id], out[node.id], holders, model)
    result = net.build({source: 1}, {sink: 1})
    ends = sum(n.kind == "endEvent" and not n.inside for n in model.nodes)
    if ends > 1:
        result = net.build({source: 1}, {sink: _tokens_at_end(result, sink)})
    return fuse_silent(result)


def _add(net: NetBuilder, node: Node, into: list[Flow], out: list[Flow], holders: set[str], model: Bpmn) -> None:
    inputs, outputs = [net.place(f.id) for f in into], [net.place(f.id) for f in out]
    name = node.name or node.id
    match node.kind:
        case "startEvent":
            begin = net.place(f"{node.inside}/begin") if node.inside else net.place("source")
            net.transition(None, [begin], outputs, name=node.id)
        case "endEvent":
            end = net.place(f"{node.inside}/end") if node.inside else net.place("sink")
            for p in inputs:
                net.transition(None, [p], [end], name=node.id)
        case "exclusiveGateway" | "eventBasedGateway":
            middle = net.place(f"{node.id}/choice")
            for p in inputs:
                net.transition(None, [p], [middle], name=f"{node.id}/in")
            for p in outputs:
                net.transition(None, [middle], [p], name=f"{node.id}/out")
        case "parallelGateway":
            net.transition(None, inputs, outputs, name=node.id)
        case "inclusiveGateway":
            if len(inputs) > 1:
                raise _unsupported(node, "an inclusive gateway that joins")
            for size in range(1, len(outputs) + 1):
                for some in combinations(outputs, size):
                    net.transition(None, inputs, some, name=node.id)
        case "intermediateThrowEvent" | "intermediateCatchEvent":
            for p in inputs:
                net.transition(None, [p], outputs, name=node.id)
        case "boundaryEvent":
            if not node.cancels:
                raise _unsupported(node, "a boundary event that does not interrupt")
            if node.attached_to in holders:
                raise _unsupported(node, "a boundary event on an expanded sub-process")
            for flow in model.incoming().get(node.attached_to, []):
                net.transition(None, [net.place(flow.id)], outputs, name=node.id)
        case kind if kind in TASKS:
            if node.id in holders:
                for p in inputs:
                    net.transition(None, [p], [net.place(f"{node.id}/begin")], name=f"{node.id}/in")
                net.transition(None, [net.place(f"{node.id}/end")], outputs, name=f"{node.id}/out")
            elif not inputs:
                net.transition(name, [net.place("source")], outputs or [net.place("sink")], name=node.id)
            else:
                for p in inputs:
                    net.transition(name, [p], outputs or [net.place("sink")], name=node.id)
        case kind:
            raise _unsupported(node, f"the element {kind}")


def _unsupported(node: Node, what: str) -> Unsupported:
    return Unsupported(
        "model.bpmn",
        f"Node {node.name or node.id!r} is {what}, which has no exact Petri net here.",
        hint="Redraw it with exclusive and parallel gateways.",
    )


def _tokens_at_end(net: PetriNet, sink: int) -> int:
    """How many tokens reach the ends of every run: 1 where they are alternatives."""
    stuck = (marking for marking, enabled in reachable(net, LIMIT) if not enabled)
    counts = {marking[sink] for marking in stuck if sum(marking) == marking[sink]}
    if len(counts) > 1:
        raise InvalidInput(
            "model.ends",
            f"Some runs end with {min(counts)} tokens, others with {max(counts)}, so there is no one final marking.",
            hint="Join the branches with a gateway before one end event.",
        )
    return counts.pop() if counts else 1
