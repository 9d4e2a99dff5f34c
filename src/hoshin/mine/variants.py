"""Variants: the distinct ways cases run from start to end, and how few of them cover most cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels.variants import group_traces, rank_by_count
from hoshin.log.eventlog import EventLog


@dataclass(frozen=True, slots=True)
class Variant:
    """One distinct sequence of activities. `coverage_share` is cumulative: this variant and all commoner ones."""

    rank: int
    cases: int
    cases_share: float
    coverage_share: float
    median_s: float
    activities: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Variants:
    """All variants of a log, commonest first (ties: first seen first).

    `of_case` int32 (n_cases,): rank - 1 of each case's variant. `counts` int64 (n_variants,).
    `example` int64 (n_variants,): a case that follows it.
    """

    log: EventLog
    of_case: NDArray[np.int32]
    counts: NDArray[np.int64]
    example: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.counts.size)

    def covering(self, share: float) -> int:
        """How many of the commonest variants cover `share` of the cases."""
        if not len(self):
            return 0
        return int(np.searchsorted(np.cumsum(self.counts), share * self.counts.sum() - 1e-9) + 1)

    def select(self, share: float) -> EventLog:
        """The cases of the commonest variants that cover `share` of the cases."""
        return self.log.select_cases(self.of_case < self.covering(share))

    def trace(self, at: int) -> tuple[str, ...]:
        case = self.example[at]
        codes = self.log.activity[self.log.case_start[case] : self.log.case_start[case + 1]]
        return tuple(self.log.activities[a] for a in codes)

    def top(self, count: int) -> list[Variant]:
        """The `count` commonest variants as rows."""
        total = max(int(self.counts.sum()), 1)
        covered = np.cumsum(self.counts)
        seconds = self.log.cycle_time_s()
        return [
            Variant(
                rank=v + 1,
                cases=int(self.counts[v]),
                cases_share=float(self.counts[v] / total),
                coverage_share=float(covered[v] / total),
                median_s=float(np.median(seconds[self.of_case == v])),
                activities=self.trace(v),
            )
            for v in range(min(count, len(self)))
        ]


def discover_variants(log: EventLog) -> Variants:
    """Group the cases of `log` by their sequence of activities. O(n_events).

    >>> found = discover_variants(EventLog.from_traces(["ab", "abc", "abc"]))
    >>> [(v.cases, v.activities, round(v.coverage_share, 2)) for v in found.top(2)]
    [(2, ('a', 'b', 'c'), 0.67), (1, ('a', 'b'), 1.0)]
    """
    variant, first_case = group_traces(log.activity, log.case_start)
    counts, order, rank = rank_by_count(variant, first_case.size)
    return Variants(log, rank[variant], counts, first_case[order])
