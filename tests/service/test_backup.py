"""Backups: what goes in comes out, on the other database too; a damaged one is refused before anything is written."""

from __future__ import annotations

import os
import tarfile
import uuid
from pathlib import Path

import pytest

from hoshin.errors import Conflict, Corrupt, InvalidInput, Unavailable
from hoshin.log.eventlog import EventLog
from hoshin.service import start
from hoshin.service._audit import verified
from hoshin.service._workspace import Workspace, open_workspace
from hoshin.store.database import Database

POSTGRES = os.environ.get("HOSHIN_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")


@pytest.fixture
def full(ws: Workspace) -> Workspace:
    """A workspace with a log and forty ledger entries."""
    ws.logs.write(EventLog.from_traces(["abc", "ab"]), "orders")
    for n in range(40):
        ws.ledger.append("test.write", by="local", kind="threshold", id=f"t{n}", rev=1, body={"n": n})
    ws.ledger.checkpoint()
    return ws


def test_a_backup_comes_back_whole(full: Workspace, tmp_path: Path) -> None:
    made = start.backup(full, tmp_path / "b.tar.gz")
    back = start.restore(tmp_path, Path("b.tar.gz"), Path("again"))

    again = open_workspace(tmp_path / "again")
    assert (back["ledger_entries"], back["rows"]) == (40, made["rows"])
    assert again.ledger.head() == full.ledger.head()
    assert again.log("orders").traces() == full.log("orders").traces()
    assert verified(again)["findings"] == []
    again.ledger.append("test.write", by="local", body={"after": "restore"})
    assert verified(again)["findings"] == []


def test_a_backup_moves_to_postgresql(full: Workspace, tmp_path: Path) -> None:
    url = f"{POSTGRES}?schema=b_{uuid.uuid4().hex[:12]}"
    database = Database(url)
    try:
        database.connection()
    except Unavailable:
        pytest.skip("no PostgreSQL at $HOSHIN_TEST_POSTGRES; the same is tested into SQLite")
    try:
        start.backup(full, tmp_path / "b.tar.gz")
        back = start.restore(tmp_path, Path("b.tar.gz"), Path("again"), records_url=url)
        assert back["ledger_entries"] == 40
        with pytest.raises(Conflict, match="holds records"):
            start.restore(tmp_path, Path("b.tar.gz"), Path("third"), records_url=url)
    finally:
        database.connection().rows(f'DROP SCHEMA "{url.rpartition("=")[2]}" CASCADE')
        database.close()


def test_nothing_is_overwritten(full: Workspace, tmp_path: Path) -> None:
    start.backup(full, tmp_path / "b.tar.gz")
    with pytest.raises(Conflict, match="exists"):
        start.backup(full, tmp_path / "b.tar.gz")
    with pytest.raises(Conflict, match="not empty"):
        start.restore(tmp_path, Path("b.tar.gz"), Path("ws"))


def test_a_damaged_backup_is_refused_and_nothing_written(full: Workspace, tmp_path: Path) -> None:
    """A byte changed, or the file cut, anywhere: the archive, its compression and its members are all checked."""
    file = tmp_path / "b.tar.gz"
    start.backup(full, file)
    whole = file.read_bytes()
    step = max(1, len(whole) // 150)
    # The first bytes are gzip's own header: a time and a file name, which nothing depends on.
    for at in range(40, len(whole), step):
        for data in (whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :], whole[:at]):
            file.write_bytes(data)
            with pytest.raises(Corrupt):
                start.restore(tmp_path, Path("b.tar.gz"), Path("again"))
            assert not (tmp_path / "again").exists()


def test_a_changed_member_is_named(full: Workspace, tmp_path: Path) -> None:
    start.backup(full, tmp_path / "b.tar.gz")
    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        archive.extractall(tmp_path / "x", filter="data")
    entry = tmp_path / "x" / "records" / "entry.jsonl"
    entry.write_text(entry.read_text().replace('"t7"', '"t8"', 1))
    with tarfile.open(tmp_path / "c.tar.gz", "w:gz") as archive:
        for path in sorted((tmp_path / "x").rglob("*")):
            if path.is_file():
                archive.add(path, path.relative_to(tmp_path / "x").as_posix())

    with pytest.raises(Corrupt, match=r"records/entry.jsonl"):
        start.restore(tmp_path, Path("c.tar.gz"), Path("again"))


def test_what_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(b"hello")
    with pytest.raises(Corrupt, match="no backup"):
        start.restore(tmp_path, Path("x.tar.gz"), Path("again"))
    with pytest.raises(InvalidInput, match="no file"):
        start.restore(tmp_path, Path("y.tar.gz"), Path("again"))
