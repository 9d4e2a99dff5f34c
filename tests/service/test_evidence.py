"""Evidence holds what it was computed from, and says when it no longer holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import Conflict, Corrupt, Denied, InvalidInput, NotFound
from hoshin.log.eventlog import EventLog
from hoshin.records.actor import Actor
from hoshin.records.evidence import differences, finite, intact, seal
from hoshin.service import evidence, record
from hoshin.service._workspace import Workspace

QUESTION = {"use": "mine.variants", "given": ["log=orders"]}


@pytest.fixture
def orders(ws: Workspace) -> Workspace:
    ws.logs.write(EventLog.from_traces(["abc", "abc", "ac"]), "orders")
    return ws


def test_the_same_computation_has_the_same_name(orders: Workspace) -> None:
    first = evidence.seal(orders, **QUESTION)

    assert evidence.seal(orders, **QUESTION)["id"] == first["id"]
    assert evidence.seal(orders, "mine.variants", given=["log=orders", "top=1"])["id"] != first["id"]
    assert first["logs"] == {"orders": orders.logs.stored("orders").version}
    assert len(orders.ledger.entries(action="evidence.seal")) == 2


def test_it_is_computed_again_on_the_sealed_version(orders: Workspace) -> None:
    id = evidence.seal(orders, **QUESTION)["id"]
    orders.logs.write(EventLog.from_traces(["xyz"]), "orders")
    found = evidence.verify(orders, id)

    assert found["holds"]
    assert found["exactly"]
    assert found["same_code"]
    assert found["stale"][0].startswith("log orders is now")
    assert [e["id"] for e in evidence.list_(orders, stale=True)] == [id]


def test_a_record_that_cites_stale_evidence_says_so(orders: Workspace) -> None:
    id = evidence.seal(orders, **QUESTION)["id"]
    fields = f"{{id: m, title: Model, owner: ben, process: orders, fitness_share: 0.9, evidence: [{id}]}}"
    record.write(orders, "model_confirmation", fields=fields)
    assert record.get(orders, "model_confirmation", "m")["stale_evidence"] == []
    orders.logs.write(EventLog.from_traces(["xyz"]), "orders")

    assert record.get(orders, "model_confirmation", "m")["stale_evidence"][0].startswith(f"{id}: log orders is now")
    assert evidence.get(orders, id)["cited_by"] == [{"kind": "model_confirmation", "id": "m", "state": "draft"}]


def test_other_results_are_reported(orders: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from hoshin.service import mine

    id = evidence.seal(orders, **QUESTION)["id"]
    true = mine.variants

    def wrong(*args: Any, **more: Any) -> Any:
        return [{**row, "cases": 99} if "cases" in row else row for row in true(*args, **more)]

    wrong.__use_case__ = true.__use_case__  # type: ignore[attr-defined]
    wrong.__wrapped__ = true  # type: ignore[attr-defined]
    wrong.__annotations__ = true.__annotations__
    monkeypatch.setattr(mine, "variants", wrong)
    with pytest.raises(Conflict, match="differs from ev-"):
        evidence.verify(orders, id)


def test_changed_evidence_is_corrupt(orders: Workspace) -> None:
    id = evidence.seal(orders, **QUESTION)["id"]
    with orders.database.write() as held:
        held.rows("UPDATE evidence SET body = REPLACE(body, 'mine.variants', 'mine.map')")
    with pytest.raises(Corrupt, match="not what was sealed"):
        evidence.verify(orders, id)


def test_what_cannot_be_sealed(orders: Workspace) -> None:
    with pytest.raises(InvalidInput, match="changes things"):
        evidence.seal(orders, "log.import_", given=["file=x.csv"])
    with pytest.raises(InvalidInput, match=r"Unknown use case 'mine.varants'"):
        evidence.seal(orders, "mine.varants")
    with pytest.raises(InvalidInput, match="needs 'log'"):
        evidence.seal(orders, "mine.variants")
    with pytest.raises(InvalidInput, match="not name=value"):
        evidence.seal(orders, "mine.variants", given=["orders"])
    with pytest.raises(NotFound, match="no evidence"):
        evidence.get(orders, "ev-0")


def test_evidence_of_one_unit_is_not_for_another(orders: Workspace) -> None:
    log = EventLog.from_traces(["abc", "ac"])
    orders.logs.write(replace(log, cases=pl.DataFrame({"unit": ["de", "fr"]})), "orders")

    def of(unit: str) -> Workspace:
        return orders.acting(Actor("s:1", "x", frozenset({"analyst"}), frozenset({unit})))

    german = evidence.seal(of("de"), **QUESTION)
    assert german["result_hash"] != evidence.seal(orders, **QUESTION)["result_hash"]
    assert evidence.verify(of("de"), german["id"])["exactly"]
    with pytest.raises(Denied, match="covers business units de"):
        evidence.get(of("fr"), german["id"])
    assert evidence.list_(of("fr")) == []


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(plain, plain)
def test_a_seal_is_broken_by_any_other_result(a: Any, b: Any) -> None:
    parts = {"use": "x", "arguments": {}, "logs": {}, "files": {}, "code": "", "release": "", "units": ["*"]}
    try:
        first = seal(**parts, result=a)
        second = seal(**parts, result=b)
    except InvalidInput:
        return
    assert intact(first)
    assert differences(first["result"], first["result"]) == []
    if first["id"] != second["id"]:
        assert not intact(first | {"result": second["result"]})
    if differences(finite(a), finite(b)):
        assert first["id"] != second["id"]
