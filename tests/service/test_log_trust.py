"""Checking and filtering a stored log through the use cases."""

from __future__ import annotations

import pytest

from hoshin.errors import InvalidInput
from hoshin.service import log as area
from hoshin.service._workspace import Workspace
from tests.clean_log import clean_log


@pytest.fixture
def orders(ws: Workspace) -> Workspace:
    ws.logs.write(clean_log(100), "orders")
    return ws


def test_check_scores_and_lists_rows(orders: Workspace) -> None:
    judged = area.check(orders, "orders")

    assert isinstance(judged, dict)
    assert judged["score"] == 100
    assert {line["check"] for line in judged["check"]} >= {"duplicate", "reversed", "gap"}
    assert area.check(orders, "orders", rows="duplicate") == []
    with pytest.raises(InvalidInput, match="duplicat"):
        area.check(orders, "orders", rows="duplicat")


def test_filter_says_what_it_kept_and_stores_with_its_origin(orders: Workspace) -> None:
    shown = area.filter_(orders, where='starts with "Receive order" then variant top 1', log="orders")
    assert orders.logs.names() == ["orders"]
    assert shown["kept"][0] == {
        "step": 'starts with "Receive order"', "cases": 100, "of_cases": 100, "events": shown["kept"][0]["of_events"],
        "of_events": shown["kept"][0]["of_events"],
    }  # fmt: skip

    stored = area.filter_(orders, "orders", where="variant top 1", as_="main")
    assert orders.log("main").n_cases == stored["cases"] == shown["cases"]
    source = orders.logs.stored("main").meta["source"]
    assert source["filtered_from"] == f"orders@{orders.logs.stored('orders').version}"
    assert source["where"] == "variant top 1"


def test_where_narrows_what_is_shown_and_written(orders: Workspace) -> None:
    """`--where` on other use cases is the same filter."""
    kept = area.filter_(orders, "orders", where="variant top 1")["cases"]

    assert area.show(orders, "orders", where="variant top 1")["cases"] == kept
    assert area.export(orders, "orders", orders.root / "main.csv", where="variant top 1")["cases"] == kept
    with pytest.raises(InvalidInput, match="At character 9"):
        area.show(orders, "orders", where="variant tap 1")
