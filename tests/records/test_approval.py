"""Seats and votes: the rules that decide, without a ledger."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.records.approval import Body, Seat, Tier, Vote, assign, choose, refusal, standing, tier_data, tier_from
from tests import naive_records as naive

names = st.sampled_from(["risk", "owner", "executive"])


def vote(who: str, approve: bool, *roles: str) -> Vote:
    return Vote(who, who, approve, roles, "because", "")


@given(st.lists(names, max_size=4), st.lists(st.frozensets(names), max_size=4))
def test_seats_are_filled_as_well_as_can_be(spots: list[str], voters: list[frozenset[str]]) -> None:
    holders = assign(spots, voters)
    used = [h for h in holders if h is not None]

    assert len(set(used)) == len(used)
    assert all(spot in voters[h] for spot, h in zip(spots, holders, strict=True) if h is not None)
    assert len(used) == (naive.most_seats(spots, voters) if spots else 0)


def test_one_person_with_two_roles_is_not_the_quorum() -> None:
    tier = Tier(seats=(Seat("risk"), Seat("owner")))

    assert standing(tier, [vote("a", True, "risk", "owner")], {}).missing == ("1 x owner",)
    assert standing(tier, [vote("a", True, "risk", "owner"), vote("b", True, "risk")], {}).outcome == "approved"


def test_a_no_of_a_seat_holder_rejects() -> None:
    tier = Tier(seats=(Seat("risk"), Seat("owner")))

    assert standing(tier, [vote("a", True, "risk"), vote("b", False, "owner")], {}).outcome == "rejected"


@pytest.mark.parametrize(
    ("majority", "yes", "no", "outcome"),
    [
        ("simple", 2, 0, "open"),
        ("simple", 2, 1, "approved"),
        ("simple", 1, 2, "open"),
        ("simple", 2, 3, "rejected"),
        ("two_thirds", 2, 1, "approved"),
        ("two_thirds", 1, 2, "rejected"),
        ("unanimous", 3, 0, "approved"),
        ("unanimous", 3, 1, "rejected"),
    ],
)
def test_committee_of_five_with_quorum_three(majority: str, yes: int, no: int, outcome: str) -> None:
    """Counted by hand. A committee is not rejected while the open votes could still carry it."""
    body = Body(frozenset("abcde"), 3, majority)  # type: ignore[arg-type]
    votes = [vote(m, n < yes, "analyst") for n, m in enumerate("abcde"[: yes + no])]

    assert standing(Tier(seats=(Seat(committee="steering"),)), votes, {"steering": body}).outcome == outcome


def test_votes_of_outsiders_do_not_count_in_a_committee() -> None:
    body = Body(frozenset("abc"), 2)
    votes = [vote("x", True, "executive"), vote("y", True, "executive"), vote("a", True)]
    found = standing(Tier(seats=(Seat(committee="c"),)), votes, {"c": body})

    assert found.missing == ("committee c: 1 for, 0 against, quorum 2 of 3",)


def test_a_committee_that_is_not_in_force_approves_nothing() -> None:
    assert standing(Tier(seats=(Seat(committee="c"),)), [vote("a", True)], {}).outcome == "open"


def test_after_the_deadline_the_escalation_role_fills_any_seat() -> None:
    tier = Tier(seats=(Seat("risk"), Seat("owner")), escalate_to="executive")
    votes = [vote("a", True, "executive"), vote("b", True, "executive")]

    assert standing(tier, votes, {}).outcome == "open"
    assert standing(tier, votes, {}, overdue=True).outcome == "approved"


@pytest.mark.parametrize(
    ("voter", "principal", "reason"),
    [("a", "a", "four_eyes"), ("b", "a", "four_eyes"), ("i", "i", "interest"), ("b", "i", "interest"),
     ("v", "v", "voted"), ("b", "v", "voted"), ("b", "b", None)],
)  # fmt: skip
def test_who_may_not_vote(voter: str, principal: str, reason: str | None) -> None:
    votes = [vote("v", True)]
    found = refusal(voter=voter, principal=principal, author="a", interested={"i"}, votes=votes)

    assert (found[0] if found else None) == reason


@given(st.decimals(0, 10**7, places=2))
def test_the_tier_is_the_highest_reached(size: Decimal) -> None:
    tiers = [Tier(seats=(), above=Decimal(a)) for a in (500_000, 0, 50_000)]

    assert choose(tiers, size).above == max(a for a in (0, 50_000, 500_000) if a <= size)
    assert choose(tiers, None).above == 0


def test_a_tier_survives_the_ledger() -> None:
    tier = Tier(seats=(Seat("risk", 2), Seat(committee="c")), above=Decimal("1.5"), deadline_days=3, escalate_to="risk")

    assert tier_from(tier_data(tier)) == tier
