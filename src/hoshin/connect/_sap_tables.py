"""SAP tables, wherever they are: a folder of extracts (CSV, Parquet, gz, zip) or a database schema.

Both give the same typed columns: document numbers padded as SAP stores them, dates, clocks and decimals
read by the types of the mapping, columns named by field whatever the heading, one client.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from hoshin.connect._database import columns_of, frame_of, quoted, stream
from hoshin.connect._mapping import Mapping
from hoshin.connect._tables import KINDS, read_table
from hoshin.connect._values import DateOrder, Style, Unreadable, read_as, unreadable
from hoshin.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from sqlalchemy import Connection

DTYPES: dict[str, pl.DataType] = {
    "date": pl.Date(), "time": pl.String(), "decimal": pl.Float64(), "rate": pl.Float64(), "integer": pl.Int64(),
    "datetime": pl.Datetime("us", "UTC"), "boolean": pl.Boolean(),
}  # fmt: skip
IN_LIST = 400
# What the connector may read; a schema of SAP has a hundred thousand tables.
KNOWN = (
    "EKKO", "EKPO", "EKBE", "EBAN", "RBKP", "BKPF", "BSEG", "CDHDR", "CDPOS", "MKPF", "MSEG",
    "VBAK", "VBAP", "VBFA", "LIKP", "LIPS", "VBRK",
)  # fmt: skip


@dataclass(kw_only=True)
class Tables:
    """Reads tables by field name. `unread` gathers what could not be read, per table and field."""

    mapping: Mapping
    client: str = ""

    def __post_init__(self) -> None:
        self.unread: dict[str, Unreadable] = {}

    def names(self) -> set[str]:
        raise NotImplementedError

    def columns(self, table: str) -> list[str]:
        """The fields that `table` has here."""
        raise NotImplementedError

    def _raw(self, table: str, fields: Sequence[str], where: Dictionary[str, Sequence[str]]) -> pl.DataFrame:
        """`fields` of rows of `table` whose columns have one of the values of `where`; perhaps more of both."""
        raise NotImplementedError

    def read(
        self,
        table: str,
        needed: Sequence[str],
        wanted: Sequence[str] = (),
        where: Dictionary[str, Sequence[str]] | None = None,
    ) -> pl.DataFrame:
        """The columns `needed` and `wanted` of `table`, typed; rows where each column of `where` has a value of its.

        InvalidInput(connect.column) names a needed column that is absent; a wanted one is null then. A
        row without its first needed column is no row (an empty line of an extract). Without the table
        there are no rows: ask `names` first if that matters.
        """
        fields = [*needed, *wanted]
        if table not in self.names():
            return pl.DataFrame(schema={f: self._dtype(f) for f in fields})
        held = self.columns(table)
        for field in needed:
            if field not in held:
                raise InvalidInput.unknown("connect.column", f"column of SAP table {table}", field, held)
        raw = self._raw(table, [f for f in dict.fromkeys((*fields, "MANDT")) if f in held], where or {})
        frame = pl.DataFrame([self._typed(table, raw, f) for f in fields])
        frame = frame.filter(pl.col(needed[0]).is_not_null())
        if "MANDT" in raw.columns:
            frame = self._one_client(table, raw, frame, needed[0])
        for column, values in (where or {}).items():
            frame = frame.filter(pl.col(column).is_in(list(values)))
        return frame

    def _dtype(self, field: str) -> pl.DataType:
        return DTYPES.get(self.mapping.types.get(field, "text").partition(":")[0], pl.String())

    def _typed(self, table: str, raw: pl.DataFrame, field: str) -> pl.Series:
        if field not in raw.columns:
            return pl.Series(field, [None] * raw.height, dtype=self._dtype(field))
        kind = self.mapping.types.get(field, "text")
        where = f"field {field} of SAP table {table}"
        series = read_as(raw[field], kind, self._style(raw), where=where).alias(field)
        lost = unreadable(raw[field], series, kind, self.mapping.style.missing)
        if lost is not None:
            at = f"{table}.{field}"
            self.unread.setdefault(at, replace(lost, column=at))
        return series.cast(self._dtype(field))

    def _style(self, raw: pl.DataFrame) -> Style:
        return self.mapping.style

    def _one_client(self, table: str, raw: pl.DataFrame, frame: pl.DataFrame, first: str) -> pl.DataFrame:
        held = raw.select(m=self._typed(table, raw, "MANDT"), k=self._typed(table, raw, first))
        client = held.filter(pl.col("k").is_not_null())["m"]
        clients = sorted(set(client.drop_nulls().to_list()))
        if not self.client and len(clients) > 1:
            raise InvalidInput(
                "connect.sap_client",
                f"SAP table {table} holds the clients {', '.join(clients)}.",
                hint=f"Choose one: --set client={clients[0]}.",
            )
        wanted = self.client.zfill(3) if self.client.isdigit() else self.client
        return frame.filter(client.is_null() | (client == wanted)) if wanted else frame


@dataclass(kw_only=True)
class Folder(Tables):
    """Extracts in a folder: one file per table, named by it (EKKO.csv, ekpo.parquet, CDHDR.csv.gz)."""

    path: Path

    @cached_property
    def files(self) -> dict[str, Path]:
        if not self.path.is_dir():
            raise NotFound("connect.no_folder", f"There is no folder {self.path}.", hint="Check the path.")
        endings = tuple(k + more for k in KINDS for more in ("", ".gz", ".zip"))
        found: dict[str, Path] = {}
        for file in sorted(self.path.iterdir()):
            if file.name.lower().endswith(endings):
                table = file.name.partition(".")[0].upper()
                if table in found:
                    raise InvalidInput(
                        "connect.sap_twice", f"{table} is there twice: {found[table].name} and {file.name}.",
                        hint="Keep one.",
                    )  # fmt: skip
                found[table] = file
        return found

    def names(self) -> set[str]:
        return set(self.files)

    @cached_property
    def _held(self) -> dict[str, pl.DataFrame]:
        return {}

    @cached_property
    def _fields(self) -> dict[tuple[str, str], pl.Series]:
        return {}

    def columns(self, table: str) -> list[str]:
        return self._raw(table, (), {}).columns

    def _raw(self, table: str, fields: Sequence[str], where: Dictionary[str, Sequence[str]]) -> pl.DataFrame:
        if table not in self._held:
            rows = read_table(self.files[table])
            names: dict[str, str] = {}
            for labels in (self.mapping.labels.get(table, {}), self.mapping.labels.get("*", {})):
                for heading, field in labels.items():
                    if heading in rows.columns and field not in (*rows.columns, *names.values()):
                        names.setdefault(heading, field)
            self._held[table] = rows.rename(names)
        return self._held[table]

    def _typed(self, table: str, raw: pl.DataFrame, field: str) -> pl.Series:
        """Typed once for the whole table, where one date may tell for all which number is the month."""
        if (table, field) not in self._fields:
            self._fields[table, field] = super()._typed(table, raw, field)
        return self._fields[table, field]

    def _style(self, raw: pl.DataFrame) -> Style:
        style = self.mapping.style
        return style if style.date_order else replace(style, date_order=self._order(raw) or self._order_of_others)

    @cached_property
    def _order_of_others(self) -> DateOrder:
        """For a table whose dates do not tell: what all tables that do tell agree on."""
        told = {self._order(self._raw(t, (), {})) for t in self.files if t in KNOWN} - {""}
        return told.pop() if len(told) == 1 else ""

    def _order(self, rows: pl.DataFrame) -> DateOrder:
        """What some date of the table shows: month first, day first, or nothing."""
        dates = [rows[c] for c in rows.columns if self.mapping.types.get(c) == "date" and rows[c].dtype == pl.String]
        later = r"(?:1[3-9]|2\d|3[01])"
        day = any(d.str.contains(rf"^\s*{later}[/-]\d{{1,2}}[/-]").any() for d in dates)
        month = any(d.str.contains(rf"^\s*\d{{1,2}}[/-]{later}[/-]").any() for d in dates)
        return "" if day == month else "dmy" if day else "mdy"


@dataclass(kw_only=True)
class Schema(Tables):
    """Tables of a database schema, read by key: only the rows of the documents at hand leave the database."""

    connection: Connection
    schema: str = ""

    @cached_property
    def _columns(self) -> dict[str, dict[str, str]]:
        """Table, upper case: field, upper case: the name that the database has for it ("" for the table)."""
        from sqlalchemy import inspect

        found, base = inspect(self.connection), self.connection
        names = [*found.get_table_names(self.schema or None), *found.get_view_names(self.schema or None)]
        held = {n.upper(): n for n in names if n.upper() in KNOWN}
        fields = {t: columns_of(base, quoted(base, self.schema, n)) for t, n in held.items()}
        return {t: {"": n} | {c.upper(): c for c in fields[t]} for t, n in held.items()}

    def names(self) -> set[str]:
        return set(self._columns)

    def columns(self, table: str) -> list[str]:
        return [f for f in self._columns[table] if f]

    def _raw(self, table: str, fields: Sequence[str], where: Dictionary[str, Sequence[str]]) -> pl.DataFrame:
        columns, base = self._columns[table], self.connection
        shown = ", ".join(quoted(base, columns[f]) for f in fields)
        sql = f"SELECT {shown} FROM {quoted(base, self.schema, columns[''])}"
        frames = []
        for condition, values in self._conditions(table, where):
            clauses = [condition] if condition else []
            if self.client and "MANDT" in columns:
                clauses.append(f"{quoted(base, columns['MANDT'])} = :client")
                values["client"] = self.client
            asked = sql + (f" WHERE {' AND '.join(clauses)}" if clauses else "")
            frames += [frame_of(list(fields), rows) for _, rows in stream(base, asked, values, 50_000)]
        if not frames:
            return pl.DataFrame(schema=dict.fromkeys(fields, pl.String))
        return pl.concat(frames, how="diagonal_relaxed")

    def _conditions(self, table: str, where: Dictionary[str, Sequence[str]]) -> Iterator[tuple[str, dict[str, str]]]:
        """(SQL condition, its values): the longest list in pieces, the others are filtered afterwards."""
        known = {f: v for f, v in where.items() if f in self._columns[table]}
        if not known:
            yield "", {}
            return
        field = max(known, key=lambda f: len(known[f]))
        name, values = quoted(self.connection, self._columns[table][field]), list(known[field])
        for at in range(0, len(values), IN_LIST):
            part = {f"v{i}": v for i, v in enumerate(values[at : at + IN_LIST])}
            yield f"{name} IN ({', '.join(':' + p for p in part)})", part
