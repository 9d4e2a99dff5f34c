"""Ledger rows: the entry table, its head and its checkpoints. No rules, only reading and writing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hoshin.store.database import Connection, Row

COLUMNS = "seq, at, actor, action, kind, id, rev, body, prev, hash"


def head(held: Connection) -> Row | None:
    """(size, hash, at, peaks) of the ledger, None while it is empty."""
    return held.one("SELECT size, hash, at, peaks FROM head")


def append(held: Connection, row: Sequence[Any], peaks: str) -> None:
    """Write an entry (in the order of COLUMNS) and move the head to it."""
    held.rows(f"INSERT INTO entry ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    held.rows(
        "INSERT INTO head (one, size, hash, at, peaks) VALUES (1, ?, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET "
        "size = excluded.size, hash = excluded.hash, at = excluded.at, peaks = excluded.peaks",
        (row[0], row[9], row[1], peaks),
    )


def read(
    held: Connection, *, after: int = 0, upto: int | None = None, kind: str = "", id: str = "", action: str = "",
    actor: str = "", limit: int | None = None, newest: bool = False,
) -> list[Row]:  # fmt: skip
    """Entries after number `after`, at most up to `upto`, of one kind, record, action or actor if given."""
    where, values = ["seq > ?"], [after]
    for column, value in (("kind", kind), ("id", id), ("action", action), ("actor", actor)):
        if value:
            where.append(f"{column} = ?")
            values.append(value)  # type: ignore[arg-type]
    if upto is not None:
        where.append("seq <= ?")
        values.append(upto)
    sql = f"SELECT {COLUMNS} FROM entry WHERE {' AND '.join(where)} ORDER BY seq{' DESC' if newest else ''}"
    return held.rows(sql + (f" LIMIT {int(limit)}" if limit is not None else ""), values)


def stream(held: Connection, batch: int = 5_000) -> Iterator[Row]:
    """Every entry in order, in batches: constant memory."""
    last = None
    while True:
        found = held.rows(
            f"SELECT {COLUMNS} FROM entry" + (" WHERE seq > ?" if last is not None else "") + " ORDER BY seq LIMIT ?",
            (last, batch) if last is not None else (batch,),
        )
        yield from found
        if len(found) < batch:
            return
        last = found[-1][0]


def hashes(held: Connection, size: int) -> list[bytes]:
    """The leaf hashes of the first `size` entries."""
    return [bytes.fromhex(h) for (h,) in held.rows("SELECT hash FROM entry WHERE seq <= ? ORDER BY seq", (size,))]


def add_checkpoint(held: Connection, size: int, root: str, at: str, note: str) -> None:
    held.rows(
        "INSERT INTO checkpoint (size, root, at, note) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (size, root, at, note),
    )


def checkpoints(held: Connection) -> list[Row]:
    """(size, root, at, note), smallest first."""
    return held.rows("SELECT size, root, at, note FROM checkpoint ORDER BY size")
