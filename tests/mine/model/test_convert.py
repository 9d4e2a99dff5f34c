"""Exact conversions: whatever the notation, the traces are the same."""

from __future__ import annotations

import pytest
from hypothesis import given

from hoshin.errors import InvalidInput, Unsupported
from hoshin.mine.model.blocks import net_to_tree
from hoshin.mine.model.bpmn import Bpmn, Flow, Node
from hoshin.mine.model.convert import fuse_silent, net_to_bpmn, tree_to_bpmn, tree_to_net
from hoshin.mine.model.family import as_bpmn, as_net, as_tree, find_tree
from hoshin.mine.model.frombpmn import bpmn_to_net
from hoshin.mine.model.petri import NetBuilder, PetriNet
from hoshin.mine.model.sound import check_soundness
from hoshin.mine.model.tree import ProcessTree, nullable, parse_tree, simplify
from tests.naive_models import net_words, tree_words, trees

N = 5


@given(trees(repeat=True))
def test_every_notation_accepts_the_same_traces(tree: ProcessTree) -> None:
    words = tree_words(tree, N)
    net = tree_to_net(tree)

    assert net_words(net, N) == words
    assert tree_words(simplify(tree), N) == words
    assert net_words(fuse_silent(net), N) == words
    assert net_words(bpmn_to_net(tree_to_bpmn(tree)), N) == words
    assert net_words(bpmn_to_net(net_to_bpmn(net)), N) == words
    assert nullable(tree) == (() in words)
    assert parse_tree(str(tree)) == tree


@given(trees(repeat=True))
def test_a_net_of_blocks_is_a_tree_again(tree: ProcessTree) -> None:
    words = tree_words(tree, N)
    for net in (tree_to_net(tree), fuse_silent(tree_to_net(tree)), bpmn_to_net(tree_to_bpmn(tree))):
        back = net_to_tree(net)
        assert back is not None
        assert tree_words(back, N) == words


def non_block() -> PetriNet:
    """A sound free-choice net that no tree has: a and b in parallel, c waits for a, d for both."""
    net = NetBuilder()
    i, o, p1, p2, p3, p4, p5 = (net.place(n) for n in ("i", "o", "p1", "p2", "p3", "p4", "p5"))
    net.transition(None, [i], [p1, p2])
    net.transition("a", [p1], [p3, p4])
    net.transition("c", [p3], [p5])
    q = net.place("q")
    net.transition("b", [p2], [q])
    r = net.place("r")
    net.transition("d", [q, p4], [r])
    net.transition("e", [r, p5], [o])
    return net.build({i: 1}, {o: 1})


def test_a_net_that_is_no_tree_stays_a_net_and_still_draws_as_bpmn() -> None:
    net = non_block()

    assert find_tree(net) is None
    with pytest.raises(Unsupported, match="block-structured"):
        as_tree(net)
    assert net_words(as_net(as_bpmn(net)), 6) == net_words(net, 6) != frozenset()
    found = check_soundness(net)
    assert found.sound
    assert found.n_markings > 0


def test_a_net_that_mixes_choice_and_synchronisation_is_no_bpmn() -> None:
    net = NetBuilder()
    a, b, end = net.place("a"), net.place("b"), net.place("end")
    net.transition("x", [a], [end])
    net.transition("y", [a, b], [end])

    with pytest.raises(Unsupported, match="mixes choice"):
        net_to_bpmn(net.build({a: 1, b: 1}, {end: 1}))


def bpmn(*flows: str, **kinds: str) -> Bpmn:
    """`bpmn("s a", "a e", s="startEvent", a="task", e="endEvent")`."""
    nodes = tuple(Node(n, k, n if k == "task" else "") for n, k in kinds.items())
    return Bpmn(nodes, tuple(Flow(f"f{i}", *f.split()) for i, f in enumerate(flows)))


def test_two_ends_are_alternatives_after_a_choice_and_both_after_a_fork() -> None:
    for gateway, words in (("exclusiveGateway", {("a",), ("b",)}), ("parallelGateway", {("a", "b"), ("b", "a")})):
        model = bpmn(
            "s g", "g a", "g b", "a e1", "b e2",
            s="startEvent", g=gateway, a="task", b="task", e1="endEvent", e2="endEvent",
        )  # fmt: skip
        assert net_words(bpmn_to_net(model), 3) == words


def test_inclusive_split_takes_any_of_its_branches() -> None:
    model = bpmn(
        "s g", "g a", "g b", "a j", "b j", "j e",
        s="startEvent", g="inclusiveGateway", a="task", b="task", j="inclusiveGateway", e="endEvent",
    )  # fmt: skip
    with pytest.raises(Unsupported, match="inclusive gateway that joins"):
        bpmn_to_net(model)


def test_boundary_event_and_sub_process() -> None:
    model = Bpmn(
        (
            Node("s", "startEvent"),
            Node("sub", "subProcess", "sub"),
            Node("s2", "startEvent", inside="sub"),
            Node("a", "task", "a", inside="sub"),
            Node("e2", "endEvent", inside="sub"),
            Node("b", "userTask", "b"),
            Node("timer", "boundaryEvent", "late", attached_to="b"),
            Node("c", "task", "c"),
            Node("g", "exclusiveGateway"),
            Node("e", "endEvent"),
        ),
        tuple(
            Flow(f"f{i}", *f.split())
            for i, f in enumerate(["s sub", "s2 a", "a e2", "sub b", "b g", "timer c", "c g", "g e"])
        ),
    )
    assert net_words(bpmn_to_net(model), 4) == {("a", "b"), ("a", "c")}
    assert model.labels() == {"a", "b", "c"}


@pytest.mark.parametrize("text", ["->( 'a'", "->", "Q( 'a' )", "'a' 'b'", "+( 'a', )"])
def test_unreadable_tree_says_where(text: str) -> None:
    with pytest.raises(InvalidInput, match="not readable at character"):
        parse_tree(text)
