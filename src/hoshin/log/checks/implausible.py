"""Dates in the future, placeholder dates, and dates far from all others (1948, 1900, 9999)."""

from __future__ import annotations

import numpy as np

from hoshin.log.checks._clock import local_ns
from hoshin.log.eventlog import EventLog
from hoshin.log.finding import Finding, Given, of_events

TITLE = "Implausible dates"
WEIGHT, ZERO_AT = 12, 0.02
WHY = "One date of 1948 makes a case last 70 years and every average false."
DAY_NS = 86_400_000_000_000
YEAR_NS = 365 * DAY_NS
# Days that systems write for "no date": 1899-12-30, 1900-01-01, 1753-01-01, 1970-01-01, 2100-01-01.
PLACEHOLDERS = np.array([-25_569, -25_567, -79_258, 0, 47_482], dtype=np.int64)


def find(log: EventLog, given: Given) -> Finding:
    t = log.t_ns
    future = t > given.now_ns + DAY_NS
    low, middle, high = (int(x) for x in np.quantile(t, [0.05, 0.5, 0.95], method="nearest"))
    reach = max(YEAR_NS, 2 * (high - low))
    far = (t < low - reach) | (t > high + reach)
    local = local_ns(log)
    day = np.floor_divide(local, DAY_NS)
    placeholder = np.isin(day, PLACEHOLDERS) & (np.abs(t - middle) > 30 * DAY_NS)
    found = future | far | placeholder
    years = sorted({str(year) for year in local[found].astype("datetime64[ns]").astype("datetime64[Y]")})
    return of_events(found, f"{future.sum():,} in the future; years: {', '.join(years[:10])}.")
