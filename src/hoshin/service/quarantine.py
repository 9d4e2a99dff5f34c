"""Rows that could not become events: see why, repair them, release them into their log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

LogName = Annotated[str, "Name of a stored log"]
BatchNumber = Annotated[int, "Only this batch (one import each); default: all of the log"]


@use_case()
def list_(ws: Workspace) -> list[dict[str, Any]]:
    """Every batch of rows set aside, and whether the totals of its log reconcile.

    Example: hoshin quarantine list
    """
    from hoshin.service._arrivals import held_batches, quarantine

    lines = []
    for log in quarantine(ws).logs():
        stored = ws.logs.stored(log) if log in ws.logs.names() else None
        current = {b.number for b in held_batches(ws, stored)} if stored else set()
        for batch in quarantine(ws).batches(log):
            line: dict[str, Any] = {
                "log": log,
                "batch": batch.number,
                "file": batch.file,
                "rows": batch.rows,
                "accepted": batch.rows - batch.held().height,
                "held": batch.held().height,
                "released": batch.released(),
                "in_use": batch.number in current,
                "reconciles": reconciles(ws, log) if batch.number in current else None,
            }
            lines.append(line)
    return lines


def reconciles(ws: Workspace, log: str) -> bool:
    """Whether rows in = accepted + quarantined, and both are what the log and its batches really hold."""
    from hoshin.service._arrivals import held_batches

    stored = ws.logs.stored(log)
    totals = stored.meta["source"]["totals"]
    held = sum(b.held().height for b in held_batches(ws, stored))
    return bool(
        totals["rows"] == totals["accepted"] + totals["quarantined"]
        and totals["accepted"] == stored.meta["n_events"]
        and totals["quarantined"] == held
    )


@use_case()
def show(
    ws: Workspace,
    log: LogName,
    *,
    batch: BatchNumber = 0,
    limit: Annotated[int, "At most so many rows; 0 = all"] = 0,
) -> list[dict[str, Any]]:
    """The held rows of a log as the source had them, each with its reason.

    Example: hoshin quarantine show incidents --format csv > patch.csv
    """
    lines: list[dict[str, Any]] = []
    for one in chosen(ws, log, batch):
        lines += [{"batch": one.number, **row} for row in one.held().drop("state").iter_rows(named=True)]
    return lines[:limit] if limit else lines


def chosen(ws: Workspace, log: str, batch: int) -> list[Any]:
    """The batches of the current version, or the one asked for; NotFound(quarantine.batch) if it is not one."""
    from hoshin.errors import NotFound
    from hoshin.service._arrivals import held_batches

    batches = held_batches(ws, ws.logs.stored(log))
    if not batch:
        return batches
    picked = [b for b in batches if b.number == batch]
    if not picked:
        raise NotFound.unknown("quarantine.batch", "batch", str(batch), [str(b.number) for b in batches])
    return picked


@use_case(writes=True)
def repair(
    ws: Workspace,
    log: LogName,
    *,
    patch: Annotated[Path | None, "CSV with source_row and the columns to change; empty cells stay"] = None,
    set_: Annotated[list[str] | None, "COLUMN = SQL EXPRESSION over the row's texts; may be repeated"] = None,
    where: Annotated[str, "SQL condition: which rows --set changes, e.g. \"reason like 'no case%'\""] = "",
    batch: BatchNumber = 0,
) -> list[dict[str, Any]]:
    """Change the values of held rows, by a patch file or an expression; nothing is released yet.

    Example: hoshin quarantine repair incidents --set "case_id = 'INC0017'" --where "source_row = 4"
    """
    from dataclasses import replace

    from hoshin.errors import Conflict, InvalidInput
    from hoshin.log.repair import patch_rows, set_rows
    from hoshin.service._arrivals import quarantine

    batches = chosen(ws, log, batch)
    if (patch is None) == (not set_):
        raise InvalidInput("repair.how", "Say how to repair: --patch FILE, or --set.", hint="One of the two.")
    if patch is not None and len(batches) > 1:
        raise Conflict(
            "repair.batch",
            f"{log} has {len(batches)} batches, and a row number of the patch can be in each.",
            hint=f"Say which: --batch {' or '.join(str(b.number) for b in batches)}.",
        )
    changes: list[dict[str, Any]] = []
    for one in batches:
        held = one.held()
        done = patch_rows(held, read_patch(patch)) if patch is not None else set_rows(held, set_ or [], where=where)
        frame = one.frame.update(done.rows, on="source_row", how="left", include_nulls=True)
        quarantine(ws).write(replace(one, frame=frame))
        changes += [{"batch": one.number, **row} for row in done.changes.iter_rows(named=True)]
    return changes


def read_patch(path: Path) -> Any:
    """A CSV of texts; InvalidInput(repair.file) if it is none."""
    import polars as pl

    from hoshin.errors import InvalidInput

    try:
        return pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        raise InvalidInput("repair.file", f"{path} is not a patch: {reason}.", hint="It must be a CSV file.") from None


@use_case(writes=True)
def release(ws: Workspace, log: LogName, *, batch: BatchNumber = 0) -> dict[str, Any]:
    """Read held rows again and append those that are events now, as a new version of the log.

    Rows keep the place in the order they would have had. What still cannot be read stays, with its reason.

    Example: hoshin quarantine release incidents
    """
    from hoshin.service._arrivals import release_batches

    numbers = [b.number for b in chosen(ws, log, batch)]
    with ws.progress.task("Releasing"):
        stored, lines = release_batches(ws, log, numbers)
    return {
        "log": stored.name,
        "version": stored.version,
        **{f"{key}_rows" if key != "rows" else key: n for key, n in stored.meta["source"].get("totals", {}).items()},
        "reconciles": reconciles(ws, stored.name),
        "batch": lines,
    }
