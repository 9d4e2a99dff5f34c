"""The same questions asked where the events lie: counts, map, variants, durations and filters as Ibis expressions.

An engine gets one statement and gives back one small table. Runs on DuckDB, Spark and ClickHouse; for Snowflake it
is written (`sql`) but was never run. Needs the extra `warehouse` (Spark: `spark`).

A variant needs the activities of a case in order, and ordered aggregation into arrays is not to be had on
Spark. So the order goes into the values: number the events of a case with a window, put the number, nine
digits wide, before the activity, collect in any order, sort the texts, cut the numbers off, join.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

from hoshin.errors import InvalidInput, Unsupported
from hoshin.log.filter import And, Condition, Filter, Not, Or, Selection, Then
from hoshin.log.filters.attribute import Compare, Keep, OfCase, OfEvent
from hoshin.log.filters.flow import Ends, Follows, Loops, Repeats, Starts
from hoshin.log.filters.time import Duration, Size, TimeFrame, Trim
from hoshin.log.filters.variant import Coverage, TopVariants, Variant

if TYPE_CHECKING:
    import ibis.expr.types as ir

# Between the activities of a variant's text; no activity may hold it.
MARK = "\x1f"
WIDTH = 9
DIALECTS = ("duckdb", "pyspark", "clickhouse", "snowflake")
MICROS = {"duckdb": "epoch_us", "pyspark": "unix_micros", "clickhouse": "toUnixTimestamp64Micro"}


def _ibis() -> Any:
    try:
        import ibis
    except ImportError:
        raise Unsupported(
            "warehouse.extra", "Asking a warehouse needs Ibis.", hint="pip install 'hoshin[warehouse]'"
        ) from None
    return ibis


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A table of events with `case_id`, `activity`, `us` (int64: microseconds since 1970, UTC), `tie` (what
    orders events of one moment), and any other columns. Make one with `open_table`."""

    events: ir.Table
    dialect: str
    time_zone: str = "UTC"

    def where(self, what: Filter) -> Warehouse:
        """The warehouse of what the filter keeps. Raises InvalidInput(warehouse.column) for a column it lacks, and
        Unsupported(warehouse.filter) for a least and a most time of `follows` that ClickHouse has no window for."""
        if isinstance(what, Then):
            return reduce(lambda w, step: w.where(step), what.steps, self)
        if isinstance(what, Selection):
            return replace(self, events=self.events.filter(_of_events(self, what)))
        assert isinstance(what, Condition)
        flags: dict[str, Any] = {}
        numbered = _with_gaps(_numbered(self.events), what, self.dialect)
        test = _condition(self, what, numbered, flags)
        cases = numbered.group_by("case_id").agg(**flags)
        if any(name.startswith("keys") for name in flags):
            cases = cases.mutate(variant=_joined(cases["keys"])).drop("keys")
            cases = _ranked(cases)
        kept = cases.filter(test(cases)).select("case_id")
        return replace(self, events=self.events.filter(self.events.case_id.isin(kept.case_id)))

    def counts(self) -> ir.Table:
        """One row: n_cases, n_events, n_activities."""
        e = self.events
        return e.agg(n_cases=e.case_id.nunique(), n_events=e.count(), n_activities=e.activity.nunique())

    def follows(self) -> ir.Table:
        """Directly-follows pairs: source, target, n."""
        e = _numbered(self.events)
        pairs = e.filter(e.before.notnull()).group_by(source=e.before, target=e.activity)
        return pairs.agg(n=lambda t: t.count())

    def variants(self) -> ir.Table:
        """variant (activities joined by `MARK`), n; commonest first, then by text."""
        import ibis

        cases = _numbered(self.events).group_by("case_id").agg(keys=lambda t: t.key.collect())
        cases = cases.mutate(variant=_joined(cases["keys"]))
        counted = cases.group_by("variant").agg(n=lambda t: t.count())
        return counted.order_by(ibis.desc("n"), "variant")

    def durations(self) -> ir.Table:
        """One row per case: case_id, cycle_time_s (float64)."""
        e = self.events
        spent = (e.us.max() - _begin(e).min()) / 1_000_000.0
        return e.group_by("case_id").agg(cycle_time_s=spent)


