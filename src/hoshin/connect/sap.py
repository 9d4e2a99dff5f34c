"""SAP purchase-to-pay and order-to-cash from its tables: a folder of extracts, or a database schema.

Documents are taken in order, `documents` at a time; the state after a batch is the last of them, so a
pull that was cut off goes on there. Each event is keyed by the row it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import polars as pl

from hoshin.connect import _sap_purchase, _sap_sales
from hoshin.connect._connector import About, Batch, State
from hoshin.connect._database import Database
from hoshin.connect._mapping import Mapping, load_mapping
from hoshin.connect._sap_objects import object_parts
from hoshin.connect._sap_tables import Folder, Schema, Tables
from hoshin.connect._secret import Secret
from hoshin.errors import InvalidInput
from hoshin.log.ocel_build import OcelParts

PROCESSES = {"p2p": _sap_purchase, "o2c": _sap_sales}


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """`process` p2p (a case is a purchase order item) or o2c (a sales order item), from the folder `path` of
    extracts or the tables of `schema` in the database at `url`.

    `client`: MANDT, needed where there are several. `time_zone`: of the system's clock. `date_order`: of
    exports, where dates do not tell. `shifted`: amounts in currencies without two decimals (JPY) are as
    stored, a hundredth of their value. `documents`: orders read at a time. `password`: of the
    database, a reference. `mapping`: a copy of the shipped one, changed.
    """

    process: Literal["p2p", "o2c"]
    path: str = ""
    url: str = ""
    password: Secret | None = None
    schema: str = ""
    client: str = ""
    time_zone: str = "UTC"
    date_order: str = ""
    shifted: bool = False
    mapping: str = "sap"
    documents: int = 2_000

    def __post_init__(self) -> None:
        if bool(self.url) == bool(self.path):
            raise InvalidInput(
                "connect.where", "Give either path (extracts) or url (a database).", hint="--set path=..."
            )
        if self.url:
            Database(self.url, self.password)

    @property
    def mode(self) -> Literal["append", "snapshot"]:
        return "snapshot"

    def about(self) -> About:
        where = f"SAP {self.process} in {self.path or ' '.join(filter(None, (self.schema, self.url)))}"
        return About(where, self.time_zone, mapping=self._mapping().described())

    def batches(self, state: State | None = None) -> Iterator[Batch]:
        """Canonical rows, `documents` orders at a time; InvalidInput(connect.column) names a missing field."""
        process = PROCESSES[self.process]
        with self._tables() as tables:
            orders = process.documents(tables)
            if state:
                orders = [o for o in orders if o > state["last"]]
            row = int((state or {}).get("rows", 0))
            for at in range(0, len(orders), self.documents):
                part = orders[at : at + self.documents]
                frame = process.events(tables, part, self.time_zone).sort("case_id", "timestamp", maintain_order=True)
                frame = frame.with_columns(source_row=pl.int_range(row, row + frame.height, dtype=pl.Int64))
                row += frame.height
                unread, tables.unread = tuple(tables.unread.values()), {}
                yield Batch(frame, {"last": part[-1], "rows": row}, unread)

    def objects(self) -> OcelParts:
        """Every document as an object, read whole: orders, their items, and what follows them."""
        frames = [batch.frame for batch in self.batches()]
        if not frames:
            raise InvalidInput("connect.empty", f"{self.about().source} has no orders.", hint="Check the tables.")
        return object_parts(pl.concat(frames, how="diagonal_relaxed"))

    def _mapping(self) -> Mapping:
        mapping = load_mapping(self.mapping, time_zone=self.time_zone, date_order=self.date_order)
        if not self.shifted:
            return mapping
        shift = {c: str(10 ** (2 - int(d))) for c, d in mapping.lookups.get("decimals", {}).items()}
        return replace(mapping, lookups={**mapping.lookups, "shift": shift})

    @contextmanager
    def _tables(self) -> Iterator[Tables]:
        mapping = self._mapping()
        if self.path:
            yield Folder(mapping=mapping, client=self.client, path=Path(self.path))
            return
        with Database(self.url, self.password).open() as connection:
            yield Schema(mapping=mapping, client=self.client, connection=connection, schema=self.schema)
