"""Time: waiting and its causes, queues, batches, utilisation, in elapsed or working hours."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from hoshin.mine import queue
from hoshin.mine.availability import estimate_calendars
from hoshin.mine.batch import batch_table, find_batches
from hoshin.mine.calendar import ALWAYS
from hoshin.mine.instance import instances
from hoshin.mine.waitcause import CAUSES, cause_table, split_waiting
from hoshin.mine.waiting import measure, time_table, transition_times
from hoshin.service._hours import Country, Hours, PersonHours, Region, working_hours
from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

LogName = Annotated[str, "Name of a stored log"]
By = Annotated[Literal["activity", "transition", "resource"], "What a row stands for"]
Starts = Annotated[
    Literal["recorded", "completion", "estimated"],
    "Where begins come from: the log's start times (if it has any), the completions, or an estimate",
]
Every = Annotated[str | None, "Width of a window: 1h, 1d, 1w, 1mo, 1q, 1y; default: what gives eight or more"]


@use_case()
def waiting(
    ws: Workspace,
    log: LogName,
    *,
    by: By = "activity",
    hours: Hours = None,
    person_hours: PersonHours = None,
    country: Country = "",
    region: Region = "",
    starts: Starts = "recorded",
) -> dict[str, Any]:
    """Waiting and processing time per activity, transition or resource.

    An activity waits from the end of what enabled it to its own begin. `mean_shared_processing` counts
    a resource's time once, however many things it does at the same time.

    Example: hoshin perform waiting orders --by transition --hours "Mon-Fri 09:00-17:00" --country DE
    """
    given = ws.log(log)
    work = instances(given, starts=starts)
    working = working_hours(given, hours, person_hours, country, region)
    rows = time_table(work, measure(work, working.people, working.default), by)
    return {"measured_in": working.said, **_assumed(work.assumed), "table": rows}


@use_case()
def causes(
    ws: Workspace,
    log: LogName,
    *,
    by: By = "activity",
    hours: Hours = "estimated",
    person_hours: PersonHours = None,
    country: Country = "",
    region: Region = "",
    starts: Starts = "recorded",
    patience_s: Annotated[float, "Idle time while work gathers that makes a run of work a batch"] = 60.0,
) -> dict[str, Any]:
    """Why work waits: batching, contention, prioritisation, calendar (off duty) and extraneous. They add up.

    Example: hoshin perform causes orders --hours "Mon-Fri 09:00-17:00"
    """
    given = ws.log(log)
    work = instances(given, starts=starts)
    working = working_hours(given, hours, person_hours, country, region)
    split = split_waiting(work, calendars=working.people, default=working.default or ALWAYS, patience_s=patience_s)
    # Seconds before the sum: in nanoseconds, 292 years of waiting are more than int64 holds.
    total = (split.cause_ns / 1e9).sum(axis=0)
    return {
        "working_hours": working.said,
        **_assumed(work.assumed),
        "total_waiting_s": float(total.sum()),
        **{f"{cause}_s": float(part) for cause, part in zip(CAUSES, total)},
        "table": cause_table(split, by),
    }


@use_case()
def transitions(
    ws: Workspace,
    log: LogName,
    *,
    hours: Hours = None,
    country: Country = "",
    region: Region = "",
    limit: Annotated[int, "Rows to show, the longest total first; 0 = all"] = 20,
) -> list[dict[str, Any]]:
    """Time from each activity to the next, in elapsed or working hours.

    Example: hoshin perform transitions orders --hours "Mon-Fri 09:00-17:00"
    """
    given = ws.log(log)
    rows = transition_times(given, working_hours(given, hours, None, country, region).default)
    return rows[:limit] if limit else rows


@use_case()
def batches(
    ws: Workspace, log: LogName, *, hours: Hours = "estimated", starts: Starts = "recorded"
) -> list[dict[str, Any]]:
    """Work that resources let gather and do together: sizes, kinds, and the wait it causes.

    Example: hoshin perform batches orders
    """
    given = ws.log(log)
    work = instances(given, starts=starts)
    working = working_hours(given, hours)
    return batch_table(work, find_batches(work, calendars=working.people, default=working.default or ALWAYS))


@use_case()
def queues(
    ws: Workspace,
    log: LogName,
    activity: Annotated[str, "Activity before which work waits"],
    *,
    every: Every = None,
    starts: Starts = "recorded",
) -> list[dict[str, Any]]:
    """The queue before one activity over time: length, arrivals, services, growth.

    Example: hoshin perform queues orders "Check invoice" --every 1w
    """
    given = ws.log(log)
    return queue.queue_table(queue.queues(instances(given, starts=starts), queue.windows(given, every)), activity)


@use_case()
def bottlenecks(
    ws: Workspace, log: LogName, *, every: Every = None, starts: Starts = "recorded"
) -> list[dict[str, Any]]:
    """Where most work waits, window by window: bottlenecks move.

    Example: hoshin perform bottlenecks orders --every 1mo
    """
    given = ws.log(log)
    return queue.moving_bottlenecks(queue.queues(instances(given, starts=starts), queue.windows(given, every)))


@use_case()
def little(ws: Workspace, log: LogName, *, starts: Starts = "recorded") -> list[dict[str, Any]]:
    """Check Little's law, L = lambda W: a gap means a growing queue or times that are wrong.

    Example: hoshin perform little orders
    """
    return queue.little(instances(ws.log(log), starts=starts))


@use_case()
def utilisation(
    ws: Workspace,
    log: LogName,
    *,
    hours: Hours = "estimated",
    person_hours: PersonHours = None,
    country: Country = "",
    region: Region = "",
    starts: Starts = "recorded",
) -> dict[str, Any]:
    """How busy each resource is while on duty, and how much it does at once.

    Example: hoshin perform utilisation orders --hours "Mon-Fri 09:00-17:00"
    """
    given = ws.log(log)
    work = instances(given, starts=starts)
    working = working_hours(given, hours, person_hours, country, region)
    rows = queue.utilisation(work, calendars=working.people, default=working.default or ALWAYS)
    return {"working_hours": working.said, **_assumed(work.assumed), "table": rows}


@use_case()
def hours(ws: Workspace, log: LogName) -> dict[str, Any]:
    """The weekly working hours that the log shows, for everybody and per resource.

    Example: hoshin perform hours orders
    """
    found = estimate_calendars(ws.log(log))
    return {"time_zone": found.default.time_zone, "coverage_share": found.coverage_share, "table": found.rows()}


def _assumed(text: str) -> dict[str, str]:
    return {"assumed": text} if text else {}
