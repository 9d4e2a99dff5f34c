"""Ask events where they lie, without importing them: DuckDB, Parquet, Spark, ClickHouse, Snowflake."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

Source = Annotated[str, "A .parquet, .csv or DuckDB file, clickhouse://..., snowflake://..., or env:NAME of such a URL"]
Table = Annotated[str, "Table of the database; one that has a single table needs none"]
Role = Annotated[list[str] | None, "Which column plays a role, as role=column, e.g. case_id=order_no; repeat for more"]
Wanted = Annotated[str, "Only what this filter keeps, e.g. 'duration > 5d'; see docs/how/filters.md"]
Zone = Annotated[str, "IANA zone in which the days of a filter begin"]
Spark = Annotated[bool, "Let a local Spark read the file, not DuckDB"]
Questions = Literal["counts", "map", "variants", "durations"]


@use_case(local=True)
def counts(
    ws: Workspace, source: Source, *, table: Table = "", column: Role = None, where: Wanted = "",
    time_zone: Zone = "UTC", spark: Spark = False,
) -> dict[str, Any]:  # fmt: skip
    """How many cases, events and activities there are, and how many a filter keeps.

    Example: hoshin warehouse counts big.parquet --where 'duration > 5d'
    """
    whole = opened(source, table, column, "", time_zone, spark).counts()
    kept = opened(source, table, column, where, time_zone, spark).counts()
    found: dict[str, Any] = rows_of(kept)[0]
    return found | ({f"of_{k}": v for k, v in rows_of(whole)[0].items()} if where else {})


@use_case(local=True)
def map(
    ws: Workspace, source: Source, *, table: Table = "", column: Role = None, where: Wanted = "",
    time_zone: Zone = "UTC", spark: Spark = False, top: Annotated[int, "How many pairs; 0 = all"] = 50,
) -> list[dict[str, Any]]:  # fmt: skip
    """What directly follows what, and how often.

    Example: hoshin warehouse map shop.duckdb --table events --column case_id=order_no
    """
    pairs = opened(source, table, column, where, time_zone, spark).follows()
    found = sorted(rows_of(pairs), key=lambda r: (-r["n"], r["source"], r["target"]))
    return found[:top] if top else found


@use_case(local=True)
def variants(
    ws: Workspace, source: Source, *, table: Table = "", column: Role = None, where: Wanted = "",
    time_zone: Zone = "UTC", spark: Spark = False, top: Annotated[int, "How many to list"] = 10,
) -> list[dict[str, Any]]:  # fmt: skip
    """The commonest ways cases run, with the share of all cases.

    Example: hoshin warehouse variants big.parquet --top 5
    """
    from hoshin.store.warehouse import split

    asked = opened(source, table, column, where, time_zone, spark)
    total = rows_of(asked.counts())[0]["n_cases"]
    found = rows_of(asked.variants().limit(top))
    return [
        {"cases": r["n"], "share": r["n"] / total, "variant": " > ".join(split(r["variant"]))}
        for r in found
    ]  # fmt: skip


@use_case(local=True)
def durations(
    ws: Workspace, source: Source, *, table: Table = "", column: Role = None, where: Wanted = "",
    time_zone: Zone = "UTC", spark: Spark = False,
) -> dict[str, Any]:  # fmt: skip
    """How long cases take: mean, quartiles and extremes, computed where the events lie.

    Example: hoshin warehouse durations big.parquet --where 'started in 2024-03'
    """
    spent = opened(source, table, column, where, time_zone, spark).durations().cycle_time_s
    table_of = spent.as_table()
    taken = table_of.cycle_time_s
    summary = table_of.agg(
        cases=taken.count(), cycle_time_mean_s=taken.mean(), cycle_time_min_s=taken.min(),
        cycle_time_p25_s=taken.quantile(0.25), cycle_time_median_s=taken.quantile(0.5),
        cycle_time_p75_s=taken.quantile(0.75), cycle_time_max_s=taken.max(),
    )  # fmt: skip
    found: dict[str, Any] = rows_of(summary)[0]
    return found


@use_case(local=True)
def sql(
    ws: Workspace,
    question: Annotated[Questions, "What to ask"],
    *,
    dialect: Annotated[Literal["duckdb", "pyspark", "clickhouse", "snowflake"], "Whose SQL"],
    table: Annotated[str, "Table of events"] = "events",
    column: Role = None,
    where: Wanted = "",
    time_zone: Zone = "UTC",
) -> str:
    """The statement a question is, for who runs it elsewhere; nothing is asked.

    Snowflake's is written and compared word for word, but was never run.

    Example: hoshin warehouse sql variants --dialect snowflake --table SALES.EVENTS
    """
    from hoshin.log.where import parse
    from hoshin.store import warehouse

    asked = warehouse.open_table(warehouse.named(table, roles(column)), columns=roles(column), dialect=dialect,
                                 time_zone=time_zone)  # fmt: skip
    asked = asked.where(parse(where)) if where.strip() else asked
    ask = {"counts": asked.counts, "map": asked.follows, "variants": asked.variants, "durations": asked.durations}
    return warehouse.sql(ask[question](), dialect)


def roles(column: list[str] | None) -> dict[str, str]:
    """`role=column` texts; InvalidInput(warehouse.role) names a role that is none."""
    from hoshin.errors import InvalidInput

    known = ("case_id", "activity", "timestamp", "start_timestamp", "resource", "source_row")
    found = {}
    for entry in column or []:
        role, _, name = entry.partition("=")
        if role not in known:
            raise InvalidInput.unknown("warehouse.role", "role", role, known)
        found[role] = name
    return found


def opened(source: str, table: str, column: list[str] | None, where: str, time_zone: str, spark: bool) -> Any:
    """The warehouse of what `where` keeps at `source`. InvalidInput(connect.url_secret) for a password in a URL."""
    from hoshin.connect._database import Database
    from hoshin.connect._secret import SCHEMES, Secret
    from hoshin.log.where import parse
    from hoshin.store.engines import open_events
    from hoshin.store.warehouse import open_table

    if source.partition(":")[0] in SCHEMES:
        source = Secret(source).reveal()
    elif "://" in source:
        Database(source)
    asked = open_table(open_events(source, table, spark=spark), columns=roles(column), time_zone=time_zone)
    return asked.where(parse(where)) if where.strip() else asked


def rows_of(expression: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = expression.to_pyarrow().to_pylist()
    return found
