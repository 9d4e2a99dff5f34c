"""The log as people say it was: without what is not real, with late entries where they belong, doubt marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hoshin.log.eventlog import EventLog
from hoshin.mine.review.remark import Remark

TRUSTED = "time_trusted"


def correct_log(log: EventLog, remarks: Sequence[Remark], moves: Sequence[tuple[str, str]]) -> EventLog:
    """Follow the remarks in the log.

    Events of activities that are `not_real` are left out (cases stay, if empty). Each late event with a known place
    stands directly after the last such activity before it in its case, at that moment, for its own time says
    nothing; where there is none before it, it stays. The event attribute `time_trusted` is false for every event of
    an activity that is logged late: filter on it before measuring times. The same log if no remark concerns it.
    """
    unreal = {r.element for r in remarks if r.verdict == "not_real"}
    late = {r.element for r in remarks if r.verdict == "logged_late"}
    drop = _is(log, unreal)
    if drop.any():
        log = log.select_events(~drop, keep_empty_cases=True)
    doubtful = _is(log, late)
    for activity, after in moves:
        log, doubtful = _moved(log, doubtful, activity, after)
    if not doubtful.any():
        return log
    marks = pl.Series(TRUSTED, ~doubtful)
    return replace(log, events=log.events.with_columns(marks) if log.events.width else pl.DataFrame([marks]))


def _is(log: EventLog, names: set[str]) -> NDArray[np.bool_]:
    """Whether each event is of one of the activities `names`: bool (n_events,)."""
    hit = np.array([name in names for name in log.activities], dtype=np.bool_)
    return hit[log.activity] if log.n_events else np.zeros(0, dtype=np.bool_)


def _moved(log: EventLog, marked: NDArray[np.bool_], activity: str, after: str) -> tuple[EventLog, NDArray[np.bool_]]:
    """Events of `activity` directly after the last `after` before them, in the order they had."""
    n = log.n_events
    position = np.arange(n, dtype=np.int64)
    anchors = np.where(_is(log, {after}), position, -1)
    last = np.maximum.accumulate(anchors) if n else anchors
    first = np.repeat(log.case_start[:-1], log.events_per_case())
    goes = _is(log, {activity}) & (last >= first)
    if not goes.any():
        return log, marked
    key = np.where(goes, last, position)
    order = np.lexsort((position, goes, key))
    t_ns = np.where(goes, log.t_ns[np.maximum(last, 0)], log.t_ns)
    log = replace(log, t_ns=t_ns, start_ns=None if log.start_ns is None else np.where(goes, t_ns, log.start_ns))
    return log.rearrange(order), marked[order]
