"""People and their tokens, as rows. A person is a subject id with roles; nothing here is in the ledger by name."""

from __future__ import annotations

import json

from hoshin.store.database import Connection


def roles(held: Connection, subject: str) -> frozenset[str]:
    """The roles of a person; none for a stranger or a person switched off."""
    found = held.one("SELECT roles FROM person WHERE id = ? AND active = 1", (subject,))
    return frozenset(json.loads(found[0])) if found else frozenset()
