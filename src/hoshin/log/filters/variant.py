"""Filters on variants: the commonest few, those that cover most cases, one exact path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hoshin.errors import InvalidInput
from hoshin.kernels import variants as kernel
from hoshin.log.eventlog import EventLog
from hoshin.log.filter import Condition, Mask
from hoshin.log.filters.flow import Names, named
from hoshin.log.filters.literal import write_all


@dataclass(frozen=True, slots=True)
class TopVariants(Condition):
    """Cases of the `n` commonest variants; of equally common ones, the one that appears first in the log."""

    n: int

    def __post_init__(self) -> None:
        if self.n < 1:
            raise InvalidInput("filter.top", f"variant top {self.n}: it must be 1 or more.")

    def cases(self, log: EventLog) -> Mask:
        variant, ranked, _ = _ranked(log)
        return np.asarray(np.isin(variant, ranked[: self.n]))

    def to_text(self) -> str:
        return f"variant top {self.n}"


@dataclass(frozen=True, slots=True)
class Coverage(Condition):
    """Cases of the fewest variants, commonest first, that together hold at least `share` of the cases."""

    share: float

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise InvalidInput("filter.share", f"variant covers {self.share:.0%}: it must be in (0%, 100%].")

    def cases(self, log: EventLog) -> Mask:
        variant, ranked, count = _ranked(log)
        enough = int(np.searchsorted(np.cumsum(count[ranked]), self.share * log.n_cases - 1e-9)) + 1
        return np.asarray(np.isin(variant, ranked[:enough]))

    def to_text(self) -> str:
        return f"variant covers {np.format_float_positional(self.share, trim='-')}"


@dataclass(frozen=True, slots=True)
class Variant(Condition):
    """Cases whose sequence of activities is exactly `trace`."""

    trace: Names

    def cases(self, log: EventLog) -> Mask:
        named(log, self.trace)
        wanted = np.array([log.activities.index(a) for a in self.trace], dtype=np.int32)
        same = log.events_per_case() == wanted.size
        for k, code in enumerate(wanted):
            held = np.flatnonzero(same)
            same[held] = log.activity[log.case_start[held] + k] == code
        return np.asarray(same)

    def to_text(self) -> str:
        return f"variant is {write_all(self.trace)}"


def _ranked(log: EventLog) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Variant of each case; the variants, commonest first; cases of each variant."""
    variant, first = kernel.group_traces(log.activity, log.case_start)
    count = np.bincount(variant, minlength=first.size)
    return variant, np.argsort(-count, kind="stable"), count
