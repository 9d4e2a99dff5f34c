"""What every import does after reading: store the log with its sources, set rejected rows aside, keep the totals.

`rows = accepted + quarantined` holds for every stored version, over all its parts.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from hoshin.errors import Conflict
from hoshin.log.append import Appended, append_log
from hoshin.log.build import Built
from hoshin.log.lineage import parts_of, with_part
from hoshin.service._workspace import Workspace
from hoshin.store.quarantine import Batch, Quarantine
from hoshin.store.versions import Stored

if TYPE_CHECKING:
    from hoshin.connect.bulk import Imported


def quarantine(ws: Workspace) -> Quarantine:
    return Quarantine(ws.root / "quarantine")


def hash_file(path: Path) -> str:
    """SHA-256 of a file, a megabyte at a time."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def store_built(
    ws: Workspace, built: Built, name: str, *, file: str, sha256: str = "", options: dict[str, Any] | None = None
) -> tuple[Stored, Batch | None]:
    """Store what was read from `file` as the log `name`. `options` are those a later append reads with."""
    source, part = with_part({"file": file, "options": options or {}}, file, sha256, rows_in(built))
    source |= {"totals": {"rows": built.log.n_events + built.rejected.height, "accepted": built.log.n_events}}
    batch = _set_aside(ws, built, name, part.first_row, file, sha256)
    return _write(ws, built.log, name, source, [batch] if batch else []), batch


def store_bulk(ws: Workspace, file: Path, name: str, options: dict[str, Any]) -> tuple[Stored, Batch | None, Imported]:
    """Import the Parquet file piece by piece as the log `name`, with the same accounts as `store_built`."""
    from hoshin.connect.bulk import count_rows, import_parquet

    with ws.progress.task(f"Hashing {file.name}"):
        sha256 = hash_file(file)
    batches: list[Batch] = []

    def source(rows: int, rejected: pl.DataFrame) -> dict[str, Any]:
        said, _ = with_part({"file": str(file), "options": options}, str(file), sha256, rows)
        if rejected.height:
            accepted = rows - rejected.height
            batches.append(quarantine(ws).hold(Batch(name, 0, str(file), sha256, rows, accepted, 0, rejected)))
        totals = {"rows": rows, "accepted": rows - rejected.height, "quarantined": rejected.height}
        return {**said, "totals": totals, "batches": [b.number for b in batches]}

    with ws.progress.task(f"Reading {file.name}", 2 * count_rows(file)) as advance:
        done = import_parquet(file, ws.logs, name, **options, source=source, advance=advance)
    return done.stored, batches[0] if batches else None, done


def store_appended(
    ws: Workspace, built: Built, name: str, *, file: str, sha256: str = "", again: bool = False
) -> tuple[Stored, Batch | None, Appended]:
    """Add what was read from `file` to the log `name`, as a new version.

    Raises Conflict(append.again) if the same file (by its hash) is a source of the log already, unless `again`.
    """
    before = ws.logs.stored(name)
    old = before.meta["source"]
    for known in parts_of(old):
        if sha256 and known.sha256 == sha256 and not again:
            raise Conflict(
                "append.again",
                f"{file} is a source of {name} already (as {known.file}): its events would stand there twice.",
                hint="Append another file, or say --again if that is what you want.",
            )
    source, part = with_part(_with_parts(old, before.meta), file, sha256, rows_in(built))
    appended = append_log(ws.log(name), built.log, first_row=part.first_row)
    totals = source["totals"]
    n_rows = built.log.n_events + built.rejected.height
    source["totals"] = {"rows": totals["rows"] + n_rows, "accepted": totals["accepted"] + built.log.n_events}
    batch = _set_aside(ws, built, before.name, part.first_row, file, sha256)
    batches = [*held_batches(ws, before), *([batch] if batch else [])]
    return _write(ws, appended.log, before.name, source, batches), batch, appended


def held_batches(ws: Workspace, stored: Stored) -> list[Batch]:
    """The batches that belong to this version of a log."""
    numbers = stored.meta["source"].get("batches", [])
    return [quarantine(ws).batch(stored.name, number) for number in numbers]


