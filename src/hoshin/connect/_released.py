"""Repairs of pulled rows: kept from version to version, for every pull builds its log from the source again.

A row set aside is known by the digest of what the source said, so a repair follows its row wherever it comes
again, and ends when the source says something else.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from hoshin.connect._database import digest
from hoshin.connect._held import read_again
from hoshin.log.append import rows_of
from hoshin.log.eventlog import EventLog
from hoshin.store.logs import LogStore
from hoshin.store.quarantine import HELD, OWN, RELEASED, Batch, Quarantine


@dataclass(slots=True)
class Released:
    """What the quarantine knows of the version before: `log`, its `batch`, and by digest the rows of that batch."""

    quarantine: Quarantine
    log: EventLog | None = None
    batch: Batch | None = None
    known: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    seen: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    mended: int = 0

    @classmethod
    def of(cls, store: LogStore, quarantine: Quarantine, name: str) -> Released:
        """Of the current version of `name`; of nothing if there is none or it set no row aside."""
        found = cls(quarantine)
        if name not in store.names():
            return found
        numbers = store.stored(name).meta["source"].get("batches", [])
        for number in numbers:
            batch = quarantine.batch(name, number)
            if "digests" in batch.reading:
                found.log, found.batch = store.read(name), batch
                for said, row in zip(batch.reading["digests"], batch.frame.iter_rows(named=True)):
                    found.known[said].append(row)
        return found

    def mend(self, rejected: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Of rows set aside, those that stay so, and those that were repaired and released as events.

        Both are noted for `hold`, with the texts of their repair.
        """
        texts = rejected.select(pl.exclude(OWN))
        rows = []
        for number, reason, said in zip(rejected["source_row"], rejected["reason"], texts.iter_rows()):
            mark = digest([value for value in said if value is not None])
            known = self.known.get(mark, [])
            row = known.pop(0) if known else {**dict(zip(texts.columns, said)), "reason": reason, "state": HELD}
            rows.append((mark, {**row, "source_row": number}))
        self.seen += rows
        released = [row for _, row in rows if row["state"] == RELEASED]
        if not released or self.log is None:
            return rejected, pl.DataFrame(schema={"source_row": pl.Int64})
        built = read_again(_frame(released).drop("reason", "state"), self.log, {})
        for row in released:
            for reason in built.rejected.filter(pl.col("source_row") == row["source_row"])["reason"]:
                row |= {"state": HELD, "reason": reason}
        mended = rows_of(built.log)
        self.mended += mended.height
        return rejected.filter(~pl.col("source_row").is_in(mended["source_row"].to_list())), mended

    def hold(self, log: str, source: str, rows: int) -> Batch | None:
        """Keep all that was set aside as a batch; the one before if it says the same."""
        if not self.seen:
            return None
        frame = _frame([row for _, row in self.seen])
        held = int((frame["state"] == HELD).sum())
        digests = [said for said, _ in self.seen]
        made = Batch(log, 0, source, "", rows, rows - held, 0, frame, {"digests": digests})
        if self.batch is not None and digests == self.batch.reading["digests"] and frame.equals(self.batch.frame):
            same = replace(made, number=self.batch.number)
            self.quarantine.write(same)
            return same
        return self.quarantine.hold(made)


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    names = dict.fromkeys(name for row in rows for name in row if name not in OWN)
    kinds = {"source_row": pl.Int64, "reason": pl.String, "state": pl.String, **dict.fromkeys(names, pl.String)}
    return pl.DataFrame([{name: row.get(name) for name in kinds} for row in rows], schema=kinds)
