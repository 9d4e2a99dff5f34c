"""Personal data: what is kept of a person, and its erasure, with the ledger still whole."""

from __future__ import annotations

from typing import Annotated, Any

from hoshin.errors import NotFound
from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

Name = Annotated[str, "Name of the person, or their id (s:...)"]


@use_case()
def find(ws: Workspace, name: Name) -> dict[str, Any]:
    """Where a person stands: their id, the records and ledger entries that bear it, their access (GDPR Art. 15).

    Example: hoshin privacy find anna
    """
    return _found(ws, name)


@use_case(writes=True, audited=True)
def erase(
    ws: Workspace,
    name: Name,
    *,
    reason: Annotated[str, "Why, e.g. the request's number; it goes into the ledger: name nobody in it"],
    dry_run: Annotated[bool, "Show what would become unreadable, erase nothing"] = False,
) -> dict[str, Any]:
    """Destroy a person's name, key, password and tokens for good (GDPR Art. 17). The ledger stays whole.

    Every entry about them keeps its hash and reads `[erased]`. Backups made before still hold the key: let
    them expire. Logs and files are not touched: filter and import those anew.

    Example: hoshin privacy erase anna --reason "request 2026-17" --dry-run
    """
    from hoshin.records.redaction import Subjects
    from hoshin.store import people

    found = _found(ws, name)
    if dry_run:
        return {**found, "erased": False}
    with ws.database.write() as held:
        at = ws.ledger.clock().isoformat(timespec="seconds")
        subject = Subjects(held).erase(name, at)
        assert subject is not None
        people.forget(held, subject, at)
        entry = ws.ledger.append("privacy.erase", by=ws.actor.id, body={"subject": subject, "reason": reason})
    return {**found, "erased": True, "ledger_entry": entry.seq}


def _found(ws: Workspace, name: str) -> dict[str, Any]:
    from hoshin.records.redaction import Subjects

    with ws.database.read() as held:
        subject = Subjects(held).find(name)
        if subject is None:
            known = [row[0] for row in held.rows("SELECT name FROM subject WHERE name IS NOT NULL")]
            raise NotFound.unknown("privacy.unknown", "person", name, known)
        like = f"%{subject}%"
        entries = held.rows("SELECT seq FROM entry WHERE actor = ? OR body LIKE ? ORDER BY seq", (subject, like))
        records = held.rows(
            "SELECT DISTINCT kind, id FROM entry WHERE kind <> '' AND (actor = ? OR body LIKE ?)", (subject, like)
        )
        return {
            "person": subject,
            "has_access": held.one("SELECT 1 FROM person WHERE id = ? AND active = 1", (subject,)) is not None,
            "ledger_entries": len(entries),
            "records": sorted(f"{kind}/{id}" for kind, id in records),
        }
