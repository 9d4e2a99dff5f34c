"""Counts per day of what is watched, as matrices: kept from look to look, only the days that changed read again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hoshin.twin.stats import DUTY, ENTRY, ROUTE, WORK, Cell, Stats

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# What is watched: the kind of its cells, and the coarser cell that each belongs to.
SIGHTS: dict[str, tuple[int, Callable[[Cell], Cell]]] = {
    "entries": (ENTRY, lambda c: ()),
    "ways": (ROUTE, lambda c: c[2:]),
    "work": (WORK, lambda c: (c[1], c[3])),
    "people": (WORK, lambda c: (c[1], c[2])),
    "hours": (DUTY, lambda c: (c[2],)),
}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Counts of one sight: `n` float64 (days, cells) from `first_day` on, and the `cells`."""

    n: Floats
    cells: list[Cell]
    first_day: int

    def split(self, days: int) -> tuple[Floats, Floats]:
        """Counts of the days before the last `days`, and of these."""
        return self.n[:-days].sum(0), self.n[-days:].sum(0)


@dataclass(slots=True)
class Board:
    """The counts of `stats`, day by day and sight by sight: numbers of cells, and how often."""

    stats: Stats
    places: dict[str, dict[Cell, int]] = field(default_factory=lambda: {s: {} for s in SIGHTS})
    days: dict[str, dict[int, tuple[Ints, Ints]]] = field(default_factory=lambda: {s: {} for s in SIGHTS})

    def refresh(self) -> None:
        """Read the days again that have changed."""
        for day in self.stats.touched:
            cells = self.stats.days.get(day, Counter[Cell]())
            found: dict[str, Counter[int]] = {sight: Counter() for sight in SIGHTS}
            for cell, n in cells.items():
                for sight, (kind, key) in SIGHTS.items():
                    if cell[0] == kind:
                        place = self.places[sight]
                        found[sight][place.setdefault(key(cell), len(place))] += n
            for sight, counts in found.items():
                self.days[sight][day] = (
                    np.fromiter(counts, dtype=np.int64), np.fromiter(counts.values(), dtype=np.int64)
                )  # fmt: skip
        self.stats.touched.clear()

    def table(self, sight: str, first: int, end: int) -> Table:
        """The counts of the days [first, end)."""
        held = self.days[sight]
        n = np.zeros((end - first, len(self.places[sight])))
        for day in range(first, end):
            if day in held:
                codes, counts = held[day]
                n[day - first, codes] = counts
        return Table(n, list(self.places[sight]), first)
