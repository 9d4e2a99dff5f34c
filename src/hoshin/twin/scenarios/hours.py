"""Hours: other working hours, for everybody or some, from a date on or at once."""

from __future__ import annotations

import msgspec

from hoshin.twin.model import Twin
from hoshin.twin.roles import people
from hoshin.twin.scenarios._parts import Fields, away, free_name, on_roster, replaced, window


class Change(Fields, frozen=True, kw_only=True, rename={"since": "from"}):
    """`calendar`, e.g. 'Mon-Fri 08:00-18:00; Sat 9-13' or 24/7, of a `role`, of those who do `activity`, of one
    `resource`, or of everybody; `from` a date where given."""

    calendar: str
    role: str = ""
    activity: str = ""
    resource: str = ""
    since: str = ""


def apply(change: Change, twin: Twin) -> Twin:
    """Rosters are swapped; absences stay."""
    whose = {"role": change.role, "activity": change.activity, "resource": change.resource}
    who = {r.name for r in (people(twin, **whose) if any(whose.values()) else twin.resources)}
    name, rosters = on_roster(change.calendar, twin)
    resources, skills = [], list(twin.skills)
    for r in twin.resources:
        if r.name not in who or r.roster == name:
            resources.append(r)
            continue
        new = msgspec.structs.replace(r, roster=name)
        if change.since:
            before, after = window("", change.since), window(change.since, "")
            new = away(msgspec.structs.replace(new, name=free_name(f"{r.name} (new hours)", twin)), [before])
            skills += [msgspec.structs.replace(s, resource=new.name) for s in twin.skills if s.resource == r.name]
            resources.append(away(r, [after]))
        resources.append(new)
    said = "Delays that nobody explains keep the rhythm of the old hours." if twin.delays else ""
    return replaced(twin, resources=resources, skills=skills, rosters=rosters, said=said)
