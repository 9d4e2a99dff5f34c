"""From one kind of model to another without changing the traces it accepts."""

from __future__ import annotations

from hoshin.errors import Unsupported
from hoshin.mine.model.bpmn import Bpmn, BpmnBuilder, without_needless_gateways
from hoshin.mine.model.petri import NetBuilder, PetriNet
from hoshin.mine.model.tree import ProcessTree


def tree_to_net(tree: ProcessTree) -> PetriNet:
    """A safe, sound, free-choice workflow net with the traces of `tree`."""
    net = NetBuilder()
    source, sink = net.place("source"), net.place("sink")

    def add(node: ProcessTree, begin: int, end: int) -> None:
        match node.operator:
            case None:
                net.transition(node.label, [begin], [end])
            case "sequence":
                stops = [begin, *(net.place() for _ in node.children[1:]), end]
                for child, a, b in zip(node.children, stops, stops[1:]):
                    add(child, a, b)
            case "xor":
                for child in node.children:
                    add(child, begin, end)
            case "and":
                begins, ends = [[net.place() for _ in node.children] for _ in range(2)]
                net.transition(None, [begin], begins)
                for child, a, b in zip(node.children, begins, ends):
                    add(child, a, b)
                net.transition(None, ends, [end])
            case "loop":
                do, redo = net.place(), net.place()
                net.transition(None, [begin], [do])
                add(node.children[0], do, redo)
                add(node.children[1], redo, do)
                net.transition(None, [redo], [end])

    add(tree, source, sink)
    return net.build({source: 1}, {sink: 1})


def tree_to_bpmn(tree: ProcessTree, name: str = "") -> Bpmn:
    """A BPMN model of nested blocks with the traces of `tree`."""
    model = BpmnBuilder()

    def add(node: ProcessTree, before: str) -> str:
        """Draw `node` after the BPMN node `before`; returns the BPMN node it ends with."""
        match node.operator:
            case None if node.label is None:
                return before
            case None:
                task = model.node("task", node.label or "")
                model.flow(before, task)
                return task
            case "sequence":
                for child in node.children:
                    before = add(child, before)
                return before
            case "xor" | "and":
                kind = "exclusiveGateway" if node.operator == "xor" else "parallelGateway"
                split = model.node(kind)
                model.flow(before, split)
                # The join is made last, so that ids follow the reading order.
                last = [add(child, split) for child in node.children]
                join = model.node(kind)
                for end in last:
                    model.flow(end, join)
                return join
            case "loop":
                join = model.node("exclusiveGateway")
                model.flow(before, join)
                do = add(node.children[0], join)
                split = model.node("exclusiveGateway")
                model.flow(do, split)
                model.flow(add(node.children[1], split), join)
                return split
        raise AssertionError("unreachable")

    last = add(tree, model.node("startEvent", "start"))
    model.flow(last, model.node("endEvent", "end"))
    return without_needless_gateways(model.build(name))


