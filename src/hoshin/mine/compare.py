"""Two populations of cases side by side: activities, paths, times; what differs, by how much, how surely."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.calendar import Calendar
from hoshin.mine.instance import instances
from hoshin.mine.outcome import loss
from hoshin.mine.significance import (
    benjamini_hochberg,
    bootstrap_interval,
    compare_samples,
    difference_interval,
    share_test,
)
from hoshin.mine.trait import traits
from hoshin.mine.waiting import measure
from hoshin.units import NS_PER_S

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


def compare_populations(
    log: EventLog, in_a: Mask, in_b: Mask, *, calendar: Calendar | None = None, at_least: int = 10
) -> list[dict[str, Any]]:
    """Everything that may differ between the cases `in_a` and `in_b`, bool (n_cases,), the surest first.

    Shares (of cases that have, repeat, go from A to B, end with): difference b - a with Newcombe's
    interval, Fisher or chi-squared. Times (cycle time; waiting and processing per activity) and events
    per case: difference of medians with a bootstrap interval, Cliff's delta (b over a), Mann-Whitney.
    Waiting and processing are judged on one mean per case, so that a long case counts once. `q` is
    Benjamini-Hochberg over all rows together. Raises InvalidInput(compare.overlap) if a case is in
    both, InvalidInput(compare.small) if a side has fewer than `at_least` cases.
    """
    if np.any(in_a & in_b):
        n = int(np.sum(in_a & in_b))
        raise InvalidInput(
            "compare.overlap", f"{n} cases are in both populations.", hint="Make the conditions exclusive."
        )
    for name, side in (("first", in_a), ("second", in_b)):
        if side.sum() < at_least:
            raise InvalidInput(
                "compare.small", f"The {name} population has {int(side.sum())} cases; {at_least} are needed."
            )
    rows = _times(log, in_a, in_b, calendar, at_least) + _shares(log, in_a, in_b, at_least)
    for row, q in zip(rows, benjamini_hochberg(np.array([row["p"] for row in rows]))):
        row["q"] = float(q)
    return sorted(rows, key=lambda row: (row["q"], -abs(row["effect"])))


def _shares(log: EventLog, in_a: Mask, in_b: Mask, at_least: int) -> list[dict[str, Any]]:
    has = traits(log.select_cases(in_a | in_b), at_least=at_least)
    b = in_b[in_a | in_b].astype(np.float64)
    n_a, n_b = float(in_a.sum()), float(in_b.sum())
    k_b = np.asarray(has.matrix.T @ b)
    k_a = np.asarray(has.matrix.T @ (1 - b))
    rows = []
    for k, name in enumerate(has.names):
        share_a, share_b = k_a[k] / n_a, k_b[k] / n_b
        low, high = difference_interval(k_a[k], n_a, k_b[k], n_b)
        rows.append(
            {
                "what": name,
                "measure": "share of cases",
                "a": float(share_a),
                "b": float(share_b),
                "difference": float(share_b - share_a),
                "low": low,
                "high": high,
                # Cohen's h: comparable across rare and common things.
                "effect": float(2 * np.arcsin(np.sqrt(share_b)) - 2 * np.arcsin(np.sqrt(share_a))),
                "p": share_test(k_a[k], n_a, k_b[k], n_b),
            }
        )
    return rows


def _times(log: EventLog, in_a: Mask, in_b: Mask, calendar: Calendar | None, at_least: int) -> list[dict[str, Any]]:
    rows = [
        _row("case", "cycle time, s", loss(log, "delay", calendar), in_a, in_b),
        _row("case", "events", log.events_per_case().astype(np.float64), in_a, in_b),
    ]
    work = instances(log)
    measured = measure(work, {}, calendar)
    case = log.case_of_event()
    for name, ns in (("waiting, s", measured.waiting_ns), ("processing, s", measured.processing_ns)):
        if not ns.any():
            continue
        for a, activity in enumerate(log.activities):
            at = log.activity == a
            n = np.bincount(case[at], minlength=log.n_cases)
            total = np.bincount(case[at], ns[at] / NS_PER_S, minlength=log.n_cases)
            held = n > 0
            if min((held & in_a).sum(), (held & in_b).sum()) >= at_least:
                rows.append(_row(activity, name, np.where(held, total / np.maximum(n, 1), np.nan), in_a, in_b))
    return rows


def _row(what: str, measure: str, value: Floats, in_a: Mask, in_b: Mask) -> dict[str, Any]:
    a, b = (value[side & ~np.isnan(value)] for side in (in_a, in_b))
    p, delta = compare_samples(a, b)
    low, high = bootstrap_interval(a, b, what="median")
    at_a, at_b = float(np.median(a)), float(np.median(b))
    return {
        "what": what, "measure": "median " + measure, "a": at_a, "b": at_b, "difference": at_b - at_a,
        "low": low, "high": high, "effect": delta, "p": p,
    }  # fmt: skip
