"""Different activities at the same moment of a case: their order is the order of the file, not a fact."""

from __future__ import annotations

from collections import Counter

import numpy as np

from hoshin.log.eventlog import EventLog
from hoshin.log.finding import Finding, Given, of_events

TITLE = "Same-time order"
WEIGHT, ZERO_AT = 8, 0.5
WHY = "What follows what between them is an accident of the extraction, and adds arrows to the map."


def find(log: EventLog, given: Given) -> Finding:
    case = log.case_of_event()
    tie = (case[1:] == case[:-1]) & (log.t_ns[1:] == log.t_ns[:-1]) & (log.activity[1:] != log.activity[:-1])
    found = np.zeros(log.n_events, dtype=np.bool_)
    found[1:] |= tie
    found[:-1] |= tie
    where = np.flatnonzero(tie)
    low = np.minimum(log.activity[where], log.activity[where + 1])
    high = np.maximum(log.activity[where], log.activity[where + 1])
    pairs, counts = np.unique(low.astype(np.int64) * len(log.activities) + high, return_counts=True)
    common = Counter(dict(zip(pairs.tolist(), counts.tolist()))).most_common(3)
    names = log.activities
    shown = [f"{names[p // len(names)]} with {names[p % len(names)]} ({n:,})" for p, n in common]
    return of_events(found, f"Most often: {'; '.join(shown)}.")
