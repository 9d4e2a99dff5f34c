"""What the process map draws, and that drawing less never changes a number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.dfg import discover_dfg
from hoshin.mine.map import END, MAX_PATHS, START, draw_map
from tests.strategies import traces

shares = st.floats(0, 1)


@given(traces, shares, shares)
def test_a_map_is_a_part_of_the_graph_with_its_numbers(traces: list[str], activities: float, paths: float) -> None:
    log = EventLog.from_traces(traces)
    drawn = draw_map(log, activities=activities, paths=paths)
    edges = discover_dfg(log).edges()

    inner = [p for p in drawn.paths if p.source != START and p.target != END]
    assert all(edges[p.source, p.target] == p.times for p in inner)
    assert 0 <= drawn.flow_share <= 1
    everything = draw_map(log)
    assert everything.flow_share == 1
    assert len(everything.nodes) == len(set("".join(traces)))


@given(traces)
def test_no_activity_floats_alone(traces: list[str]) -> None:
    """Every drawn activity can be entered and left, whatever is left out."""
    drawn = draw_map(EventLog.from_traces(traces), paths=0)
    for node in drawn.nodes:
        assert any(p.target == node.activity for p in drawn.paths) or not any(
            t[0] != node.activity for t in traces if t and node.activity in t
        )
        assert any(p.source == node.activity for p in drawn.paths)


def test_at_most_150_paths_are_drawn() -> None:
    letters = [chr(0x4E00 + i) for i in range(40)]
    log = EventLog.from_traces([[a, b] for a in letters for b in letters])

    assert len([p for p in draw_map(log).paths if p.median_s is not None]) <= MAX_PATHS


def test_a_share_beyond_one_is_refused() -> None:
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        draw_map(EventLog.from_traces(["ab"]), paths=1.5)
