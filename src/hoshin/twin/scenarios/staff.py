"""Staff: more or fewer people, or people who move to another role; always or between two dates."""

from __future__ import annotations

import msgspec

from hoshin.errors import InvalidInput
from hoshin.twin.model import Resource, Twin
from hoshin.twin.roles import people
from hoshin.twin.scenarios._parts import (
    Amount,
    Fields,
    away,
    free_name,
    on_roster,
    outside,
    replaced,
    window,
)  # fmt: skip


class Change(Fields, frozen=True, kw_only=True, rename={"since": "from"}):
    """`delta` people more or fewer of a `role` (or of those who do `activity`, or like `resource`), `from` a date
    and `until` another where given; `move_to` gives those taken away to another role. New people work like the
    typical one there, or by `calendar`, at `cost_per_hour`."""

    role: str = ""
    activity: str = ""
    resource: str = ""
    delta: int
    move_to: str = ""
    since: str = ""
    until: str = ""
    calendar: str = ""
    cost_per_hour: Amount | None = None


def apply(change: Change, twin: Twin) -> Twin:
    """Hire, let go, or move. Those who do least of the work go first; work in hand is finished."""
    who = people(twin, role=change.role, resource=change.resource, activity=change.activity)
    window(change.since, change.until)
    if change.move_to and change.delta >= 0:
        raise InvalidInput("scenario.move", f"delta is {change.delta}; people who move leave their role.",
                           hint="Write delta: -1 to move one person.")  # fmt: skip
    if change.delta >= 0:
        return hired(twin, typical(twin, who), change.delta, change) if change.delta else twin
    if -change.delta > len(who):
        raise InvalidInput("scenario.staff", f"There are {len(who)} people there; {-change.delta} cannot go.",
                           got=change.delta)  # fmt: skip
    fewer = without(twin, who, -change.delta, change)
    return hired(fewer, typical(twin, people(twin, role=change.move_to)), -change.delta, change) if change.move_to \
        else fewer  # fmt: skip


def typical(twin: Twin, who: list[Resource]) -> Resource:
    """The one with the median amount of work seen."""
    if not who:
        raise InvalidInput("scenario.nobody", "Nobody is there to be like.", hint="Name a role that has people.")
    ranked = sorted(who, key=lambda r: -_weight(twin, r))
    return ranked[(len(ranked) - 1) // 2]


def _weight(twin: Twin, r: Resource) -> float:
    return sum(s.weight for s in twin.skills if s.resource == r.name)


def hired(twin: Twin, like: Resource, count: int, change: Change) -> Twin:
    """`count` copies of `like` with its skills."""
    resources, skills = list(twin.resources), list(twin.skills)
    named, rosters = like.roster, twin.rosters
    if change.calendar:
        named, rosters = on_roster(change.calendar, twin)
    for k in range(count):
        name = free_name(f"{like.name} (new{'' if k == 0 else f' {k + 1}'})", replaced(twin, resources=resources))
        pay = like.money_per_hour if change.cost_per_hour is None else change.cost_per_hour
        new = msgspec.structs.replace(like, name=name, roster=named, away=[], money_per_hour=pay)
        resources.append(away(new, outside(change.since, change.until)))
        skills += [msgspec.structs.replace(s, resource=name) for s in twin.skills if s.resource == like.name]
    return replaced(twin, resources=resources, skills=skills, rosters=rosters,
                    said=f"New people work like {like.name}, from the first day, without days off.")  # fmt: skip


def without(twin: Twin, who: list[Resource], count: int, change: Change) -> Twin:
    """`count` fewer of `who`: gone for good, or away between the dates."""
    ranked = sorted(enumerate(who), key=lambda item: (_weight(twin, item[1]), -item[0]))
    go = {r.name for _, r in ranked[:count]}
    if change.since or change.until:
        gap = [window(change.since, change.until)]
        return replaced(twin, resources=[away(r, gap) if r.name in go else r for r in twin.resources])
    kept = [s for s in twin.skills if s.resource not in go]
    orphans = {s.activity for s in twin.skills} - {s.activity for s in kept}
    if orphans:
        raise InvalidInput(
            "twin.orphan", f"Without {', '.join(sorted(go))} nobody can do {', '.join(sorted(orphans))}.",
            hint="Keep one who can, or hire a colleague first.",
        )  # fmt: skip
    return replaced(twin, resources=[r for r in twin.resources if r.name not in go], skills=kept)
