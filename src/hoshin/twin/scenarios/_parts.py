"""What the kinds of change share: how spans, dates, work and hours are written, and how a twin is rewritten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
import numpy as np
from scipy import stats

from hoshin.errors import InvalidInput
from hoshin.kernels.roster import FOREVER_S, WEEK_S
from hoshin.mine.calendar import DAY_S, parse_calendar
from hoshin.twin.model import MONDAY_S, Activity, Duration, Resource, Twin
from hoshin.units import parse_duration

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Amount = Annotated[float, msgspec.Meta(ge=0)]
# '90s', '15 min', '2h', '3d', or seconds.
Span = float | str
# A span, or one distribution: {lognormal: [median, sigma]}, {exponential: mean} ...
Work = float | str | dict[str, Any]
DISTRIBUTIONS = ("constant", "exponential", "lognormal", "uniform", "weibull", "empirical")


class Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Fields of a change: unknown ones are refused."""


class Outage(Fields, frozen=True, kw_only=True):
    """Breaks down at random: mean time between failures on duty or off, mean time to repair."""

    mtbf: Span
    mttr: Span


def seconds(span: Span) -> float:
    """
    >>> seconds("2h"), seconds(90)
    (7200.0, 90.0)
    """
    found = parse_duration(span) if isinstance(span, str) else float(span)
    if not 0 <= found < float("inf"):
        raise InvalidInput("scenario.span", f"{span!r} is not a span of time.", hint="Write e.g. 90s, 2h.", got=span)
    return found


