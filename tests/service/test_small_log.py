"""One small log, computed by hand, through every use case that measures time: their figures must agree.

Minutes. Two cases enter at 0. Case 1: ann checks 30-40, bob pays 100-110. Case 2: ann checks 50-60, bob pays 105-125.
So check waits 30 and 50 minutes, pay 60 and 45; bob does two things at once from 105 to 110.
"""

from __future__ import annotations

import pytest

from hoshin.service import impact, organisation, perform
from hoshin.service._workspace import Workspace
from tests.mine.worklogs import Row, worklog

ROWS: list[Row] = [
    ("1", "in", "x", 0, 0), ("1", "check", "ann", 30, 40), ("1", "pay", "bob", 100, 110),
    ("2", "in", "x", 0, 0), ("2", "check", "ann", 50, 60), ("2", "pay", "bob", 105, 125),
]  # fmt: skip


@pytest.fixture
def small(ws: Workspace) -> Workspace:
    ws.logs.write(worklog(ROWS), "small")
    return ws


def test_waiting_and_multitasking(small: Workspace) -> None:
    """Pay waits 60 + 45 = 105; works 10 and 20, of which bob gives 5 + 5/2 to the one, 5/2 + 15 to the other."""
    rows = {row["activity"]: row for row in perform.waiting(small, "small")["table"]}
    people = {row["resource"]: row for row in perform.utilisation(small, "small", hours="24/7")["table"]}

    assert rows["check"]["total_waiting_s"] / 60 == 80
    assert rows["pay"]["total_waiting_s"] / 60 == 105
    assert rows["pay"]["mean_processing_s"] / 60 == 15
    assert rows["pay"]["mean_shared_processing_s"] / 60 == pytest.approx(12.5)
    assert people["bob"]["multitasking"] == pytest.approx(30 / 25)
    assert people["bob"]["utilisation_share"] == pytest.approx(1)
    assert people["ann"]["multitasking"] == 1
    assert people["ann"]["utilisation_share"] == pytest.approx(20 / 30)


def test_causes_of_waiting(small: Workspace) -> None:
    """All 185 minutes, and nothing of them while bob or ann was busy but 100-105 of case 2's wait, and 30-40 of it."""
    found = perform.causes(small, "small", hours="24/7")

    assert found["total_waiting_s"] / 60 == 185
    assert (found["contention_s"] + found["prioritisation_s"]) / 60 == 15
    assert found["calendar_s"] == 0
    parts = ("batching", "contention", "prioritisation", "calendar", "extraneous")
    assert sum(found[f"{cause}_s"] for cause in parts) == pytest.approx(found["total_waiting_s"])


def test_queues_and_rates(small: Workspace) -> None:
    """Pay: from 40 and 60 on; hour 0 holds 20 minutes of waiting, hour 1 holds 40 + 45."""
    rows = perform.queues(small, "small", "pay", every="1h")

    assert [row["mean_queue"] for row in rows] == pytest.approx([20 / 60, 85 / 60, 0])
    assert [row["arrivals_per_hour"] for row in rows] == [1, 1, 0]
    assert [row["services_per_hour"] for row in rows] == [0, 2, 0]
    assert [row["growth"] for row in rows] == [1, -1, 0]


def test_the_bottleneck_moves(small: Workspace) -> None:
    """Hour 0: check 80 of 100 minutes. Hour 1: pay, alone. Hour 2: nothing waits."""
    rows = perform.bottlenecks(small, "small", every="1h")

    assert [row["bottleneck"] for row in rows] == ["check", "pay", None]
    assert [row["queue_share"] for row in rows] == pytest.approx([0.8, 1, 0])
    assert [row["runner_up_share"] for row in rows] == pytest.approx([0.2, 0, 0])
    assert [row["changed"] for row in rows] == [False, True, True]


def test_littles_law(small: Workspace) -> None:
    """Without a twentieth at each end, 6:15 to 118:45: two arrivals at pay, 105 minutes of stay, 112.5 of time."""
    pay = next(row for row in perform.little(small, "small") if row["queue"] == "pay")

    assert pay["mean_present"] == pytest.approx(105 / 112.5)
    assert pay["arrivals_per_hour"] == pytest.approx(2 / 1.875)
    assert pay["mean_stay_s"] / 60 == 52.5
    assert pay["lambda_w"] == pytest.approx(pay["mean_present"])
    assert pay["holds"]


def test_the_workload_holds_the_same_minutes(small: Workspace) -> None:
    """In hand of all: waiting 185 + work 50 = 235 item minutes; bob's queue is the queue of pay."""
    everyone = organisation.workload(small, "small", by="everyone", every="1h", hours="24/7")["table"]
    bob = organisation.workload(small, "small", who="bob", every="1h", hours="24/7")["table"]

    assert sum(row["mean_items"] * 60 for row in everyone) == pytest.approx(235)
    assert [row["mean_queue"] for row in bob] == pytest.approx([20 / 60, 85 / 60, 0])
    assert [row["peak_items"] for row in bob] == [1, 2, 1]
    assert [row["worked_s"] / 60 for row in bob] == [0, 20, 5]


def test_two_periods_are_compared(ws: Workspace) -> None:
    """Twenty cases of 10 minutes on day 0, twenty of 25 on day 1: 15 minutes more, whatever the measure."""
    rows: list[Row] = []
    for c in range(40):
        at = (c // 20) * 1440 + c * 5
        took = 10 if c < 20 else 25
        rows += [(str(c), "in", "x", at, at), (str(c), "pay", "y", at + took - 2, at + took)]
    ws.logs.write(worklog(rows), "orders")

    found = impact.compare(ws, "orders", "started in 1970-01-01..1970-01-01", "started in 1970-01-02..1970-01-02")
    rows_found = {(row["what"], row["measure"]): row for row in found["table"]}
    cycle = rows_found["case", "median cycle time, s"]

    assert (found["cases_a"], found["cases_b"]) == (20, 20)
    assert (cycle["a"] / 60, cycle["b"] / 60, cycle["difference"] / 60) == (10, 25, 15)
    assert cycle["low"] / 60 == cycle["high"] / 60 == 15
    assert cycle["effect"] == 1, "every case of the one is longer than every case of the other"


def test_centuries_of_waiting_and_work_add_up(ws: Workspace) -> None:
    """Forty cases wait ten years each, forty are worked on for ten years by one person: 400 years of either."""
    years = 10 * 365 * 1440
    rows: list[Row] = []
    for c in range(40):
        rows += [(str(c), "in", "x", 0, 0), (str(c), "wait", "y", years, years), (f"w{c}", "work", "z", 0, years)]
    ws.logs.write(worklog(rows), "orders")

    causes = perform.causes(ws, "orders", hours="24/7")
    busy = {row["resource"]: row for row in perform.utilisation(ws, "orders", hours="24/7")["table"]}
    everyone = organisation.workload(ws, "orders", by="everyone", every="1y", hours="24/7")["table"]
    total = sum(row["total_waiting_s"] for row in perform.waiting(ws, "orders")["table"])

    assert total / 60 == causes["total_waiting_s"] / 60 == 40 * years
    assert busy["z"]["multitasking"] == 40
    assert everyone[1]["mean_items"] == pytest.approx(80)
