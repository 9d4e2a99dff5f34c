"""Where cases spend their time: waits between activities and work within them, in hours and money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.kernels.dfg import pair_gaps
from hoshin.log.eventlog import EventLog
from hoshin.units import NS_PER_S

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """Time spent in one place. `kind` is `wait` (between two activities) or `work` (within one).

    `time_share` is the share of all wait and work time in the log. `cost` is hours times the price of an
    hour, None without a price. `is_timer`: the middle half of at least 30 gaps differs by less than 5% of
    their median, so a rule rather than work sets it.
    """

    rank: int
    kind: Literal["wait", "work"]
    place: str
    times: int
    cases: int
    total_h: float
    time_share: float
    mean_s: float
    median_s: float
    p90_s: float
    cost: float | None = None
    is_timer: bool = False


def rank_bottlenecks(log: EventLog, *, price_per_hour: float | None = None) -> list[Bottleneck]:
    """Every place where cases spend time, the most hours first.

    A wait is the gap from the completion of an event to the begin of the next one in its case; an
    overlap counts as none. Without start timestamps work cannot be told from waiting, so a gap holds
    both and no `work` row appears. Raises InvalidInput(mine.price) for a negative price.

    >>> rank_bottlenecks(EventLog.from_traces(["ab", "ab"], step_s=3600))[0].place
    'a > b'
    """
    if price_per_hour is not None and price_per_hour < 0:
        raise InvalidInput("mine.price", f"The price of an hour is {price_per_hour}; it cannot be negative.")
    n_act = len(log.activities)
    offsets, gap_ns = pair_gaps(log.activity, log.begin_ns(), log.t_ns, log.case_start, n_act)
    found: list[tuple[Literal["wait", "work"], str, NDArray[np.float64], int]] = []
    cases = _cases_per_pair(log, n_act)
    for pair in np.flatnonzero(np.diff(offsets)):
        a, b = divmod(int(pair), n_act)
        gaps = gap_ns[offsets[pair] : offsets[pair + 1]] / NS_PER_S
        found.append(("wait", f"{log.activities[a]} > {log.activities[b]}", gaps, cases[int(pair)]))
    if log.start_ns is not None:
        work = np.maximum(log.t_ns - log.start_ns, 0) / NS_PER_S
        case = log.case_of_event()
        for a in np.unique(log.activity):
            here = log.activity == a
            found.append(("work", log.activities[a], work[here], int(np.unique(case[here]).size)))
    total = sum(float(seconds.sum()) for _, _, seconds, _ in found)
    found.sort(key=lambda row: (-row[2].sum(), row[1]))
    rows = []
    for rank, (kind, place, seconds, n_cases) in enumerate(found, 1):
        spent = float(seconds.sum())
        hours = spent / SECONDS_PER_HOUR
        rows.append(
            Bottleneck(
                rank=rank,
                kind=kind,
                place=place,
                times=int(seconds.size),
                cases=n_cases,
                total_h=hours,
                time_share=spent / total if total else 0.0,
                mean_s=float(seconds.mean()),
                median_s=float(np.median(seconds)),
                p90_s=float(np.quantile(seconds, 0.9)),
                cost=None if price_per_hour is None else hours * price_per_hour,
                is_timer=_is_timer(seconds),
            )
        )
    return rows


def _is_timer(seconds: NDArray[np.float64]) -> bool:
    low, median, high = np.quantile(seconds, [0.25, 0.5, 0.75])
    return bool(seconds.size >= 30 and median > 0 and high - low < 0.05 * median)


def _cases_per_pair(log: EventLog, n_act: int) -> dict[int, int]:
    """Number of different cases in which each pair a * n_act + b occurs."""
    if log.n_events < 2:
        return {}
    case = log.case_of_event()
    inside = case[1:] == case[:-1]
    pair = log.activity[:-1].astype(np.int64) * n_act + log.activity[1:]
    key = np.unique(pair[inside] * log.n_cases + case[1:][inside])
    pairs, counts = np.unique(key // log.n_cases, return_counts=True)
    return dict(zip(pairs.tolist(), counts.tolist()))