def open_table(
    table: ir.Table, *, columns: Mapping[str, str] | None = None, dialect: str = "", time_zone: str = "UTC"
) -> Warehouse:
    """A warehouse over `table`, whose columns `columns` (role to name) play the roles of a log.

    `timestamp` and `start_timestamp` are timestamps in UTC. `source_row`, if there is one, orders events of
    one moment; else the activity does. Raises InvalidInput(warehouse.column | warehouse.timestamp) for a
    missing column, or times that are none.
    """
    ibis = _ibis()
    names = {role: role for role in ("case_id", "activity", "timestamp")} | dict(columns or {})
    for role, name in names.items():
        if name not in table.columns:
            raise InvalidInput.unknown("warehouse.column", f"column ({role})", name, table.columns)
    for role in ("timestamp", "start_timestamp"):
        kind = table[names[role]].type() if role in names else None
        if kind is not None and not kind.is_timestamp():
            raise InvalidInput(
                "warehouse.timestamp",
                f"Column {names[role]!r} ({role}) holds {kind}, not timestamps.",
                hint="Name another column, or make a view that casts it.",
            )
    dialect = dialect or str(table.get_backend().name)
    micros = _micros(ibis, dialect)
    renamed = table.rename({role: name for role, name in names.items() if role != name})
    events = renamed.mutate(case_id=renamed.case_id.cast("string"), activity=renamed.activity.cast("string"))
    events = events.mutate(
        us=micros(events.timestamp),
        tie=events.source_row.cast("string").lpad(18, "0") if "source_row" in events.columns else events.activity,
    )
    if "start_timestamp" in events.columns:
        events = events.mutate(begin_us=micros(events.start_timestamp).coalesce(events.us))
    return Warehouse(events, dialect, time_zone)


def named(table: str, columns: Mapping[str, str]) -> ir.Table:
    """A table that is only named (`schema.table`): for statements that somebody else will run."""
    ibis = _ibis()
    kinds = {"timestamp": "timestamp", "start_timestamp": "timestamp", "source_row": "int64"}
    roles = dict.fromkeys(("case_id", "activity", "timestamp", *columns))
    schema = {columns.get(role, role): kinds.get(role, "string") for role in roles}
    place, _, name = table.rpartition(".")
    found: ir.Table = ibis.table(schema, name=name, database=place or None)
    return found


def sql(expression: ir.Expr, dialect: str) -> str:
    """The statement that `expression` is in a dialect of `DIALECTS`."""
    if dialect not in DIALECTS:
        raise InvalidInput.unknown("warehouse.dialect", "dialect", dialect, DIALECTS)
    ibis = _ibis()
    if dialect == "pyspark":
        try:
            _ = ibis.pyspark  # Ibis knows the options of this dialect once its backend is loaded.
        except (ImportError, AttributeError):
            raise Unsupported(
                "warehouse.spark", "Writing for Spark needs PySpark.", hint="pip install 'hoshin[spark]'"
            ) from None
    return str(ibis.to_sql(expression, dialect=dialect, pretty=True))


def split(variant: str | None) -> tuple[str, ...]:
    """The activities of a variant's text."""
    return tuple((variant or "").split(MARK)) if variant else ()


def _micros(ibis: Any, dialect: str) -> Any:
    """Timestamp to microseconds since 1970 by the function that the dialect has for it."""
    if dialect == "snowflake":

        @ibis.udf.scalar.builtin(name="DATE_PART")  # type: ignore[untyped-decorator, unused-ignore]
        def date_part(part: str, moment: dt.datetime) -> int: ...  # type: ignore[empty-body]

        return lambda column: date_part("epoch_microsecond", column)
    if dialect not in MICROS:
        raise InvalidInput.unknown("warehouse.dialect", "dialect", dialect, DIALECTS)

    @ibis.udf.scalar.builtin(name=MICROS[dialect])  # type: ignore[untyped-decorator, unused-ignore]
    def micros(moment: dt.datetime) -> int: ...  # type: ignore[empty-body]

    return micros


