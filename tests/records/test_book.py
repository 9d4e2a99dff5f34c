"""Records from draft to retired: revisions, votes, delegation, committees, looking back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoshin.errors import Conflict, Denied, InvalidInput, NotFound
from hoshin.records.actor import LOCAL, Actor
from hoshin.records.approval import Seat, Tier
from hoshin.records.book import Book
from hoshin.records.codec import from_data
from hoshin.records.decide import Decisions
from hoshin.records.ledger import Ledger
from hoshin.records.record import STATES, Record
from hoshin.records.redaction import Subjects


def person(book: Book, name: str, *roles: str, units: str = "*") -> Actor:
    with book.ledger.database.write() as held:
        return Actor(Subjects(held).take(name), name, frozenset(roles), frozenset([units]))


def waiver(id: str = "w1", **more: Any) -> Record:
    data = {"title": "Late report", "owner": "ben", "rule": "report by day 5", "reason": "system move in June"}
    return from_data("waiver", {"id": id, **data, "expires_on": "2026-12-31", **more})


def committee(**more: Any) -> Record:
    data = {"id": "steering", "title": "Steering", "owner": "eva", "charter": "decides", "chair": "anna"}
    return from_data("committee", data | {"members": ["anna", "ben", "cy"], "quorum": 2} | more)


def agree(decisions: Decisions, record: Record, *, by: Actor, voter: Actor) -> None:
    """Write, propose, approve, enact."""
    kind = type(record).__module__.rpartition(".")[2]
    decisions.book.save(record, by)
    decisions.propose(kind, record.id, by)
    decisions.vote(kind, record.id, voter, True)
    decisions.enact(kind, record.id, by)


def test_the_whole_life(book: Book, decisions: Decisions) -> None:
    anna, rita = person(book, "anna", "analyst"), person(book, "rita", "risk")
    agree(decisions, waiver(), by=anna, voter=rita)
    version = book.take("waiver", "w1")

    assert (version.state, version.rev, version.force_rev) == ("in_force", 1, 1)
    book.save(waiver(reason="system move in July"), anna)
    assert (book.take("waiver", "w1").state, book.take("waiver", "w1").force_rev) == ("draft", 1)
    assert [r.reason for r in book.current("waiver")] == ["system move in June"]  # type: ignore[attr-defined]
    decisions.retire("waiver", "w1", anna, reason="done")
    assert [e.action.removeprefix("record.") for e in book.history("waiver", "w1")] == [
        "write", "propose", "approve", "enact", "write", "retire",
    ]  # fmt: skip
    assert book.current("waiver") == []


def test_the_same_content_again_is_no_revision(book: Book) -> None:
    assert book.save(waiver(), LOCAL).rev == book.save(waiver(), LOCAL).rev == 1


def test_an_edit_voids_the_votes(book: Book, decisions: Decisions) -> None:
    anna, rita, carl = (person(book, n, r) for n, r in [("anna", "analyst"), ("rita", "risk"), ("carl", "risk")])
    strict = Decisions(book, tiers=lambda kind: (Tier(seats=(Seat("risk", 2),)),))
    book.save(waiver(), anna)
    strict.propose("waiver", "w1", anna)
    strict.vote("waiver", "w1", rita, True)
    book.save(waiver(reason="another reason entirely"), anna)

    with pytest.raises(Conflict, match="is draft"):
        strict.vote("waiver", "w1", carl, True)
    strict.propose("waiver", "w1", anna)
    assert strict.standing(book.take("waiver", "w1")).missing == ("2 x risk",)


def test_four_eyes_interest_and_seats(book: Book, decisions: Decisions) -> None:
    rita, carl, eve = (person(book, n, "risk") for n in ("rita", "carl", "eve"))
    otto = person(book, "otto", "owner")
    book.save(waiver(requested_by="carl"), rita)
    decisions.propose("waiver", "w1", rita)
    with pytest.raises(Denied, match="author"):
        decisions.vote("waiver", "w1", rita, True)
    with pytest.raises(Denied, match="interest"):
        decisions.vote("waiver", "w1", carl, True)
    with pytest.raises(Denied, match="voted on by risk"):
        decisions.vote("waiver", "w1", otto, True)
    decisions.recuse("waiver", "w1", eve, reason="friends with ben")
    with pytest.raises(Denied, match="interest"):
        decisions.vote("waiver", "w1", eve, True)


def test_a_rejection_needs_a_reason_and_goes_back_to_draft(book: Book, decisions: Decisions) -> None:
    anna, rita = person(book, "anna", "analyst"), person(book, "rita", "risk")
    book.save(waiver(), anna)
    decisions.propose("waiver", "w1", anna)
    with pytest.raises(InvalidInput, match="needs a comment"):
        decisions.vote("waiver", "w1", rita, False)

    assert decisions.vote("waiver", "w1", rita, False, comment="too long").state == "draft"


def test_a_delegate_votes_once_with_the_roles_of_the_other(book: Book) -> None:
    rita, dan, admin = person(book, "rita", "risk"), person(book, "dan", "supervisor"), person(book, "ada", "admin")
    anna = person(book, "anna", "analyst")
    decisions = Decisions(book, roles_of=lambda s: {rita.id: rita.roles}.get(s, frozenset()))
    book.save(waiver(), anna)
    decisions.propose("waiver", "w1", anna)
    with pytest.raises(Denied, match="no delegation"):
        decisions.vote("waiver", "w1", dan, True, stand_for="rita")
    today = datetime.now(UTC).date()
    data = {"id": "d1", "title": "Leave", "owner": "rita", "delegate": "dan", "kinds": ["waiver"]}
    span = {"from_on": str(today - timedelta(1)), "until_on": str(today + timedelta(5))}
    agree(decisions, from_data("delegation", data | span), by=rita, voter=admin)

    assert decisions.vote("waiver", "w1", dan, True, stand_for="rita").state == "approved"
    book.save(waiver("w2"), rita)
    decisions.propose("waiver", "w2", rita)
    with pytest.raises(Denied, match="delegate does not vote for the author"):
        decisions.vote("waiver", "w2", dan, True, stand_for="rita")


def test_a_committee_decides_by_majority(book: Book) -> None:
    eva, boss = person(book, "eva", "executive"), person(book, "boss", "executive")
    anna, ben, cy = (person(book, n, "analyst") for n in ("anna", "ben", "cy"))
    plain = Decisions(book)
    agree(plain, committee(), by=eva, voter=boss)
    decisions = Decisions(book, tiers=lambda kind: (Tier(seats=(Seat(committee="steering"),)),))
    book.save(waiver(), eva)
    decisions.propose("waiver", "w1", eva)

    assert decisions.vote("waiver", "w1", anna, True).state == "proposed"
    assert decisions.vote("waiver", "w1", ben, False, comment="no").state == "proposed"
    assert decisions.vote("waiver", "w1", cy, True).state == "approved"


def test_the_amount_decides_who_signs(book: Book, decisions: Decisions) -> None:
    anna = person(book, "anna", "analyst")
    data = {"title": "Outage", "owner": "ben", "currency": "EUR", "treatment": "monitor", "likelihood_per_year": "0.5"}
    data |= {"review_on": "2026-06-30", "expires_on": "2026-12-31"}
    for id, loss in (("small", "1000"), ("large", "2000000")):
        book.save(from_data("risk_acceptance", {"id": id, "consequence": loss, **data}), anna)
        decisions.propose("risk_acceptance", id, anna)

    assert decisions.standing(book.take("risk_acceptance", "small")).missing == ("1 x risk",)
    assert decisions.standing(book.take("risk_acceptance", "large")).missing == ("1 x risk", "2 x executive")


def test_a_deadline_passes_and_escalates(book: Book, decisions: Decisions) -> None:
    anna, eva = person(book, "anna", "analyst"), person(book, "eva", "executive")
    book.save(waiver(), anna)
    decisions.propose("waiver", "w1", anna)
    now = datetime.now(UTC)
    assert decisions.escalate(LOCAL, now) == []
    with pytest.raises(Denied, match="voted on by risk"):
        decisions.vote("waiver", "w1", eva, True)
    assert [v.id for v in decisions.escalate(LOCAL, now + timedelta(days=6))] == ["w1"]
    assert decisions.escalate(LOCAL, now + timedelta(days=7)) == []

    assert decisions.vote("waiver", "w1", eva, True).state == "approved"


def test_the_solo_user_approves_only_if_told_so(book: Book) -> None:
    book.save(waiver(), LOCAL)
    Decisions(book).propose("waiver", "w1", LOCAL)
    with pytest.raises(Denied, match="author"):
        Decisions(book).vote("waiver", "w1", LOCAL, True)

    assert Decisions(book, alone=True).vote("waiver", "w1", LOCAL, True).state == "approved"
    assert book.history("waiver", "w1")[-1].data["alone"] is True


def test_a_stale_writer_is_told(book: Book) -> None:
    book.save(waiver(), LOCAL, expect=0)
    with pytest.raises(Conflict, match="at revision 1, not 0"):
        book.save(waiver(reason="written without looking"), LOCAL, expect=0)


def test_links_must_lead_somewhere_and_hold_what_is_used(book: Book, decisions: Decisions) -> None:
    with pytest.raises(InvalidInput, match="which is not there"):
        book.save(waiver("w2", links=["waiver/w1"]), LOCAL)
    with pytest.raises(InvalidInput, match="never sealed"):
        book.save(waiver("w2", evidence=["ev-1"]), LOCAL)
    anna, rita = person(book, "anna", "analyst"), person(book, "rita", "risk")
    book.save(waiver(), anna)
    agree(decisions, waiver("w2", links=["rests=waiver/w1"]), by=anna, voter=rita)
    with pytest.raises(Conflict, match="linked from waiver/w2"):
        decisions.retire("waiver", "w1", anna, reason="x")


def test_as_of_is_how_it_stood(ledger: Ledger) -> None:
    days = iter(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(100))
    book = Book(Ledger(ledger.database, ledger.folder, clock=lambda: next(days)))
    for n in range(1, 6):
        book.save(waiver(reason=f"reason number {n}"), LOCAL)

    for n in range(1, 6):
        assert book.open(book.take("waiver", "w1", at=f"2026-01-0{n}T12:00"))["reason"] == f"reason number {n}"
    with pytest.raises(NotFound, match="no waiver 'w1' at 2025"):
        book.take("waiver", "w1", at="2025-12-31")


def test_pages_cover_everything_once_and_units_are_kept_apart(book: Book) -> None:
    ids = [f"w{n:03}" for n in range(25)]
    for n, id in enumerate(ids):
        book.save(waiver(id, unit=["", "de", "fr"][n % 3], title=f"Number {n}"), LOCAL)
    seen, after = [], ""
    while True:
        page = book.page(LOCAL, limit=10, after=after)
        seen += [r["id"] for r in page["records"]]
        after = page["next"]
        if not after:
            break
    german = person(book, "gerd", "owner", units="de")

    assert seen == ids
    assert {r["unit"] for r in book.page(german, limit=100)["records"]} == {"", "de"}
    assert [r["id"] for r in book.page(LOCAL, text="number 7")["records"]] == ["w007", "w017"]
    assert book.page(LOCAL, text="100%")["records"] == []
    assert len(book.page(LOCAL, owner="ben")["records"]) == 25
    assert book.page(LOCAL, owner="nobody")["records"] == []


def test_erasing_a_person_keeps_the_chain(book: Book) -> None:
    from hoshin.records.verify import verify

    data = {"id": "r1", "title": "Key person", "owner": "ben", "currency": "EUR", "treatment": "train a second"}
    data |= {"likelihood_per_year": "1", "consequence": "5", "review_on": "2026-01-02", "expires_on": "2026-02-01"}
    book.save(from_data("risk_acceptance", data | {"remark": "ben is often ill", "requested_by": "ben"}), LOCAL)
    stored = " ".join(e.body for e in book.ledger.entries())
    assert "often ill" not in stored
    assert "ben" not in stored
    assert book.open(book.take("risk_acceptance", "r1"))["remark"] == "ben is often ill"

    with book.ledger.database.write() as held:
        Subjects(held).erase("ben", "2026-01-01")

    opened = book.open(book.take("risk_acceptance", "r1"))
    assert (opened["owner"], opened["requested_by"], opened["remark"]) == ("[erased]",) * 3
    assert verify(book.ledger) == []


acts = st.lists(
    st.tuples(st.sampled_from(["write", "propose", "yes", "no", "withdraw", "enact", "retire"]), st.integers(0, 3)),
    max_size=25,
)


@settings(max_examples=25)
@given(acts)
def test_whatever_people_do_no_revision_counts_without_its_own_approval(tmp_path_factory: Any, plan: Any) -> None:
    """Random acts by four people: only known states, in force only after a yes of another on that very revision,
    and replaying the ledger gives the same state."""
    from hoshin.records.fold import fold
    from hoshin.store.database import Database

    folder = tmp_path_factory.mktemp("acts")
    book = Book(Ledger(Database(f"sqlite:///{folder}/r.db"), folder))
    decisions = Decisions(book)
    people = [person(book, name, "risk") for name in ("a", "b", "c", "d")]
    for n, (act, who) in enumerate(plan):
        by = people[who]
        do = {
            "write": lambda by=by, n=n: book.save(waiver(reason=f"reason number {n}"), by),
            "propose": lambda by=by: decisions.propose("waiver", "w1", by),
            "yes": lambda by=by: decisions.vote("waiver", "w1", by, True),
            "no": lambda by=by: decisions.vote("waiver", "w1", by, False, comment="no"),
            "withdraw": lambda by=by: decisions.withdraw("waiver", "w1", by),
            "enact": lambda by=by: decisions.enact("waiver", "w1", by),
            "retire": lambda by=by: decisions.retire("waiver", "w1", by, reason="x"),
        }[act]
        try:
            do()
        except (Conflict, Denied, NotFound):
            continue
        version = book.take("waiver", "w1")
        assert version.state in STATES
        entries = book.ledger.entries(kind="waiver", id="w1")
        assert fold(entries) == version
        if version.state == "in_force":
            yes = [e for e in entries if e.action == "record.approve" and e.data["digest"] == version.digest]
            assert any(e.actor != version.author for e in yes)
