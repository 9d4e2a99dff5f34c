"""Who must agree before a record counts, and whether they have: seats, votes, committees, delegation.

A `Tier` lists the seats to fill for records above an amount (or risk). Each voter fills one seat at most, so a
person with two roles cannot be the quorum alone. The author never votes, nor anyone who acts for the author;
nor does anyone with an interest. Pure functions: the ledger decides what the votes are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

Majority = Literal["simple", "two_thirds", "unanimous"]


@dataclass(frozen=True, slots=True)
class Seat:
    """`count` approvals by holders of `role`, or the decision of the committee with id `committee`."""

    role: str = ""
    count: int = 1
    committee: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Seats for records whose size (amount or risk) is at least `above`. Days count from the proposal; after
    `deadline_days` holders of `escalate_to` may fill any seat."""

    seats: tuple[Seat, ...]
    above: Decimal = Decimal(0)
    deadline_days: int = 14
    escalate_to: str = "executive"

    def due(self, proposed_at: datetime) -> datetime:
        return proposed_at + timedelta(days=self.deadline_days)


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's yes or no. `voter` and `principal` are subject ids; they differ when `voter` acts as a
    delegate. `roles` are the principal's at the time of voting."""

    voter: str
    principal: str
    approve: bool
    roles: tuple[str, ...]
    comment: str
    at: str


@dataclass(frozen=True, slots=True)
class Body:
    """A committee as the count needs it: `members` are subject ids."""

    members: frozenset[str]
    quorum: int
    majority: Majority = "simple"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an approval is: 'approved', 'rejected' or 'open', and what is `missing`, in words."""

    outcome: Literal["approved", "rejected", "open"]
    missing: tuple[str, ...]


def choose(tiers: Sequence[Tier], size: Decimal | None) -> Tier:
    """The tier with the highest `above` not over `size`; the lowest tier for a record without size.

    >>> tiers = (Tier(seats=(Seat("owner"),)), Tier(seats=(Seat("executive"),), above=Decimal(1000)))
    >>> choose(tiers, Decimal(999)).seats[0].role, choose(tiers, Decimal(1000)).seats[0].role
    ('owner', 'executive')
    """
    ranked = sorted(tiers, key=lambda t: t.above)
    fitting = [t for t in ranked if size is not None and t.above <= abs(size)]
    return fitting[-1] if fitting else ranked[0]


def refusal(
    *, voter: str, principal: str, author: str, interested: Collection[str], votes: Sequence[Vote]
) -> tuple[str, str] | None:
    """Why this vote may not be cast, as (reason, sentence), or None."""
    if voter == author:
        return "four_eyes", "The author of a revision does not vote on it."
    if principal == author:
        return "four_eyes", "A delegate does not vote for the author."
    if voter in interested or principal in interested:
        return "interest", "A person with an interest in the record does not vote on it."
    if any({voter, principal} & {v.voter, v.principal} for v in votes):
        return "voted", "This person (or the person they stand for) has voted already."
    return None


def standing(tier: Tier, votes: Sequence[Vote], bodies: Mapping[str, Body], *, overdue: bool = False) -> Standing:
    """Whether `votes` fill the seats of `tier`. A no of anyone who could fill a role seat rejects at once; a
    committee decides by its majority once its quorum has voted."""
    missing: list[str] = []
    spots: list[str] = []
    for seat in tier.seats:
        if not seat.committee:
            spots += [seat.role] * seat.count
            continue
        outcome, sentence = _committee(seat.committee, votes, bodies)
        if outcome == "rejected":
            return Standing("rejected", ())
        missing += [sentence] if sentence else []
    able = {*spots, tier.escalate_to} if overdue else set(spots)
    for vote in votes:
        if not vote.approve and able & set(vote.roles):
            return Standing("rejected", ())
    yes = [v for v in votes if v.approve]
    filled = assign(spots, [frozenset(v.roles) for v in yes], tier.escalate_to if overdue else "")
    short = [role for role, holder in zip(spots, filled) if holder is None]
    missing += [f"{short.count(role)} x {role}" for role in dict.fromkeys(short)]
    return Standing("open" if missing else "approved", tuple(missing))


def assign(spots: Sequence[str], voters: Sequence[frozenset[str]], joker: str = "") -> list[int | None]:
    """Seat as many voters as possible, each at most once: for every spot the voter's number, or None.

    A voter fits a spot whose role they hold; a holder of `joker` fits any. Maximum bipartite matching by
    augmenting paths (Kuhn 1955).

    >>> assign(["finance", "ops"], [frozenset({"finance", "ops"}), frozenset({"finance"})])
    [1, 0]
    """
    seat_of: dict[int, int] = {}
    holder: list[int | None] = [None] * len(spots)

    def place(spot: int, tried: set[int]) -> bool:
        for voter, roles in enumerate(voters):
            if voter in tried or not (spots[spot] in roles or (joker and joker in roles)):
                continue
            tried.add(voter)
            if voter not in seat_of or place(seat_of[voter], tried):
                seat_of[voter], holder[spot] = spot, voter
                return True
        return False

    for spot in range(len(spots)):
        place(spot, set())
    return holder


def _committee(name: str, votes: Sequence[Vote], bodies: Mapping[str, Body]) -> tuple[str, str]:
    """('approved' | 'rejected' | 'open', what is missing)."""
    if name not in bodies:
        return "open", f"committee {name} is not in force"
    body = bodies[name]
    cast = [v for v in votes if v.principal in body.members]
    yes, n = sum(v.approve for v in cast), len(body.members)

    def carried(agree: int, of: int) -> bool:
        if body.majority == "unanimous":
            return agree == of
        return 3 * agree >= 2 * of if body.majority == "two_thirds" else 2 * agree > of

    if len(cast) >= body.quorum and carried(yes, len(cast)):
        return "approved", ""
    best = yes + n - len(cast)
    if not carried(best, n):
        return "rejected", ""
    return "open", f"committee {name}: {yes} for, {len(cast) - yes} against, quorum {body.quorum} of {n}"


def tier_data(tier: Tier) -> dict[str, Any]:
    """`tier` as JSON data, kept with the proposal so that later rules do not rewrite it."""
    return {
        "above": str(tier.above),
        "deadline_days": tier.deadline_days,
        "escalate_to": tier.escalate_to,
        "seats": [{"role": s.role, "count": s.count, "committee": s.committee} for s in tier.seats],
    }


def tier_from(data: Mapping[str, Any]) -> Tier:
    seats = tuple(Seat(**s) for s in data["seats"])
    return Tier(
        seats=seats,
        above=Decimal(str(data.get("above", "0"))),
        deadline_days=int(data.get("deadline_days", 14)),
        escalate_to=str(data.get("escalate_to", "executive")),
    )
