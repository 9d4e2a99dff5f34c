"""What a quality check is given besides the log, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """`now_ns`: when the log was drawn, UTC nanoseconds. `rejected`: rows that did not become events
    (`source_row`, `reason`)."""

    now_ns: int
    rejected: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"source_row": pl.Int64, "reason": str}))


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """`count` of `of` things (`unit`) are doubtful; `events` int64 are the positions in the log that show it,
    ascending; `rejected` int64 the source rows that never became events. `detail` names them for a reader."""

    count: int
    of: int
    unit: Literal["events", "cases", "days"] = "events"
    events: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    detail: str = ""
    rejected: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @property
    def share(self) -> float:
        return self.count / self.of if self.of else 0.0


def of_events(found: NDArray[np.bool_], detail: str = "") -> Finding:
    """The finding of a bool (n_events,) mask."""
    where = np.flatnonzero(found).astype(np.int64)
    return Finding(int(where.size), int(found.size), "events", where, detail if where.size else "")
