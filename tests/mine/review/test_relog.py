"""The corrected log: nothing is lost, late events stand where people say, doubtful times are marked."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hoshin.log.eventlog import EventLog
from hoshin.mine.model.tree import parse_tree
from hoshin.mine.review.correct import correct
from hoshin.mine.review.difference import compare_models, places
from hoshin.mine.review.relog import TRUSTED, correct_log
from tests.mine.review.test_correct import moved, pairs, remark
from tests.strategies import traces


@given(traces)
def test_late_events_move_and_nothing_else_does(rows: list[str]) -> None:
    log = EventLog.from_traces(rows)
    late = [remark("logged_late", "b", after="a")]
    found = correct_log(log, late, [("b", "a")])

    assert found.traces() == [moved(tuple(row), "b", "a") for row in rows]
    assert sorted(found.activity.tolist()) == sorted(log.activity.tolist())
    assert all(np.diff(found.t_ns[a:b]).min(initial=0) >= 0 for a, b in zip(found.case_start, found.case_start[1:]))
    if "b" in "".join(rows):
        assert found.events[TRUSTED].to_list() == [found.activities[a] != "b" for a in found.activity]


@given(traces)
def test_what_is_not_real_is_left_out_and_no_case_is_lost(rows: list[str]) -> None:
    log = EventLog.from_traces(rows)
    found = correct_log(log, [remark("not_real", "b"), remark("not_real", "a > c")], [])

    assert found.traces() == [tuple(x for x in row if x != "b") for row in rows]
    assert found.case_ids.to_list() == log.case_ids.to_list()


def test_a_log_without_such_events_is_the_same_log() -> None:
    log = EventLog.from_traces(["acd"])

    assert correct_log(log, [remark("workaround", "a"), remark("not_real", "b")], []) is log


@given(traces, st.sampled_from(["(start)", *"abc"]), st.sampled_from([*"abc", "(end)"]))
def test_the_places_of_a_path_are_counted(rows: list[str], a: str, b: str) -> None:
    log = EventLog.from_traces(rows)
    expected = sum(pairs(tuple(row)).count((a, b)) for row in rows if row)

    assert places(log, (a, b)).size == (0 if (a, b) == ("(start)", "(end)") else expected)


def test_the_difference_is_what_a_hand_counts() -> None:
    """Four cases: b is not real (2 cases, 3 events), d is typed in after c but happens after a."""
    log = EventLog.from_traces(["abcd", "acd", "abbcd", "acd"])
    model = parse_tree("->( 'a', X( *( 'b', tau ), tau ), 'c', 'd' )")
    remarks = [
        remark("not_real", "b"),
        remark("logged_late", "d", after="a"),
        remark("missing_step", "c", step="call"),
        remark("workaround", "c"),
    ]
    diff = compare_models(log, model, correct(model, remarks), remarks)
    found = {e.remark.element + " " + e.remark.verdict: (e.cases, e.events) for e in diff.effects}

    assert found == {
        "b not_real": (2, 3), "d logged_late": (4, 4), "c missing_step": (4, 4), "c workaround": (4, 4),
    }  # fmt: skip
    assert diff.activities_added == ("call",)
    assert diff.activities_removed == ("b",)
    assert diff.activities_moved == (("d", "a"),)
    assert diff.paths_added == (("a", "d"), ("c", "call"), ("call", "(end)"), ("d", "c"))
    assert diff.paths_removed == (
        ("a", "b"), ("a", "c"), ("b", "b"), ("b", "c"), ("c", "d"), ("d", "(end)"),
    )  # fmt: skip
    assert diff.log.traces() == [tuple("adc")] * 4
    assert diff.before is not None
    assert diff.after is not None
    assert (diff.before.fitness, diff.after.fitness, diff.after.precision) == (1, 1, 1)
    ((_, loss),) = diff.workarounds
    assert loss.cases == 4
