"""The same tests on SQLite and on a real PostgreSQL (its own schema, dropped afterwards)."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from hoshin.errors import Unavailable
from hoshin.records.book import Book
from hoshin.records.decide import Decisions
from hoshin.records.ledger import Ledger
from hoshin.store.database import Database

POSTGRES = os.environ.get("HOSHIN_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Database]:
    """A schema of its own in the test server, dropped at the end."""
    schema = f"t_{uuid.uuid4().hex[:12]}"
    database = Database(f"{POSTGRES}?schema={schema}")
    try:
        database.connection()
    except Unavailable:
        pytest.skip("no PostgreSQL at $HOSHIN_TEST_POSTGRES; the same tests run on SQLite")
    yield database
    database.connection().rows(f'DROP SCHEMA "{schema}" CASCADE')
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'records' / 'records.db'}")
        yield database
        database.close()
        return
    postgres: Database = request.getfixturevalue("postgres")
    yield postgres
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'alembic_version'"
    held = postgres.connection()
    held.rows("TRUNCATE " + ", ".join(f'"{t}"' for (t,) in held.rows(tables)))


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> Ledger:
    return Ledger(database, tmp_path / "records", every=8)


@pytest.fixture
def book(ledger: Ledger) -> Book:
    return Book(ledger)


@pytest.fixture
def decisions(book: Book) -> Decisions:
    return Decisions(book)
