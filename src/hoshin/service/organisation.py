"""Who does what with whom: roles, skills, handovers, working together."""

from __future__ import annotations

from typing import Annotated, Any

from hoshin.mine import organisation as mining
from hoshin.mine.instance import instances
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
