"""Variants and what they cover."""

from __future__ import annotations

from collections import Counter

from hypothesis import given

from hoshin.log.eventlog import EventLog
from hoshin.mine.variants import discover_variants
from tests.strategies import traces


@given(traces)
def test_variants_are_the_counted_traces(traces: list[str]) -> None:
    found = discover_variants(EventLog.from_traces(traces))

    counted = Counter(traces)
    assert {"".join(v.activities): v.cases for v in found.top(99)} == counted
    assert [v.cases for v in found.top(99)] == sorted(counted.values(), reverse=True)
    if traces:
        assert found.top(99)[-1].coverage_share == 1


@given(traces)
def test_covering_is_the_fewest_variants_that_reach_the_share(traces: list[str]) -> None:
    found = discover_variants(EventLog.from_traces(traces))
    for share in (0.01, 0.5, 0.8, 1.0):
        n = found.covering(share)
        if traces:
            assert found.counts[:n].sum() >= share * len(traces) - 1e-6
            assert found.counts[: n - 1].sum() < share * len(traces)


@given(traces)
def test_the_commonest_variants_are_the_fewest_that_cover_a_share(traces: list[str]) -> None:
    ranked = sorted(Counter(traces).items(), key=lambda item: (-item[1], traces.index(item[0])))
    kept: list[str] = []
    while len([t for t in traces if t in kept]) < 2 / 3 * len(traces) - 1e-9:
        kept.append(ranked[len(kept)][0])
    found = discover_variants(EventLog.from_traces(traces)).select(2 / 3)

    assert [v.activities for v in discover_variants(found).top(99)] == [tuple(t) for t in kept]
