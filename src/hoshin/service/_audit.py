"""Verification of a workspace's ledger and projection, and the auditor's export."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hoshin.records import standalone
from hoshin.records.book import row_of
from hoshin.records.fold import step
from hoshin.records.record import Version
from hoshin.records.verify import Finding, verify
from hoshin.service._workspace import Workspace
from hoshin.store import states


def verified(ws: Workspace, anchors: Sequence[str] = ()) -> dict[str, Any]:
    """{"entries", "root", "checkpoints", "findings"}; no findings = nothing was tampered with."""
    size, root = ws.ledger.head()
    findings = verify(ws.ledger, anchors)
    if not findings:
        findings = projection(ws)
    return {
        "entries": size,
        "root": root,
        "checkpoints": len(ws.ledger.checkpoints()),
        "findings": [asdict(f) for f in findings],
    }


def projection(ws: Workspace) -> list[Finding]:
    """Records whose row is not what the ledger says: the list people see was changed behind it."""
    folded: dict[tuple[str, str], Version | None] = {}
    for entry in ws.ledger.stream():
        if entry.action.startswith("record."):
            key = entry.kind, entry.id
            folded[key] = step(folded.get(key), entry)
    found = []
    with ws.database.read() as held:
        for (kind, id), version in folded.items():
            row = states.get(held, kind, id)
            if version is not None and (row is None or tuple(row) != row_of(version)):
                found.append(Finding(version.seq, "projection", f"The row of {kind}/{id} is not what the ledger says."))
        known = {(kind, id) for kind, id in held.rows("SELECT kind, id FROM record")}
    found += [Finding(0, "projection", f"The row of {k}/{i} has no entry.") for k, i in sorted(known - folded.keys())]
    return found


def exported(ws: Workspace, to: Path) -> dict[str, Any]:
    """entries.jsonl, checkpoints.txt, public-key.txt, verify.py in folder `to`."""
    to.mkdir(parents=True, exist_ok=True)
    if ws.ledger.head()[0]:
        ws.ledger.checkpoint()
    with (to / "entries.jsonl").open("w", encoding="utf-8") as file:
        for entry in ws.ledger.stream():
            file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")
    (to / "checkpoints.txt").write_text("\n".join(ws.ledger.checkpoints()), encoding="utf-8")
    (to / "public-key.txt").write_text(ws.ledger.signer.public() + "\n", encoding="utf-8")
    shutil.copy(standalone.__file__, to / "verify.py")
    size, root = ws.ledger.head()
    return {"folder": str(to), "entries": size, "root": root, "next": f"python {to / 'verify.py'}"}
