"""`hoshin perform ...` through the use cases."""

from __future__ import annotations

import pytest

from hoshin.errors import InvalidInput
from hoshin.service import perform
from hoshin.service._workspace import Workspace
from tests.mine.plant import Stage, simulate


@pytest.fixture
def stored(ws: Workspace) -> Workspace:
    ws.logs.write(simulate(Stage(cases=300, between=10, service=8, urgent_share=0.2)), "orders")
    return ws


def test_causes_add_up_to_the_waiting_of_the_other_table(stored: Workspace) -> None:
    causes = perform.causes(stored, "orders", hours=None)
    waiting = perform.waiting(stored, "orders")

    parts = sum(causes[f"{name}_s"] for name in ("batching", "contention", "prioritisation", "calendar", "extraneous"))
    assert parts == pytest.approx(causes["total_waiting_s"])
    assert causes["total_waiting_s"] == pytest.approx(sum(row["total_waiting_s"] for row in waiting["table"]))
    assert waiting["measured_in"] == "elapsed time"


def test_hours_holidays_and_people(stored: Workspace) -> None:
    pytest.importorskip("holidays")

    result = perform.waiting(
        stored, "orders", hours="Mon-Fri 9-17", person_hours=["clerk=24/7"], country="DE", region="BY", by="resource"
    )

    assert result["measured_in"] == "Mon-Fri 09:00-17:00 UTC, closed on the holidays of DE-BY"
    with pytest.raises(InvalidInput, match="Did you mean 'clerk'"):
        perform.waiting(stored, "orders", person_hours=["clark=24/7"])
    with pytest.raises(InvalidInput, match="names no resource"):
        perform.waiting(stored, "orders", person_hours=["clerk"])


def test_the_other_questions_answer(stored: Workspace) -> None:
    assert perform.transitions(stored, "orders")[0]["from"] == "arrive"
    assert perform.batches(stored, "orders") == []
    assert perform.queues(stored, "orders", "serve")[0]["mean_queue"] >= 0
    assert {row["bottleneck"] for row in perform.bottlenecks(stored, "orders", every="1d")} == {"serve"}
    assert {row["queue"] for row in perform.little(stored, "orders")} == {"serve", "(whole process)"}
    assert any(row["resource"] == "clerk" for row in perform.utilisation(stored, "orders", hours="24/7")["table"])
    assert perform.hours(stored, "orders")["table"][0]["resource"] == "(everybody)"


def test_a_log_without_starts_says_what_is_assumed(ws: Workspace) -> None:
    from dataclasses import replace

    ws.logs.write(replace(simulate(Stage(cases=20)), start_ns=None), "bare")

    assert "no start times" in perform.waiting(ws, "bare")["assumed"]
    assert "no start times" in perform.causes(ws, "bare", starts="estimated")["assumed"]