def net_to_bpmn(net: PetriNet, name: str = "") -> Bpmn:
    """A BPMN model with the traces of a free-choice net.

    A place becomes an exclusive join, a cluster of places with common consumers a parallel join and an
    exclusive split, a transition a task (nothing if silent) and a parallel split. Raises Unsupported
    (model.free_choice) where a choice and a synchronisation are mixed: BPMN gateways cannot say that.
    """
    if not net.free_choice() or any(not side for side in net.pre) or any(n > 1 for n in (*net.initial, *net.final)):
        raise Unsupported(
            "model.free_choice",
            "This Petri net mixes choice and synchronisation (or has weighted arcs, or transitions without input), "
            "which BPMN gateways cannot express.",
            hint="Keep it as PNML, or discover a block-structured model with: hoshin model discover LOG",
        )
    model = BpmnBuilder()
    start = model.node("startEvent", "start")
    after: dict[int, str] = {}
    join = {p: model.node("exclusiveGateway") for p in range(len(net.places))}
    begun = [p for p, n in enumerate(net.initial) if n]
    _fan_out(model, start, [join[p] for p in begun])
    for t, transition in enumerate(net.transitions):
        # A silent transition is a gateway with one way in and one out, taken away at the end.
        after[t] = model.node("exclusiveGateway") if transition.label is None else model.node("task", transition.label)
        if net.post[t]:
            _fan_out(model, after[t], [join[p] for p, _ in net.post[t]])
        else:
            model.flow(after[t], model.node("endEvent"))
    ended = tuple(p for p, n in enumerate(net.final) if n)
    clusters: dict[tuple[int, ...], list[str]] = {}
    for t, side in enumerate(net.pre):
        clusters.setdefault(tuple(p for p, _ in side), []).append(after[t])
    end = model.node("endEvent", "end")
    for cluster in clusters:
        if set(cluster) & set(ended) and cluster != ended:
            raise Unsupported(
                "model.end",
                f"The final marking shares place {net.places[next(p for p in cluster if p in ended)]!r} "
                "with a synchronisation, which BPMN cannot express.",
                hint="Keep it as PNML.",
            )
    clusters.setdefault(ended, []).append(end)
    for cluster, targets in clusters.items():
        split = model.node("exclusiveGateway")
        gather = split
        if len(cluster) > 1:
            gather = model.node("parallelGateway")
            model.flow(gather, split)
        for p in cluster:
            model.flow(join[p], gather)
        for target in targets:
            model.flow(split, target)
    return without_needless_gateways(model.build(name))


def _fan_out(model: BpmnBuilder, source: str, targets: list[str]) -> None:
    if len(targets) > 1:
        split = model.node("parallelGateway")
        model.flow(source, split)
        source = split
    for target in targets:
        model.flow(source, target)


def fuse_silent(net: PetriNet) -> PetriNet:
    """The same traces with fewer silent steps: a silent transition between two places is fused away when the
    first place has no other consumer, or the second no other producer and only simple consumers. Neither adds
    nor hides a deadlock."""
    pre = [dict(side) for side in net.pre]
    post = [dict(side) for side in net.post]
    alive = set(range(len(pre)))
    initial, final = list(net.initial), list(net.final)
    producers = [set(s) for s in net.producers()]
    consumers = [set(s) for s in net.consumers()]
    changed = True
    while changed:
        changed = False
        for t in sorted(alive):
            if net.transitions[t].label is not None or list(pre[t].values()) != [1] or list(post[t].values()) != [1]:
                continue
            (p,), (q,) = pre[t], post[t]
            if p == q:
                alive.discard(t)
                producers[p].discard(t)
                consumers[p].discard(t)
            elif consumers[p] == {t} and not final[p]:
                # A token in p can only go to q, silently: whoever gives to p may as well give to q.
                gone, kept = p, q
            elif (
                producers[q] == {t} and consumers[q] and not initial[q] and not final[q]
                and all(len(pre[u]) == 1 for u in consumers[q])
            ):  # fmt: skip
                # A token in q can only have come from p: whoever takes from q may as well take from p.
                gone, kept = q, p
            else:
                continue
            if p != q:
                if any(gone in side and kept in side for side in (*pre, *post)):
                    continue
                for sides, users in ((post, producers), (pre, consumers)):
                    for u in users[gone] - {t}:
                        sides[u][kept] = sides[u].pop(gone)
                        users[kept].add(u)
                    users[gone].clear()
                    users[kept].discard(t)
                initial[kept] += initial[gone]
                initial[gone] = 0
                alive.discard(t)
                pre[t], post[t] = {}, {}
            changed = True
    used = {p for t in alive for p in (*pre[t], *post[t])}
    used |= {p for p in range(len(net.places)) if initial[p] or final[p]}
    result = NetBuilder()
    number = {p: result.place(net.places[p]) for p in sorted(used)}
    for t in sorted(alive):
        takes, gives = ([number[p] for p, w in side.items() for _ in range(w)] for side in (pre[t], post[t]))
        result.transition(net.transitions[t].label, takes, gives, name=net.transitions[t].name)
    return result.build(
        {number[p]: initial[p] for p in used if initial[p]}, {number[p]: final[p] for p in used if final[p]}
    )
