"""An older record store is brought to the present schema, with its rows; a newer one is refused."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from hoshin.errors import Conflict, Unavailable
from hoshin.records.ledger import Ledger
from hoshin.records.verify import verify
from hoshin.store import migrate
from hoshin.store.database import Database
from hoshin.store.schema import HEAD, version

SHAPE = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version' ORDER BY name"


def shape(database: Database) -> list[tuple[str, str]]:
    return [(name, " ".join(sql.split())) for name, sql in database.connection().rows(SHAPE)]


def test_the_last_revision_is_the_present_schema() -> None:
    assert migrate.known()[-1] == HEAD


@pytest.mark.parametrize("revision", migrate.known())
def test_every_released_schema_becomes_the_present_one(tmp_path: Path, revision: str) -> None:
    old = Database(f"sqlite:///{tmp_path / 'old.db'}")
    migrate.upgrade(old.url, revision)
    new = Database(f"sqlite:///{tmp_path / 'new.db'}")

    assert shape(old) == shape(new)
    assert version(old.connection()) == HEAD


def test_entries_written_before_a_migration_verify_after_it(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'r.db'}")
    ledger = Ledger(database, tmp_path, every=4)
    for n in range(10):
        ledger.append("test.write", by="local", body={"n": n})
    keep = ("entry", "head", "checkpoint", "record", "link", "subject", "evidence")
    held = database.connection()
    for (name,) in held.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        if name not in (*keep, "alembic_version"):
            held.rows(f"DROP TABLE {name}")
    for (name,) in held.rows("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"):
        if name == "job_state":
            held.rows(f"DROP INDEX {name}")
    held.rows("UPDATE alembic_version SET version_num = '0001'")
    database.close()

    again = Ledger(Database(database.url), tmp_path, every=4)
    assert again.head()[0] == 10
    assert verify(again) == []
    again.append("test.write", by="local", body={"n": 10})
    assert verify(again) == []


def test_records_of_a_newer_hoshin_are_left_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'r.db'}")
    database.connection().rows("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    with pytest.raises(Conflict, match="newer hoshin"):
        Database(database.url).connection()


COLUMNS = (
    "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND table_name <> 'alembic_version' ORDER BY table_name, column_name"
)
INDEXES = (
    "SELECT tablename, indexname FROM pg_indexes "
    "WHERE schemaname = current_schema() AND tablename <> 'alembic_version' ORDER BY indexname"
)


@pytest.fixture
def postgres() -> Iterator[str]:
    """The URL of a schema that is not there yet, dropped afterwards."""
    server = os.environ.get("HOSHIN_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
    schema = f"m_{uuid.uuid4().hex[:12]}"
    probe = Database(f"{server}?schema={schema}_probe")
    try:
        held = probe.connection()
    except Unavailable:
        pytest.skip("no PostgreSQL at $HOSHIN_TEST_POSTGRES; the same is tested on SQLite")
    yield f"{server}?schema={schema}"
    for name in (schema, f"{schema}_new", f"{schema}_probe"):
        held.rows(f'DROP SCHEMA IF EXISTS "{name}" CASCADE')
    probe.close()


@pytest.mark.parametrize("revision", migrate.known())
def test_every_released_schema_becomes_the_present_one_on_postgresql(postgres: str, revision: str) -> None:
    migrate.upgrade(postgres, revision)
    old, new = Database(postgres), Database(f"{postgres}_new")
    try:
        shapes = [[d.connection().rows(question) for question in (COLUMNS, INDEXES)] for d in (old, new)]
        reached = version(old.connection())
    finally:
        old.close()
        new.close()

    assert shapes[0] == shapes[1]
    assert reached == HEAD
