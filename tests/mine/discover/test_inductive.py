"""The inductive miner: fits the log, rediscovers models, leaves out noise."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.conform.align import align
from hoshin.mine.discover import follows, inductive
from hoshin.mine.discover._splits import best_cuts
from hoshin.mine.model.convert import tree_to_net
from hoshin.mine.model.sound import check_soundness
from hoshin.mine.model.tree import parse_tree
from tests.naive_models import tree_words
from tests.strategies import traces


@given(traces)
def test_without_noise_every_trace_fits(traces: list[str]) -> None:
    log = EventLog.from_traces(traces)
    tree = inductive.discover(log)

    assert align(log, tree, threads=1).total_cost == 0
    assert tree.labels() == set("".join(traces))


@given(traces, st.sampled_from([0.1, 0.2, 0.5]))
def test_with_noise_and_on_graphs_models_stay_sound(traces: list[str], noise: float) -> None:
    log = EventLog.from_traces(traces)
    for tree in (inductive.discover(log, noise=noise), follows.discover(log, noise=noise)):
        assert check_soundness(tree_to_net(tree)).sound
        assert tree.labels() <= set("".join(traces))


REDISCOVERED = [
    "->( 'a', X( 'b', 'c' ), 'd' )",
    "->( 'a', +( 'b', 'c' ), 'd' )",
    "->( 'a', *( 'b', 'c' ), 'd' )",
    "+( ->( 'a', 'b' ), ->( 'c', 'd' ) )",
    "X( ->( 'a', 'b' ), +( 'c', 'd' ) )",
    "->( 'a', *( ->( 'b', 'c' ), X( 'd', 'e' ) ), 'f' )",
    "->( 'a', X( ->( 'b', 'c' ), tau ), 'd' )",
    "->( 'a', *( 'b', tau ) )",
]


@pytest.mark.parametrize("text", REDISCOVERED)
def test_models_are_rediscovered_from_their_traces(text: str) -> None:
    """The log holds every trace of up to seven events."""
    tree = parse_tree(text)
    words = tree_words(tree, 7)
    log = EventLog.from_traces([list(w) for w in sorted(words)])

    assert tree_words(inductive.discover(log), 7) == words
    if "tau" not in text:
        assert tree_words(follows.discover(log), 7) == words


def test_noise_is_left_out() -> None:
    log = EventLog.from_traces(["abcd"] * 50 + ["acbd"] * 50 + ["adbc"] * 2 + ["abd"] * 3)

    assert str(inductive.discover(log, noise=0.2)) == "->( 'a', +( 'b', 'c' ), 'd' )"
    assert align(log, inductive.discover(log), threads=1).total_cost == 0


def test_a_rare_repetition_or_skip_is_noise() -> None:
    log = EventLog.from_traces(["ab"] * 99 + ["abb"] + ["a"])

    assert str(inductive.discover(log, noise=0.2)) == "->( 'a', 'b' )"
    assert str(inductive.discover(log)) == "->( 'a', X( tau, *( 'b', tau ) ) )"


@given(st.lists(st.integers(0, 3), max_size=9), st.integers(1, 4))
def test_best_cuts_keep_the_most_events(at: list[int], n_parts: int) -> None:
    at = [min(i, n_parts - 1) for i in at]

    def kept(cuts: list[int]) -> int:
        return sum(cuts[i] <= e < cuts[i + 1] for e, i in enumerate(at))

    def every(left: int, begin: int) -> list[list[int]]:
        if left == 1:
            return [[len(at)]]
        return [[c, *rest] for c in range(begin, len(at) + 1) for rest in every(left - 1, c)]

    assert kept(best_cuts(at, n_parts)) == max(kept([0, *cuts]) for cuts in every(n_parts, 0))


def test_the_same_log_in_another_order_gives_the_same_model_up_to_names() -> None:
    rows = ["abcde", "acbde", "abde", "ae", "abcbde"]
    random.Random(3).shuffle(rows)
    words = tree_words(inductive.discover(EventLog.from_traces(rows)), 6)

    assert words == tree_words(inductive.discover(EventLog.from_traces(sorted(rows))), 6)


def test_noise_out_of_range() -> None:
    with pytest.raises(InvalidInput, match="noise must be in"):
        inductive.discover(EventLog.from_traces(["a"]), noise=1)
