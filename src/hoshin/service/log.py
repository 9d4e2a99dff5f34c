"""Event logs: bring them in, look at them, take them out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from hoshin.service._filtered import Where, said
from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

LogName = Annotated[str, "Name of a stored log, or NAME@VERSION"]


@use_case(writes=True)
def import_(
    ws: Workspace,
    file: Annotated[Path, "CSV, Excel, Parquet or XES file; .gz and .zip are read as they are"],
    *,
    name: Annotated[str, "Name for the log; default: the file's"] = "",
    case_id: Annotated[str, "Column with the case id"] = "",
    activity: Annotated[str, "Column with the activity"] = "",
    timestamp: Annotated[str, "Column with the (completion) time"] = "",
    start: Annotated[str, "Column with the start time"] = "",
    resource: Annotated[str, "Column with the person or system"] = "",
    lifecycle: Annotated[str, "Column with the lifecycle transition"] = "",
    cost: Annotated[str, "Column with the cost"] = "",
    currency: Annotated[str, "Currency of the cost, e.g. EUR"] = "",
    time_zone: Annotated[str, "IANA zone of times without an offset, e.g. Europe/Rome; default UTC"] = "",
    day_first: Annotated[bool | None, "Read 3/4/2026 as 3 April; default: what the column shows"] = None,
    timestamp_format: Annotated[str, "Form of the times, e.g. '%d.%m.%Y %H:%M'; 'excel' for serial day numbers"] = "",
    delimiter: Annotated[str, "Field delimiter of a CSV"] = "",
    encoding: Annotated[str, "Encoding of a CSV, e.g. cp1252"] = "",
    sheet: Annotated[str, "Sheet of an Excel file, by name or number; default: the first"] = "",
    header_row: Annotated[int, "Row of an Excel sheet with the names of the columns; default: the first with text"] = 0,
    decimal: Annotated[str, "Decimal mark, ',' or '.'"] = "",
    missing: Annotated[list[str] | None, "A text that means no value, e.g. '?'; may be repeated"] = None,
    bulk: Annotated[bool, "Read a Parquet file larger than memory, piece by piece"] = False,
    dry_run: Annotated[bool, "Show what would be read, store nothing"] = False,
) -> dict[str, Any]:
    """Import a file as an event log, guessing what is not said and printing the guesses.

    Rows that cannot be events are set aside in the workspace's quarantine folder, with the reason.

    Example: hoshin log import incidents.csv --case-id number --missing '?'
    """
    from hoshin.connect.files import read_file
    from hoshin.service._arrivals import hash_file, store_built

    columns = {
        "case_id": case_id,
        "activity": activity,
        "timestamp": timestamp,
        "start_timestamp": start,
        "resource": resource,
        "lifecycle": lifecycle,
        "cost": cost,
    }
    options = {
        "columns": {role: column for role, column in columns.items() if column},
        "currency": currency,
        "time_zone": time_zone,
        "day_first": day_first,
        "timestamp_format": timestamp_format,
        "delimiter": delimiter,
        "encoding": encoding,
        "sheet": sheet,
        "header_row": header_row or None,
        "decimal": decimal,
        "missing": missing or (),
    }
    if bulk:
        return import_bulk(ws, file, name, {k: v for k, v in options.items() if v not in ("", None, (), {})}, dry_run)
    with ws.progress.task(f"Reading {file.name}"):
        built = read_file(file, **options)
    log = built.log
    result: dict[str, Any] = {
        "log": name or log.name,
        "cases": log.n_cases,
        "events": log.n_events,
        "activities": len(log.activities),
        "accepted_rows": log.n_events,
        "rejected_rows": built.rejected.height,
        "assumed": list(built.notes),
    }
    if built.rejected.height:
        result["reasons"] = built.rejected["reason"].value_counts(sort=True).to_dicts()
    if dry_run:
        result["first_events"] = log.to_frame().head(5).cast(dict.fromkeys(["timestamp"], str)).to_dicts()
        return result
    with ws.progress.task("Storing"):
        kept = {k: v for k, v in options.items() if v not in ("", None, (), {})} | dict(built.reading)
        stored, batch = store_built(ws, built, name or log.name, file=str(file), sha256=hash_file(file), options=kept)
    result |= {"log": stored.name, "version": stored.version}
    if batch:
        result["quarantine"] = f"quarantine/{batch.log}/{batch.number}.csv"
    result["next"] = f"hoshin mine map {stored.name}"
    return result


def import_bulk(ws: Workspace, file: Path, name: str, options: dict[str, Any], dry_run: bool) -> dict[str, Any]:
    """`import_` for a Parquet file that does not fit into memory."""
    from hoshin.errors import InvalidInput
    from hoshin.service._arrivals import store_bulk

    wrong = [o for o in options if o not in ("columns", "time_zone", "currency")]
    if dry_run or wrong or file.suffix.lower() not in (".parquet", ".pq"):
        what = f"--{wrong[0].replace('_', '-')}" if wrong else "--dry-run" if dry_run else file.name
        raise InvalidInput(
            "file.bulk", f"A bulk import takes a Parquet file and no {what}.", hint="Import without --bulk, or convert."
        )
    stored, batch, done = store_bulk(ws, file, name or file.name.partition(".")[0], options)
    return {
        "log": stored.name,
        "version": stored.version,
        "cases": stored.meta["n_cases"],
        "events": stored.meta["n_events"],
        "accepted_rows": stored.meta["n_events"],
        "rejected_rows": done.rejected.height,
        "assumed": list(done.notes),
        **({"quarantine": f"quarantine/{batch.log}/{batch.number}.csv"} if batch else {}),
        "next": f"hoshin mine map {stored.name}",
    }


@use_case()
def list_(ws: Workspace) -> list[dict[str, Any]]:
    """Every stored log.

    Example: hoshin log list
    """
    rows = []
    for name in ws.logs.names():
        stored = ws.logs.stored(name)
        meta = stored.meta
        rows.append(
            {
                "log": name,
                "version": stored.version,
                "cases": meta["n_cases"],
                "events": meta["n_events"],
                "activities": len(meta["activities"]),
                "stored_at": meta["stored_at"],
            }
        )
    return rows


@use_case()
def show(ws: Workspace, log: LogName, *, where: Where = "") -> dict[str, Any]:
    """Counts, time span, cycle times and activities of a log.

    Example: hoshin log show incidents --where 'started in 2016-03'
    """
    import msgspec

    from hoshin.log.filter import filter_log
    from hoshin.mine.summary import count_activities, summarise

    done = filter_log(ws.log(log), where)
    stored = done.log
    summary = msgspec.to_builtins(summarise(stored))
    summary |= {f"cycle_time_{key}": value for key, value in summary.pop("cycle_time").items()}
    kept = {"kept": [said(k) for k in done.kept]} if where else {}
    return {**kept, **summary, "activity": [msgspec.to_builtins(a) for a in count_activities(stored)]}


@use_case(writes=True)
def export(
    ws: Workspace,
    log: LogName,
    file: Annotated[Path, "File to write; its extension says the format"],
    *,
    where: Where = "",
    overwrite: Annotated[bool, "Replace the file if it exists"] = False,
) -> dict[str, Any]:
    """Write a stored log as CSV, Excel, Parquet or XES; what the format cannot hold is listed as `lost`.

    Example: hoshin log export incidents incidents.xes.gz
    """
    from hoshin.connect.files import write_file
    from hoshin.log.filter import filter_log

    done = filter_log(ws.log(log), where)
    stored = done.log
    with ws.progress.task(f"Writing {file.name}"):
        lost = write_file(stored, file, overwrite=overwrite)
    written = {"file": str(file), "cases": stored.n_cases, "events": stored.n_events, "bytes": file.stat().st_size}
    kept = {"kept": [said(k) for k in done.kept]} if where else {}
    return kept | written | ({"lost": lost} if lost else {})


@use_case()
def check(
    ws: Workspace,
    log: LogName,
    *,
    rows: Annotated[str, "Show the offending rows of this check instead"] = "",
    limit: Annotated[int, "At most so many rows"] = 50,
) -> dict[str, Any] | list[dict[str, Any]]:
    """Judge whether a log can be trusted: a score of 100, and per check what is wrong and where.

    Example: hoshin log check incidents --rows duplicate
    """
    from hoshin.log.check import check_log, checks
    from hoshin.service._arrivals import held_rows

    if rows:
        checks.take(rows)
    stored = ws.log(log)
    with ws.progress.task("Checking"):
        quality = check_log(stored, rejected=held_rows(ws, log))
    if rows:
        if rows in quality.not_applicable:
            return []
        found = quality.rows(stored, rows, limit)
        times = [c for c in ("timestamp", "start_timestamp") if c in found.columns]
        return found.cast(dict.fromkeys(times, str)).to_dicts()
    return {
        "log": log,
        "score": quality.score,
        "check": [
            {
                "check": r.name,
                "found": r.finding.count,
                "of": r.finding.of,
                "unit": r.finding.unit,
                "points": round(r.points, 1),
                "of_points": round(r.of_points, 1),
                "detail": r.finding.detail or "nothing found",
            }
            for r in sorted(quality.results, key=lambda r: r.points - r.of_points)
        ],
        "nothing_to_judge": list(quality.not_applicable),
    }


@use_case(writes=True)
def filter_(
    ws: Workspace,
    log: LogName,
    *,
    where: Annotated[str, 'What to keep, e.g. \'duration > 5d and follows("Submit", "Reject")\''],
    as_: Annotated[str, "Store the result under this name; default: only say what would be kept"] = "",
) -> dict[str, Any]:
    """Keep some cases or events of a log, saying what every step kept.

    Example: hoshin log filter incidents --where 'duration > 5d then variant top 10' --as slow
    """
    from hoshin.log.filter import filter_log

    with ws.progress.task("Filtering"):
        done = filter_log(ws.log(log), where)
    result: dict[str, Any] = {
        "log": log,
        "kept": [said(k) for k in done.kept],
        "cases": done.log.n_cases,
        "events": done.log.n_events,
    }
    if as_:
        parent = ws.logs.stored(log)
        origin = {"filtered_from": f"{parent.name}@{parent.version}", "where": where, **parent.meta.get("source", {})}
        stored = ws.logs.write(done.log, as_, source=origin)
        result |= {"as": stored.name, "version": stored.version}
    return result


@use_case(writes=True)
def append(
    ws: Workspace,
    log: Annotated[str, "Name of a stored log"],
    file: Annotated[Path, "File with more events, read with the options of the first import"],
    *,
    again: Annotated[bool, "Append a file that is a source of the log already"] = False,
) -> dict[str, Any]:
    """Add the events of another file: new cases, and late events of old ones, as if imported all at once.

    Example: hoshin log append incidents incidents-june.csv
    """
    from hoshin.connect.files import accepted_options, read_file
    from hoshin.service._arrivals import hash_file, store_appended

    options = ws.logs.stored(log).meta["source"].get("options", {})
    with ws.progress.task(f"Reading {file.name}"):
        built = read_file(file, **accepted_options(file, options))
    with ws.progress.task("Merging"):
        stored, batch, done = store_appended(ws, built, log, file=str(file), sha256=hash_file(file), again=again)
    result = {
        "log": stored.name,
        "version": stored.version,
        "added_events": built.log.n_events,
        "rejected_rows": built.rejected.height,
        "new_cases": done.new_cases,
        "extended_cases": done.extended_cases,
        "late_events": done.late_events,
        "cases": done.log.n_cases,
        "events": done.log.n_events,
        **{f"total_{k}": v for k, v in stored.meta["source"]["totals"].items()},
    }
    return result | ({"quarantine": f"quarantine/{batch.log}/{batch.number}.csv"} if batch else {})


@use_case()
def versions(ws: Workspace, log: Annotated[str, "Name of a stored log"]) -> list[dict[str, Any]]:
    """Every stored version of a log, oldest first. NAME@VERSION names one wherever a log is asked for.

    Example: hoshin log versions incidents
    """
    current = ws.logs.stored(log)
    lines = []
    for version in ws.logs.versions(current.name):
        meta = ws.logs.stored(f"{current.name}@{version}").meta
        source = meta["source"]
        lines.append(
            {
                "version": version,
                "current": version == current.version,
                "stored_at": meta["stored_at"],
                "cases": meta["n_cases"],
                "events": meta["n_events"],
                "quarantined": source.get("totals", {}).get("quarantined", 0),
                "sources": [part["file"] for part in source.get("parts", [])],
                "filtered": source.get("where"),
            }
        )
    return lines


@use_case()
def lineage(
    ws: Workspace,
    log: LogName,
    case: Annotated[str, "Case id"],
) -> list[dict[str, Any]]:
    """Where every event of a case was read: file, its row (the first row of data is 0), and the file's hash.

    Example: hoshin log lineage incidents INC0000045
    """
    from hoshin.log.lineage import parts_of, trace_case

    return trace_case(ws.log(log), parts_of(ws.logs.stored(log).meta["source"]), case)


@use_case()
def verify(ws: Workspace, log: LogName) -> dict[str, Any]:
    """Hash the stored columns again and compare with the version, to see that nobody changed the files.

    Example: hoshin log verify incidents
    """
    with ws.progress.task("Hashing"):
        stored = ws.logs.verify(log)
    return {"log": stored.name, "version": stored.version, "unchanged": True}
