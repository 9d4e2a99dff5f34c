"""Case ids used twice: by two systems, or again long after the first case had ended."""

from __future__ import annotations

import re

import numpy as np

from hoshin.log.checks._usual import usual
from hoshin.log.eventlog import EventLog
from hoshin.log.finding import Finding, Given

TITLE = "Case id used twice"
WEIGHT, ZERO_AT = 12, 0.02
WHY = "Two cases under one id make one long case with a loop; every duration and variant of it is false."
SYSTEM = re.compile(r"system|source|mandt|client|tenant|company|bukrs|instance", re.IGNORECASE)
HALF_YEAR_NS = 180 * 86_400_000_000_000


def find(log: EventLog, given: Given) -> Finding:
    """A case is suspect if, after an activity that usually ends cases, one that usually starts them comes
    later than ten median cycle times or half a year; or if it starts once in each of two systems."""
    starts, ends = usual(log, end=False, share=0.05), usual(log, end=True, share=0.05)
    case = log.case_of_event()
    cycle = log.case_end_ns() - log.case_begin_ns()
    long = min(max(10 * int(np.median(cycle)), 1), HALF_YEAR_NS)
    again = np.zeros(log.n_events, dtype=np.bool_)
    again[1:] = (
        (case[1:] == case[:-1])
        & ends[log.activity[:-1]]
        & starts[log.activity[1:]]
        & (log.t_ns[1:] - log.t_ns[:-1] >= long)
    )
    detail = ""
    for column in log.events.columns:
        if SYSTEM.search(column) and 1 < log.events[column].n_unique() <= 50:
            code = log.events[column].rank("dense").fill_null(0).to_numpy().astype(np.int64)
            first = starts[log.activity]
            key = case[first].astype(np.int64) * 64 + code[first]
            _, where = np.unique(key, return_index=True)
            events = np.flatnonzero(first)[where]
            once = np.bincount(case[events], minlength=log.n_cases)
            again[events[once[case[events]] > 1]] = True
            detail = f" `{column}` differs within the case."
    events = np.flatnonzero(again)
    cases = np.unique(case[events])
    shown = ", ".join(log.case_ids.gather(cases[:5]).to_list())
    detail = f"Cases that start again: {shown}.{detail}" if cases.size else ""
    return Finding(int(cases.size), log.n_cases, "cases", events, detail)
