"""The ledger: who did what and when, and the proof that nothing was changed since."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from hoshin.errors import Corrupt
from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace


@use_case()
def log(
    ws: Workspace,
    *,
    action: Annotated[str, "Only this action, e.g. record.approve or access.refused"] = "",
    kind: Annotated[str, "Only records of this kind"] = "",
    id: Annotated[str, "Only the record with this id"] = "",
    limit: Annotated[int, "At most so many"] = 50,
    after: Annotated[int, "Only entries after this number, oldest first"] = 0,
) -> list[dict[str, Any]]:
    """Ledger entries, newest first (or, with --after, onwards from there).

    Example: hoshin audit log --action access.refused
    """
    from hoshin.service._decision import names

    found = ws.ledger.entries(action=action, kind=kind, id=id, limit=limit, after=after, newest=not after)
    people = names(ws, [e.actor for e in found])
    return [
        {
            "seq": e.seq,
            "at": e.at,
            "by": people[e.actor],
            "action": e.action,
            "kind": e.kind,
            "id": e.id,
            "hash": e.hash,
        }
        for e in found
    ]


@use_case()
def verify(
    ws: Workspace,
    *,
    anchor: Annotated[list[Path] | None, "A file with checkpoints kept elsewhere; may be repeated"] = None,
) -> dict[str, Any]:
    """Check every entry, hash, link and signature; name the exact entries that were tampered with, and fail then.

    Example: hoshin audit verify --anchor auditor/2026-q1.txt
    """
    from hoshin.service import _audit

    result = _audit.verified(ws, [p.read_text(encoding="utf-8") for p in anchor or []])
    if result["findings"]:
        first = result["findings"][0]
        raise Corrupt(
            "audit.tampered",
            f"The ledger was tampered with: {first['detail']}"
            + (f" {len(result['findings']) - 1} more findings." if len(result["findings"]) > 1 else ""),
            hint="Compare with a backup or an export; --json lists every finding.",
            findings=result["findings"],
        )
    return result


@use_case(writes=True, audited=True)
def checkpoint(ws: Workspace) -> str:
    """Sign the ledger as it stands; send the text to someone else, and it cannot be rewritten unnoticed.

    Example: hoshin audit checkpoint > 2026-q1.txt
    """
    return ws.ledger.checkpoint().note


@use_case()
def prove(
    ws: Workspace,
    seq: Annotated[int, "Number of the entry"],
    *,
    size: Annotated[int | None, "In the ledger of so many entries; default: all"] = None,
) -> dict[str, Any]:
    """Prove that an entry is in the ledger: its header, its audit path and the root (RFC 6962).

    Example: hoshin audit prove 12 --json
    """
    return ws.ledger.prove(seq, size)


@use_case()
def prove_growth(ws: Workspace, old: Annotated[int, "Entries of the earlier ledger"]) -> dict[str, Any]:
    """Prove that the ledger of `old` entries is the unchanged beginning of today's (RFC 6962).

    Example: hoshin audit prove-growth 100 --json
    """
    return ws.ledger.prove_growth(old)


@use_case(writes=True)
def export(ws: Workspace, to: Annotated[Path, "Folder to write to; made if absent"]) -> dict[str, Any]:
    """Write the ledger for an auditor: entries, checkpoints, public key, and a verifier that needs only Python.

    Example: hoshin audit export for-the-auditor
    """
    from hoshin.service import _audit

    return _audit.exported(ws, to)
