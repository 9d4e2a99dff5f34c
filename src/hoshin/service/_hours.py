"""The options that say which hours count, shared by the use cases that measure time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.availability import estimate_calendars
from hoshin.mine.calendar import Calendar, parse_calendar, public_holidays

Hours = Annotated[
    str | None,
    "Working hours, e.g. 'Mon-Fri 09:00-17:00'; 'estimated' reads each resource's from the log; default: elapsed time",
]
PersonHours = Annotated[list[str] | None, "Hours of one resource, e.g. 'Ann=Mon-Wed 8-16'; may be given several times"]
Country = Annotated[str, "Country code whose public holidays are closed, e.g. DE"]
Region = Annotated[str, "Region of the country, e.g. BY"]


@dataclass(frozen=True, slots=True)
class Working:
    """`default` hours (None = elapsed time) and those of the resources that differ; `said` describes them."""

    default: Calendar | None
    people: dict[str, Calendar]
    said: str


def working_hours(
    log: EventLog, hours: str | None, person_hours: Iterable[str] | None = None, country: str = "", region: str = ""
) -> Working:
    """The calendars that the options mean for `log`, in its time zone."""
    if hours is None and not person_hours and not country:
        return Working(None, {}, "elapsed time")
    people: dict[str, Calendar] = {}
    if hours == "estimated":
        found = estimate_calendars(log)
        default, people = found.default, found.calendars
        said = f"estimated hours: {default} ({len(people)} resources have their own)"
    else:
        default = parse_calendar(hours or "24/7", time_zone=log.time_zone)
        said = f"{default} {log.time_zone}"
    for pair in person_hours or ():
        name, equals, text = pair.partition("=")
        if not equals:
            raise InvalidInput(
                "perform.person_hours", f"{pair!r} names no resource.", hint="Write e.g. 'Ann=Mon-Wed 8-16'."
            )
        if name not in log.resources:
            raise InvalidInput.unknown("calendar.resource", "resource", name, log.resources)
        people[name] = parse_calendar(text, time_zone=log.time_zone)
    if country and log.n_events:
        frame = log._datetime("t", log.t_ns)
        first, last = frame.dt.year().min(), frame.dt.year().max()
        assert isinstance(first, int)
        assert isinstance(last, int)
        days = public_holidays(country, range(first - 1, last + 2), region=region)
        default = replace(default, holidays=default.holidays | days)
        people = {name: replace(own, holidays=own.holidays | days) for name, own in people.items()}
        said += f", closed on the holidays of {country}{'-' + region if region else ''}"
    return Working(default, people, said)
