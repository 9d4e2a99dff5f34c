"""Optimal alignments: the least cost, by moves that are a run of the model and the trace."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoshin.errors import InvalidInput, NotConverged
from hoshin.kernels import search
from hoshin.log.eventlog import EventLog
from hoshin.mine.conform import parts
from hoshin.mine.conform.align import Alignments, align
from hoshin.mine.conform.regions import has_disjoint_branches, shortest
from hoshin.mine.model.convert import tree_to_net
from hoshin.mine.model.petri import NetBuilder, PetriNet, reachable
from hoshin.mine.model.tree import ProcessTree, parse_tree
from tests.naive_align import cheapest
from tests.naive_models import tree_words, trees

logs = st.lists(st.text("abcdefz", max_size=7), min_size=1, max_size=4)


def check(found: Alignments, traces: list[str], tree: ProcessTree) -> None:
    """The moves spell the trace on one side and a run of the model on the other, and cost what is said."""
    net = tree_to_net(tree)
    for trace, v in zip(traces, found.variant):
        moves = found.moves(v)
        assert "".join(a for a, _ in moves if a) == trace
        run = found.run(v)
        assert run in tree_words(tree, len(run))
        assert all(a == m for a, m in moves if a and m)
        assert sum(a is None or m is None for a, m in moves) == found.cost[v] == cheapest(net, trace)
        assert found.worst[v] == len(trace) + shortest(tree)


@given(trees(max_leaves=7), logs)
@settings(max_examples=150)
def test_blocks_are_aligned_at_the_least_cost(tree: ProcessTree, traces: list[str]) -> None:
    found = align(EventLog.from_traces(traces), tree, threads=1)

    assert found.method == "blocks"
    check(found, traces, tree)


@given(trees("abc", repeat=True), st.lists(st.text("abcz", max_size=6), min_size=1, max_size=4))
@settings(max_examples=150)
def test_repeated_labels_are_aligned_at_the_least_cost(tree: ProcessTree, traces: list[str]) -> None:
    found = align(EventLog.from_traces(traces), tree, threads=1)

    assert found.method == "blocks" if has_disjoint_branches(tree) else "search"
    check(found, traces, tree)


def searched(net: PetriNet, traces: list[str]) -> list[int]:
    """Costs by the search alone."""
    codes = {label: code for code, label in enumerate("abcdefz")}
    flat = np.array([codes[a] for trace in traces for a in trace], dtype=np.int32)
    start = np.array([0, *np.cumsum([len(t) for t in traces])], dtype=np.int64)
    found = search.align_net(parts.lay_out(net, codes), parts.find_parts(net, codes), flat, start, 40, 10_000)
    return list(found[0])


@given(trees(max_leaves=7), logs)
def test_the_search_finds_the_same_costs(tree: ProcessTree, traces: list[str]) -> None:
    net = tree_to_net(tree)

    assert searched(net, traces) == [cheapest(net, trace) for trace in traces]


@st.composite
def nets(draw: st.DrawFn) -> PetriNet:
    """Any small net: shared places, weights, duplicates and silent transitions, sound or not."""
    net = NetBuilder()
    places = [net.place() for _ in range(draw(st.integers(2, 5)))]
    bag = st.lists(st.sampled_from(places), min_size=1, max_size=2)
    for _ in range(draw(st.integers(1, 6))):
        net.transition(draw(st.sampled_from(["a", "b", "c", None])), draw(bag), draw(bag))
    return net.build({places[0]: draw(st.integers(1, 2))}, {places[-1]: 1})


@given(nets(), st.lists(st.text("abcz", max_size=4), min_size=1, max_size=3))
@settings(max_examples=150)
def test_any_net_is_aligned_at_the_least_cost(net: PetriNet, traces: list[str]) -> None:
    slow = [cheapest_within(net, trace, 8) for trace in traces]
    if None in slow:
        return
    found = align(EventLog.from_traces(traces), net, threads=1)

    assert [found.cost[v] for v in found.variant] == slow


def cheapest_within(net: PetriNet, trace: str, tokens: int) -> int | None:
    """The least cost, None if there is no run or places pile up tokens (the slow twin would not end)."""
    if any(sum(m) > tokens for m, _ in reachable(net, 300)):
        return None
    return cheapest(net, trace)


def test_empty_traces_and_unknown_activities() -> None:
    found = align(EventLog.from_traces(["", "x", "abx"]), parse_tree("->( 'a', 'b' )"))

    assert found.cost.tolist() == [2, 3, 1]
    assert found.case_fitness().tolist() == [0.0, 0.0, 0.8]
    assert found.total_cost == 6
    assert found.log_fitness == pytest.approx(1 - 6 / 10)


def test_threads_give_the_same_alignments() -> None:
    rng = np.random.default_rng(1)
    traces = ["".join(rng.choice(list("abcdef"), rng.integers(0, 12))) for _ in range(4000)]
    tree = parse_tree("->( 'a', +( 'b', *( 'c', 'd' ), X( 'e', tau ) ), 'f' )")

    one, four = (align(EventLog.from_traces(traces), tree, threads=n) for n in (1, 4))

    assert one.cost.tolist() == four.cost.tolist()
    assert [one.moves(v) for v in range(one.n_variants)] == [four.moves(v) for v in range(four.n_variants)]


def test_a_model_without_a_run_and_a_limit_say_so() -> None:
    net = NetBuilder()
    i, o, x = net.place("i"), net.place("o"), net.place("x")
    net.transition("a", [i, x], [o])
    with pytest.raises(InvalidInput, match="no run from its initial to its final marking"):
        align(EventLog.from_traces(["a"]), net.build({i: 1}, {o: 1}))

    wide = parse_tree("+( " + ", ".join(["->( 'a', 'b' )"] * 9) + " )")
    with pytest.raises(NotConverged, match="within 600 markings"):
        align(EventLog.from_traces(["abbaabab" * 3]), wide, limit=600)
