"""What departing from the model costs: time and money of the cases concerned, against those that conform."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.log.eventlog import EventLog

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Yardstick:
    """What a conforming case takes. `time_s` and `money` (None without a cost column) are means over the
    `n_cases` conforming cases; `said` tells which cases those are."""

    case_time_s: Floats
    case_money: Floats | None
    time_s: float
    money: float | None
    n_cases: int
    said: str


@dataclass(frozen=True, slots=True)
class Loss:
    """Of `cases` cases: `excess_s` and `excess_money` in all above the yardstick, and the mean excess per case with
    a 95 % interval (normal; None below two cases). A difference, not yet a cause."""

    cases: int
    excess_s: float
    per_case_s: float
    low_s: float | None
    high_s: float | None
    excess_money: float | None


def yardstick(log: EventLog, case_cost: NDArray[np.int32]) -> Yardstick:
    """The cases without a deviation; where there are none, those with the fewest."""
    time_s = log.cycle_time_s()
    money: Floats | None = None
    if log.cost is not None:
        paid = np.bincount(log.case_of_event(), weights=np.nan_to_num(log.cost), minlength=log.n_cases)
        money = paid.astype(np.float64)
    least = int(case_cost.min()) if case_cost.size else 0
    conform = case_cost == least
    n = int(conform.sum())
    said = f"{n:,} cases without a deviation" if least == 0 else f"{n:,} cases with {least} deviations, the fewest"
    return Yardstick(
        time_s,
        money,
        float(time_s[conform].mean()) if n else 0.0,
        None if money is None else float(money[conform].mean()) if n else 0.0,
        n,
        said,
    )


def loss_of(stick: Yardstick, cases: NDArray[np.int64], share: Floats | None = None) -> Loss:
    """The loss of `cases` (case numbers); `share` gives the part of each case's excess that counts, default all."""
    over = stick.case_time_s[cases] - stick.time_s
    part = np.ones(cases.size) if share is None else share
    n = int(cases.size)
    mean = float(over.mean()) if n else 0.0
    half = 1.96 * float(over.std(ddof=1)) / n**0.5 if n > 1 else None
    money = None
    if stick.case_money is not None and stick.money is not None:
        money = float(((stick.case_money[cases] - stick.money) * part).sum())
    return Loss(
        n,
        float((over * part).sum()),
        mean,
        None if half is None else mean - half,
        None if half is None else mean + half,
        money,
    )