def _begin(e: Any) -> Any:
    return e.begin_us if "begin_us" in e.columns else e.us


def _numbered(events: Any) -> Any:
    """The events with their position in the case from both ends, the one before, and the sortable key."""
    import ibis

    order = ["us", *(["begin_us"] if "begin_us" in events.columns else []), "tie"]
    forward = ibis.window(group_by="case_id", order_by=order)
    backward = ibis.window(group_by="case_id", order_by=[ibis.desc(c) for c in order])
    own = ibis.window(group_by=["case_id", "activity"], order_by=order)
    e = events.mutate(
        position=ibis.row_number().over(forward),
        from_end=ibis.row_number().over(backward),
        occurrence=ibis.row_number().over(own),
        before=events.activity.lag().over(forward),
        before_us=events.us.lag().over(forward),
    )
    return e.mutate(key=e.position.cast("string").lpad(WIDTH, "0") + e.activity)


def _joined(keys: Any) -> Any:
    return keys.sort().map(lambda key: key.substr(WIDTH)).join(MARK)


def _ranked(cases: Any) -> Any:
    """Cases with the rank of their variant (commonest first, then the variant of the first row) and the
    share of cases that the variants before it cover."""
    import ibis

    counted = cases.group_by("variant").agg(n=lambda t: t.count(), first=lambda t: t.first_tie.min())
    order = [ibis.desc("n"), "first", "variant"]
    ranked = counted.mutate(
        rank=ibis.row_number().over(order_by=order),
        upto=counted.n.sum().over(ibis.cumulative_window(order_by=order)),
        total=counted.n.sum().over(ibis.window()),
    )
    ranked = ranked.mutate(covered=(ranked.upto - ranked.n) / ranked.total.cast("float64"))
    return cases.join(ranked.select("variant", "rank", "covered"), "variant")


def _compare(column: Any, test: Compare) -> Any:
    value: Any = test.value
    match test.operator:
        case "=":
            found = column == value
        case "<":
            found = column < value
        case "<=":
            found = column <= value
        case ">":
            found = column > value
        case ">=":
            found = column >= value
        case "in":
            found = column.isin(list(value))
        case "between":
            found = column.between(value[0], value[1])
        case "missing":
            return column.isnull()
        case _:
            found = column.lower().contains(str(value).lower())
    return found.fill_null(False)


