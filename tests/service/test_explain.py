"""`hoshin explain ...` through the use cases."""

from __future__ import annotations

from hoshin.service import explain
from hoshin.service._workspace import Workspace
from tests.mine.test_decisions import orders


def test_drivers_and_decisions(ws: Workspace) -> None:
    ws.logs.write(orders(0, rule=True), "orders")

    drivers = explain.drivers(ws, "orders", 'activity = "approve"')
    during = explain.drivers(ws, "orders", 'activity = "approve"', during=True, ignore=["customer"])
    (decision,) = explain.decisions(ws, "orders", "check")

    assert "customer = " in drivers["table"][0]["driver"]
    assert {row["known"] for row in during["table"]} == {"during the case"}
    assert "amount > " in decision["rule"]
    assert explain.decisions(ws, "orders")[0]["after"] == "check"
