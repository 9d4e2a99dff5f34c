"""Any SQL database by SQLAlchemy URL: a query or table and a mapping, incremental by a watermark column.

With a watermark the rows come in its order from a server-side cursor, and the state after a batch is the
last watermark with the digests of the rows that have it. The next pull asks for `>=` that value and skips
exactly those rows, so rows written late at the same value are not lost and none comes twice. Rows that are
committed late with an earlier value (long transactions) need `overlap_s`, the longest such delay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from hoshin.connect._canonical import to_canonical
from hoshin.connect._connector import About, Batch, State
from hoshin.connect._database import Database, columns_of, frame_of, quoted, stream
from hoshin.connect._mapping import Mapping, load_mapping
from hoshin.connect._secret import Secret
from hoshin.connect._values import Unreadable
from hoshin.connect._watermark import Seen
from hoshin.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """`query` or `table` (of `schema`) of the database at `url`, read through `mapping`.

    `watermark` names a column that only grows (an id, a change time): pulls are then incremental and can
    be resumed; without it every pull reads all. `overlap_s`: seconds (or units of a numeric watermark)
    to look back for late commits. `batch_rows`: rows in memory at a time. `password`: of the database, a
    reference. `time_zone`: of times without an offset, in the place of the mapping's.
    """

    url: str
    mapping: str
    query: str = ""
    table: str = ""
    schema: str = ""
    watermark: str = ""
    overlap_s: float = 0.0
    time_zone: str = ""
    password: Secret | None = None
    batch_rows: int = 50_000

    def __post_init__(self) -> None:
        if bool(self.query) == bool(self.table):
            raise InvalidInput("connect.sql_what", "Give either a query or a table.", hint="Add --set table=NAME.")
        Database(self.url, self.password)

    @property
    def mode(self) -> Literal["append", "snapshot"]:
        return "append" if self.watermark else "snapshot"

    def about(self) -> About:
        mapping = load_mapping(self.mapping, time_zone=self.time_zone)
        what = self.table or "a query"
        return About(f"{what} of {self.url}", mapping.style.time_zone, mapping.currency, mapping.described())

    def batches(self, state: State | None = None) -> Iterator[Batch]:
        """Stream canonical rows; InvalidInput(connect.column) names a missing column and the nearest."""
        mapping, where = load_mapping(self.mapping, time_zone=self.time_zone), self.about().source
        with Database(self.url, self.password).open() as connection:
            subquery = f"({self.query.rstrip().rstrip(';')}) hoshin_rows"
            relation = quoted(connection, self.schema, self.table) if self.table else subquery
            names = columns_of(connection, relation)
            wanted = [self.watermark] if self.watermark else []
            for name in [*wanted, *(c for e in mapping.events for c in e.sources())]:
                if name not in names:
                    raise InvalidInput.unknown("connect.column", f"column of {where}", name, names, source=where)
            if not self.watermark:
                yield from self._all(connection, relation, mapping, where)
                return
            yield from self._since(connection, relation, names, mapping, where, state)

    def _all(self, connection: Any, relation: str, mapping: Mapping, where: str) -> Iterator[Batch]:
        first = 0
        for names, rows in stream(connection, f"SELECT * FROM {relation}", {}, self.batch_rows):
            made = to_canonical(frame_of(names, rows), mapping, where=where, table=self.table, first_row=first)
            first += len(rows)
            yield Batch(made.frame, None, made.unread)

    def _since(
        self, connection: Any, relation: str, names: list[str], mapping: Mapping, where: str, state: State | None
    ) -> Iterator[Batch]:
        from sqlalchemy import text

        mark, at = quoted(connection, self.watermark), names.index(self.watermark)
        none = connection.execute(text(f"SELECT count(*) FROM {relation} WHERE {mark} IS NULL")).scalar_one()
        seen = Seen.resume(state, self.overlap_s, mapping.style.time_zone)
        condition = f"{mark} IS NOT NULL" if seen.last is None else f"{mark} >= :mark"
        given = {} if seen.last is None else {"mark": seen.floor()}
        sql = f"SELECT * FROM {relation} WHERE {condition} ORDER BY {mark}"
        lost = (Unreadable(self.watermark, "watermark", int(none), "", 0),) if none else ()
        for _, rows in stream(connection, sql, given, self.batch_rows):
            fresh = [row for row in rows if seen.take(row[at], row)]
            if not fresh:
                continue
            made = to_canonical(
                frame_of(names, fresh), mapping, where=where, table=self.table, first_row=seen.rows - len(fresh)
            )
            yield Batch(made.frame, seen.state(), made.unread + lost)
            lost = ()
