"""Alignments kept between calls: the same as fresh ones, and only what is missing is aligned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoshin.errors import NotConverged
from hoshin.log.eventlog import EventLog
from hoshin.mine.conform import align as aligner
from hoshin.mine.conform.align import Alignments, align
from hoshin.mine.model.convert import tree_to_net
from hoshin.mine.model.tree import ProcessTree, parse_tree
from tests.naive_models import trees

logs = st.lists(st.text("abcdyz", max_size=6), min_size=1, max_size=5)
SHARED = parse_tree("+( 'a', ->( 'a', 'b' ), 'c' )")


class Dictionary:
    """The plainest memory."""

    def __init__(self) -> None:
        self.held: dict[str, Any] = {}

    def read(self, key: str) -> Any:
        return self.held.get(key)

    def write(self, key: str, arrays: Any) -> None:
        self.held[key] = dict(arrays)


def same(one: Alignments, other: Alignments) -> None:
    assert (one.labels, one.method) == (other.labels, other.method)
    for name in ("variant", "first_case", "cost", "worst", "offset", "event", "fires"):
        a, b = getattr(one, name), getattr(other, name)
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


@given(trees("abcd", max_leaves=6, repeat=True), logs, logs)
@settings(max_examples=60)
def test_what_is_kept_changes_nothing(tree: ProcessTree, first: list[str], second: list[str]) -> None:
    memory = Dictionary()
    for traces in (first, second, first, [*second, *first]):
        log = EventLog.from_traces(traces)
        same(align(log, tree, memory=memory), align(log, tree))
    assert len(memory.held) == 1


@pytest.mark.parametrize("model", [parse_tree("->( 'a', X( 'b', 'c' ), 'd' )"), SHARED])
def test_only_what_is_missing_is_aligned(model: ProcessTree, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    share_out = aligner._share_out

    def counted(kernel: Any, traces: Any, threads: int) -> Any:
        asked.append(len(traces))
        return share_out(kernel, traces, threads)

    monkeypatch.setattr(aligner, "_share_out", counted)
    memory = Dictionary()
    for traces in (["abd", "acd"], ["acd", "abd", "abd"], ["acd", "a", "abd"]):
        align(EventLog.from_traces(traces), model, memory=memory)

    assert asked == [1, 2, 1]  # the empty trace, which tells the shortest run, and then the new ones


def test_other_models_have_other_places() -> None:
    memory, log = Dictionary(), EventLog.from_traces(["ab"])
    for text in ("->( 'a', 'b' )", "->( 'b', 'a' )", "->( 'a', 'c' )", "X( 'a', 'b' )"):
        same(align(log, parse_tree(text), memory=memory), align(log, parse_tree(text)))
    align(log, tree_to_net(SHARED), memory=memory)

    assert len(memory.held) == 5


def test_a_limit_that_was_reached_is_not_kept() -> None:
    memory, log = Dictionary(), EventLog.from_traces(["aabc", "cba" * 30])
    with pytest.raises(NotConverged, match="1 of 2 variants"):
        align(log, SHARED, limit=18, memory=memory)

    (held,) = memory.held.values()
    assert held["cost"].tolist() == [4, 0]  # the empty trace and the one that was aligned
    same(align(log, SHARED, memory=memory), align(log, SHARED))