def _of_events(w: Warehouse, what: Selection) -> Any:
    e = w.events
    if isinstance(what, Trim):
        low, high = (n // 1000 for n in what.period.bounds(w.time_zone))
        return (e.us >= low) & (e.us < high)
    assert isinstance(what, Keep)
    rows = _compare(_column(e, what.test.column), what.test.test)
    return ~rows if what.but else rows


def _column(e: Any, name: str) -> Any:
    if name not in e.columns:
        raise InvalidInput.unknown("warehouse.column", "column", name, e.columns)
    return e[name]


def _condition(w: Warehouse, what: Condition, e: Any, flags: dict[str, Any]) -> Any:
    """A test of the table of cases; what it needs of the events is added to `flags`, an aggregate each."""
    if isinstance(what, (And, Or)):
        parts = [_condition(w, part, e, flags) for part in what.parts]
        both = isinstance(what, And)
        return lambda c: reduce(lambda a, b: (a & b) if both else (a | b), [p(c) for p in parts])
    if isinstance(what, Not):
        inner = _condition(w, what.part, e, flags)
        return lambda c: ~inner(c)
    if isinstance(what, (TopVariants, Coverage, Variant)):
        flags["keys"], flags["first_tie"] = e.key.collect(), e.tie.min()
        if isinstance(what, TopVariants):
            return lambda c: c["rank"] < what.n
        if isinstance(what, Coverage):
            return lambda c: c.covered < what.share - 1e-9
        return lambda c: c.variant == MARK.join(what.trace)
    value = _aggregate(w, what, e)
    name = f"flag_{len(flags)}"
    flags[name] = value.cast("int64")
    return lambda c: c[name] == 1


def _aggregate(w: Warehouse, what: Condition, e: Any) -> Any:
    """The condition as one boolean aggregate over the events of a case."""

    def some(rows: Any) -> Any:
        return rows.cast("int64").max() == 1

    match what:
        case Duration(test):
            return _compare((e.us.max() - _begin(e).min()) / 1_000_000.0, test)
        case Size(test):
            return _compare(e.count(), test)
        case TimeFrame(mode, period):
            low, high = (n // 1000 for n in period.bounds(w.time_zone))
            begin, end = _begin(e).min(), e.us.max()
            tests = {
                "contained": (begin >= low) & (end < high),
                "intersecting": (begin < high) & (end >= low),
                "started": (begin >= low) & (begin < high),
                "completed": (end >= low) & (end < high),
            }
            return tests[mode]
        case OfCase(column, test):
            rows = _compare(_column(e, column), test)
            return ~some(~rows) if test.operator == "missing" else some(rows)
        case OfEvent(column, test, every):
            rows = _compare(_column(e, column), test)
            return ~some(~rows) if every else some(rows)
        case Starts(names):
            return some((e.position == 0) & e.activity.isin(names))
        case Ends(names):
            return some((e.from_end == 0) & e.activity.isin(names))
        case Loops(names):
            rows = (e.before == e.activity).fill_null(False)
            return some(rows & e.activity.isin(names) if names else rows)
        case Repeats(names, times):
            rows = e.occurrence >= times - 1
            return some(rows & e.activity.isin(names) if names else rows)
        case Follows():
            return _follows(what, e, some)
    raise Unsupported("warehouse.filter", f"{what.to_text()} cannot be asked of a warehouse.", hint="Import the log.")


def _follows(what: Follows, e: Any, some: Any) -> Any:

    least = None if what.min_s is None else round(what.min_s * 1e6)
    most = None if what.max_s is None else round(what.max_s * 1e6)
    if what.directly:
        gap = e.us - e.before_us
        rows = e.before.isin(what.first).fill_null(False) & e.activity.isin(what.after)
        rows = rows if least is None else rows & (gap >= least)
        return some(rows if most is None else rows & (gap <= most))
    first, after = e.activity.isin(what.first), e.activity.isin(what.after)
    if most is not None:
        return some(e[_gap(what)] & after)
    # The earliest `first` and the last `after` are as far apart as any two.
    ahead = e.position.min(where=first) < e.position.max(where=after)
    if least is not None:
        ahead = ahead & (e.us.max(where=after) - e.us.min(where=first) >= least)
    return ahead.fill_null(False)


def _with_gaps(e: Any, what: Condition, dialect: str) -> Any:
    """The events with a column for each `follows` in `what` that limits the time from above: whether a `first`
    stands before the event, at least and at most so long ago."""
    import ibis

    if isinstance(what, (And, Or)):
        return reduce(lambda table, part: _with_gaps(table, part, dialect), what.parts, e)
    if isinstance(what, Not):
        return _with_gaps(e, what.part, dialect)
    if not isinstance(what, Follows) or what.directly or what.max_s is None:
        return e
    least, most = round((what.min_s or 0) * 1e6), round(what.max_s * 1e6)
    first = e.activity.isin(what.first)
    if least == 0:
        # The latest `first` among those before is the nearest in time.
        before = ibis.window(group_by="case_id", order_by=["position"], preceding=(None, 1))
        nearest = ibis.cases((first, e.us)).max().over(before)
        return e.mutate(**{_gap(what): (e.us - nearest <= most).fill_null(False)})
    if dialect == "clickhouse" and most >= 1 << 32:
        raise Unsupported(
            "warehouse.filter",
            f"{what.to_text()}: the windows of ClickHouse reach back 71 minutes at most.",
            hint="Leave out the least or the most time, or import the log and filter it here.",
        )
    span = ibis.range_window(group_by="case_id", order_by=["us"], preceding=(most, least))
    return e.mutate(**{_gap(what): (first.cast("int64").max().over(span) == 1).fill_null(False)})


def _gap(what: Follows) -> str:
    return f"gap_{hashlib.blake2b(what.to_text().encode(), digest_size=6).hexdigest()}"
