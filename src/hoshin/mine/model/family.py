"""One model in the three notations: ask for the one an algorithm needs."""

from __future__ import annotations

from hoshin.errors import Unsupported
from hoshin.mine.model.blocks import net_to_tree
from hoshin.mine.model.bpmn import Bpmn
from hoshin.mine.model.convert import net_to_bpmn, tree_to_bpmn, tree_to_net
from hoshin.mine.model.frombpmn import bpmn_to_net
from hoshin.mine.model.petri import PetriNet
from hoshin.mine.model.tree import ProcessTree

Model = ProcessTree | PetriNet | Bpmn


def as_net(model: Model) -> PetriNet:
    """`model` as an accepting Petri net; always possible for trees, see `bpmn_to_net` for BPMN."""
    if isinstance(model, ProcessTree):
        return tree_to_net(model)
    return bpmn_to_net(model) if isinstance(model, Bpmn) else model


def find_tree(model: Model) -> ProcessTree | None:
    """`model` as a process tree, None where it is not block-structured."""
    return model if isinstance(model, ProcessTree) else net_to_tree(as_net(model))


def as_tree(model: Model) -> ProcessTree:
    """`model` as a process tree; Unsupported(model.blocks) where it is not block-structured."""
    tree = find_tree(model)
    if tree is None:
        raise Unsupported(
            "model.blocks",
            "The model is not block-structured, so it has no process tree.",
            hint="Use PNML or BPMN, or discover a block-structured model with: hoshin model discover LOG",
        )
    return tree


def as_bpmn(model: Model, name: str = "") -> Bpmn:
    """`model` as BPMN: nested blocks where possible, else from its free-choice net."""
    if isinstance(model, Bpmn):
        return model
    tree = find_tree(model)
    return net_to_bpmn(as_net(model), name) if tree is None else tree_to_bpmn(tree, name)
