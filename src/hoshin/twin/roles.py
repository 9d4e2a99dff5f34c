"""Roles of a twin: who stands in for whom."""

from __future__ import annotations

from collections import defaultdict

from hoshin.errors import InvalidInput
from hoshin.twin.model import Resource, Twin


def roles(twin: Twin) -> dict[str, list[Resource]]:
    """Resources by role; those without one are grouped by what they can do, and the group is named after it.

    >>> from hoshin.twin.model import Duration
    >>> from hoshin.twin.network import Station, network
    >>> list(roles(network({"desk": Station(Duration(), 2)}, mean_gap_s=1.0)))
    ['desk']
    """
    able: dict[str, list[str]] = defaultdict(list)
    for s in twin.skills:
        able[s.resource].append(s.activity)
    found: dict[str, list[Resource]] = defaultdict(list)
    for r in twin.resources:
        found[r.role or _named(sorted(set(able[r.name])), r.name)].append(r)
    return dict(found)


def _named(activities: list[str], person: str) -> str:
    if not activities:
        return person
    return " + ".join(activities) if len(activities) < 4 else f"{activities[0]} + {len(activities) - 1} more"


def people(twin: Twin, *, role: str = "", resource: str = "", activity: str = "") -> list[Resource]:
    """The resources of a role, the one of that name, or all who can do an activity: exactly one is to be given.

    Raises InvalidInput(scenario.who, twin.role, twin.resource, twin.activity).
    """
    if sum(map(bool, (role, resource, activity))) != 1:
        raise InvalidInput("scenario.who", "Say whose: one of role, resource or activity.",
                           hint="hoshin twin theory TWIN lists the roles.")  # fmt: skip
    if activity:
        able = {s.resource for s in twin.doers(twin.activity(activity).name)}
        return [r for r in twin.resources if r.name in able]
    if resource:
        found = [r for r in twin.resources if r.name == resource]
        if not found:
            raise InvalidInput.unknown("twin.resource", "resource", resource, [r.name for r in twin.resources])
        return found
    held = roles(twin)
    if role not in held:
        raise InvalidInput.unknown("twin.role", "role", role, held)
    return held[role]
