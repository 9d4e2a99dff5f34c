"""The book of records: write, read, list. Each change is one ledger entry and one row, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hoshin.errors import Conflict, InvalidInput, NotFound
from hoshin.records.actor import ANY, Actor
from hoshin.records.approval import tier_from
from hoshin.records.catalogue import kinds, personal
from hoshin.records.codec import from_data, kind_of, to_data
from hoshin.records.entry import Entry, canonical
from hoshin.records.fold import fold
from hoshin.records.ledger import Ledger
from hoshin.records.record import Record, Version, link_parts, problems_of
from hoshin.records.redaction import Subjects, seal, unseal
from hoshin.store import states
from hoshin.store.database import Connection

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Book:
    """The records on `ledger`."""

    ledger: Ledger

    # --- writing -----------------------------------------------------------------------------------
    def save(
        self, record: Record, by: Actor, *, note: str = "", expect: int | None = None,
        within: Collection[tuple[str, str]] = (),
    ) -> Version:  # fmt: skip
        """Write `record` as a new revision, a draft; the same content again changes nothing.

        `expect` is the revision the writer saw (0: none yet): Conflict(record.moved) if another came between.
        `within` are records written in the same go, which links may name already."""
        kind = kind_of(record)
        self._refuse(record, kind)
        with self.ledger.database.write() as held:
            last = self.version(kind, record.id)
            moved(last, kind, record.id, expect)
            self._resolve(held, record, kind, within)
            body = seal(to_data(record), personal(kind), Subjects(held))
            digest = digest_of(body)
            if last and last.digest == digest and last.state != "retired":
                return last
            entry = self.ledger.append(
                "record.write", by=by.id, kind=kind, id=record.id, rev=last.rev + 1 if last else 1,
                body={"record": body, "digest": digest, "note": note},
            )  # fmt: skip
            return self.refresh(held, entry)

    def _refuse(self, record: Record, kind: str) -> None:
        found = problems_of(record)
        if found:
            more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
            raise InvalidInput(
                "record.problems", f"{kind}/{record.id}: {found[0]}{more}", hint="Nothing was written.", problems=found
            )

    def _resolve(self, held: Connection, record: Record, kind: str, within: Collection[tuple[str, str]]) -> None:
        for link in record.links:
            _, to_kind, to_id = link_parts(link)
            kinds.take(to_kind)
            if (to_kind, to_id) not in within and states.get(held, to_kind, to_id) is None:
                raise InvalidInput(
                    "record.dangling", f"{kind}/{record.id} links to {to_kind}/{to_id}, which is not there.",
                    hint="Write that record first, or apply both together.",
                )  # fmt: skip
        for evidence in record.evidence:
            if states.get_evidence(held, evidence) is None:
                raise InvalidInput(
                    "record.evidence", f"{kind}/{record.id} cites evidence {evidence!r}, which was never sealed.",
                    hint="hoshin evidence list",
                )  # fmt: skip

    def refresh(self, held: Connection, entry: Entry) -> Version:
        """Bring the row of the entry's record up to date with it."""
        version = self.version(entry.kind, entry.id)
        assert version is not None
        states.put(held, row_of(version))
        if entry.action == "record.write":
            states.put_links(held, version.kind, version.id, [link_parts(x) for x in version.data.get("links", ())])
        return version

    # --- reading -----------------------------------------------------------------------------------
    def version(self, kind: str, id: str, *, at: str = "", upto: int | None = None) -> Version | None:
        """Where the record stood at time `at` (ISO, inclusive) or entry `upto`; now without either."""
        found = self.ledger.entries(kind=kind, id=id, upto=upto)
        return fold(e for e in found if not at or e.at <= at)

    def take(self, kind: str, id: str, *, at: str = "") -> Version:
        """As `version`; NotFound(record.none) if it is not there (then)."""
        kinds.take(kind)
        found = self.version(kind, id, at=at)
        if found is None:
            raise NotFound(
                "record.none", f"There is no {kind} {id!r}" + (f" at {at}." if at else "."),
                hint=f"hoshin record list --kind {kind}",
            )  # fmt: skip
        return found

    def open(self, version: Version) -> dict[str, Any]:
        """The readable fields of the newest revision."""
        return self.readable(version.kind, version.data)

    def readable(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        with self.ledger.database.read() as held:
            return unseal(data, personal(kind), Subjects(held))

    def record(self, version: Version) -> Record:
        """The typed record of the newest revision."""
        return from_data(version.kind, self.open(version))

    def revision(self, kind: str, id: str, rev: int) -> dict[str, Any]:
        """The stored body of revision `rev`."""
        for entry in self.ledger.entries(kind=kind, id=id, action="record.write"):
            if entry.rev == rev:
                stored: dict[str, Any] = entry.data["record"]
                return stored
        raise NotFound(
            "record.revision", f"{kind}/{id} has no revision {rev}.", hint=f"hoshin record history {kind} {id}"
        )

    def history(self, kind: str, id: str) -> list[Entry]:
        """Every entry on the record, oldest first."""
        self.take(kind, id)
        return self.ledger.entries(kind=kind, id=id)

    def page(
        self, by: Actor, *, limit: int = 100, after: str = "", owner: str = "", text: str = "", **which: Any
    ) -> Row:
        """A page of rows the actor may see: {"records": [...], "next": token or ""}."""
        if not 1 <= limit <= 1000:
            raise InvalidInput("record.limit", f"limit must be from 1 to 1000, got {limit}.")
        start: tuple[str, str] | None = None
        if after:
            kind, slash, id = after.partition("/")
            if not slash:
                raise InvalidInput("record.after", f"{after!r} is no page mark.", hint="Use `next` of the page before.")
            start = (kind, id)
        with self.ledger.database.read() as held:
            subjects = Subjects(held)
            mine = subjects.find(owner) if owner else ""
            if mine is None:
                return {"records": [], "next": ""}
            found = states.page(
                held, limit=limit + 1, after=start, owner=mine, units=None if ANY in by.units else sorted(by.units),
                words=text.lower().split(), **which,
            )  # fmt: skip
            names: dict[str, str] = {}
            for row in found:
                for person in (row[6], row[9]):
                    if person not in names:
                        names[person] = subjects.name(person)
        shown = [summary_of(row, names) for row in found[:limit]]
        last = found[limit - 1] if len(found) > limit else None
        return {"records": shown, "next": f"{last[0]}/{last[1]}" if last else ""}

    def current(self, kind: str) -> list[Record]:
        """The records of `kind` that are in force, as they were when they came into force."""
        with self.ledger.database.read() as held:
            return [
                from_data(kind, self.readable(kind, self.revision(kind, id, rev)))
                for id, rev in states.in_force(held, kind)
            ]


def digest_of(body: dict[str, Any]) -> str:
    """SHA-256 over the stored body: what a vote is for."""
    return hashlib.sha256(canonical(body).encode()).hexdigest()


def moved(last: Version | None, kind: str, id: str, expect: int | None) -> None:
    """Conflict(record.moved) unless the record is at the revision the writer saw."""
    now = last.rev if last else 0
    if expect is not None and expect != now:
        raise Conflict(
            "record.moved", f"{kind}/{id} is at revision {now}, not {expect}.",
            hint="Read it again and repeat the change.", revision=now,
        )  # fmt: skip


def row_of(version: Version) -> tuple[Any, ...]:
    """The projection row: names as subject ids, the search text without personal fields."""
    data, hidden = version.data, personal(version.kind)
    words = [version.id, version.kind]
    for name, value in data.items():
        if name not in hidden:
            words += [str(v) for v in (value if isinstance(value, list) else [value]) if v not in (None, "")]
    due = ""
    if version.state == "proposed" and version.tier:
        due = tier_from(version.tier).due(datetime.fromisoformat(version.proposed_at)).isoformat()
    return (
        version.kind, version.id, version.rev, version.state, version.force_rev, data["title"], data["owner"],
        data.get("unit", ""), data.get("review_on"), version.author, version.at, version.seq, version.digest,
        " ".join(words).lower(), due or None,
    )  # fmt: skip


def summary_of(row: Sequence[Any], names: dict[str, str]) -> Row:
    """A projection row as a reader sees it."""
    shown = dict(zip(states.COLUMNS, row))
    for gone in ("search", "digest"):
        del shown[gone]
    return shown | {"owner": names[shown["owner"]], "author": names[shown["author"]]}
