"""Any SQL database by SQLAlchemy URL: a query or table and a mapping, incremental by a watermark column.

With a watermark the rows come in its order from a server-side cursor, and the state after a batch is the
last watermark with the digests of the rows that have it. The next pull asks for `>=` that value and skips
exactly those rows, so rows written late at the same value are not lost and none comes twice. Rows that are
committed late with an earlier value (long transactions) need `overlap_s`, the longest such delay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from hoshin.connect._canonical import to_canonical
from hoshin.connect._connector import About, Batch, State
from hoshin.connect._database import Database, columns_of, digest, frame_of, quoted, stream
from hoshin.connect._mapping import Mapping, load_mapping
from hoshin.connect._secret import Secret
from hoshin.connect._values import Unreadable
from hoshin.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """`query` or `table` (of `schema`) of the database at `url`, read through `mapping`.

    `watermark` names a column that only grows (an id, a change time): pulls are then incremental and can
    be resumed; without it every pull reads all. `overlap_s`: seconds (or units of a numeric watermark)
    to look back for late commits. `batch_rows`: rows in memory at a
    time. `time_zone`: of times without an offset, in the place of the mapping's.
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
        seen = _Seen.resume(state, self.overlap_s)
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


class _Seen:
    """The last watermark, and the digests of the rows at it (or within the overlap before it)."""

    def __init__(self, overlap_s: float, last: Any = None, rows: int = 0, window: Iterable[tuple[Any, str]] = ()):
        self.overlap, self.last, self.rows = overlap_s, last, rows
        self._window = list(window)
        self._again = Counter(known for _, known in self._window)
        self._upto = last
        self._new: list[tuple[Any, Sequence[Any]]] = []

    @classmethod
    def resume(cls, state: State | None, overlap_s: float) -> _Seen:
        if not state:
            return cls(overlap_s)
        return cls(overlap_s, _read(state["watermark"]), state["rows"], [(_read(w), d) for w, d in state["window"]])

    def floor(self) -> Any:
        """The smallest watermark that may still bring an unseen row."""
        if not self.overlap:
            return self.last
        if isinstance(self.last, (datetime, date)):
            return self.last - timedelta(seconds=self.overlap)
        if isinstance(self.last, Decimal):
            return self.last - Decimal(self.overlap)
        if isinstance(self.last, (int, float)):
            return self.last - type(self.last)(self.overlap)
        raise InvalidInput(
            "connect.overlap",
            f"overlap_s needs a watermark that is a time or a number; {self.last!r} is text.",
            hint="Leave overlap_s out, or cast the column in a query.",
        )

    def take(self, mark: Any, row: Sequence[Any]) -> bool:
        """Whether `row` is new; notes it. Rows come in the order of their watermark."""
        if self._upto is not None and mark <= self._upto:
            known = digest(row)
            if self._again[known] > 0:
                self._again[known] -= 1
                return False
        self.last = mark if self.last is None else max(self.last, mark)
        self._new.append((mark, row))
        self.rows += 1
        return True

    def state(self) -> State:
        floor = self.floor()
        self._window = [(w, d) for w, d in self._window if w >= floor]
        self._window += [(w, digest(row)) for w, row in self._new if w >= floor]
        self._new = []
        return {
            "watermark": _write(self.last),
            "rows": self.rows,
            "window": [[_write(w), d] for w, d in self._window],
        }


def _write(value: Any) -> list[str]:
    for kind, (name, write, _) in KINDS.items():
        if isinstance(value, kind):
            return [name, write(value)]
    return ["text", str(value)]


def _read(written: list[str]) -> Any:
    name, value = written
    return next((read(value) for known, _, read in KINDS.values() if known == name), value)


# How a watermark is written in a state: exactly. A datetime is a date too, so it comes first.
KINDS: dict[type, tuple[str, Callable[[Any], str], Callable[[str], Any]]] = {
    datetime: ("datetime", datetime.isoformat, datetime.fromisoformat),
    date: ("date", date.isoformat, date.fromisoformat),
    int: ("int", str, int),
    Decimal: ("decimal", str, Decimal),
    float: ("float", repr, float),
}
