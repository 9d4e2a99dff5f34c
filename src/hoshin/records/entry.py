"""A ledger entry: who did what to which record and when, tied by hash to every entry before it.

The header (canonical JSON of all columns but body and hash, with the SHA-256 of the body) is the Merkle leaf;
it holds the hash of the entry before it, so entries form a chain and a tree at once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from hoshin.errors import InvalidInput
from hoshin.records.merkle import leaf_hash

GENESIS = "0" * 64


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces, no NaN: one value, one text.

    >>> canonical({"b": 1, "a": [True, None, "é"]})
    '{"a":[true,null,"é"],"b":1}'
    """
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            "record.text", f"A text holds a broken character (half a surrogate pair): {error.object[error.start]!r}."
        ) from error
    except ValueError as error:
        raise InvalidInput("record.number", f"A number is not finite: {error}.") from error
    return text


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. `seq` counts from 1 without gaps; `at` is UTC, ISO 8601 with microseconds;
    `body` is canonical JSON; `prev` and `hash` are hex SHA-256."""

    seq: int
    at: str
    actor: str
    action: str
    kind: str
    id: str
    rev: int
    body: str
    prev: str
    hash: str

    @property
    def data(self) -> dict[str, Any]:
        """The body, parsed."""
        loaded: dict[str, Any] = json.loads(self.body)
        return loaded

    def header(self) -> bytes:
        """What is hashed, signed and proved: everything, the body by its own hash."""
        return canonical(
            {
                "v": 1,
                "seq": self.seq,
                "at": self.at,
                "actor": self.actor,
                "action": self.action,
                "kind": self.kind,
                "id": self.id,
                "rev": self.rev,
                "body": hashlib.sha256(self.body.encode()).hexdigest(),
                "prev": self.prev,
            }
        ).encode()

    def computed(self) -> str:
        """The hash the entry should have."""
        return leaf_hash(self.header()).hex()
