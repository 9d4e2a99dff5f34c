"""The state of a record from its ledger entries. Pure: the same entries always give the same version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from hoshin.records.approval import Vote
from hoshin.records.entry import Entry
from hoshin.records.record import Version

FRESH: dict[str, Any] = {"votes": (), "tier": None, "proposed_at": "", "recused": frozenset(), "escalated": False}


def fold(entries: Iterable[Entry]) -> Version | None:
    """The version after `entries` (those of one record, in order); None before its first write."""
    found: Version | None = None
    for entry in entries:
        found = step(found, entry)
    return found


def step(now: Version | None, entry: Entry) -> Version | None:
    """One entry further. An edit voids every vote: they were for another text."""
    act, body = entry.action.removeprefix("record."), entry.data
    if act == "write":
        return Version(
            kind=entry.kind, id=entry.id, rev=entry.rev, state="draft", author=entry.actor, at=entry.at, seq=entry.seq,
            digest=body["digest"], data=body["record"], force_rev=now.force_rev if now else None,
        )  # fmt: skip
    if now is None:
        return None
    now = replace(now, at=entry.at, seq=entry.seq)
    if act == "propose":
        return replace(now, **FRESH | {"state": "proposed", "tier": body["tier"], "proposed_at": entry.at})
    if act in ("approve", "reject"):
        vote = Vote(
            voter=entry.actor, principal=body["principal"], approve=act == "approve", roles=tuple(body["roles"]),
            comment=body["comment"], at=entry.at,
        )  # fmt: skip
        voted = replace(now, votes=(*now.votes, vote))
        if body["outcome"] == "rejected":
            return replace(voted, state="draft")
        return replace(voted, state="approved") if body["outcome"] == "approved" else voted
    if act == "withdraw":
        return replace(now, **FRESH | {"state": "draft"})
    if act == "recuse":
        return replace(now, recused=now.recused | {entry.actor})
    if act == "escalate":
        return replace(now, escalated=True)
    if act == "enact":
        return replace(now, state="in_force", force_rev=now.rev)
    if act == "retire":
        return replace(now, state="retired", force_rev=None)
    return now
