"""Camunda 7: the engine's tables in a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl
import pytest

from hoshin.connect.camunda import Connector, _value
from tests.connect import camunda_history
from tests.connect.sources import postgres_schema, postgres_url


@pytest.fixture(scope="module")
def schema() -> Iterator[str]:
    with postgres_schema() as (engine, name):
        with engine.connect() as connection:
            camunda_history.create(connection, name)
            for number in range(15):
                camunda_history.run(connection, name, number, "invoice" if number % 3 else "review")
        yield name


def pulled(schema: str, **settings: object) -> pl.DataFrame:
    source = Connector(url=postgres_url(), schema=schema, time_zone=camunda_history.ZONE, **settings)  # type: ignore[arg-type]
    return pl.concat([b.frame for b in source.batches()], how="diagonal_relaxed")


def test_what_an_event_carries(schema: str) -> None:
    frame = pulled(schema)
    row = frame.filter(case_id="p0001", activity="Approve Invoice").row(0, named=True)

    assert row["resource"] == "demo"
    assert row["owner"] == "boss"
    assert row["priority"] == 50
    assert row["business_key"] == "INV-1"
    assert (row["element"], row["element_type"], row["process"]) == ("approveInvoice", "userTask", "invoice")
    assert row["timestamp"] > row["start_timestamp"]
    assert row["due"] == datetime(2024, 4, 6, 21, 50, 0, 3000, tzinfo=UTC)  # 23:50 on the wall, by then in summer time
    assert "Invoice approved?" not in set(frame["activity"]), "gateways are no events"
    assert "ServiceTask_1" in set(frame["activity"]), "an element without a name goes by its id"


def test_cancelled_activities_are_told_apart(schema: str) -> None:
    frame = pulled(schema)

    assert frame.filter(lifecycle="ate_abort").select("case_id", "activity").rows() == [
        ("p0006", "Approve Invoice"),
        ("p0013", "Approve Invoice"),
    ]


def test_variables_of_the_process_come_typed(schema: str) -> None:
    frame = pulled(schema, variables=("amount", "creditor", "approved", "received", "nothing"))
    row = frame.filter(case_id="p0003").row(0, named=True)

    assert row["var.amount"] == 91.5
    assert row["var.creditor"] == "Great Pizza"
    assert row["var.approved"] is True
    assert row["var.received"] == datetime(2024, 3, 30, 22, 0, tzinfo=UTC)
    assert frame["var.nothing"].null_count() == frame.height
    assert _value((None, None, "object", "x", None, None)) is None


def test_processes_cases_and_element_types_are_chosen(schema: str) -> None:
    assert set(pulled(schema, processes=("review",))["process"]) == {"review"}
    assert set(pulled(schema, case="business_key")["case_id"]) == {f"INV-{i}" for i in range(15)}
    assert "Invoice approved?" in set(pulled(schema, leave_out=())["activity"])
    assert set(pulled(schema, leave_out=("userTask",))["element_type"]) == {
        "startEvent", "businessRuleTask", "exclusiveGateway", "serviceTask", "noneEndEvent",
    }  # fmt: skip
