"""The six distances as the package log-distance-measures computes them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from log_distance_measures import (
    absolute_event_distribution as absolute,
)
from log_distance_measures import (
    case_arrival_distribution as arrival,
)
from log_distance_measures import (
    circadian_event_distribution as circadian,
)
from log_distance_measures import (
    cycle_time_distribution as cycle,
)
from log_distance_measures import (
    n_gram_distribution as grams,
)
from log_distance_measures import (
    relative_event_distribution as relative,
)
from log_distance_measures.config import EventLogIDs

from hoshin.twin.distance import Trail
from hoshin.twin.model import MONDAY_S

IDS = EventLogIDs(case="case", activity="act", start_time="begin", end_time="end", resource="resource")


def package_distances(real: Trail, simulated: Trail) -> dict[str, float]:
    """All six, start and end times, bins of an hour: the settings of the published tables."""
    a, b = _frame(real), _frame(simulated)
    return {
        "NGD": grams.n_gram_distribution_distance(a, IDS, b, IDS, n=3),
        "AED": absolute.absolute_event_distribution_distance(a, IDS, b, IDS),
        "CED": circadian.circadian_event_distribution_distance(a, IDS, b, IDS),
        "RED": relative.relative_event_distribution_distance(a, IDS, b, IDS),
        "CAR": arrival.case_arrival_distribution_distance(a, IDS, b, IDS),
        "CTD": cycle.cycle_time_distribution_distance(a, IDS, b, IDS, bin_size=pd.Timedelta(hours=1)),
    }


def _frame(t: Trail) -> pd.DataFrame:
    moments = {
        k: pd.to_datetime(np.round((v + MONDAY_S) * 1000).astype(np.int64), unit="ms", utc=True)
        for k, v in (("begin", t.begin), ("end", t.end))
    }
    case = np.repeat(np.arange(t.n_cases), np.diff(t.case_start))
    return pd.DataFrame({"case": case, "act": t.act, "resource": "", **moments})
