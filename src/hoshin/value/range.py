"""Uncertain quantities as (low, likely, high), and their draws. A plain number is certain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput

Draws = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Range:
    """A triangular belief. `low` <= `likely` <= `high`."""

    low: float
    likely: float
    high: float

    def draw(self, rng: np.random.Generator, n: int) -> Draws:
        """(n,) values; constant when certain."""
        u = rng.random(n)
        if self.high <= self.low:
            return np.full(n, self.likely)
        width, left = self.high - self.low, self.likely - self.low
        turn = left / width
        rising = self.low + np.sqrt(u * width * left)
        falling = self.high - np.sqrt((1 - u) * width * (self.high - self.likely))
        return np.where(u < turn, rising, falling)


def range_of(value: Any, what: str, *, least: float = -math.inf, most: float = math.inf) -> Range:
    """A number or [low, likely, high]. InvalidInput(value.range) names `what`.

    >>> range_of([1, 2, 4], "hours"), range_of(3, "hours")
    (Range(low=1.0, likely=2.0, high=4.0), Range(low=3.0, likely=3.0, high=3.0))
    """
    if isinstance(value, Range):
        found = value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        found = Range(float(value), float(value), float(value))
    elif isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 3:
        found = Range(*(float(v) for v in value))
    elif isinstance(value, dict) and set(value) == {"low", "likely", "high"}:
        found = Range(float(value["low"]), float(value["likely"]), float(value["high"]))
    else:
        raise InvalidInput(
            "value.range", f"{what} is {value!r}.", hint="Give a number, or [low, likely, high] when it is uncertain."
        )
    if not (least <= found.low <= found.likely <= found.high <= most):
        limits = f" within {least:g} to {most:g}" if math.isfinite(least) or math.isfinite(most) else ""
        raise InvalidInput(
            "value.range",
            f"{what} is [{found.low:g}, {found.likely:g}, {found.high:g}]; it must rise{limits}.",
        )
    return found


@dataclass(frozen=True, slots=True)
class Interval:
    """A result: median and the bounds that hold it with the chance the reader was told."""

    low: float
    likely: float
    high: float


def interval_of(draws: Draws, alpha: float) -> Interval:
    """Median and the alpha/2 quantiles on both sides."""
    low, likely, high = np.quantile(draws, [alpha / 2, 0.5, 1 - alpha / 2])
    return Interval(float(low), float(likely), float(high))
