"""Erasing a person: gone from every reading, while every hash still holds."""

from __future__ import annotations

import pytest

from hoshin.errors import NotFound
from hoshin.records.codec import from_data
from hoshin.records.verify import verify
from hoshin.service import access, privacy
from hoshin.service._workspace import Workspace


@pytest.fixture
def known(ws: Workspace) -> Workspace:
    """Anna has access and owns a waiver."""
    access.add(ws, "anna", role=["owner"])
    access.token(ws, "anna")
    data = {"id": "w1", "title": "Late report", "owner": "anna", "rule": "Day 3", "expires_on": "2027-03-31"}
    ws.book.save(from_data("waiver", data | {"reason": "The ledger is being migrated"}), ws.actor)
    return ws


def test_what_is_kept_of_a_person_is_found(known: Workspace) -> None:
    found = privacy.find(known, "anna")

    assert found["records"] == ["waiver/w1"]
    assert found["has_access"]
    assert found["ledger_entries"] >= 2


def test_a_dry_run_erases_nothing(known: Workspace) -> None:
    before = known.ledger.head()

    assert privacy.erase(known, "anna", reason="request 17", dry_run=True)["erased"] is False
    assert known.ledger.head() == before
    assert privacy.find(known, "anna")["has_access"]


def test_erased_is_erased_everywhere_and_the_chain_holds(known: Workspace) -> None:
    person = privacy.erase(known, "anna", reason="request 17")["person"]

    assert known.book.open(known.book.take("waiver", "w1"))["owner"] == "[erased]"
    assert verify(known.ledger) == []
    with known.database.read() as held:
        tables = [t for (t,) in held.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
        text = " ".join(str(row) for t in tables for row in held.rows(f"SELECT * FROM {t}"))
    assert "anna" not in text
    assert not privacy.find(known, person)["has_access"]
    with pytest.raises(NotFound):
        privacy.erase(known, "anna", reason="again")
