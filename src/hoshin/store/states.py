"""Where every record stands now, as rows: a projection of the ledger for lists, search and links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hoshin.store.database import Connection, Row

COLUMNS = (
    "kind", "id", "rev", "state", "force_rev", "title", "owner", "unit", "review_on", "author", "at", "seq", "digest",
    "search", "due_at",
)  # fmt: skip


def put(held: Connection, row: Sequence[Any]) -> None:
    """Write or replace a record's row, in the order of COLUMNS."""
    changed = ", ".join(f"{c} = excluded.{c}" for c in COLUMNS[2:])
    held.rows(
        f"INSERT INTO record ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))}) "
        f"ON CONFLICT (kind, id) DO UPDATE SET {changed}",
        row,
    )


def get(held: Connection, kind: str, id: str) -> Row | None:
    return held.one(f"SELECT {', '.join(COLUMNS)} FROM record WHERE kind = ? AND id = ?", (kind, id))


def page(
    held: Connection, *, limit: int, after: tuple[str, str] | None = None, kind: str = "", state: str = "",
    owner: str = "", units: Sequence[str] | None = None, words: Sequence[str] = (), review_by: str = "",
    due_by: str = "",
) -> list[Row]:  # fmt: skip
    """Up to `limit` rows by kind and id, after (kind, id). `units` None: all; else these and those of no unit."""
    where, values = ["1 = 1"], []  # type: tuple[list[str], list[Any]]
    for column, value in (("kind", kind), ("state", state), ("owner", owner)):
        if value:
            where.append(f"{column} = ?")
            values.append(value)
    if after:
        where.append("(kind, id) > (?, ?)")
        values += after
    if units is not None:
        where.append(f"unit IN ({', '.join('?' * (len(units) + 1))})")
        values += ["", *units]
    for word in words:
        where.append("search LIKE ? ESCAPE '!'")
        values.append("%" + word.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%")
    if review_by:
        where.append("review_on <= ? AND state <> 'retired'")
        values.append(review_by)
    if due_by:
        where.append("due_at <= ?")
        values.append(due_by)
    order = "ORDER BY kind, id LIMIT ?"
    return held.rows(f"SELECT {', '.join(COLUMNS)} FROM record WHERE {' AND '.join(where)} {order}", [*values, limit])


def counts(held: Connection) -> list[Row]:
    """(kind, state, how many)."""
    return held.rows("SELECT kind, state, COUNT(*) FROM record GROUP BY kind, state ORDER BY kind, state")


def put_links(held: Connection, kind: str, id: str, links: Sequence[tuple[str, str, str]]) -> None:
    """Replace the links of a record: (relation, kind, id)."""
    held.rows("DELETE FROM link WHERE kind = ? AND id = ?", (kind, id))
    held.many("INSERT INTO link VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", [(kind, id, *link) for link in links])


def linked_to(held: Connection, kind: str, id: str) -> list[Row]:
    """(relation, kind, id) of the records that link to this one."""
    return held.rows("SELECT rel, kind, id FROM link WHERE to_kind = ? AND to_id = ? ORDER BY kind, id", (kind, id))


def in_force(held: Connection, kind: str) -> list[Row]:
    """(id, force_rev) of the records of `kind` in force."""
    return held.rows("SELECT id, force_rev FROM record WHERE kind = ? AND force_rev IS NOT NULL ORDER BY id", (kind,))


def add_evidence(held: Connection, id: str, at: str, body: str) -> None:
    held.rows("INSERT INTO evidence (id, at, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (id, at, body))


def get_evidence(held: Connection, id: str) -> str | None:
    found = held.one("SELECT body FROM evidence WHERE id = ?", (id,))
    return str(found[0]) if found else None


def list_evidence(held: Connection, limit: int, after: str = "") -> list[Row]:
    """(id, at, body), by id."""
    return held.rows("SELECT id, at, body FROM evidence WHERE id > ? ORDER BY id LIMIT ?", (after, limit))
