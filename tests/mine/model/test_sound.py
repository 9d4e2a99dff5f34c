"""Soundness: what is sound is called so, and each way of being unsound is told with a trace."""

from __future__ import annotations

from hypothesis import given

from hoshin.mine.model import sound
from hoshin.mine.model.convert import tree_to_net
from hoshin.mine.model.petri import NetBuilder, PetriNet
from hoshin.mine.model.sound import check_soundness
from hoshin.mine.model.tree import ProcessTree
from tests.naive_models import trees


@given(trees())
def test_trees_are_sound_by_structure_and_by_their_markings(tree: ProcessTree) -> None:
    net = tree_to_net(tree)

    assert check_soundness(net).sound
    assert check_by_markings(net).sound


def check_by_markings(net: PetriNet, limit: int = sound.LIMIT) -> sound.Soundness:
    """The verdict with the structural short cut closed."""
    shortcut = sound.net_to_tree
    sound.net_to_tree = lambda net: None  # type: ignore[attr-defined]
    try:
        return check_soundness(net, limit=limit)
    finally:
        sound.net_to_tree = shortcut  # type: ignore[attr-defined]


def net(*transitions: tuple[str, str, str]) -> PetriNet:
    """Transitions as (label, "places in", "places out"); i is the start, o the end."""
    made = NetBuilder()
    i, o = made.place("i"), made.place("o")
    for label, pre, post in transitions:
        made.transition(label, [made.place(p) for p in pre.split()], [made.place(p) for p in post.split()])
    return made.build({i: 1}, {o: 1})


def test_deadlock_is_told_with_the_trace_that_leads_there() -> None:
    found = check_soundness(net(("a", "i", "p"), ("b", "i", "q"), ("c", "p q", "o")))

    assert found.sound is False
    assert "after a" in found.problems[0]
    assert "1 transitions can never fire: c" in found.problems[-1]


def test_tokens_left_over() -> None:
    found = check_soundness(net(("a", "i", "p q"), ("b", "p", "o"), ("c", "q", "q2")))

    assert found.sound is False
    assert any("left over" in p for p in found.problems)


def test_unbounded() -> None:
    found = check_soundness(net(("a", "i", "i p"), ("b", "i", "o"), ("c", "p o", "o")))

    assert found.problems == ("Tokens pile up without bound after a.",)


def test_the_bound_gives_no_answer_rather_than_a_wrong_one() -> None:
    steps = [(f"{x}{k}", f"{x}{k}", f"{x}{k + 1}") for x in "ab" for k in range(9)]
    grid = net(("s", "i", "a0 b0"), *steps, ("t", "a9 b9", "o"), ("u", "a9 b9", "o9 o8"), ("v", "o9 o8", "o"))

    found = check_by_markings(grid, limit=20)
    assert found.sound is None
    assert "bound of 20" in found.why
    assert check_by_markings(grid).sound
