"""The tables of the record store as they are today, for SQLite and PostgreSQL, and how an old store becomes one.

A new store gets `TABLES` at once; an older one is brought here by the Alembic revisions in
`store/migrations/`. A test holds both ways to the same result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hoshin.errors import Conflict

if TYPE_CHECKING:
    from hoshin.store.database import Connection, Database

HEAD = "0002"

TABLES = """
CREATE TABLE entry (
  seq BIGINT PRIMARY KEY, at TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, kind TEXT NOT NULL,
  id TEXT NOT NULL, rev BIGINT NOT NULL, body TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL);
CREATE INDEX entry_record ON entry (kind, id, seq);
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), size BIGINT NOT NULL, hash TEXT NOT NULL,
  at TEXT NOT NULL, peaks TEXT NOT NULL);
CREATE TABLE checkpoint (size BIGINT PRIMARY KEY, root TEXT NOT NULL, at TEXT NOT NULL, note TEXT NOT NULL);
CREATE TABLE record (
  kind TEXT NOT NULL, id TEXT NOT NULL, rev BIGINT NOT NULL, state TEXT NOT NULL, force_rev BIGINT,
  title TEXT NOT NULL, owner TEXT NOT NULL, unit TEXT NOT NULL, review_on TEXT, author TEXT NOT NULL,
  at TEXT NOT NULL, seq BIGINT NOT NULL, digest TEXT NOT NULL, search TEXT NOT NULL, due_at TEXT,
  PRIMARY KEY (kind, id));
CREATE INDEX record_seq ON record (seq);
CREATE INDEX record_state ON record (state, kind, id);
CREATE INDEX record_owner ON record (owner, kind, id);
CREATE TABLE link (kind TEXT NOT NULL, id TEXT NOT NULL, rel TEXT NOT NULL, to_kind TEXT NOT NULL,
  to_id TEXT NOT NULL, PRIMARY KEY (kind, id, rel, to_kind, to_id));
CREATE INDEX link_to ON link (to_kind, to_id);
CREATE TABLE subject (id TEXT PRIMARY KEY, name TEXT UNIQUE, secret TEXT, erased_at TEXT);
CREATE TABLE evidence (id TEXT PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE person (id TEXT PRIMARY KEY, roles TEXT NOT NULL, units TEXT NOT NULL, password TEXT, issuer TEXT,
  issued_as TEXT, active INTEGER NOT NULL, at TEXT NOT NULL, failed INTEGER NOT NULL, locked_until TEXT,
  UNIQUE (issuer, issued_as));
CREATE TABLE token (digest TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, person TEXT NOT NULL, label TEXT NOT NULL,
  at TEXT NOT NULL, expires_at TEXT, revoked_at TEXT);
CREATE TABLE job (id TEXT PRIMARY KEY, area TEXT NOT NULL, name TEXT NOT NULL, arguments TEXT NOT NULL,
  person TEXT NOT NULL, state TEXT NOT NULL, at TEXT NOT NULL, started_at TEXT, beat_at TEXT, ended_at TEXT,
  what TEXT NOT NULL, done BIGINT NOT NULL, total BIGINT, result TEXT, error TEXT, attempt INTEGER NOT NULL,
  cancel INTEGER NOT NULL);
CREATE INDEX job_state ON job (state, at);
CREATE TABLE answer (actor TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, status INTEGER NOT NULL,
  body TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (actor, key));
"""


def prepare(database: Database, held: Connection) -> None:
    """Make the tables of a new store; migrate an older one; refuse one from a newer hoshin."""
    found = version(held)
    if found == HEAD:
        return
    if found is None:
        from hoshin.store.database import begin

        begin(held)
        try:
            if version(held) is None:
                create(held)
            held.rows("COMMIT")
        except BaseException:
            held.rows("ROLLBACK")
            raise
        return
    from hoshin.store.migrate import known, upgrade

    if found not in known():
        raise Conflict(
            "store.newer",
            f"These records were written by a newer hoshin (schema {found}; this one knows {HEAD}).",
            hint="Upgrade hoshin: pip install -U hoshin",
        )
    upgrade(database.url)


def create(held: Connection) -> None:
    """Run `TABLES` and say which revision they are."""
    for statement in filter(None, (s.strip() for s in TABLES.split(";"))):
        held.rows(statement)
    held.rows("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    held.rows("INSERT INTO alembic_version VALUES (?)", (HEAD,))


def version(held: Connection) -> str | None:
    """The revision of the store, None for an empty database."""
    if held.dialect == "sqlite":
        there = held.one("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")
    else:
        there = held.one(
            "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'alembic_version'"
        )
    found = held.one("SELECT version_num FROM alembic_version") if there else None
    return str(found[0]) if found else None
