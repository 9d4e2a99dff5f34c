"""One file that holds a workspace: every file, and the records as rows that any database takes back.

    hoshin-backup.tar.gz
      manifest.json           format, schema revision, rows and SHA-256 of every member
      records/TABLE.jsonl     one row per line, read in one transaction
      files/...               the workspace, without the database, caches and work in progress

The rows are plain, so a backup of an SQLite store restores into PostgreSQL and back. It holds the signing
key and password hashes: keep it as safe as the workspace.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from hoshin.errors import Conflict, Corrupt, InvalidInput
from hoshin.store.database import Database
from hoshin.store.schema import HEAD

FORMAT = 1
TABLES = (
    "entry", "head", "checkpoint", "record", "link", "subject", "evidence", "person", "token", "job", "answer",
)  # fmt: skip
LEFT_OUT = (".db", ".db-wal", ".db-shm", ".db-journal", ".part")


def write(root: Path, database: Database, to: Path) -> dict[str, Any]:
    """Write the backup of the workspace at `root`, whole or not at all. Conflict(backup.exists) if `to` is there."""
    if to.exists():
        raise Conflict("backup.exists", f"{to} exists.", hint="Choose another name; a backup is never overwritten.")
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(to.name + ".part")
    manifest: dict[str, Any] = {"format": FORMAT, "schema": HEAD, "rows": {}, "sha256": {}}
    try:
        with tarfile.open(part, "w:gz", compresslevel=6) as archive, database.read() as held:
            for table in TABLES:
                rows = held.rows(f"SELECT * FROM {table}")
                names = _columns(held, table)
                lines = "".join(json.dumps(dict(zip(names, row)), ensure_ascii=False) + "\n" for row in rows)
                manifest["rows"][table] = len(rows)
                _add(archive, manifest, f"records/{table}.jsonl", lines.encode())
            for path in _files(root, to):
                _add(archive, manifest, f"files/{path.relative_to(root).as_posix()}", path.read_bytes())
            _add(archive, None, "manifest.json", json.dumps(manifest, indent=1).encode())
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)
    files = sum(1 for name in manifest["sha256"] if name.startswith("files/"))
    return {"backup": str(to), "bytes": to.stat().st_size, "files": files, "rows": sum(manifest["rows"].values())}


def restore(file: Path, root: Path, url: str = "") -> dict[str, Any]:
    """Unpack `file` into the empty folder `root`; records go to `url`, by default SQLite in the folder.

    Every member is checked against its hash before anything is written. Conflict(backup.not_empty) if the
    folder or the database holds something; Corrupt(backup.damaged) names the damaged member.
    """
    if root.exists() and any(root.iterdir()):
        raise Conflict("backup.not_empty", f"{root} is not empty.", hint="Restore into a new folder.")
    manifest, members = _opened(file)
    if manifest["schema"] != HEAD:
        raise InvalidInput(
            "backup.schema",
            f"The backup has schema {manifest['schema']}, this hoshin {HEAD}.",
            hint="Restore it with the hoshin that wrote it; opening the workspace with a newer one migrates it.",
        )
    database = Database(url or f"sqlite:///{root / 'records' / 'records.db'}")
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=root) as scratch:
        for name, data in members.items():
            if name.startswith("files/"):
                path = Path(scratch) / PurePosixPath(name).relative_to("files")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        _fill(database, members)
        for path in Path(scratch).iterdir():
            _move(path, root / path.name)
    return {"workspace": str(root), "rows": sum(manifest["rows"].values()), "records": url or "in the workspace"}


def _fill(database: Database, members: dict[str, bytes]) -> None:
    """Put the rows into an empty store."""
    try:
        with database.write() as held:
            if any(held.one(f"SELECT 1 FROM {table} LIMIT 1") for table in TABLES):
                raise Conflict("backup.database", "The database holds records.", hint="Restore into an empty one.")
            for table in TABLES:
                rows = [json.loads(line) for line in members.get(f"records/{table}.jsonl", b"").splitlines()]
                if rows:
                    places = ", ".join("?" * len(rows[0]))
                    sql = f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({places})"
                    held.many(sql, [tuple(row.values()) for row in rows])
    finally:
        database.close()


def _opened(file: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The manifest and every member, checked."""
    if not file.is_file():
        raise InvalidInput("backup.none", f"There is no file {file}.", hint="Name a file that `hoshin backup` wrote.")
    try:
        # Decompressed whole, so that the checksum at the end of the file is checked too.
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(file.read_bytes()))) as archive:
            members = {m.name: archive.extractfile(m).read() for m in archive if m.isfile()}  # type: ignore[union-attr]
        manifest = json.loads(members.pop("manifest.json"))
    except (tarfile.TarError, zlib.error, EOFError, OSError, KeyError, ValueError) as error:
        raise Corrupt(
            "backup.damaged", f"{file} is damaged or no backup: {error!r}.", hint="Use another copy."
        ) from error
    for name in manifest["sha256"].keys() | members.keys():
        if hashlib.sha256(members.get(name, b"")).hexdigest() != manifest["sha256"].get(name):
            raise Corrupt("backup.damaged", f"{file}: {name} is not what was written.", hint="Use another copy.")
        if ".." in PurePosixPath(name).parts or PurePosixPath(name).is_absolute():
            raise Corrupt("backup.damaged", f"{file}: {name} leads out of the workspace.", hint="Use another copy.")
    return manifest, members


def _columns(held: Any, table: str) -> list[str]:
    if held.dialect == "sqlite":
        return [row[1] for row in held.rows(f"PRAGMA table_info({table})")]
    sql = (
        "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ? "
        "ORDER BY ordinal_position"
    )
    return [row[0] for row in held.rows(sql, (table,))]


def _files(root: Path, to: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        within = path.relative_to(root).parts
        passing = within[0] == "cache" or any(p.startswith(".writing-") for p in within)
        if path.is_file() and path != to and not passing and not path.name.endswith(LEFT_OUT):
            yield path


def _add(archive: tarfile.TarFile, manifest: dict[str, Any] | None, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.mode = 0o600
    archive.addfile(info, io.BytesIO(data))
    if manifest is not None:
        manifest["sha256"][name] = hashlib.sha256(data).hexdigest()


def _move(path: Path, to: Path) -> None:
    """Move a file or merge a folder (the database may have made `records/` already)."""
    if path.is_dir() and to.is_dir():
        for inner in path.iterdir():
            _move(inner, to / inner.name)
    else:
        path.replace(to)
