"""What an object-centric log holds: per object type and per activity, how many objects stand in an event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hoshin.log.ocel import Ocel


@dataclass(frozen=True, slots=True)
class TypeSummary:
    """`objects` of a type, the `events` that one of them is in, the most of them in one event."""

    object_type: str
    objects: int
    events: int
    most_per_event: int
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActivitySummary:
    """`events` of an activity; `objects` says per object type how many an event has, '1' or '0..7'; types that
    none of them has are left out."""

    activity: str
    events: int
    objects: dict[str, str]


def summarise_ocel(ocel: Ocel) -> tuple[tuple[TypeSummary, ...], tuple[ActivitySummary, ...]]:
    """Per object type and per activity, in the order of their vocabularies."""
    per_event = ocel.objects_per_event()
    members = np.bincount(ocel.object_type[ocel.object_type >= 0], minlength=len(ocel.object_types))
    types = tuple(
        TypeSummary(
            name,
            int(members[k]),
            int((per_event[:, k] > 0).sum()),
            int(per_event[:, k].max(initial=0)),
            tuple(sorted(d.attribute for d in ocel.object_kinds if d.of == name)),
        )
        for k, name in enumerate(ocel.object_types)
    )
    activities = []
    for code, name in enumerate(ocel.event_types):
        mine = per_event[ocel.event_type == code]
        bounds = zip(ocel.object_types, mine.min(axis=0).tolist(), mine.max(axis=0).tolist()) if len(mine) else ()
        counts = {t: str(low) if low == high else f"{low}..{high}" for t, low, high in bounds if high}
        activities.append(ActivitySummary(name, len(mine), counts))
    return types, tuple(activities)
