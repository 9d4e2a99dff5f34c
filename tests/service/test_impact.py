"""`hoshin impact ...` through the use cases."""

from __future__ import annotations

import pytest

from hoshin.errors import InvalidInput
from hoshin.service import impact
from hoshin.service._workspace import Workspace
from tests.mine.test_compare import both


@pytest.fixture
def stored(ws: Workspace) -> Workspace:
    ws.logs.write(both(0, check=0.6, slower=45)[0], "orders")
    return ws


def test_variants_rules_and_comparison(stored: Workspace) -> None:
    variants = impact.variants(stored, "orders")
    rules = impact.rules(stored, "orders", loss="rework")
    compared = impact.compare(stored, "orders", 'activity = "check"', hours="Mon-Fri 9-17")

    assert variants["benchmark"] in ("enter > pay", "enter > check > pay")
    assert {"excess_s", "lift_low", "supported", "path"} <= set(variants["table"][0])
    assert rules["table"] == []
    assert compared["cases_a"] + compared["cases_b"] == 600
    assert {row["what"] for row in compared["table"]} >= {"case", "path enter > pay"}


def test_costs_need_costs(stored: Workspace) -> None:
    with pytest.raises(InvalidInput, match="no costs"):
        impact.variants(stored, "orders", loss="cost")
