"""Has the world moved since the baseline? Mix of cases, distribution of a KPI, and when its level changed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class MixShift:
    """Population stability index between two mixes, and the chi-square p-value; `moved` if both say so."""

    psi: float
    p_value: float
    moved: bool
    largest: str


def mix_shift(before: Sequence[Hashable], after: Sequence[Hashable]) -> MixShift:
    """Compare categories. Always finite: half a case is added to each category that is empty on one side.

    One category on both sides is no shift: psi 0, p 1. Raises InvalidInput(value.empty) for no cases.

    >>> mix_shift(["a"] * 50, ["a"] * 70)
    MixShift(psi=0.0, p_value=1.0, moved=False, largest='a')
    """
    if not before or not after:
        raise InvalidInput("value.empty", "There are no cases before, or none after.")
    a, b = Counter(before), Counter(after)
    names = sorted(set(a) | set(b), key=str)
    if len(names) == 1:
        return MixShift(0.0, 1.0, False, str(names[0]))
    x, y = np.array([a[k] for k in names], float), np.array([b[k] for k in names], float)
    p, q = (x + 0.5) / (x + 0.5).sum(), (y + 0.5) / (y + 0.5).sum()
    parts = (q - p) * np.log(q / p)
    total = x + y
    expected_x, expected_y = total * x.sum() / total.sum(), total * y.sum() / total.sum()
    chi2 = float(np.sum((x - expected_x) ** 2 / expected_x + (y - expected_y) ** 2 / expected_y))
    from scipy.special import chdtrc

    p_value = float(chdtrc(len(names) - 1, chi2))
    psi = float(parts.sum())
    return MixShift(psi, p_value, psi > 0.1 and p_value < 0.01, str(names[int(np.argmax(parts))]))


def level_changes(y: NDArray[np.float64], *, least: int = 10, alpha: float = 0.001) -> list[int]:
    """Where the mean of a series changes: index of the first value of each new level, ascending, each once.

    Binary segmentation on the standardised CUSUM with noise from first differences, so a step does not
    hide itself; then each change is re-placed between its neighbours. NaN is refused (value.number).
    Vostrikova (1981). A constant series has no change.

    >>> level_changes(np.repeat([0.8, 0.4, 0.6], 50) + 0.02 * np.sin(np.arange(150)))
    [50, 100]
    """
    if not np.isfinite(y).all():
        raise InvalidInput("value.number", f"Value {int(np.flatnonzero(~np.isfinite(y))[0]) + 1} is not a number.")
    if y.size < 2 * least or float(np.ptp(y)) == 0:
        return []
    sd = float(np.median(np.abs(np.diff(y)))) / 0.9538726 or float(np.std(np.diff(y))) / math.sqrt(2)
    bound = math.sqrt(2 * math.log(y.size / alpha))
    found = _split(y, 0, y.size, least, bound * sd)
    for _ in range(5):
        edges = [0, *found, y.size]
        again = [_peak(y, edges[k], edges[k + 2], least)[0] for k in range(len(found))]
        if again == found:
            break
        found = sorted(set(again))
    return found


def _peak(y: NDArray[np.float64], a: int, b: int, least: int) -> tuple[int, float]:
    n = b - a
    k = np.arange(1, n)
    total = np.cumsum(y[a:b])
    gap = np.abs(total[:-1] - total[-1] * k / n) * np.sqrt(n / (k * (n - k)))
    gap[: least - 1] = 0
    gap[n - least :] = 0
    at = int(np.argmax(gap))
    return a + at + 1, float(gap[at])


def _split(y: NDArray[np.float64], a: int, b: int, least: int, bound: float) -> list[int]:
    if b - a < 2 * least:
        return []
    at, size = _peak(y, a, b, least)
    if size <= bound:
        return []
    return [*_split(y, a, at, least, bound), at, *_split(y, at, b, least, bound)]


@dataclass(frozen=True, slots=True)
class Alarm:
    """A saving fell below what was certified at `raised` and stayed there; `cleared` -1: still so."""

    raised: int
    cleared: int
    reminders: tuple[int, ...]


def decay_alarms(
    saved: Sequence[float], floor: float, *, hold: int = 3, clear: float | None = None, repeat: int = 13
) -> list[Alarm]:
    """Alarms over a series of savings: raised after `hold` periods in a row below `floor`.

    Cleared after `hold` periods at or above `clear` (default: floor), reminded every `repeat` periods
    while it lasts. On and off every period raises nothing: that is noise, not decay.

    >>> decay_alarms([5, 1, 5, 1, 5, 1], 3)
    []
    >>> decay_alarms([5, 5, 1, 1, 1, 1, 5, 5, 5], 3)
    [Alarm(raised=4, cleared=8, reminders=())]
    """
    if hold < 1 or repeat < 1:
        raise InvalidInput("value.alarm", f"hold is {hold}, repeat {repeat}; both must be at least 1.")
    back = floor if clear is None else clear
    if back < floor:
        raise InvalidInput("value.alarm", f"clear ({back:g}) lies below floor ({floor:g}): it would flap.")
    alarms: list[Alarm] = []
    low = high = 0
    raised = -1
    for k, value in enumerate(saved):
        low = low + 1 if value < floor else 0
        high = high + 1 if value >= back else 0
        if raised < 0 and low >= hold:
            raised = k
        elif raised >= 0 and high >= hold:
            alarms.append(Alarm(raised, k, tuple(range(raised + repeat, k, repeat))))
            raised = -1
    if raised >= 0:
        alarms.append(Alarm(raised, -1, tuple(range(raised + repeat, len(saved), repeat))))
    return alarms
