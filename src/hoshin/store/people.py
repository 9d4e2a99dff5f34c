"""People and their tokens, as rows. A person is a subject id with roles; nothing here is in the ledger by name."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from hoshin.store.database import Connection, Row

PERSON = "id, roles, units, password, issuer, issued_as, active, at, failed, locked_until"


def roles(held: Connection, subject: str) -> frozenset[str]:
    """The roles of a person; none for a stranger or a person switched off."""
    found = held.one("SELECT roles FROM person WHERE id = ? AND active = 1", (subject,))
    return frozenset(json.loads(found[0])) if found else frozenset()


def add(
    held: Connection, subject: str, given: Collection[str], units: Collection[str], at: str, *,
    issuer: str | None = None, issued_as: str | None = None,
) -> None:  # fmt: skip
    held.rows(
        "INSERT INTO person (id, roles, units, issuer, issued_as, active, at, failed) VALUES (?, ?, ?, ?, ?, 1, ?, 0)",
        (subject, json.dumps(sorted(given)), json.dumps(sorted(units)), issuer, issued_as, at),
    )


def get(held: Connection, subject: str) -> Row | None:
    """A person's row, in the order of PERSON."""
    return held.one(f"SELECT {PERSON} FROM person WHERE id = ?", (subject,))


def issued(held: Connection, issuer: str, issued_as: str) -> Row | None:
    """The person an identity provider knows as `issued_as`."""
    return held.one(f"SELECT {PERSON} FROM person WHERE issuer = ? AND issued_as = ?", (issuer, issued_as))


def everyone(held: Connection) -> list[Row]:
    return held.rows(f"SELECT {PERSON} FROM person ORDER BY at, id")


def change(held: Connection, subject: str, **columns: Any) -> None:
    """Set columns of a person; `roles` and `units` as collections."""
    for name, value in columns.items():
        assert name in PERSON.split(", ")
        stored = json.dumps(sorted(value)) if name in ("roles", "units") else value
        held.rows(f"UPDATE person SET {name} = ? WHERE id = ?", (stored, subject))


def add_token(held: Connection, digest: str, id: str, person: str, label: str, at: str, expires_at: str | None) -> None:
    held.rows(
        "INSERT INTO token (digest, id, person, label, at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        (digest, id, person, label, at, expires_at),
    )


def token(held: Connection, digest: str, now: str) -> str | None:
    """The person of a token that is neither expired nor revoked."""
    found = held.one(
        "SELECT person FROM token WHERE digest = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)",
        (digest, now),
    )
    return str(found[0]) if found else None


def tokens(held: Connection) -> list[Row]:
    """(id, person, label, at, expires_at, revoked_at)."""
    return held.rows("SELECT id, person, label, at, expires_at, revoked_at FROM token ORDER BY at, id")


def revoke(held: Connection, id: str, at: str) -> bool:
    return bool(held.rows("UPDATE token SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL RETURNING id", (at, id)))


def forget(held: Connection, subject: str, at: str) -> None:
    """Switch a person off and drop what identifies them: password, provider identity, tokens, token labels."""
    held.rows("UPDATE person SET active = 0, password = NULL, issuer = NULL, issued_as = NULL WHERE id = ?", (subject,))
    held.rows("UPDATE token SET label = '', revoked_at = COALESCE(revoked_at, ?) WHERE person = ?", (at, subject))
