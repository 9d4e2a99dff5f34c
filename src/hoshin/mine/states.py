"""Remaining time and outcome by state: the embedded predictor, and the baseline that others must beat.

A state is the last three activities; where those were seen too rarely, the last two, the last one, or
nothing. Source: the transition-system predictor of van der Aalst, Schonenberg and Song (2011).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hoshin.mine.censoring import weighted_quantile
from hoshin.mine.prefix import Prefixes

Floats = NDArray[np.float64]


@dataclass(eq=False)
class StateModel:
    """Quantiles (or the mean) of a target per state. `least` rows make a state worth using.

    `quantiles` (q,) to predict; None = the mean.
    """

    quantiles: tuple[float, ...] | None = (0.05, 0.5, 0.95)
    least: int = 30
    depth: int = 3
    _tables: list[tuple[NDArray[np.int64], Floats]] = field(default_factory=list)
    _overall: Floats = field(default_factory=lambda: np.zeros(0))

    def fit(self, data: Prefixes, target: Floats, weight: Floats | None = None) -> StateModel:
        """Learn from `data` and `target` float64 (n,), each row counting `weight` times (default 1)."""
        self._tables = []
        weight = np.ones(target.size) if weight is None else weight
        for level in range(3 - self.depth, 3):
            keys, inverse, count = np.unique(data.states[:, level], return_inverse=True, return_counts=True)
            enough = count >= self.least
            parts = np.split(np.argsort(inverse, kind="stable"), np.cumsum(count)[:-1])
            value = np.array([self._summary(target[p], weight[p]) for p, e in zip(parts, enough) if e])
            self._tables.append((keys[enough], value.reshape(-1, self._width())))
        self._overall = self._summary(target, weight)
        return self

    def predict(self, data: Prefixes) -> Floats:
        """float64 (n, q), or (n, 1) for the mean."""
        out = np.tile(self._overall, (data.case.size, 1))
        for level, (keys, value) in reversed(list(zip(range(3 - self.depth, 3), self._tables))):
            if keys.size:
                at = np.minimum(np.searchsorted(keys, data.states[:, level]), keys.size - 1)
                known = keys[at] == data.states[:, level]
                out[known] = value[at[known]]
        return out

    def _width(self) -> int:
        return 1 if self.quantiles is None else len(self.quantiles)

    def _summary(self, part: Floats, weight: Floats) -> Floats:
        if part.size == 0:
            return np.zeros(self._width())
        if self.quantiles is None:
            return np.atleast_1d(np.average(part, weights=weight))
        return weighted_quantile(part, weight, self.quantiles)
