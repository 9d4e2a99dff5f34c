"""Background jobs and kept answers, as rows."""

from __future__ import annotations

from typing import Any

from hoshin.store.database import Connection, Row

COLUMNS = (
    "id", "area", "name", "arguments", "person", "state", "at", "started_at", "beat_at", "ended_at", "what", "done",
    "total", "result", "error", "attempt", "cancel",
)  # fmt: skip


def add(held: Connection, id: str, area: str, name: str, arguments: str, person: str, at: str) -> None:
    held.rows(
        "INSERT INTO job (id, area, name, arguments, person, state, at, what, done, attempt, cancel) "
        "VALUES (?, ?, ?, ?, ?, 'queued', ?, '', 0, 1, 0)",
        (id, area, name, arguments, person, at),
    )


def get(held: Connection, id: str) -> dict[str, Any] | None:
    found = held.one(f"SELECT {', '.join(COLUMNS)} FROM job WHERE id = ?", (id,))
    return dict(zip(COLUMNS, found)) if found else None


def newest(held: Connection, person: str, state: str, limit: int) -> list[dict[str, Any]]:
    """The newest jobs, of one person ('' = of all) and in one state ('' = any)."""
    found = held.rows(
        f"SELECT {', '.join(COLUMNS)} FROM job WHERE (? = '' OR person = ?) AND (? = '' OR state = ?) "
        "ORDER BY at DESC, id LIMIT ?",
        (person, person, state, state, limit),
    )
    return [dict(zip(COLUMNS, row)) for row in found]


def move(held: Connection, id: str, was: str, to: str, **columns: Any) -> bool:
    """Bring a job from state `was` to `to` and set columns; False if it was not in that state any more."""
    assert set(columns) <= set(COLUMNS)
    sets = "".join(f", {name} = ?" for name in columns)
    sql = f"UPDATE job SET state = ?{sets} WHERE id = ? AND state = ? RETURNING id"
    return bool(held.rows(sql, (to, *columns.values(), id, was)))


def put(held: Connection, id: str, **columns: Any) -> None:
    assert set(columns) <= set(COLUMNS)
    held.rows(f"UPDATE job SET {', '.join(f'{n} = ?' for n in columns)} WHERE id = ?", (*columns.values(), id))


def answer(held: Connection, actor: str, key: str) -> Row | None:
    """(request, status, body) kept for an idempotency key."""
    return held.one("SELECT request, status, body FROM answer WHERE actor = ? AND key = ?", (actor, key))


def keep_answer(held: Connection, actor: str, key: str, request: str, status: int, body: str, at: str) -> None:
    held.rows(
        "INSERT INTO answer (actor, key, request, status, body, at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (actor, key) DO UPDATE SET status = excluded.status, body = excluded.body, at = excluded.at",
        (actor, key, request, status, body, at),
    )


def drop_answers(held: Connection, *, before: str = "", actor: str = "", key: str = "") -> None:
    """Forget one answer, or all from before a time."""
    if before:
        held.rows("DELETE FROM answer WHERE at < ?", (before,))
    else:
        held.rows("DELETE FROM answer WHERE actor = ? AND key = ?", (actor, key))
