"""Pull event logs from systems: databases, SAP, Camunda, ServiceNow, Jira, UI logs."""

from __future__ import annotations

from typing import Annotated, Any

from hoshin.errors import InvalidInput
from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

PULLS = "pulls"
Settings = Annotated[list[str] | None, "A setting of the connector as name=value; repeat for more"]


@use_case()
def list_(ws: Workspace) -> list[dict[str, Any]]:
    """The connectors, what each reads, and its settings (a star marks one that is needed).

    Example: hoshin connect list
    """
    from hoshin.connect._connector import connector_names, connectors, settings_help

    summaries = connectors.summaries()
    return [{"connector": n, "reads": summaries[n], "settings": settings_help(n)} for n in connector_names()]


@use_case()
def mappings(ws: Workspace) -> list[dict[str, Any]]:
    """The mappings that come with hoshin: name, version and what each is for.

    Example: hoshin connect mappings
    """
    from hoshin.connect._mapping import load_mapping, shipped

    loaded = [load_mapping(name) for name in shipped()]
    return [{"mapping": m.name, "version": m.version, "for": m.summary} for m in loaded]


@use_case()
def mapping_check(
    ws: Workspace,
    mapping: Annotated[str, "A mapping file, or the name of a shipped mapping"],
    *,
    against: Annotated[str, "A table (CSV, Parquet, Excel, JSON Lines) to try it on"] = "",
) -> dict[str, Any]:
    """Check a mapping file; with --against, also apply it to a table and say what could not be read.

    Example: hoshin connect mapping-check orders.toml --against orders.csv
    """
    from hoshin.connect._canonical import to_canonical
    from hoshin.connect._mapping import load_mapping
    from hoshin.connect._tables import read_table

    loaded = load_mapping(mapping)
    result: dict[str, Any] = loaded.described() | {"events": [e.name for e in loaded.events]}
    if against:
        made = to_canonical(read_table(against), loaded, where=against)
        result |= {"rows": made.frame.height, "unreadable": _unread(made.unread), "first_rows": _head(made.frame)}
    return result


@use_case()
def preview(
    ws: Workspace,
    connector: Annotated[str, "A connector; see: hoshin connect list"],
    *,
    set_: Settings = None,
) -> dict[str, Any]:
    """Show the first events a connector would pull; stores nothing.

    Example: hoshin connect preview sql --set url=sqlite:///shop.db --set table=steps --set mapping=steps.toml
    """
    from hoshin.connect._connector import make

    source = make(connector, read_settings(set_ or []))
    about = source.about()
    batch = next(iter(source.batches()), None)
    if batch is None:
        raise InvalidInput("connect.empty", f"{about.source} has no rows.", hint="Check the query, table or filter.")
    columns = [{"column": n, "type": str(t)} for n, t in batch.frame.schema.items() if not n.startswith("#")]
    return {
        "source": about.source,
        "mode": source.mode,
        "time_zone": about.time_zone,
        "mapping": dict(about.mapping),
        "columns": columns,
        "unreadable": _unread(batch.unread),
        "first_rows": _head(batch.frame),
    }


@use_case()
def propose(
    ws: Workspace,
    table: Annotated[str, "A table: CSV, Parquet, Excel or JSON Lines"],
) -> str:
    """Propose a mapping file for a table, from its column names and values. Read it before you use it.

    Example: hoshin connect propose orders.csv > orders.toml
    """
    from pathlib import Path

    from hoshin.connect._canonical import propose_mapping
    from hoshin.connect._tables import read_table

    return propose_mapping(read_table(table), Path(table).name.partition(".")[0]).rstrip()


@use_case(writes=True)
def pull(
    ws: Workspace,
    connector: Annotated[str, "A connector; see: hoshin connect list"],
    log: Annotated[str, "The log to store the events in"],
    *,
    set_: Settings = None,
    restart: Annotated[bool, "Forget earlier pulls of this log and read all again"] = False,
    dry_run: Annotated[bool, "Show what would be pulled, as `preview` does, and store nothing"] = False,
) -> dict[str, Any]:
    """Pull events into a log. A pull that was cut off goes on; without --set the last settings hold.

    Rows that cannot be events are held: hoshin quarantine show, repair, release. Later pulls keep the repairs.

    Example: hoshin connect pull jira support --set url=https://jira.example --set token=env:JIRA_TOKEN
    """
    from hoshin.connect import _pull
    from hoshin.connect._connector import make
    from hoshin.connect._stage import Stage
    from hoshin.service._arrivals import quarantine

    settings = read_settings(set_ or [])
    before = Stage(ws.root / PULLS / log).settings()
    if not settings and before is not None and before["connector"] == connector:
        settings = before["settings"]
    if dry_run:
        return preview(ws, connector, set_=[f"{k}={_flat(v)}" for k, v in settings.items()])
    source = make(connector, settings)
    with ws.progress.task(f"Pulling {log}") as advance:
        done = _pull.pull(
            source,
            log,
            store=ws.logs,
            quarantine=quarantine(ws),
            folder=ws.folder(PULLS),
            kind=connector,
            restart=restart,
            advance=advance,
        )
    result = {
        "log": done.stored.name,
        "version": done.stored.version,
        "rows_read": done.rows,
        "rows_resumed": done.resumed,
        "rows_in_all": done.staged,
        "repeated": done.repeated,
        "quarantined": done.held,
        "released": done.released,
        "events": done.events,
        "cases": done.cases,
        "unreadable": _unread(done.unread),
    }
    return result | ({"quarantine": f"quarantine/{done.stored.name}/{done.batch}.csv"} if done.batch else {})


def read_settings(given: list[str]) -> dict[str, Any]:
    found = {}
    for entry in given:
        name, sign, value = entry.partition("=")
        if not sign or not name:
            raise InvalidInput("connect.set", f"{entry.split(':')[0]!r} is not name=value.", hint="--set url=...")
        found[name.strip().replace("-", "_")] = value
    return found


def _flat(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _head(frame: Any) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if v is not None} for row in frame.head(5).to_dicts()]


def _unread(unread: Any) -> list[dict[str, Any]]:
    return [
        {"column": u.column, "type": u.type, "count": u.count, "first_value": u.first_value, "row": u.first_row}
        for u in unread
    ]
