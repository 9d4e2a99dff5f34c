"""Can this log be trusted? A suite of checks, each with its count and the rows, and one score of 100.

Every check is a file of `hoshin.log.checks`: `TITLE`, `WEIGHT` (its share of the score), `ZERO_AT` (the
share of affected things at which it earns nothing), `WHY`, and `find(log, given) -> Finding | None` (None
= the log has nothing that the check could judge; its weight then counts nowhere).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import polars as pl

from hoshin.log.eventlog import EventLog
from hoshin.log.finding import Finding, Given
from hoshin.shelf import Shelf

checks = Shelf("hoshin.log.checks", "check")


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """One check. `score` 0 (worst) to 1; `points` what it adds to the total, of `of_points`."""

    name: str
    title: str
    why: str
    weight: int
    zero_at: float
    finding: Finding
    points: float
    of_points: float

    @property
    def score(self) -> float:
        return score(self.finding.share, self.zero_at)

    def explain(self) -> str:
        """How the points came about, in one line."""
        if not self.finding.count:
            return f"{self.title}: nothing found, {self.points:.1f} of {self.of_points:.1f} points."
        found = self.finding
        return (
            f"{self.title}: {found.count:,} of {found.of:,} {found.unit} ({found.share:.2%}; {self.zero_at:.0%} earns"
            f" nothing), {self.points:.1f} of {self.of_points:.1f} points."
        )


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """`score` 0..100, the results by name, and the names of checks that had nothing to judge."""

    score: float
    results: tuple[Result, ...]
    not_applicable: tuple[str, ...]

    def __getitem__(self, name: str) -> Finding:
        """The finding of check `name`; KeyError if it did not apply."""
        for result in self.results:
            if result.name == name:
                return result.finding
        raise KeyError(f"the check {name!r} had nothing to judge in this log")

    def rows(self, log: EventLog, name: str, limit: int | None = None) -> pl.DataFrame:
        """The offending events of check `name`: `source_row` and the canonical columns, in log order."""
        where = self[name].events[:limit]
        inside = np.zeros(log.n_events, dtype=np.bool_)
        inside[where] = True
        shown = log.select_events(inside)
        frame = shown.to_frame()
        own = [c for c in ("case_id", "activity", "timestamp", "start_timestamp", "resource") if c in frame.columns]
        source = where if shown.source_row is None else shown.source_row
        return frame.select(own).insert_column(0, pl.Series("source_row", source, dtype=pl.Int64))


def check_log(log: EventLog, *, now_ns: int | None = None, rejected: pl.DataFrame | None = None) -> Quality:
    """Run every check on `log`.

    `now_ns` (UTC nanoseconds, default: the clock) separates past from future; `rejected` are the rows set
    aside at import, where there are any.

    >>> quality = check_log(EventLog.from_traces(["ab", "ab"]))
    >>> quality.score, quality["duplicate"].count
    (100.0, 0)
    """
    now = time.time_ns() if now_ns is None else now_ns
    given = Given(now) if rejected is None else Given(now, rejected)
    found: list[tuple[str, ModuleType, Finding]] = []
    idle = []
    for name in checks.names():
        module = checks.take(name)
        finding = module.find(log, given) if log.n_events else None
        if finding is None:
            idle.append(name)
        else:
            found.append((name, module, finding))
    weights = sum(module.WEIGHT for _, module, _ in found)
    results = []
    for name, module, finding in found:
        full = 100 * module.WEIGHT / weights
        points = full * score(finding.share, module.ZERO_AT)
        results.append(Result(name, module.TITLE, module.WHY, module.WEIGHT, module.ZERO_AT, finding, points, full))
    total = round(sum(r.points for r in results), 1) if results else 100.0
    return Quality(total, tuple(results), tuple(idle))


def score(share: float, zero_at: float) -> float:
    """1 when nothing is affected, falling straight to 0 at `zero_at`.

    >>> score(0.0, 0.1), score(0.05, 0.1), score(0.3, 0.1)
    (1.0, 0.5, 0.0)
    """
    return max(0.0, 1.0 - share / zero_at)
