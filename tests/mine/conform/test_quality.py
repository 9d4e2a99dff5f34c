"""Precision, replay and the other measures: against plain enumeration, and on textbook logs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.conform import markov
from hoshin.mine.conform.align import align
from hoshin.mine.conform.precision import escaping_edges
from hoshin.mine.conform.quality import judge
from hoshin.mine.conform.replay import replay
from hoshin.mine.conform.steps import NetSteps, TreeSteps
from hoshin.mine.discover import inductive
from hoshin.mine.model.convert import tree_to_net
from hoshin.mine.model.tree import ProcessTree, parse_tree
from tests.naive_models import tree_words, trees
from tests.strategies import traces


@given(trees(repeat=True), st.text("abcdef", max_size=5))
def test_states_of_trees_and_nets_allow_the_same_next_activities(tree: ProcessTree, trace: str) -> None:
    """Followed along a trace, both say what may come next and whether to stop, as the traces of the model do."""
    remainder, marking = TreeSteps(tree), NetSteps(tree_to_net(tree))
    a, b = remainder.start, marking.start
    words = tree_words(tree, 6)
    for n in range(len(trace) + 1):
        assert remainder.enabled(a) == marking.enabled(b)
        assert remainder.complete(a) == marking.complete(b) == (tuple(trace[:n]) in words)
        if n < len(trace):
            a, b = remainder.after(a, trace[n]), marking.after(b, trace[n])


@given(trees("abcd", repeat=True, max_leaves=5), st.integers(1, 3))
def test_short_sequences_of_trees_are_those_of_their_nets(tree: ProcessTree, order: int) -> None:
    net = NetSteps(tree_to_net(tree))

    assert markov._tree_grams(tree, order) == markov._net_grams(net, order)


@given(traces)
def test_a_flower_is_imprecise_and_the_traces_themselves_are_precise(traces: list[str]) -> None:
    traces = [t for t in traces if t]
    if not traces:
        return
    log = EventLog.from_traces(traces)
    letters = sorted(set("".join(traces)))
    flower = parse_tree("*( tau, X( " + ", ".join(f"'{a}'" for a in letters) + " ) )")
    words = [f"->( {', '.join(map(repr, t))} )" for t in dict.fromkeys(traces)]
    exact = parse_tree(words[0] if len(words) == 1 else f"X( {', '.join(words)} )")

    assert escaping_edges(align(log, exact, threads=1), exact).value == 1
    found = escaping_edges(align(log, flower, threads=1), flower)
    assert found.allowed == len(letters) * log.n_events
    assert markov.markovian(log, exact) == (1.0, 1.0)
    assert markov.markovian(log, flower)[1] == 1.0


def test_precision_by_hand() -> None:
    """After a the model allows b, c, d; the log does b (twice) and c: one edge in three escapes, three times."""
    tree = parse_tree("->( 'a', X( 'b', 'c', 'd' ) )")
    log = EventLog.from_traces(["ab", "ab", "ac"])
    found = escaping_edges(align(log, tree), tree)

    assert (found.allowed, found.escaping) == (3 * 1 + 3 * 3, 3)
    assert found.value == pytest.approx(0.75)
    assert found.widest == ((("a",), "d", 3),)


@given(traces)
def test_what_fits_replays_without_missing_tokens(traces: list[str]) -> None:
    log = EventLog.from_traces(traces)
    found = replay(log, inductive.discover(log))

    assert found.missing.sum() == found.remaining.sum() == 0
    assert found.fitness == 1.0
    assert found.fits_share == 1.0


def test_replay_by_hand() -> None:
    """Trace b on a -> b: the token before b is missing, the one at the start remains."""
    found = replay(EventLog.from_traces(["b"]), parse_tree("->( 'a', 'b' )"))

    assert [int(x[0]) for x in (found.produced, found.consumed, found.missing, found.remaining)] == [2, 2, 1, 1]
    assert found.fitness == 0.5
    assert found.fits_share == 0.0


def test_quality_by_hand() -> None:
    log = EventLog.from_traces(["ab"] * 3 + ["a"])
    found = judge(log, parse_tree("->( 'a', 'b' )"))

    assert found.fitness == pytest.approx(1 - 1 / 15)
    assert found.precision == 1.0
    assert found.fitting_share == 0.75
    assert found.deviations == 1
    assert found.generalisation == pytest.approx(1 - (1 / 2 + 1 / 2) / 2)
    assert found.simplicity == 1.0
    assert found.soundness.sound


def test_order_out_of_range() -> None:
    with pytest.raises(InvalidInput, match="order must be"):
        markov.markovian(EventLog.from_traces(["a"]), parse_tree("'a'"), order=4)
