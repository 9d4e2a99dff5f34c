"""The ledger: append-only entries, hash-chained and Merkle-hashed, in a database; checkpoints signed now and then.

Appending happens inside a write transaction of the database, which has one writer at a time; an entry is
acknowledged when that transaction has been committed with full synchronisation.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hoshin.errors import Conflict, NotFound
from hoshin.records import merkle
from hoshin.records.checkpoint import Checkpoint, Signer, parse
from hoshin.records.entry import GENESIS, Entry, canonical
from hoshin.store import entries as rows
from hoshin.store.database import Connection, Database

EVERY = 256


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger in `database`. `folder` holds the signing key and the witness file of checkpoints, away from the
    database on purpose; `every` entries a checkpoint is signed by itself (0: never)."""

    database: Database
    folder: Path
    every: int = EVERY
    clock: Callable[[], datetime] = field(default=now)

    @property
    def signer(self) -> Signer:
        return Signer(self.folder / "ledger.key")

    @property
    def witness(self) -> Path:
        return self.folder / "witness.txt"

    def append(
        self, action: str, *, by: str, body: dict[str, Any], kind: str = "", id: str = "", rev: int = 0
    ) -> Entry:
        """Add one entry; durable when this returns (or when the surrounding write transaction commits)."""
        text = canonical(body)
        with self.database.write() as held:
            last = rows.head(held)
            size, prev, before, peaks = last or (0, GENESIS, "", "[]")
            at = max(self.clock().astimezone(UTC).isoformat(timespec="microseconds"), before)
            bare = Entry(size + 1, at, by, action, kind, id, rev, text, prev, "")
            digest = bare.computed()
            tops = merkle.push([bytes.fromhex(p) for p in json.loads(peaks)], size, bytes.fromhex(digest))
            row = (bare.seq, at, by, action, kind, id, rev, text, prev, digest)
            rows.append(held, row, json.dumps([p.hex() for p in tops]))
            if self.every and bare.seq % self.every == 0:
                self._sign(held, bare.seq, tops)
        return Entry(*row)

    def head(self) -> tuple[int, str]:
        """(size, root hash in hex)."""
        with self.database.read() as held:
            last = rows.head(held)
        peaks = [bytes.fromhex(p) for p in json.loads(last[3])] if last else []
        return (last[0] if last else 0), merkle.root_of(peaks).hex()

    def entries(self, **which: Any) -> list[Entry]:
        """Entries by `after`, `upto`, `kind`, `id`, `action`, `actor`, `limit`, `newest`."""
        with self.database.read() as held:
            return [Entry(*row) for row in rows.read(held, **which)]

    def stream(self) -> Iterator[Entry]:
        with self.database.read() as held:
            yield from (Entry(*row) for row in rows.stream(held))

    def checkpoint(self) -> Checkpoint:
        """Sign the ledger as it is now. Conflict(ledger.empty) if it holds nothing."""
        with self.database.write() as held:
            last = rows.head(held)
            if last is None:
                raise Conflict("ledger.empty", "The ledger is empty.", hint="There is nothing to sign yet.")
            for size, _, _, note in rows.checkpoints(held)[-1:]:
                if size == last[0]:
                    return parse(note)
            return self._sign(held, last[0], [bytes.fromhex(p) for p in json.loads(last[3])])

    def checkpoints(self) -> list[str]:
        """The notes of the stored checkpoints, smallest first."""
        with self.database.read() as held:
            return [row[3] for row in rows.checkpoints(held)]

    def prove(self, seq: int, size: int | None = None) -> dict[str, Any]:
        """That entry `seq` is in the ledger of `size` entries (default: all): its header and its audit path."""
        with self.database.read() as held:
            leaves = rows.hashes(held, size or self.head()[0])
            found = rows.read(held, after=seq - 1, upto=seq)
        if not found or seq > len(leaves):
            raise NotFound("ledger.entry", f"There is no entry {seq}.", hint=f"The ledger has {len(leaves)} entries.")
        path = merkle.inclusion(leaves, seq - 1)
        return {
            "seq": seq,
            "size": len(leaves),
            "root": merkle.root(leaves).hex(),
            "leaf": found[0][9],
            "header": Entry(*found[0]).header().decode(),
            "path": [p.hex() for p in path],
        }

    def prove_growth(self, old: int) -> dict[str, Any]:
        """That the first `old` entries are the beginning of the ledger as it is now."""
        with self.database.read() as held:
            leaves = rows.hashes(held, self.head()[0])
        if not 0 < old <= len(leaves):
            raise NotFound("ledger.entry", f"There is no entry {old}.", hint=f"The ledger has {len(leaves)} entries.")
        return {
            "old_size": old,
            "old_root": merkle.root(leaves[:old]).hex(),
            "size": len(leaves),
            "root": merkle.root(leaves).hex(),
            "path": [p.hex() for p in merkle.consistency(leaves, old)],
        }

    def _sign(self, held: Connection, size: int, peaks: list[bytes]) -> Checkpoint:
        at = self.clock().astimezone(UTC).isoformat(timespec="microseconds")
        signed = self.signer.sign(self.folder.resolve().parent.name, size, merkle.root_of(peaks).hex(), at)
        rows.add_checkpoint(held, size, signed.root, at, signed.note)
        self.database.after_commit(lambda: self._witness(signed))
        return signed

    def _witness(self, signed: Checkpoint) -> None:
        """Append to the witness file in one write, so that concurrent ones do not mix."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.witness, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(handle, signed.note.encode())
            os.fsync(handle)
        finally:
            os.close(handle)
