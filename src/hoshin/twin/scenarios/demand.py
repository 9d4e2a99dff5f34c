"""Demand: more or fewer cases arrive, always or between two dates."""

from __future__ import annotations

import msgspec

from hoshin.twin.model import Twin
from hoshin.twin.scenarios._parts import Fields, Positive, replaced, window


class Change(Fields, frozen=True, kw_only=True, rename={"since": "from"}):
    """`factor` times the arrivals, `from` a date and `until` another where given."""

    factor: Positive
    since: str = ""
    until: str = ""


def apply(change: Change, twin: Twin) -> Twin:
    """Gaps between arrivals shrink alike: the rhythm of day and week stays."""
    if change.factor == 1:
        return twin
    arrival = twin.arrival
    if change.since or change.until:
        phase = (*window(change.since, change.until), float(change.factor))
        arrival = msgspec.structs.replace(arrival, phases=[*arrival.phases, phase])
    else:
        arrival = msgspec.structs.replace(arrival, demand=arrival.demand * change.factor)
    return replaced(twin, arrival=arrival, said="Demand changes; its rhythm over day and week, and the mix of cases, "
                    "stay.")  # fmt: skip
