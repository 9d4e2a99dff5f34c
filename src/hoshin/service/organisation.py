"""Who does what with whom: roles, skills, handovers, working together, and how much each has to do."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from hoshin.mine import organisation as mining
from hoshin.mine.instance import instances
from hoshin.service._hours import Country, Hours, PersonHours, Region, working_hours
from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

LogName = Annotated[str, "Name of a stored log"]
Limit = Annotated[int, "Rows to show; 0 = all"]


@use_case()
def roles(
    ws: Workspace, log: LogName, *, alike: Annotated[float, "Similarity of work within a role, 0 to 1"] = 0.7
) -> list[dict[str, Any]]:
    """Groups of people whose work is alike, and what they do.

    Example: hoshin organisation roles orders
    """
    return mining.roles(ws.log(log), alike=alike)


@use_case()
def skills(ws: Workspace, log: LogName) -> list[dict[str, Any]]:
    """How many people do each activity, the fewest first: what hangs on one person.

    Example: hoshin organisation skills orders
    """
    return mining.skills(ws.log(log))


@use_case()
def handovers(ws: Workspace, log: LogName, *, limit: Limit = 30) -> list[dict[str, Any]]:
    """Who passes work to whom, how often, and how long it then waits.

    Example: hoshin organisation handovers orders
    """
    rows = mining.handovers(instances(ws.log(log)))
    return rows[:limit] if limit else rows


@use_case()
def together(ws: Workspace, log: LogName, *, limit: Limit = 30) -> list[dict[str, Any]]:
    """Who works on the same cases.

    Example: hoshin organisation together orders
    """
    rows = mining.together(ws.log(log))
    return rows[:limit] if limit else rows


@use_case()
def workload(
    ws: Workspace,
    log: LogName,
    *,
    by: Annotated[Literal["resource", "role", "everyone"], "Whose workload a row is"] = "resource",
    who: Annotated[str, "Only this resource or role, window by window"] = "",
    every: Annotated[
        str | None, "Width of a window: 1h, 1d, 1w, 1mo, 1q, 1y; default: what gives eight or more"
    ] = None,
    hours: Hours = "estimated",
    person_hours: PersonHours = None,
    country: Country = "",
    region: Region = "",
    starts: Annotated[
        Literal["recorded", "completion", "estimated"], "Where begins come from, as for perform waiting"
    ] = "recorded",
    limit: Limit = 30,
) -> dict[str, Any]:
    """What each person or role has in hand over time, its peaks, and the hours worked against those there.

    Work is in hand of the one who does it, from when it could be done to its end.

    Example: hoshin organisation workload orders --by role --every 1w --hours "Mon-Fri 09:00-17:00"
    """
    from hoshin.mine.calendar import ALWAYS
    from hoshin.mine.queue import windows
    from hoshin.mine.workload import measure_workload, series_table, summary_table

    given = ws.log(log)
    work = instances(given, starts=starts)
    working = working_hours(given, hours, person_hours, country, region)
    found = measure_workload(
        work, windows(given, every), by=by, calendars=working.people, default=working.default or ALWAYS
    )
    rows = series_table(found, who or "everyone") if who or by == "everyone" else summary_table(found)
    said = {"working_hours": working.said, **({"assumed": work.assumed} if work.assumed else {})}
    return {**said, "table": rows[:limit] if limit and not who else rows}
