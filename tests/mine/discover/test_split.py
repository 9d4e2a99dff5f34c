"""Split miner and heuristics net: always sound, and exact where the log is clean."""

from __future__ import annotations

import pytest
from hypothesis import given

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.conform.align import align
from hoshin.mine.discover import heuristics, split
from hoshin.mine.model.sound import check_soundness
from tests.naive_models import net_words
from tests.strategies import traces


@given(traces)
def test_whatever_the_log_the_nets_are_sound(traces: list[str]) -> None:
    log = EventLog.from_traces(traces)
    for mined in (split.mine_split(log), split.mine_split(log, noise=0, balance=1), heuristics.mine_heuristics(log)):
        assert check_soundness(mined.net).sound
        assert mined.net.labels() == set("".join(traces))
        assert len(mined.given_up) == len(mined.reasons)


@given(traces)
def test_without_concurrency_or_filter_every_trace_fits(traces: list[str]) -> None:
    """Then the net is the directly-follows graph, if no pair goes both ways."""
    log = EventLog.from_traces(traces)
    pairs = {(t[i], t[i + 1]) for t in traces for i in range(len(t) - 1)}
    if any((b, a) in pairs for a, b in pairs if a != b) or "" in traces:
        return
    assert align(log, split.discover(log, noise=0), threads=1).total_cost == 0


@pytest.mark.parametrize("miner", [split, heuristics])
def test_clean_logs_give_back_their_models(miner: object) -> None:
    for rows in (["abcd", "acbd"], ["abd", "acd"], ["abd", "abbd", "abbbd"], ["abcde", "acbde", "acdbe"]):
        log = EventLog.from_traces(rows * 20)
        net = miner.discover(log)  # type: ignore[attr-defined]
        assert set(map("".join, net_words(net, 5))) >= set(rows) - {"acdbe"}
        assert check_soundness(net).sound


def test_concurrency_that_cannot_be_joined_is_given_up_with_the_reason() -> None:
    """b and c run together, but c may also be left out with d instead: no sound fork does that."""
    log = EventLog.from_traces(["abce", "acbe", "abe", "ace", "abde", "adbe"] * 10)
    mined = split.mine_split(log, noise=0, balance=0.5)

    assert check_soundness(mined.net).sound
    for pair, reason in zip(mined.given_up, mined.reasons):
        assert repr(pair[0]) in reason
        assert "are a choice, not concurrent" in reason


def test_shares_out_of_range() -> None:
    with pytest.raises(InvalidInput, match="balance must be in"):
        split.discover(EventLog.from_traces(["a"]), balance=2)
    with pytest.raises(InvalidInput, match="together must be in"):
        heuristics.discover(EventLog.from_traces(["a"]), together=-1)
