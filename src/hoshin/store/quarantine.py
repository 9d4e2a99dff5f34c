"""Rows that did not become events, kept per import until they are repaired and released.

    quarantine/<log>/<batch>.csv    source_row, reason, state, then the columns of the source as text
    quarantine/<log>/<batch>.json   the file they came from, how it was read, and the rows it had

`state` is `held` or `released`. The CSV can be opened in a spreadsheet, and is the form of a patch.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from hoshin.errors import NotFound

HELD, RELEASED = "held", "released"
OWN = ("source_row", "reason", "state")


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What one import set aside. `rows`: the file's rows in all; `accepted`: those that became events at
    once; `first_row`: the number of the file's row 0 in the log; `frame`: the rows set aside."""

    log: str
    number: int
    file: str
    sha256: str
    rows: int
    accepted: int
    first_row: int
    frame: pl.DataFrame
    reading: dict[str, Any] = field(default_factory=dict)

    def held(self) -> pl.DataFrame:
        return self.frame.filter(pl.col("state") == HELD)

    def released(self) -> int:
        return int((self.frame["state"] == RELEASED).sum())


@dataclass(frozen=True, slots=True)
class Quarantine:
    """The batches below `root`."""

    root: Path

    def logs(self) -> list[str]:
        return sorted({p.parent.name for p in self.root.glob("*/*.json")})

    def batches(self, log: str) -> list[Batch]:
        """Batches of `log`, oldest first; none if nothing was ever set aside."""
        numbers = sorted(int(p.stem) for p in (self.root / log).glob("*.json"))
        return [self.batch(log, number) for number in numbers]

    def batch(self, log: str, number: int) -> Batch:
        """NotFound(quarantine.batch) if there is no such one."""
        stem = self.root / log / str(number)
        if not stem.with_suffix(".json").is_file():
            known = [str(b.number) for b in self.batches(log)]
            raise NotFound.unknown("quarantine.batch", "batch", str(number), known)
        about = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
        frame = pl.read_csv(stem.with_suffix(".csv"), infer_schema=False)
        return Batch(**about, frame=frame.with_columns(pl.col("source_row").cast(pl.Int64)))

    def hold(self, batch: Batch) -> Batch:
        """Keep a new batch; its number is the next free one. Rows without a `state` are held."""
        numbers = [b.number for b in self.batches(batch.log)]
        columns = [c for c in batch.frame.columns if c not in OWN]
        state = pl.col("state") if "state" in batch.frame.columns else pl.lit(HELD).alias("state")
        frame = batch.frame.select("source_row", "reason", state, *columns)
        kept = replace(batch, number=max(numbers, default=0) + 1, frame=frame)
        self.write(kept)
        return kept

    def write(self, batch: Batch) -> None:
        """Replace the files of a batch, each whole or not at all; the rows first, for they are what counts."""
        folder = self.root / batch.log
        folder.mkdir(parents=True, exist_ok=True)
        about = asdict(replace(batch, frame=pl.DataFrame()))
        del about["frame"]
        for name, text in (
            (f"{batch.number}.csv", batch.frame.write_csv()),
            (f"{batch.number}.json", json.dumps(about, ensure_ascii=False, indent=1)),
        ):
            part = folder / f".{name}"
            part.write_text(text, encoding="utf-8")
            os.replace(part, folder / name)
