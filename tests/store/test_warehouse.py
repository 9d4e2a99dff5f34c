"""One suite over all engines: the kernels, and DuckDB, Spark and ClickHouse through Ibis, give equal answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hoshin.errors import InvalidInput, Unsupported
from hoshin.kernels import dfg as kernel
from hoshin.log.build import build_log
from hoshin.log.eventlog import EventLog
from hoshin.log.filter import Filter
from hoshin.log.where import parse
from hoshin.store.warehouse import DIALECTS, Warehouse, open_table, split, sql
from tests.clean_log import clean_rows

ibis = pytest.importorskip("ibis")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
GOLDEN = Path(__file__).parents[1] / "golden" / "sql"


def rows() -> pl.DataFrame:
    """300 orders, with loops, ties, single-event cases, missing resources and microseconds."""
    clean = clean_rows(150).with_row_index("k")
    again = clean.filter(pl.col("k") % 11 == 0).with_columns(pl.col("timestamp") + pl.duration(microseconds=1234567))
    tie = clean.filter(pl.col("k") % 17 == 0).with_columns(activity=pl.lit("Note"))
    alone = clean.filter(pl.col("k") % 40 == 0).with_columns(case_id=pl.lit("S") + pl.col("k").cast(pl.String))
    frame = pl.concat([clean, again, tie, alone]).drop("k").sort("timestamp", "case_id", maintain_order=True)
    return frame.with_columns(
        pl.when(pl.int_range(pl.len()) % 13 != 0).then("resource").alias("resource"),
        pl.col("timestamp", "start_timestamp").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
    ).with_row_index("source_row")


@dataclass
class Embedded:
    """The answers of the kernels."""

    log: EventLog

    def where(self, what: Filter) -> Embedded:
        return Embedded(what.apply(self.log).log)

    def counts(self) -> tuple[int, int, int]:
        return self.log.n_cases, self.log.n_events, len(set(self.log.activity.tolist()))

    def follows(self) -> dict[tuple[str, str], int]:
        names = self.log.activities
        counts = kernel.count_follows(self.log.activity, self.log.case_start, len(names))
        return {(a, b): int(counts[i, j]) for i, a in enumerate(names) for j, b in enumerate(names) if counts[i, j]}

    def variants(self) -> dict[tuple[str, ...], int]:
        return dict(Counter(self.log.traces()))

    def durations(self) -> dict[str, float]:
        return dict(zip(self.log.case_ids, self.log.cycle_time_s().tolist()))


@dataclass
class Asked:
    """The answers of an engine behind Ibis, in the same form."""

    warehouse: Warehouse

    def where(self, what: Filter) -> Asked:
        return Asked(self.warehouse.where(what))

    def counts(self) -> tuple[int, ...]:
        return tuple(self.warehouse.counts().to_pyarrow().to_pylist()[0].values())

    def follows(self) -> dict[tuple[str, str], int]:
        return {(r["source"], r["target"]): r["n"] for r in self.warehouse.follows().to_pyarrow().to_pylist()}

    def variants(self) -> dict[tuple[str, ...], int]:
        return {split(r["variant"]): r["n"] for r in self.warehouse.variants().to_pyarrow().to_pylist()}

    def durations(self) -> dict[str, float]:
        return {r["case_id"]: r["cycle_time_s"] for r in self.warehouse.durations().to_pyarrow().to_pylist()}


@pytest.fixture(scope="module")
def embedded() -> Embedded:
    # Attributes stay with the events, as in the table.
    return Embedded(build_log(rows(), case_columns=[]).log)


@pytest.fixture(scope="module")
def table_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("warehouse") / "events.parquet"
    rows().with_columns(pl.col("source_row").cast(pl.Int64)).write_parquet(path)
    return path


@pytest.fixture(scope="module")
def duckdb(table_file: Path) -> Iterator[Asked]:
    connection = ibis.duckdb.connect()
    yield Asked(open_table(connection.read_parquet(table_file), columns=COLUMNS))
    connection.disconnect()


@pytest.fixture(scope="module")
def spark(table_file: Path) -> Iterator[Asked]:
    sql_module = pytest.importorskip("pyspark.sql")
    import shutil

    if shutil.which("java") is None:
        pytest.skip("Spark needs a Java runtime (17 or later)")
    options = {"spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "1",
               "spark.driver.memory": "1g", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
               "spark.sql.warehouse.dir": str(table_file.parent / "spark")}  # fmt: skip
    builder = sql_module.SparkSession.builder.master("local[1]")
    for key, value in options.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    session.read.parquet(str(table_file)).cache().createOrReplaceTempView("events")
    yield Asked(open_table(ibis.pyspark.connect(session).table("events"), columns=COLUMNS))
    session.stop()


class ClickHouse(Asked):
    """ClickHouse itself, embedded: what Ibis writes for it is run as it is."""

    session: Any = None

    def where(self, what: Filter) -> Asked:
        asked = ClickHouse(self.warehouse.where(what))
        asked.session = self.session
        return asked

    def run(self, expression: Any) -> list[dict[str, Any]]:
        lines = str(self.session.query(sql(expression, "clickhouse"), "JSONEachRow")).splitlines()
        return [json.loads(line) for line in lines]

    def counts(self) -> tuple[int, ...]:
        return tuple(self.run(self.warehouse.counts())[0].values())

    def follows(self) -> dict[tuple[str, str], int]:
        return {(r["source"], r["target"]): r["n"] for r in self.run(self.warehouse.follows())}

    def variants(self) -> dict[tuple[str, ...], int]:
        return {split(r["variant"]): r["n"] for r in self.run(self.warehouse.variants())}

    def durations(self) -> dict[str, float]:
        return {r["case_id"]: r["cycle_time_s"] for r in self.run(self.warehouse.durations())}


@pytest.fixture(scope="module")
def clickhouse(table_file: Path) -> Iterator[Asked]:
    pytest.importorskip("chdb")
    from chdb.session import Session

    session = Session()
    session.query("SET output_format_json_quote_64bit_integers = 0")
    session.query(f"CREATE VIEW events AS SELECT * FROM file('{table_file}', Parquet)")
    schema = ibis.duckdb.connect().read_parquet(table_file).schema()
    asked = ClickHouse(open_table(ibis.table(schema, name="events"), columns=COLUMNS, dialect="clickhouse"))
    asked.session = session
    yield asked
    session.close()


COLUMNS = {"start_timestamp": "start_timestamp"}
ENGINES = ("duckdb", "spark", "clickhouse")
FILTERS = [
    "duration > 4d",
    "duration in 1d..6d and not events >= 7",
    "started in 2024-02..2024-03",
    "contained in 2024-03 or intersecting in 2024-05-06..2024-05-08",
    'resource = "Ann" and not every resource in ("Ann", "Bo")',
    'resource is missing then keep not resource = "Cy"',
    'event.region = "north"',
    'event.region contains "SOU"',
    'follows("Ship", "Check credit") or follows("Receive order", "Receive payment", after 5d)',
    'directly("Receive order", ("Check credit", "Note"), within 2d)',
    'follows("Check credit", "Ship", within 2d)',
    'not follows(("Receive order", "Note"), ("Ship", "Note"), after 1d, within 3d) and events >= 2',
    'repeats(2) and not repeats("Ship", "Note", 2)',
    "loops()",
    'loops("Ship", "Note")',
    'starts with "Receive order" and ends with ("Receive payment", "Note")',
    "variant top 3",
    "variant covers 60%",
    'variant is ("Receive order", "Check credit", "Pick goods", "Ship", "Send invoice", "Receive payment")',
    "trim 2024-02-10..2024-03-10 then variant top 2 then duration > 1h",
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("question", ["counts", "follows", "variants", "durations"])
def test_engines_answer_alike(engine: str, question: str, embedded: Embedded, request: pytest.FixtureRequest) -> None:
    asked = request.getfixturevalue(engine)

    assert getattr(asked, question)() == pytest.approx(getattr(embedded, question)(), abs=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("where", FILTERS)
def test_engines_filter_alike(engine: str, where: str, embedded: Embedded, request: pytest.FixtureRequest) -> None:
    """The cases kept, and how long they are: durations name both."""
    asked = request.getfixturevalue(engine)
    expected = embedded.where(parse(where)).durations()
    if engine == "clickhouse" and "after 1d, within" in where:
        with pytest.raises(Unsupported, match="71 minutes"):
            asked.where(parse(where))
        return

    assert asked.where(parse(where)).durations() == pytest.approx(expected, abs=1e-6)
    assert 0 < len(expected) < embedded.log.n_cases or where.startswith("event.region"), "the filter tells cases apart"


def of_nothing(dialect: str) -> Warehouse:
    schema = {
        "case_id": "string",
        "activity": "string",
        "timestamp": "timestamp",
        "resource": "string",
        "source_row": "int64",
    }
    return open_table(ibis.table(schema, name="events"), dialect=dialect)


STATEMENTS: dict[str, Callable[[Warehouse], Any]] = {
    "counts": Warehouse.counts,
    "follows": Warehouse.follows,
    "variants": Warehouse.variants,
    "durations": Warehouse.durations,
    "limited": lambda w: w.where(
        parse('follows("A", "B", within 1d) or follows("A", "C", after 1min, within 1h)')
    ).counts(),
    "filtered": lambda w: w.where(parse('duration > 5d and follows("A", "B") then variant top 3')).follows(),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", STATEMENTS)
def test_golden_sql(dialect: str, name: str) -> None:
    """The statement of every engine, word for word. Delete a file and run twice to renew it."""
    said = sql(STATEMENTS[name](of_nothing(dialect)), dialect) + "\n"
    golden = GOLDEN / f"{name}.{dialect}.sql"
    if not golden.exists():
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(said, encoding="utf-8")
        pytest.fail(f"{golden.name} was missing and is written now: look at it, then run again")

    assert said == golden.read_text(encoding="utf-8")


def test_what_cannot_be_asked_says_so(duckdb: Asked) -> None:
    with pytest.raises(InvalidInput, match="Did you mean 'region'"):
        duckdb.where(parse('event.regio = "north"'))
    with pytest.raises(InvalidInput, match="case_id"):
        open_table(ibis.table({"activity": "string"}, name="t"), dialect="duckdb")
    with pytest.raises(InvalidInput, match="duckdb"):
        sql(duckdb.warehouse.counts(), "oracle")
