"""The first tables: ledger, checkpoints, records, links, subjects, evidence."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

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
"""


def upgrade() -> None:
    for statement in filter(None, (s.strip() for s in TABLES.split(";"))):
        op.execute(statement)