def held_rows(ws: Workspace, name: str) -> pl.DataFrame:
    """`source_row` (as in the log) and `reason` of every row held for this version of a log."""
    frames = [
        batch.held().select(pl.col("source_row") + batch.first_row, "reason")
        for batch in held_batches(ws, ws.logs.stored(name))
    ]
    return pl.concat([pl.DataFrame(schema={"source_row": pl.Int64, "reason": pl.String}), *frames])


def release_batches(ws: Workspace, name: str, chosen: list[int]) -> tuple[Stored, list[dict[str, Any]]]:
    """Read the held rows of the `chosen` batches again and append those that are events now.

    A row that the log holds already (a release was interrupted) is only marked. What still cannot be read
    stays held, with the new reason.
    """
    from hoshin.connect._held import read_again

    stored = ws.logs.stored(name)
    log, source = ws.log(name), dict(stored.meta["source"])
    batches, lines = held_batches(ws, stored), []
    changed: list[Batch] = []
    for batch in batches:
        held = batch.held()
        if batch.number not in chosen or not held.height:
            continue
        there = set() if log.source_row is None else set((log.source_row - batch.first_row).tolist())
        rows = held.filter(~pl.col("source_row").is_in(list(there)))
        built = read_again(rows.drop("reason", "state"), log, batch.reading)
        if built.log.n_events:
            log = append_log(log, built.log, first_row=batch.first_row).log
        totals = source["totals"]
        source["totals"] = {"rows": totals["rows"], "accepted": totals["accepted"] + built.log.n_events}
        refused = dict(built.rejected.select("source_row", "reason").rows())
        changed.append(_settled(batch, refused))
        lines.append({"batch": batch.number, "released": held.height - len(refused), "still_held": len(refused)})
    by_number = {b.number: b for b in (*batches, *changed)}
    # The log first: a crash in between leaves rows that the next release finds in it.
    written = _write(ws, log, stored.name, source, list(by_number.values())) if changed else stored
    for batch in changed:
        quarantine(ws).write(batch)
    return written, lines


def rows_in(built: Built) -> int:
    """How many rows a source has: those read, or up to the last row number if some were blank."""
    last = -1 if built.log.source_row is None or not built.log.n_events else int(built.log.source_row.max())
    if built.rejected.height:
        last = max(last, int(built.rejected["source_row"].max() or 0))  # type: ignore[arg-type]
    return max(built.log.n_events + built.rejected.height, last + 1)


def _settled(batch: Batch, refused: dict[int, str]) -> Batch:
    held = pl.col("state") == "held"
    still = pl.col("source_row").is_in(list(refused))
    new_reason = pl.col("source_row").replace_strict(refused, default=None, return_dtype=pl.String)
    frame = batch.frame.with_columns(
        pl.when(held & ~still).then(pl.lit("released")).otherwise(pl.col("state")).alias("state"),
        pl.when(held & still).then(new_reason).otherwise(pl.col("reason")).alias("reason"),
    )
    return replace(batch, frame=frame)


def _set_aside(ws: Workspace, built: Built, name: str, first_row: int, file: str, sha256: str) -> Batch | None:
    if not built.rejected.height:
        return None
    n_rows = built.log.n_events + built.rejected.height
    about = dict(built.reading)
    batch = Batch(name, 0, file, sha256, n_rows, built.log.n_events, first_row, built.rejected, about)
    return quarantine(ws).hold(batch)


def _with_parts(source: dict[str, Any], meta: dict[str, Any]) -> dict[str, Any]:
    """The source of a log that was stored without parts or totals (made in memory), with them."""
    if "parts" not in source:
        source, _ = with_part(source, source.get("file", "(made in memory)"), "", meta["n_events"])
    return {"totals": {"rows": meta["n_events"], "accepted": meta["n_events"]}, **source}


def _write(ws: Workspace, log: Any, name: str, source: dict[str, Any], batches: list[Batch]) -> Stored:
    totals = source["totals"]
    source = {
        **source,
        "batches": sorted(b.number for b in batches),
        "totals": {**totals, "quarantined": totals["rows"] - totals["accepted"]},
    }
    return ws.logs.write(log, name, source=source)
