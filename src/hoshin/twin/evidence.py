"""Evidence that residuals have shifted, valid however often one looks.

Each bet on a shift (its side, its size, when it began) is a supermartingale as long as there is none; their mean
is one too, so it passes 1 / level ever with probability at most `level` (Ville). Starts weigh 1 / (k (k + 1)).
Sources: Howard et al. (2021), Time-uniform Chernoff bounds; Shin, Ramdas & Rinaldo (2023), E-detectors.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SIZES = np.array([0.25, 0.5, 1.0])
MOST = 4.0
# Residuals that are standardised from data are a little wider than 1.
SPREAD = 1.1


@dataclass(slots=True)
class Evidence:
    """The e-process of `n` streams of residuals with mean within `slack` of 0 and standard deviation 1.

    Its `value` at any time is evidence against "no shift": at least x with probability at most 1/x, ever. `side`
    and `began`: stream, sign and day (count of updates, from 0) of the bet that has gained most.
    """

    n: int
    slack: float = 0.0
    looks: int = 0
    bets: Floats = field(default_factory=lambda: np.zeros(0))
    starts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    best: Floats = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        shape = (self.n, 2, SIZES.size)
        self.bets, self.best, self.starts = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=np.int64)

    def add(self, residuals: Floats) -> float:
        """Take one residual of each stream, float64 (n,), NaN where there is none; returns the new `value`."""
        self.looks += 1
        k = self.looks
        u = np.clip(residuals, -MOST, MOST)[:, None] * np.array([1.0, -1.0])
        gain = SIZES * (u[:, :, None] - self.slack) - SPREAD * SIZES**2 / 2
        gain = np.where(np.isnan(gain), 0.0, gain)
        self.bets = (self.bets + 1 / (k * (k + 1))) * np.exp(gain)
        fresh = self.best + gain <= gain
        self.starts = np.where(fresh, k - 1, self.starts)
        self.best = np.maximum(self.best, 0.0) + gain
        return self.value

    @property
    def value(self) -> float:
        return float(self.bets.mean() + 1 / (self.looks + 1))

    @property
    def side(self) -> tuple[int, int]:
        """The stream with most evidence, and whether it went up (1) or down (-1)."""
        stream, sign, _ = np.unravel_index(int(self.bets.argmax()), self.bets.shape)
        return int(stream), 1 if sign == 0 else -1

    @property
    def began(self) -> int:
        """Update with which the best bet began (its cumulative sum was last at its lowest)."""
        return int(self.starts.ravel()[int(self.bets.argmax())])


def spent(level: float, look: int) -> float:
    """The share of `level` that look number `look` (from 1) may use, so that all looks together use no more.

    >>> round(sum(spent(0.05, k) for k in range(1, 100_000)), 4)
    0.05
    """
    return level / (look * (look + 1))
