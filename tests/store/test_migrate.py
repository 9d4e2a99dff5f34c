"""An older record store is brought to the present schema, with its rows; a newer one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from hoshin.errors import Conflict
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
