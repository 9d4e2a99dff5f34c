"""Running cases as learning sees them: every moment of every case, with what was known then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.design import plain, seconds

Floats = NDArray[np.float64]
MAX_LEVELS = 250
MAX_COUNTED = 30


@dataclass(frozen=True, slots=True, eq=False)
class Prefixes:
    """A row per event: the case as it stood when the event had happened.

    `x` float64 (n, f): features, of which those in `categorical` bool (f,) are codes; `names` says them.
    `states` int64 (n, 3): codes of the last three, two and one activities, the states of a transition
    system. `case` int32 (n,), `t_ns` int64 (n,). `left_s` float64 (n,): seconds to the end of the case.
    """

    x: Floats
    categorical: NDArray[np.bool_]
    names: tuple[str, ...]
    states: NDArray[np.int64]
    case: NDArray[np.int32]
    t_ns: NDArray[np.int64]
    left_s: Floats

    def rows(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> Prefixes:
        """Those rows."""
        return Prefixes(self.x[keep], self.categorical, self.names, self.states[keep], self.case[keep],
                        self.t_ns[keep], self.left_s[keep])  # fmt: skip

    def join(self, other: Prefixes) -> Prefixes:
        """These rows, then those of `other`, which come from the same log."""

        def both(name: str) -> NDArray[Any]:
            return np.concatenate([getattr(self, name), getattr(other, name)])

        return replace(self, x=both("x"), states=both("states"), case=both("case"), t_ns=both("t_ns"),
                       left_s=both("left_s"))  # fmt: skip


def prefixes(log: EventLog, *, use: Sequence[str] = ()) -> Prefixes:
    """The prefixes of `log`. Features: the last three activities, resource, position, times so far, weekday and
    hour, open cases, how often each common activity has happened; and the attributes named in `use`.

    An event attribute counts with its last value so far. Case attributes are not used unless named,
    because many are written only when a case ends. Raises InvalidInput(predict.attribute).
    """
    n, n_act = log.n_events, len(log.activities)
    case = log.case_of_event()
    start = log.case_start[:-1][case]
    position = np.arange(n) - start
    a = log.activity.astype(np.int64)
    before = [np.where(position >= k, a[np.maximum(np.arange(n) - k, 0)], n_act) for k in (1, 2)]
    begin = log.case_begin_ns()[case]
    local = pl.Series(log.t_ns).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC").dt.convert_time_zone(log.time_zone)
    previous = np.where(position > 0, log.t_ns[np.maximum(np.arange(n) - 1, 0)], begin)
    opened, closed = np.sort(log.case_begin_ns()), np.sort(log.case_end_ns())
    load = np.searchsorted(opened, log.t_ns, "right") - np.searchsorted(closed, log.t_ns, "left")
    codes: dict[str, NDArray[np.int64]] = {"activity": a, "one before": before[0], "two before": before[1]}
    if log.resource is not None:
        codes["resource"] = log.resource.astype(np.int64)
    numbers: dict[str, Floats] = {
        "position": position.astype(np.float64),
        "elapsed, s": seconds(log.t_ns - begin),
        "since last, s": seconds(log.t_ns - previous),
        "weekday": local.dt.weekday().to_numpy().astype(np.float64),
        "hour": local.dt.hour().to_numpy().astype(np.float64),
        "open cases": load.astype(np.float64),
    }
    common = np.argsort(-np.bincount(a, minlength=n_act), kind="stable")[:MAX_COUNTED]
    for k in common.tolist():
        happened = np.cumsum(a == k)
        earlier = np.where(start > 0, happened[np.maximum(start - 1, 0)], 0)
        numbers[f"times {log.activities[k]}"] = (happened - earlier).astype(np.float64)
    for name, column in _attributes(log, case, use).items():
        if column.dtype == pl.Float64:
            numbers[name] = column.fill_null(float("nan")).to_numpy().astype(np.float64)
        else:
            codes[name] = _codes(column)
    width = n_act + 1
    states = np.stack([(before[1] * width + before[0]) * width + a, before[0] * width + a, a], axis=1)
    limited = [_limited(c) for c in codes.values()]
    return Prefixes(
        x=np.stack([*limited, *numbers.values()], axis=1) if n else np.zeros((0, len(codes) + len(numbers))),
        categorical=np.array([True] * len(codes) + [False] * len(numbers)),
        names=(*codes, *numbers),
        states=states,
        case=case,
        t_ns=log.t_ns,
        left_s=seconds(log.case_end_ns()[case] - log.t_ns),
    )


def _attributes(log: EventLog, case: NDArray[np.int32], use: Sequence[str]) -> dict[str, pl.Series]:
    found: dict[str, pl.Series] = {}
    for name in use:
        if name in log.events.columns:
            frame = log.events.select(name).with_columns(pl.Series("#case", case))
            column = frame.select(pl.col(name).forward_fill().over("#case")).to_series()
        elif name in log.cases.columns:
            column = log.cases[name].gather(case)
        else:
            raise InvalidInput.unknown(
                "predict.attribute", "attribute", name, [*log.events.columns, *log.cases.columns]
            )
        usable = plain(column)
        if usable is not None:
            found[name] = usable
    return found


def _codes(column: pl.Series) -> NDArray[np.int64]:
    """Codes by frequency, the commonest 0; -1 for missing."""
    counts = column.drop_nulls().value_counts(sort=True)
    order = counts.sort(["count", column.name], descending=[True, False])[column.name].to_list()
    number = {value: k for k, value in enumerate(order)}
    return np.array([number.get(v, -1) if v is not None else -1 for v in column.to_list()], dtype=np.int64)


def _limited(codes: NDArray[np.int64]) -> Floats:
    """Codes as numbers below MAX_LEVELS, the rare ones pooled, missing as NaN."""
    if codes.size == 0:
        return codes.astype(np.float64)
    if codes.max() >= MAX_LEVELS:
        count = np.bincount(codes[codes >= 0])
        rank = np.empty(count.size, dtype=np.int64)
        rank[np.argsort(-count, kind="stable")] = np.arange(count.size)
        codes = np.where(codes >= 0, np.minimum(rank[np.maximum(codes, 0)], MAX_LEVELS - 1), -1)
    return np.where(codes < 0, np.nan, codes)
