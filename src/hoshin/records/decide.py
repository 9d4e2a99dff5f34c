"""Decisions on records: propose, vote, withdraw, recuse, enact, retire, comment, escalate.

Each reads the record and appends to the ledger in one write transaction, so that two people deciding at once
are one after the other, and the second sees what the first did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hoshin.errors import Conflict, Denied, InvalidInput
from hoshin.records.actor import Actor
from hoshin.records.approval import Body, Standing, Tier, Vote, choose, refusal, standing, tier_data, tier_from
from hoshin.records.book import Book, moved
from hoshin.records.catalogue import kind_class
from hoshin.records.codec import from_data
from hoshin.records.record import Version, allowed_from, may_become
from hoshin.records.redaction import Subjects
from hoshin.store import states
from hoshin.store.database import Connection


def own_tiers(kind: str) -> Sequence[Tier]:
    """The approval tiers written in the kind's file."""
    return kind_class(kind).approval


@dataclass(frozen=True, slots=True)
class Decisions:
    """Decisions on the records of `book`. `tiers` gives a kind's approval tiers (a policy may override the kind's
    own); `roles_of` a person's roles by subject id; `alone` lets the one user of a solo workspace approve."""

    book: Book
    tiers: Callable[[str], Sequence[Tier]] = own_tiers
    roles_of: Callable[[str], frozenset[str]] = lambda subject: frozenset()
    alone: bool = False

    def propose(self, kind: str, id: str, by: Actor, *, expect: int | None = None) -> Version:
        """Ask for approval. The tier that holds now is kept with the proposal."""
        with self.book.ledger.database.write():
            version = self._ready(kind, id, "proposed", expect)
            tier = choose(self.tiers(kind), self.book.record(version).size())
            return self._append("propose", version, by, {"tier": tier_data(tier), "digest": version.digest})

    def vote(
        self, kind: str, id: str, by: Actor, approve: bool, *, comment: str = "", stand_for: str = "",
        expect: int | None = None,
    ) -> Version:  # fmt: skip
        """Vote yes or no on the proposed revision, for oneself or (`stand_for`) as a delegate of another."""
        if not approve and not comment.strip():
            raise InvalidInput("record.comment", "A rejection needs a comment.", hint="Say what must change.")
        with self.book.ledger.database.write() as held:
            version = self.book.take(kind, id)
            moved(version, kind, id, expect)
            if version.state != "proposed":
                raise wrong_state(version, "voted on", ["proposed"])
            principal, roles = self._principal(held, version, by, stand_for)
            tier = tier_from(version.tier or {})
            self._refuse(held, version, by, principal)
            bodies = self._bodies(held, tier)
            self._seated(version, tier, bodies, principal, roles)
            vote = Vote(by.id, principal, approve, tuple(sorted(roles)), comment, "")
            outcome = standing(tier, [*version.votes, vote], bodies, overdue=version.escalated).outcome
            body: dict[str, Any] = {
                "principal": principal, "roles": list(vote.roles), "comment": comment, "outcome": outcome,
                "digest": version.digest,
            }  # fmt: skip
            if by.id == version.author:
                body["alone"] = True
            return self._append("approve" if approve else "reject", version, by, body)

    def withdraw(self, kind: str, id: str, by: Actor) -> Version:
        """Take a proposal back; the votes are void."""
        with self.book.ledger.database.write():
            version = self.book.take(kind, id)
            if version.state not in ("proposed", "approved"):
                raise wrong_state(version, "withdrawn", ["proposed", "approved"])
            return self._append("withdraw", version, by, {})

    def recuse(self, kind: str, id: str, by: Actor, *, reason: str) -> Version:
        """Declare an interest: `by` may not vote on this proposal."""
        with self.book.ledger.database.write():
            version = self.book.take(kind, id)
            if version.state != "proposed":
                raise wrong_state(version, "recused from", ["proposed"])
            return self._append("recuse", version, by, {"reason": reason})

    def enact(self, kind: str, id: str, by: Actor, *, expect: int | None = None) -> Version:
        """Put an approved revision in force; it replaces the one in force before."""
        with self.book.ledger.database.write():
            version = self._ready(kind, id, "in_force", expect)
            return self._append("enact", version, by, {"digest": version.digest})

    def retire(self, kind: str, id: str, by: Actor, *, reason: str, expect: int | None = None) -> Version:
        """End the record. Conflict(record.needed) while a record in force links to it."""
        with self.book.ledger.database.write() as held:
            version = self._ready(kind, id, "retired", expect)
            users = [(k, i) for _, k, i in states.linked_to(held, kind, id) if (states.get(held, k, i) or ())[4]]
            if users:
                raise Conflict(
                    "record.needed", f"{kind}/{id} is linked from {users[0][0]}/{users[0][1]}, which is in force.",
                    hint="Retire or change that record first.",
                )  # fmt: skip
            return self._append("retire", version, by, {"reason": reason})

    def comment(self, kind: str, id: str, by: Actor, *, text: str) -> Version:
        """Say something on the record; nothing else changes."""
        with self.book.ledger.database.write():
            return self._append("comment", self.book.take(kind, id), by, {"text": text})

    def escalate(self, by: Actor, now: datetime) -> list[Version]:
        """Every proposal past its deadline: from now on its `escalate_to` role may fill any seat."""
        with self.book.ledger.database.write() as held:
            late = states.page(held, limit=100_000, state="proposed", due_by=now.isoformat())
            found = [self.book.take(row[0], row[1]) for row in late]
            return [
                self._append("escalate", v, by, {"to": tier_from(v.tier or {}).escalate_to})
                for v in found if not v.escalated
            ]  # fmt: skip

    def standing(self, version: Version) -> Standing:
        """What the proposal still lacks."""
        tier = tier_from(version.tier or {"seats": []})
        with self.book.ledger.database.read() as held:
            return standing(tier, version.votes, self._bodies(held, tier), overdue=version.escalated)

    # --- parts -------------------------------------------------------------------------------------
    def _append(self, act: str, version: Version, by: Actor, body: dict[str, Any]) -> Version:
        entry = self.book.ledger.append(
            f"record.{act}", by=by.id, kind=version.kind, id=version.id, rev=version.rev, body=body
        )
        with self.book.ledger.database.write() as held:
            return self.book.refresh(held, entry)

    def _ready(self, kind: str, id: str, to: str, expect: int | None) -> Version:
        version = self.book.take(kind, id)
        moved(version, kind, id, expect)
        if not may_become(version.state, to):
            raise wrong_state(version, to.replace("_", " "), allowed_from(to))
        return version

    def _principal(self, held: Connection, version: Version, by: Actor, stand_for: str) -> tuple[str, frozenset[str]]:
        """(subject id, roles) of whose vote it is; a delegate needs a delegation in force."""
        if not stand_for:
            return by.id, by.roles
        principal = Subjects(held).find(stand_for) or stand_for
        today = self.book.ledger.clock().date()
        for id, rev in states.in_force(held, "delegation"):
            data = self.book.revision("delegation", id, rev)
            rule: Any = from_data("delegation", self.book.readable("delegation", data))
            if data["owner"] == principal and data["delegate"] == by.id and rule.holds(version.kind, today):
                return principal, self.roles_of(principal)
        raise Denied(
            "record.delegation", f"{by.name} holds no delegation of {stand_for} for {version.kind} today.",
            hint="A `delegation` record must be in force.",
        )  # fmt: skip

    def _refuse(self, held: Connection, version: Version, by: Actor, principal: str) -> None:
        subjects = Subjects(held)
        names = self.book.record(version).interested()
        interested = {subjects.find(name) or name for name in names} | version.recused
        found = refusal(
            voter=by.id, principal=principal, author=version.author, interested=interested, votes=version.votes
        )
        if found is None or (found[0] == "four_eyes" and self.alone and by.solo):
            return
        hints = {
            "four_eyes": "Another person must vote: hoshin access add NAME --role ...",
            "interest": "Someone without an interest must vote.",
            "voted": "Another person must vote.",
        }
        raise Denied("record.vote", f"{version.kind}/{version.id}: {found[1]}", hint=hints[found[0]], reason=found[0])

    def _seated(
        self, version: Version, tier: Tier, bodies: dict[str, Body], principal: str, roles: frozenset[str]
    ) -> None:
        able = {s.role for s in tier.seats if s.role} | ({tier.escalate_to} if version.escalated else set())
        if able & roles or any(principal in b.members for b in bodies.values()):
            return
        seats = [s.role or f"committee {s.committee}" for s in tier.seats]
        raise Denied(
            "record.seat", f"{version.kind}/{version.id} is voted on by {', '.join(seats)}; you are none.",
            hint="hoshin record get shows what is missing.",
        )  # fmt: skip

    def _bodies(self, held: Connection, tier: Tier) -> dict[str, Body]:
        found = {}
        for id, rev in states.in_force(held, "committee") if any(s.committee for s in tier.seats) else []:
            data = self.book.revision("committee", id, rev)
            found[id] = Body(frozenset(data["members"]), int(data["quorum"]), data["majority"])
        return found


def wrong_state(version: Version, act: str, wanted: Sequence[str] | Any) -> Conflict:
    return Conflict(
        "record.state", f"{version.kind}/{version.id} is {version.state.replace('_', ' ')}; it cannot be {act} now.",
        hint=f"It must be {' or '.join(w.replace('_', ' ') for w in wanted)}.", state=version.state,
    )  # fmt: skip
