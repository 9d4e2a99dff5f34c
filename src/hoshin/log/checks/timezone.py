"""Times without a zone, or with and without one in the same log.

Readers leave in `log.header`: `offsets` (how many times carry each UTC offset; "" = none), `zone_assumed`
(True when no one said which zone the bare times are in) and `unzoned_rows` (the source rows without one).
"""

from __future__ import annotations

import numpy as np

from hoshin.log.eventlog import EventLog
from hoshin.log.finding import Finding, Given

TITLE = "Time zone missing or mixed"
WEIGHT, ZERO_AT = 8, 1.0
WHY = "An hour or two of shift moves waits, shifts and days; a mixture reorders events."


def find(log: EventLog, given: Given) -> Finding | None:
    offsets: dict[str, int] = log.header.get("offsets") or {}
    if not offsets:
        return None
    bare, total = offsets.get("", 0), sum(offsets.values())
    named = [o for o in offsets if o]
    if bare and named:
        rows = log.header.get("unzoned_rows") or []
        events = np.empty(0, dtype=np.int64)
        if log.source_row is not None:
            events = np.flatnonzero(np.isin(log.source_row, rows))
        text = f"{bare:,} times have no zone and were read as {log.time_zone}; the others have {', '.join(named[:5])}."
        return Finding(bare, total, "events", events, text)
    if bare and log.header.get("zone_assumed"):
        text = f"No time has a zone; all were read as {log.time_zone} because nothing says otherwise."
        return Finding(bare, total, "events", np.arange(log.n_events), text)
    minutes = [_minutes(o) for o in named]
    if minutes and max(minutes) - min(minutes) > 60:
        common = max(offsets, key=lambda o: offsets[o])
        far = sum(offsets[o] for o in named if abs(_minutes(o) - _minutes(common)) > 60)
        return Finding(far, total, "events", detail=f"Offsets differ by more than summer time: {', '.join(named[:8])}.")
    return Finding(0, total)


def _minutes(offset: str) -> int:
    """
    >>> _minutes("+05:30"), _minutes("-01:00"), _minutes("Z")
    (330, -60, 0)
    """
    if offset in ("Z", "UTC"):
        return 0
    hours, _, rest = offset[1:].partition(":")
    return (-1 if offset[0] == "-" else 1) * (int(hours) * 60 + int(rest or 0))
