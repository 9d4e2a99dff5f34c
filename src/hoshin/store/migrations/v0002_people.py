"""People, tokens, jobs, and answers kept for idempotency keys."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
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


def upgrade() -> None:
    for statement in filter(None, (s.strip() for s in TABLES.split(";"))):
        op.execute(statement)
