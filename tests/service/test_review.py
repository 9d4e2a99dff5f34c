"""A review as its people see it: start, remark, look, take back, apply; each remark on the ledger."""

from __future__ import annotations

from typing import Any

import pytest

from hoshin.errors import Conflict, InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.model.tree import parse_tree
from hoshin.service import model, record, review
from hoshin.service._models import load_model, store_model
from hoshin.service._workspace import Workspace

TREE = "->( 'a', X( 'b', tau ), 'c' )"


@pytest.fixture
def begun(ws: Workspace) -> Workspace:
    ws.logs.write(EventLog.from_traces(["abc"] * 3 + ["ac"] * 2), "orders")
    store_model(ws, parse_tree(TREE), "orders")
    review.start(ws, "orders", model="orders", name="r")
    return ws


def remark(ws: Workspace, element: str, verdict: Any, **more: Any) -> dict[str, Any]:
    return review.annotate(ws, "r", element, verdict, why="it is so", **more)


def test_a_review_lists_what_can_be_remarked_on(begun: Workspace) -> None:
    rows = {row["element"]: (row["cases"], row["events"]) for row in review.elements(begun, "r")}

    assert rows == {
        "a": (5, 5), "b": (3, 3), "c": (5, 5), "a > b": (3, 3), "a > c": (2, 2), "b > c": (3, 3),
        "(start) > a": (5, 5), "c > (end)": (5, 5),
    }  # fmt: skip


def test_without_remarks_nothing_changes(begun: Workspace) -> None:
    found = review.apply(begun, "r")

    assert load_model(begun, "r-corrected") == load_model(begun, "orders")
    assert (found["paths_added"], found["paths_removed"], found["remarks"]) == ([], [], [])
    assert found["fitness_before"] == found["fitness_after"]


def test_remarks_are_records_and_make_a_corrected_model(begun: Workspace) -> None:
    made = remark(begun, "a > c", "not_real")
    remark(begun, "b", "missing_step", step="call")
    kept = record.get(begun, "annotation", made["id"])
    found = review.apply(begun, "r", log_as="corrected")

    assert kept["fields"]["remark"] == "it is so"
    assert str(load_model(begun, "r-corrected")) == "->( 'a', 'b', 'call', 'c' )"
    assert found["sound"] is True
    assert found["steps_nobody_logs"] == ["call"]
    assert [(row["by"], row["why"], row["cases"]) for row in found["remarks"]] == [
        ("local", "it is so", n) for n in (2, 3)
    ]
    assert found["fitness_after"] < found["fitness_before"] == 1
    assert begun.log("corrected").n_events == 13
    assert {row["review"]: row["remarks"] for row in review.list_(begun)} == {"r": 2}


def test_a_remark_taken_back_is_as_if_never_made(begun: Workspace) -> None:
    before = review.show(begun, "r")
    id = remark(begun, "b", "not_real")["id"]
    changed = review.show(begun, "r")
    review.withdraw(begun, id, reason="a mistake")

    assert changed != before
    assert review.show(begun, "r") == before
    assert [row["act"] for row in record.history(begun, "annotation", id)] == ["write", "retire"]


def test_the_same_remark_again_is_one_remark_and_a_dry_run_none(begun: Workspace) -> None:
    remark(begun, "b", "workaround", dry_run=True)
    assert review.show(begun, "r")["remarks"] == []

    assert remark(begun, "b", "workaround")["id"] == remark(begun, "b", "workaround")["id"]
    assert len(review.show(begun, "r")["remarks"]) == 1
    assert review.show(begun, "r")["workarounds"][0]["cases"] == 3


def test_a_conflict_is_told_at_once_and_stops_the_correction(begun: Workspace) -> None:
    remark(begun, "b", "workaround")
    second = remark(begun, "b", "not_real")

    assert "is not real" in second["conflict"]
    with pytest.raises(Conflict, match="exclude each other"):
        review.show(begun, "r")
    review.withdraw(begun, second["id"], reason="it is done")
    assert review.show(begun, "r")["sound"] is True


def test_only_approved_remarks_if_asked(begun: Workspace) -> None:
    from dataclasses import replace

    remark(begun, "b", "workaround")
    assert review.show(begun, "r", approved=True)["remarks"] == []

    alone = replace(begun, settings=replace(begun.settings, approvals_alone=True))
    id = remark(alone, "a > c", "not_real")["id"]
    record.propose(alone, "annotation", id)
    record.approve(alone, "annotation", id)
    record.enact(alone, "annotation", id)

    assert [row["id"] for row in review.show(begun, "r", approved=True)["remarks"]] == [id]
    assert len(review.show(begun, "r")["remarks"]) == 2


def test_the_reviewed_model_cannot_change_under_the_review(begun: Workspace) -> None:
    model.discover(begun, "orders")
    assert review.show(begun, "r")["remarks"] == []

    store_model(begun, parse_tree("'a'"), "r")
    with pytest.raises(Conflict, match="no longer the one"):
        review.show(begun, "r")
    with pytest.raises(Conflict, match="already"):
        review.start(begun, "orders", model="orders", name="r")


def test_wrong_remarks_are_refused_and_nothing_is_written(begun: Workspace) -> None:
    with pytest.raises(InvalidInput, match=r"Did you mean|Known: a, b, c"):
        remark(begun, "bb", "not_real")
    with pytest.raises(InvalidInput, match="missing step"):
        remark(begun, "b", "missing_step")

    assert record.list_(begun, kind="annotation")["records"] == []