def moment(text: str) -> float:
    """A date, or date and time, on the wall clock of the twin.

    >>> moment("1970-01-06") / 86_400
    1.0
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput("scenario.date", f"{text!r} is not a date.",
                           hint="Write e.g. 2027-03-01 or 2027-03-01T08:00.", got=text) from None  # fmt: skip
    if found.tzinfo is not None:
        raise InvalidInput(
            "scenario.date", f"{text!r} has a time zone.", hint="Leave it out: dates are in the twin's own.", got=text
        )
    return (found - datetime(1970, 1, 1)).total_seconds() - MONDAY_S


def window(since: str, until: str) -> tuple[float, float]:
    """[from, to) in moments; an end that is not given lies for ever away."""
    a, b = moment(since) if since else -FOREVER_S, moment(until) if until else FOREVER_S
    if not a < b:
        raise InvalidInput("scenario.date", f"It would end {until}, not after it begins {since}.", got=until)
    return a, b


def outside(since: str, until: str) -> list[tuple[float, float]]:
    """The two sides of a window, where they are not empty."""
    a, b = window(since, until)
    return [(x, y) for x, y in ((-FOREVER_S, a), (b, FOREVER_S)) if x < y]


def work(said: Work) -> Duration:
    """A duration as written; for a lognormal its median and sigma.

    >>> work("20s").a, work({"exponential": "1min"}).kind, round(work({"lognormal": ["20s", 0.4]}).mean_s(), 2)
    (20.0, 'exponential', 21.67)
    """
    if not isinstance(said, dict):
        return Duration("constant", seconds(said))
    if len(said) != 1:
        raise InvalidInput("scenario.work", "A distribution is one key, its kind.", hint=", ".join(DISTRIBUTIONS))
    kind, given = next(iter(said.items()))
    if kind not in DISTRIBUTIONS:
        raise InvalidInput.unknown("scenario.work_kind", "distribution", str(kind), DISTRIBUTIONS)
    values = list(given) if isinstance(given, list) else [given]
    wanted = {"constant": 1, "exponential": 1}.get(kind, 2)
    if (len(values) != wanted if kind != "empirical" else not values) or any(isinstance(v, bool) for v in values):
        raise InvalidInput("scenario.work", f"{kind} takes {wanted} values, not {given!r}.", got=given)
    if kind == "empirical":
        return Duration(kind, values=[seconds(v) for v in values])
    a = seconds(values[0])
    b = seconds(values[1]) if kind == "uniform" else float(values[1]) if wanted == 2 else 0.0
    if a < 0 or (kind in ("lognormal", "weibull") and not (a > 0 and b > 0)) or (kind == "uniform" and b < a):
        raise InvalidInput("scenario.work", f"{kind} {given!r} is no duration.", got=given)
    return Duration(kind, float(np.log(a)), b) if kind == "lognormal" else Duration(kind, a, b)


def altered(duration: Duration, *, times: float = 1.0, plus_s: float = 0.0) -> Duration:
    """`times` the duration and `plus_s` more; as 1000 quantiles where the family does not allow it."""
    if times == 1 and plus_s == 0:
        return duration
    if duration.kind == "constant":
        return Duration("constant", times * duration.a + plus_s)
    if duration.kind == "uniform":
        return Duration("uniform", times * duration.a + plus_s, times * duration.b + plus_s)
    values = np.array(duration.values) if duration.kind == "empirical" else _quantiles(duration)
    return Duration("empirical", values=[float(v) for v in times * values + plus_s])


def _quantiles(d: Duration) -> Any:
    u = (np.arange(1000) + 0.5) / 1000
    found = {
        "exponential": lambda: stats.expon.ppf(u, scale=d.a),
        "lognormal": lambda: stats.lognorm.ppf(u, d.b, scale=np.exp(d.a)),
        "weibull": lambda: stats.weibull_min.ppf(u, d.b, scale=d.a),
    }[d.kind]()
    return found * (d.mean_s() / found.mean())


def roster(text: str, twin: Twin) -> list[tuple[float, float]]:
    """Intervals of the week of `Mon-Fri 9-17`, of 24/7 (none), or of a roster that the twin has."""
    if text in twin.rosters:
        return twin.rosters[text]
    week = parse_calendar(text).week
    spans = [(d * DAY_S + a, d * DAY_S + b) for d, day in enumerate(week) for a, b in day]
    pieces = [p for a, b in spans for p in ((a, min(b, WEEK_S)), (0.0, b - WEEK_S)) if p[0] < p[1]]
    merged: list[tuple[float, float]] = []
    for a, b in sorted((float(a), float(b)) for a, b in pieces):
        if merged and a <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        else:
            merged.append((a, b))
    return [] if merged == [(0.0, WEEK_S)] else merged


def on_roster(text: str, twin: Twin) -> tuple[str, dict[str, list[tuple[float, float]]]]:
    """The name of the roster that `text` means, "" for round the clock, and the twin's rosters with it."""
    week = roster(text, twin)
    return (text, {**twin.rosters, text: week}) if week else ("", twin.rosters)


def each(items: Sequence[Any], names: set[str], change: Callable[[Any], Any]) -> list[Any]:
    """`items` with those whose name is in `names` changed."""
    return [change(i) if i.name in names else i for i in items]


def free_name(wanted: str, twin: Twin) -> str:
    """`wanted`, or with a number where an activity or resource has that name."""
    taken = {a.name for a in twin.activities} | {r.name for r in twin.resources}
    if wanted not in taken:
        return wanted
    return next(f"{wanted} {k}" for k in range(2, len(taken) + 3) if f"{wanted} {k}" not in taken)


def replaced(twin: Twin, *, said: str = "", **fields: Any) -> Twin:
    """`twin` with other `fields`, and what was taken for granted added to its assumptions."""
    return msgspec.structs.replace(twin, **fields, assumptions=[*twin.assumptions, *([said] if said else [])])


def with_activity(twin: Twin, name: str, **fields: Any) -> Twin:
    """`twin` with other `fields` of the activity called `name`; InvalidInput(twin.activity) if there is none."""
    twin.activity(name)

    def changed(a: Activity) -> Activity:
        return msgspec.structs.replace(a, **fields)

    return replaced(twin, activities=each(twin.activities, {name}, changed))


def away(resource: Resource, intervals: list[tuple[float, float]]) -> Resource:
    """`resource`, away in `intervals` too."""
    return msgspec.structs.replace(resource, away=[*resource.away, *intervals]) if intervals else resource
