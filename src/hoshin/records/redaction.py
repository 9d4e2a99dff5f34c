"""Personal data in the ledger, stored so that it can be erased without breaking the chain.

A person's name becomes a random subject id; a text about a person is encrypted under that subject's own key
(AES-SIV, RFC 5297: the same text gives the same bytes, so revisions still compare). Names and keys live in
one mutable table. Destroying a subject's row there erases the person from every entry ever written, and no
hash changes: hashes are over ids and ciphertext.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hoshin.store.database import Connection

ERASED = "[erased]"
PREFIX = "s:"


@dataclass(frozen=True, slots=True)
class Subjects:
    """The table of subjects on an open connection."""

    held: Connection

    def find(self, name: str) -> str | None:
        """The id of the subject called `name`."""
        if name.startswith(PREFIX):
            return name if self.held.one("SELECT 1 FROM subject WHERE id = ?", (name,)) else None
        found = self.held.one("SELECT id FROM subject WHERE name = ?", (name,))
        return str(found[0]) if found else None

    def take(self, name: str) -> str:
        """The id of `name`, made if new. Needs a write transaction."""
        found = self.find(name)
        if found is None:
            found = PREFIX + os.urandom(8).hex()
            secret = base64.b64encode(os.urandom(64)).decode()
            self.held.rows("INSERT INTO subject (id, name, secret) VALUES (?, ?, ?)", (found, name, secret))
        return found

    def name(self, subject: str) -> str:
        """The name of a subject id, ERASED if it was erased; any other text is itself ('local', 'system')."""
        if not subject.startswith(PREFIX):
            return subject
        found = self.held.one("SELECT name FROM subject WHERE id = ?", (subject,))
        return str(found[0]) if found and found[0] is not None else ERASED

    def erase(self, name: str, at: str) -> str | None:
        """Destroy the name and the key; the id, or None if there is no such subject."""
        subject = self.find(name)
        if subject:
            self.held.rows("UPDATE subject SET name = NULL, secret = NULL, erased_at = ? WHERE id = ?", (at, subject))
        return subject

    def secret(self, subject: str) -> bytes | None:
        found = self.held.one("SELECT secret FROM subject WHERE id = ?", (subject,))
        return base64.b64decode(found[0]) if found and found[0] else None


def seal(body: Mapping[str, Any], personal: Mapping[str, str], subjects: Subjects) -> dict[str, Any]:
    """`body` with names as subject ids and private texts encrypted under the owner's key."""
    sealed = dict(body)
    for field, what in personal.items():
        value = body.get(field)
        if what == "person" and value:
            sealed[field] = subjects.take(value) if isinstance(value, str) else [subjects.take(v) for v in value]
    for field, what in personal.items():
        value = body.get(field)
        if what == "private" and value:
            key = subjects.secret(sealed["owner"])
            sealed[field] = {"sealed": _encrypt(key, str(value), field)} if key else ERASED
    return sealed


def unseal(body: Mapping[str, Any], personal: Mapping[str, str], subjects: Subjects) -> dict[str, Any]:
    """The readable body; what was erased reads `[erased]`."""
    opened = dict(body)
    for field, what in personal.items():
        value = body.get(field)
        if what == "person" and value:
            opened[field] = subjects.name(value) if isinstance(value, str) else [subjects.name(v) for v in value]
        elif what == "private" and isinstance(value, Mapping):
            key = subjects.secret(str(body["owner"]))
            opened[field] = _decrypt(key, str(value["sealed"]), field) if key else ERASED
    return opened


def _encrypt(key: bytes, text: str, field: str) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

    return base64.b64encode(AESSIV(key).encrypt(text.encode(), [field.encode()])).decode()


def _decrypt(key: bytes, text: str, field: str) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

    return AESSIV(key).decrypt(base64.b64decode(text), [field.encode()]).decode()
