"""Rows that stand case by case: what a log's tasks and a simulated log's trail have in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Cases:
    """For dataclasses with `begin` and `end`, float64 seconds a row, and `case_start`, int64 (n_cases + 1,)."""

    __slots__ = ()
    begin: Floats
    end: Floats
    case_start: Ints

    @property
    def n_cases(self) -> int:
        return int(self.case_start.size - 1)

    def case(self) -> Ints:
        """The case of each row."""
        return np.repeat(np.arange(self.n_cases), np.diff(self.case_start))

    def arrive(self) -> Floats:
        """First begin of each case."""
        return self.begin[self.case_start[:-1]]

    def leave(self) -> Floats:
        """Last end of each case."""
        return np.maximum.reduceat(self.end, self.case_start[:-1]) if self.n_cases else np.zeros(0)

    def rows_of(self, cases: Ints) -> tuple[Ints, Ints]:
        """The rows of these cases, in this order (a case may come twice), and where each case then starts."""
        size = np.diff(self.case_start)[cases]
        start = np.concatenate([np.zeros(1, np.int64), np.cumsum(size)])
        return np.repeat(self.case_start[cases] - start[:-1], size) + np.arange(start[-1]), start
