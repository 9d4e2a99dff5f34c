"""Changes to a twin: a new twin that differs from the old in what is asked, and only there."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hoshin.errors import InvalidInput
from hoshin.twin.model import Twin


def change(
    twin: Twin,
    *,
    demand: float = 1.0,
    activity: str | None = None,
    speed: float = 1.0,
    hire: Sequence[str] = (),
    drop: Sequence[str] = (),
) -> Twin:
    """`twin` with `demand` times the arrivals, `activity` done `speed` times faster, a colleague of the same skills
    and shifts for each of `hire`, and without `drop`. InvalidInput(twin.change) where that makes no sense."""
    if not (demand > 0 and speed > 0):
        raise InvalidInput("twin.change", f"demand is {demand:g} and speed {speed:g}; both must be above 0.")
    if speed != 1 and activity is None:
        raise InvalidInput("twin.change", "A speed was given, but not of which activity.", hint="Name the activity.")
    activities, resources, skills = list(twin.activities), list(twin.resources), list(twin.skills)
    if activity is not None:
        fast = twin.activity(activity)
        at = activities.index(fast)
        activities[at] = msgspec.structs.replace(fast, speed=fast.speed * speed)
    names = [r.name for r in resources]
    for k, name in enumerate(hire):
        if name not in names:
            raise InvalidInput.unknown("twin.resource", "resource", name, names)
        new = f"{name} (new {k + 1})"
        resources.append(msgspec.structs.replace(resources[names.index(name)], name=new))
        skills += [msgspec.structs.replace(s, resource=new) for s in twin.skills if s.resource == name]
    for name in drop:
        if name not in names:
            raise InvalidInput.unknown("twin.resource", "resource", name, names)
    resources = [r for r in resources if r.name not in drop]
    kept = [s for s in skills if s.resource not in drop]
    orphans = {s.activity for s in skills} - {s.activity for s in kept}
    if orphans:
        raise InvalidInput(
            "twin.orphan", f"Without {', '.join(drop)} nobody can do {', '.join(sorted(orphans))}.",
            hint="Keep one who can, or hire a colleague first.",
        )  # fmt: skip
    arrival = msgspec.structs.replace(twin.arrival, demand=twin.arrival.demand * demand)
    return msgspec.structs.replace(twin, activities=activities, resources=resources, skills=kept, arrival=arrival)
