"""Automate: a bot takes a share of an activity; what it cannot do goes back to people."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from hoshin.errors import InvalidInput
from hoshin.twin.model import Activity, Resource, Skill, Twin
from hoshin.twin.roles import people
from hoshin.twin.scenarios._parts import (
    Amount,
    Fields,
    Outage,
    Positive,
    Share,
    Span,
    Work,
    altered,
    free_name,
    moment,
    on_roster,
    replaced,
    seconds,
    work,
)  # fmt: skip

URGENT = 1e6


class Bot(Fields, frozen=True, kw_only=True):
    """`count` bots, each `at_once` runs; a run takes `duration` (or the people's, done `speed` times as fast); on
    duty by `calendar`; `outage`; money and kg CO2e per run and per hour on duty."""

    count: Annotated[int, msgspec.Meta(ge=1)] = 1
    at_once: Annotated[int, msgspec.Meta(ge=1)] = 1
    duration: Work | None = None
    speed: Positive | None = None
    calendar: str = "24/7"
    outage: Outage | None = None
    cost_per_run: Amount = 0.0
    cost_per_hour: Amount = 0.0
    kg_co2e_per_run: Amount = 0.0


class Exceptions(Fields, frozen=True, kw_only=True):
    """The share `rate` of runs fails and is seen `detected_after` the run."""

    rate: Share
    detected_after: Span = 0.0


class Fallback(Fields, frozen=True, kw_only=True):
    """Failed runs go to those who do the activity, or to `role`; each takes `effort` times the usual work and
    `extra_handling` more; `priority: high` puts it ahead of their other work."""

    role: str = ""
    effort: Amount = 1.0
    extra_handling: Span = 0.0
    priority: Literal["normal", "high"] = "normal"


class Change(Fields, frozen=True, kw_only=True, rename={"since": "from"}):
    """The share `coverage` of the tasks of `activity`, of cases where `eligible` holds (over case attributes) and
    that arrive `from` a date on, goes to `bot`."""

    activity: str
    bot: Bot
    coverage: Share = 1.0
    eligible: str = ""
    exceptions: Exceptions | None = None
    fallback: Fallback | None = None
    since: str = ""


def apply(change: Change, twin: Twin) -> Twin:
    """An activity for the bot, one for what comes back, and the bots. Which tasks the bot gets and fails is drawn
    by case, alike in every scenario."""
    old = twin.activity(change.activity)
    if old.bot:
        raise InvalidInput("scenario.automated", f"{old.name!r} is automated already.",
                           hint="Describe one bot per activity.", got=old.name)  # fmt: skip
    bot, back = free_name(f"{old.name} (bot)", twin), free_name(f"{old.name} (after bot)", twin)
    failing = change.exceptions is not None and change.exceptions.rate > 0
    run = work(change.bot.duration) if change.bot.duration is not None else old.duration
    if change.bot.duration is None and change.bot.speed is None:
        raise InvalidInput("scenario.bot", "How long a run takes is not said.", hint="Give bot.duration or bot.speed.")
    robot = Activity(
        bot, run, label=old.name, speed=(change.bot.speed or 1.0) * (old.speed if change.bot.duration is None else 1.0),
        fails=change.exceptions.rate if change.exceptions else 0.0, fails_to=back if failing else "",
        fails_after_s=seconds(change.exceptions.detected_after) if change.exceptions else 0.0,
        money=change.bot.cost_per_run, kg_co2e=change.bot.kg_co2e_per_run,
    )  # fmt: skip
    taken = msgspec.structs.replace(
        old, bot=bot, bot_share=change.coverage, bot_when=change.eligible,
        bot_from_s=moment(change.since) if change.since else None,
    )  # fmt: skip
    twin = replaced(
        twin, activities=[taken if a.name == old.name else a for a in twin.activities] + [robot],
        said=f"The bot of {old.name!r} takes {change.coverage:.0%} of "
        + ("the eligible tasks" if change.eligible else "the tasks") + "; no run of it is like a run seen in the data.",
    )  # fmt: skip
    twin = _bots(change.bot, bot, twin)
    return _fallback(change.fallback or Fallback(), old, back, twin) if failing else twin


def _bots(bot: Bot, name: str, twin: Twin) -> Twin:
    """The bots as resources that can do nothing else."""
    named, rosters = on_roster(bot.calendar, twin)
    down = (seconds(bot.outage.mtbf), seconds(bot.outage.mttr)) if bot.outage else (0.0, 0.0)
    bots = [
        Resource(f"{name} {k + 1}", role=name, capacity=bot.at_once, roster=named, mtbf_s=down[0], mttr_s=down[1],
                 money_per_hour=bot.cost_per_hour)
        for k in range(bot.count)
    ]  # fmt: skip
    skills = [Skill(b.name, name) for b in bots]
    return replaced(twin, resources=[*twin.resources, *bots], skills=[*twin.skills, *skills], rosters=rosters)


def _fallback(fallback: Fallback, old: Activity, name: str, twin: Twin) -> Twin:
    """People do again what failed."""
    shift = {"times": fallback.effort, "plus_s": seconds(fallback.extra_handling) * old.speed}
    again = Activity(
        name, altered(old.duration, **shift), label=old.name, queue=old.queue, pause=old.pause, speed=old.speed,
        boost=old.boost + (URGENT if fallback.priority == "high" else 0.0), money=old.money, kg_co2e=old.kg_co2e,
    )  # fmt: skip
    doers = twin.doers(old.name)
    if fallback.role:
        able = {r.name for r in people(twin, role=fallback.role)}
        doers = [s for s in doers if s.resource in able] or [Skill(r, old.name) for r in sorted(able)]
    skills = [
        msgspec.structs.replace(
            s, activity=name, duration=altered(s.duration, **shift) if s.duration is not None else None
        )
        for s in doers
    ]
    return replaced(twin, activities=[*twin.activities, again], skills=[*twin.skills, *skills])
