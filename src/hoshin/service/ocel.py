"""Object-centric logs: events with all their objects; bring them in, check them, look at one object's view."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

OcelName = Annotated[str, "Name of a stored object-centric log, or NAME@VERSION"]


@use_case(writes=True)
def import_(
    ws: Workspace,
    file: Annotated[Path, "OCEL 2.0 or 1.0: JSON, XML, SQLite or CSV; .gz is read as it is"],
    *,
    name: Annotated[str, "Name for the log; default: the file's"] = "",
    time_zone: Annotated[str, "IANA zone of times without an offset, e.g. Europe/Rome; default UTC"] = "",
    dry_run: Annotated[bool, "Show what would be read, store nothing"] = False,
) -> dict[str, Any]:
    """Import a file as an object-centric log, saying what was assumed and what was set aside.

    Example: hoshin ocel import orders.jsonocel --time-zone Europe/Berlin
    """
    from hoshin.connect._ocel_files import read_ocel
    from hoshin.service._arrivals import hash_file

    with ws.progress.task(f"Reading {file.name}"):
        built = read_ocel(file, time_zone=time_zone)
    ocel, rejected = built.ocel, built.rejected
    name = name or ocel.name
    result = {"ocel": name, **_counts(ocel), "assumed": list(built.notes), "set_aside": rejected.height}
    if rejected.height:
        result["reasons"] = rejected.group_by("part", "reason", maintain_order=True).len("rows").to_dicts()
    if dry_run:
        return result
    source = {"file": str(file), "sha256": hash_file(file), "options": {"time_zone": time_zone} if time_zone else {}}
    with ws.progress.task("Storing"):
        stored = ws.ocels.write(ocel, name, rejected=rejected, source={**source, "assumed": list(built.notes)})
    return {**result, "ocel": stored.name, "version": stored.version, "next": f"hoshin ocel check {stored.name}"}


@use_case(writes=True)
def pull(
    ws: Workspace,
    connector: Annotated[str, "A connector that knows documents: sap"],
    ocel: Annotated[str, "The object-centric log to store"],
    *,
    set_: Annotated[list[str] | None, "A setting, name=value; may be repeated; see: hoshin connect list"] = None,
) -> dict[str, Any]:
    """Pull a system's documents as objects: orders, items, receipts, deliveries, invoices, payments.

    An event that a case log repeats for every item is one event here, related to all of them.

    Example: hoshin ocel pull sap purchases --set process=p2p --set path=extract --set time_zone=Europe/Berlin
    """
    from hoshin.connect._clock import Clock
    from hoshin.connect._connector import connector_names, make
    from hoshin.errors import InvalidInput
    from hoshin.log.ocel_build import build_ocel
    from hoshin.service.connect import read_settings

    source = make(connector, read_settings(set_ or []))
    if not hasattr(source, "objects"):
        raise InvalidInput(
            "ocel.connector",
            f"The connector {connector!r} knows cases, not documents.",
            hint=f"Use sap, or pull a case log from one of {', '.join(connector_names())} and: hoshin ocel from-log",
        )
    about = source.about()
    with ws.progress.task(f"Pulling {ocel}"):
        built = build_ocel(source.objects(), Clock(Path(ocel)), name=ocel, time_zone=about.time_zone)
        stored = ws.ocels.write(built.ocel, ocel, rejected=built.rejected, source={"file": about.source})
    result = {"ocel": stored.name, "version": stored.version, **_counts(built.ocel)}
    return {**result, "set_aside": built.rejected.height, "next": f"hoshin ocel show {stored.name}"}


@use_case(writes=True)
def from_log(
    ws: Workspace,
    log: Annotated[str, "Name of a stored case log, or NAME@VERSION"],
    *,
    object_type: Annotated[str, "What a case is, e.g. claim"] = "case",
    as_: Annotated[str, "Name of the object-centric log; default: the log's"] = "",
) -> dict[str, Any]:
    """Make an object-centric log of a case log: every case is an object, for tools that read only OCEL.

    Example: hoshin ocel from-log incidents --object-type incident
    """
    from hoshin.log.flatten import from_log as objects_of

    parent = ws.logs.stored(log)
    made = objects_of(ws.log(log), object_type)
    origin = {"file": f"{parent.name}@{parent.version}", "object_type": object_type}
    stored = ws.ocels.write(made, as_ or parent.name, source=origin)
    return {"ocel": stored.name, "version": stored.version, **_counts(made)}


@use_case()
def list_(ws: Workspace) -> list[dict[str, Any]]:
    """Every stored object-centric log.

    Example: hoshin ocel list
    """
    lines = []
    for name in ws.ocels.names():
        stored = ws.ocels.stored(name)
        counts = {c: stored.meta[f"n_{c}"] for c in ("events", "objects", "e2o", "o2o")}
        lines.append({"ocel": name, "version": stored.version, **counts, "stored_at": stored.meta["stored_at"]})
    return lines


@use_case()
def show(ws: Workspace, ocel: OcelName) -> dict[str, Any]:
    """Counts, time span, types and attributes of an object-centric log.

    Example: hoshin ocel show orders
    """
    import msgspec

    from hoshin.mine.ocel_summary import summarise_ocel

    log = ws.ocels.read(ocel)
    types, activities = summarise_ocel(log)
    span = [_moment(log.t_ns[0], log.time_zone), _moment(log.t_ns[-1], log.time_zone)] if log.n_events else []
    return {
        "ocel": ocel,
        **_counts(log),
        "span": span,
        "object_type": [{**msgspec.to_builtins(t), "attributes": ", ".join(t.attributes)} for t in types],
        "activity": [msgspec.to_builtins(a) for a in activities],
    }


@use_case()
def check(ws: Workspace, ocel: OcelName) -> list[dict[str, Any]]:
    """What hangs loose in an object-centric log, or was set aside at its import, with examples.

    Example: hoshin ocel check orders
    """
    from hoshin.log.ocel_check import check_ocel

    found = sorted(check_ocel(ws.ocels.read(ocel), ws.ocels.rejected(ocel)), key=lambda f: f.count == 0)
    return [
        {
            "check": f.check,
            "found": f.count,
            "of": f.of,
            "unit": f.unit,
            "why": f.why if f.count else "",
            "examples": "; ".join(f.examples),
        }
        for f in found
    ]


@use_case(writes=True)
def flatten(
    ws: Workspace,
    ocel: OcelName,
    *,
    object_type: Annotated[str, "Each object of this type becomes a case"],
    as_: Annotated[str, "Name of the case log; default: NAME-TYPE"] = "",
    dry_run: Annotated[bool, "Say what the view distorts, store nothing"] = False,
) -> dict[str, Any]:
    """Make a case log of one object type, and say what that view repeats, mixes up and loses.

    Convergence: events that stand in several cases. Divergence: repetitions within a case that belong to
    different objects of another type. Lost: events related to no object of this type.

    Example: hoshin ocel flatten orders --object-type item
    """
    import msgspec

    from hoshin.log.flatten import flatten as flatten_on

    done = flatten_on(ws.ocels.read(ocel), object_type)
    result = {
        "ocel": ocel,
        "object_type": object_type,
        "cases": done.log.n_cases,
        "events": done.events,
        "rows": done.rows,
        "repeated_by_convergence": done.rows - done.events,
        "lost_events": done.lost,
        "objects_without_events": done.objects_without_events,
        "changed_values_left_out": done.changed_attributes,
        "convergence": [msgspec.to_builtins(c) for c in done.convergence],
        "divergence": [msgspec.to_builtins(d) for d in done.divergence],
        "lost": [msgspec.to_builtins(d) for d in done.deficiency],
    }
    if dry_run:
        return result
    parent = ws.ocels.stored(ocel)
    stored = ws.logs.write(done.log, as_ or _log_name(parent.name, object_type), source=_origin(parent, done))
    return {**result, "log": stored.name, "version": stored.version, "next": f"hoshin mine map {stored.name}"}


@use_case()
def map(
    ws: Workspace,
    ocel: OcelName,
    *,
    object_type: Annotated[list[str] | None, "Only this object type; may be repeated"] = None,
    paths: Annotated[float, "Share of paths per type beyond those that keep every activity connected"] = 1.0,
    show: Annotated[str, "Also write the picture to this .svg file"] = "",
) -> dict[str, Any]:
    """The object-centric process map: for each object type, what follows what, how often, after how long.

    `times` counts steps of objects, `objects` different objects, `couples` different pairs of events.

    Example: hoshin ocel map orders --object-type order --show map.svg
    """
    import msgspec

    from hoshin.mine.ocdfg import discover_ocdfg
    from hoshin.report.svg_ocmap import svg_ocmap

    graph = discover_ocdfg(ws.ocels.read(ocel), tuple(object_type or ()), paths=paths)
    result: dict[str, Any] = {"ocel": ocel, "flow_shown_share": graph.flow_share}
    if show:
        Path(show).write_text(svg_ocmap(graph), encoding="utf-8")
        result["picture"] = show
    return {**result, "paths": [msgspec.to_builtins(p) for p in graph.paths]}


@use_case()
def times(ws: Workspace, ocel: OcelName) -> dict[str, Any]:
    """How long events wait for their objects, and for which: flow, synchronisation, sojourn, pooling, lagging.

    Flow is from the first arrival of an object at an event to the event; synchronisation from the first arrival to
    the last; sojourn from the last arrival to the event. Pooling is synchronisation within one object type,
    lagging how much later a type's last object comes than the first of another type; `last_share` of the events
    waited for that type.

    Example: hoshin ocel times orders
    """
    from hoshin.mine.octimes import measure_times

    found = measure_times(ws.ocels.read(ocel))
    return {
        "ocel": ocel,
        "activity": [
            {
                "activity": t.activity,
                "events": t.events,
                "measured": t.measured,
                "flow_mean_s": t.flow.mean_s,
                "flow_median_s": t.flow.median_s,
                "synchronisation_mean_s": t.synchronisation.mean_s,
                "sojourn_mean_s": t.sojourn.mean_s,
                "sojourn_median_s": t.sojourn.median_s,
            }
            for t in found.activities
        ],
        "object_type": [
            {
                "activity": t.activity,
                "object_type": t.object_type,
                "measured": t.measured,
                "pooling_mean_s": t.pooling.mean_s,
                "lagging_mean_s": None if t.lagging is None else t.lagging.mean_s,
                "last_share": t.last_share,
            }
            for t in found.types
        ],
    }


@use_case(writes=True)
def export(
    ws: Workspace,
    ocel: OcelName,
    file: Annotated[Path, "File to write; its extension says the format"],
    *,
    standard: Annotated[Literal["2.0", "1.0"], "Version of the OCEL standard"] = "2.0",
    overwrite: Annotated[bool, "Replace the file if it exists"] = False,
) -> dict[str, Any]:
    """Write an object-centric log as JSON, XML, SQLite or (OCEL 1.0) CSV, saying what the format could not hold.

    Example: hoshin ocel export orders orders.sqlite
    """
    from hoshin.connect._ocel_files import write_ocel

    log = ws.ocels.read(ocel)
    with ws.progress.task(f"Writing {file.name}"):
        lost = write_ocel(log, file, standard=standard, overwrite=overwrite)
    return {"file": str(file), **_counts(log), "bytes": file.stat().st_size, "left_out": lost}


def _counts(log: Any) -> dict[str, int]:
    return {
        "events": log.n_events,
        "objects": log.n_objects,
        "undeclared_objects": log.n_undeclared,
        "e2o": len(log.e2o),
        "o2o": len(log.o2o),
        "attribute_changes": log.n_changes,
    }


def _moment(t_ns: int, time_zone: str) -> str:
    import polars as pl

    moment = pl.Series([int(t_ns)]).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")
    return str(moment.dt.convert_time_zone(time_zone)[0])


def _log_name(ocel: str, object_type: str) -> str:
    import re

    return f"{ocel}-{re.sub(r'[^A-Za-z0-9._-]+', '-', object_type)}"[:64]


def _origin(parent: Any, done: Any) -> dict[str, Any]:
    """Where the case log came from: rows are events of the object-centric log, by their position in it."""
    from hoshin.log.lineage import with_part

    about = {"flattened_from": f"{parent.name}@{parent.version}", "object_type": done.object_type}
    totals = {"rows": done.rows, "accepted": done.rows, "quarantined": 0}
    source = parent.meta.get("source", {})
    whole, _ = with_part(about, f"events of {parent.name}@{parent.version}", source.get("sha256", ""), done.events_in)
    return {**whole, "totals": totals, "from": source.get("file", ""), "lost_events": done.lost}
