"""Engines that hold events: a Parquet or CSV file, a DuckDB file, Spark, ClickHouse or Snowflake, as one Ibis table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hoshin.errors import InvalidInput, NotFound, Unavailable, Unsupported

if TYPE_CHECKING:
    import ibis.expr.types as ir

FILES = {".parquet": "read_parquet", ".pq": "read_parquet", ".csv": "read_csv", ".gz": "read_csv"}
SERVERS = ("clickhouse", "snowflake")


def open_events(source: str, table: str = "", *, spark: bool = False) -> ir.Table:
    """The table of events at `source`: a file, or a URL (`clickhouse://host/database`, `snowflake://...`).

    A Parquet or CSV file is read where it lies by DuckDB, or by a local Spark. `table` names the table of a
    database; one that has a single table needs no name. Raises NotFound(warehouse.file),
    InvalidInput(warehouse.source | warehouse.table), Unsupported(warehouse.extra), Unavailable(warehouse.server).
    """
    try:
        import ibis
    except ImportError:
        raise Unsupported(
            "warehouse.extra", "Asking a warehouse needs Ibis.", hint="pip install 'hoshin[warehouse]'"
        ) from None
    scheme, mark, _ = source.partition("://")
    if mark and scheme in SERVERS:
        return _table(_server(ibis, source, scheme), table, source.partition("@")[2] or source)
    path = Path(source.removeprefix("duckdb://"))
    if mark and scheme != "duckdb":
        raise InvalidInput.unknown("warehouse.source", "kind of warehouse", scheme, (*SERVERS, "duckdb"))
    if not path.exists():
        raise NotFound("warehouse.file", f"There is no file {path}.", hint="Check the path.")
    reader = FILES.get(path.suffix.lower())
    if reader is None:
        return _table(ibis.duckdb.connect(str(path), read_only=True), table, path.name)
    engine = _spark(ibis) if spark else ibis.duckdb.connect()
    found: ir.Table = getattr(engine, reader)(str(path))
    return found


def _spark(ibis: Any) -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise Unsupported("warehouse.extra", "Spark needs PySpark.", hint="pip install 'hoshin[spark]'") from None
    builder = SparkSession.builder.master("local[*]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.session.timeZone", "UTC").config("spark.driver.bindAddress", "127.0.0.1")
    session = builder.config("spark.driver.host", "127.0.0.1").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return ibis.pyspark.connect(session)


def _server(ibis: Any, url: str, scheme: str) -> Any:
    try:
        return ibis.connect(url)
    except ImportError:
        raise Unsupported(
            "warehouse.extra", f"No driver for {scheme}.", hint=f"pip install 'ibis-framework[{scheme}]'"
        ) from None
    except Exception as error:
        # Every driver has errors of its own; none may show the password of the URL.
        place = url.partition("://")[2].partition("@")[2] or scheme
        raise Unavailable(
            "warehouse.server", f"{scheme} at {place} cannot be reached: {type(error).__name__}.",
            hint="Check address, user and password, then try again.",
        ) from None  # fmt: skip


def _table(engine: Any, table: str, where: str) -> ir.Table:
    # Ibis 12 lists the tables of a DuckDB 2 file by a call that this no longer has.
    duckdb = engine.name == "duckdb"
    names = sorted(row[0] for row in engine.raw_sql("SHOW TABLES").fetchall()) if duckdb else engine.list_tables()
    if not table and len(names) == 1:
        table = names[0]
    if table not in names:
        raise InvalidInput.unknown("warehouse.table", f"table of {where}", table, names)
    found: ir.Table = engine.table(table)
    return found
