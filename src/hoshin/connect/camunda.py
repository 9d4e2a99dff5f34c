"""Camunda 7 history from its database: ACT_HI_ACTINST with its process instance, user task and variables.

An activity instance becomes an event when it has ended, so END_TIME_ is the watermark. The engine stamps a
row before its transaction commits: `overlap_s` looks back for those that came late. Times are the wall clock
of the engine's time zone; in the hour that it repeats in autumn it cannot be told which of the two is meant.
Source: Camunda 7 database schema, history tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from hoshin.connect._canonical import to_canonical
from hoshin.connect._connector import About, Batch, State
from hoshin.connect._database import Database, columns_of, frame_of, quoted, stream
from hoshin.connect._mapping import Mapping, load_mapping
from hoshin.connect._secret import Secret
from hoshin.connect._watermark import Seen
from hoshin.errors import InvalidInput

CASES = {"instance": "a.PROC_INST_ID_", "root": "a.ROOT_PROC_INST_ID_", "business_key": "p.BUSINESS_KEY_"}
ACTIVITY = (
    "ID_", "PROC_INST_ID_", "ROOT_PROC_INST_ID_", "PROC_DEF_KEY_", "PROC_DEF_ID_", "ACT_ID_", "ACT_NAME_",
    "ACT_TYPE_", "ASSIGNEE_", "START_TIME_", "END_TIME_", "ACT_INST_STATE_", "TASK_ID_", "TENANT_ID_",
)  # fmt: skip
INSTANCE = ("PROC_INST_ID_", "BUSINESS_KEY_")
TASK = ("ID_", "OWNER_", "PRIORITY_", "DUE_DATE_")
VARIABLE = ("PROC_INST_ID_", "NAME_", "VAR_TYPE_", "TEXT_", "LONG_", "DOUBLE_", "TASK_ID_")
GATEWAYS = ("exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway", "complexGateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """The history tables of `schema` in the database at `url`.

    `processes`: keys of process definitions, all by default. `case`: what a case is, a process instance,
    the root instance (call activities then belong to their caller), or the business key. `variables`: names of
    process variables to add, with their value at the time of the pull. `leave_out`: element types that are
    no events. `time_zone`: of the engine. `overlap_s`: seconds to look back for late commits. `password`: of
    the database, a reference. `mapping`: a copy of the shipped one, changed. `batch_rows`: rows in memory at a time.
    """

    url: str
    password: Secret | None = None
    schema: str = ""
    processes: tuple[str, ...] = ()
    case: Literal["instance", "root", "business_key"] = "instance"
    variables: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = (*GATEWAYS, "multiInstanceBody")
    time_zone: str = "UTC"
    overlap_s: float = 300.0
    mapping: str = "camunda7"
    batch_rows: int = 20_000

    def __post_init__(self) -> None:
        Database(self.url, self.password)

    @property
    def mode(self) -> Literal["append", "snapshot"]:
        return "append"

    def about(self) -> About:
        where = f"Camunda 7 history in {' '.join(filter(None, (self.schema, self.url)))}"
        return About(where, self.time_zone, mapping=self._mapping().described())

    def _mapping(self) -> Mapping:
        return load_mapping(self.mapping, time_zone=self.time_zone)

    def batches(self, state: State | None = None) -> Iterator[Batch]:
        """Canonical rows in the order in which activities ended."""
        mapping, seen = self._mapping(), Seen.resume(state, self.overlap_s, self.time_zone)
        with Database(self.url, self.password).open() as connection:
            self._check(connection)
            sql, given = self._query(connection, seen)
            for names, rows in stream(connection, sql, given, self.batch_rows):
                upper = [n.upper() for n in names]
                at = upper.index("END_TIME_")
                fresh = [row for row in rows if seen.take(row[at], row)]
                if not fresh:
                    continue
                frame = frame_of(upper, fresh)
                made = to_canonical(
                    frame, mapping, where="ACT_HI_ACTINST", table="ACT_HI_ACTINST", first_row=seen.rows - len(fresh)
                )
                yield Batch(self._with_variables(made.frame), seen.state(), made.unread)

    def _table(self, connection: Any, name: str) -> str:
        """The dialect decides how an unquoted name is written; the engine's DDL does not quote."""
        prefix = quoted(connection, self.schema)
        return f"{prefix}.{name}" if prefix else name

    def _check(self, connection: Any) -> None:
        wanted = {"ACT_HI_ACTINST": ACTIVITY, "ACT_HI_PROCINST": INSTANCE, "ACT_HI_TASKINST": TASK}
        if self.variables:
            wanted["ACT_HI_VARINST"] = VARIABLE
        for table, needed in wanted.items():
            held = [c.upper() for c in columns_of(connection, self._table(connection, table))]
            for name in needed:
                if name not in held:
                    raise InvalidInput.unknown("connect.column", f"column of {table}", name, held)

    def _query(self, connection: Any, seen: Seen) -> tuple[str, dict[str, Any]]:
        given: dict[str, Any] = {f"out{i}": kind for i, kind in enumerate(self.leave_out)}
        conditions = ["a.END_TIME_ IS NOT NULL"]
        if self.leave_out:
            conditions.append(f"a.ACT_TYPE_ NOT IN ({', '.join(':' + k for k in given)})")
        if self.processes:
            named = {f"key{i}": key for i, key in enumerate(self.processes)}
            conditions.append(f"a.PROC_DEF_KEY_ IN ({', '.join(':' + k for k in named)})")
            given |= named
        if seen.last is not None:
            conditions.append("a.END_TIME_ >= :mark")
            given["mark"] = seen.floor()
        columns = ", ".join(f"a.{c}" for c in ACTIVITY)
        sql = (
            f"SELECT {columns}, COALESCE(a.ACT_NAME_, a.ACT_ID_) AS LABEL_, {CASES[self.case]} AS CASE_,"
            " p.BUSINESS_KEY_, t.OWNER_, t.PRIORITY_, t.DUE_DATE_"
            f" FROM {self._table(connection, 'ACT_HI_ACTINST')} a"
            f" JOIN {self._table(connection, 'ACT_HI_PROCINST')} p ON p.PROC_INST_ID_ = a.PROC_INST_ID_"
            f" LEFT JOIN {self._table(connection, 'ACT_HI_TASKINST')} t ON t.ID_ = a.TASK_ID_"
            f" WHERE {' AND '.join(conditions)} ORDER BY a.END_TIME_, a.ID_"
        )
        return sql, given

    def _with_variables(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Columns `var.<name>` with the value of the process variable (not of a task's own), as text or number.

        A second connection: the first one is in the middle of its cursor.
        """
        if not self.variables:
            return frame
        ids = frame["instance"].unique().to_list()
        found = []
        with Database(self.url, self.password).open() as connection:
            table = self._table(connection, "ACT_HI_VARINST")
            for at in range(0, len(ids), 400):
                part = {f"i{k}": v for k, v in enumerate(ids[at : at + 400])}
                names = {f"n{k}": v for k, v in enumerate(self.variables)}
                sql = (
                    f"SELECT PROC_INST_ID_, NAME_, VAR_TYPE_, TEXT_, LONG_, DOUBLE_ FROM {table}"
                    f" WHERE TASK_ID_ IS NULL AND PROC_INST_ID_ IN ({', '.join(':' + k for k in part)})"
                    f" AND NAME_ IN ({', '.join(':' + k for k in names)})"
                )
                for _, rows in stream(connection, sql, part | names, 50_000):
                    found += rows
        for name in self.variables:
            held = {row[0]: _value(row) for row in found if row[1] == name}
            values = frame_of(["instance", f"var.{name}"], list(held.items()) or [("", None)])
            frame = frame.join(values, on="instance", how="left", maintain_order="left")
        return frame


def _value(row: Any) -> Any:
    """The value of a variable by its type; objects and bytes are not read."""
    _, _, kind, text, whole, fraction = row
    if kind == "boolean":
        return None if whole is None else bool(whole)
    if kind in ("integer", "short", "long"):
        return whole
    if kind == "double":
        return fraction
    if kind == "date" and whole is not None:
        from datetime import UTC, datetime

        return datetime.fromtimestamp(whole / 1000, UTC)
    return text if kind == "string" else None
