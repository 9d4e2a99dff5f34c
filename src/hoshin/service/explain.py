"""Why: drivers of an outcome, and the rules behind choices."""

from __future__ import annotations

from typing import Annotated, Any

from hoshin.mine.decisions import Decision, decide, decide_all
from hoshin.mine.design import Feature, known_at_start
from hoshin.mine.drivers import find_drivers
from hoshin.mine.outcome import parse_outcome
from hoshin.mine.trait import traits
from hoshin.service._hours import Country, Hours, Region, working_hours
from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

LogName = Annotated[str, "Name of a stored log"]
Ignore = Annotated[
    list[str] | None, "Attribute to leave out, e.g. one written only when the case ends; may be given several times"
]


@use_case()
def drivers(
    ws: Workspace,
    log: LogName,
    outcome: Annotated[
        str, "slow (the slowest quarter), reworked, or a condition as for log filter, e.g. 'duration > 5d'"
    ] = "slow",
    *,
    ignore: Ignore = None,
    during: Annotated[bool, "Also test what happens in the case (activities, repeats, paths)"] = False,
    hours: Hours = None,
    country: Country = "",
    region: Region = "",
    at_least: Annotated[int, "Cases that must have, and lack, what a driver names"] = 30,
    level: Annotated[float, "False discovery rate"] = 0.05,
    limit: Annotated[int, "Rows to show; 0 = all"] = 20,
) -> dict[str, Any]:
    """Attributes that go with a slow, reworked or non-compliant outcome, crude and with the others held equal.

    `effect` is the difference in the share of cases with the outcome; the adjusted one holds all other
    attributes equal (doubly robust). Warnings say where that cannot be done, or undoes the effect.

    Example: hoshin explain drivers orders 'duration > 5d'
    """
    given = ws.log(log)
    found = parse_outcome(given, outcome, working_hours(given, hours, None, country, region).default)
    extra = []
    if during:
        has = traits(given, at_least=at_least)
        extra = [Feature(name, "during", has.of(k)) for k, name in enumerate(has.names)]
    with ws.progress.task("Testing drivers"):
        rows = find_drivers(known_at_start(given, ignore or ()), found.hit, extra=extra, at_least=at_least, level=level)
    return {
        "outcome": found.said,
        "cases": given.n_cases,
        "hit_share": float(found.hit.mean()),
        "drivers": len(rows),
        "table": rows[:limit] if limit else rows,
    }


@use_case()
def decisions(
    ws: Workspace,
    log: LogName,
    activity: Annotated[str, "Activity after which cases part; default: every one"] = "",
    *,
    ignore: Ignore = None,
    depth: Annotated[int, "Questions to ask in a row at most"] = 3,
    level: Annotated[float, "False discovery rate up to which a rule counts"] = 0.05,
) -> list[dict[str, Any]]:
    """What decides where cases go next, tested on later cases against guessing the commonest path.

    Example: hoshin explain decisions orders "Check invoice"
    """
    given = ws.log(log)
    with ws.progress.task("Learning rules"):
        if activity:
            one = decide(given, activity, depth=depth, ignore=ignore or ())
            found = [(one, one.p)] if one else []
        else:
            found = decide_all(given, level=level, depth=depth, ignore=ignore or ())
    return [_said(decision, q, level) for decision, q in found]


def _said(decision: Decision, q: float, level: float) -> dict[str, Any]:
    counts = q <= level and decision.accuracy_share > decision.majority_share
    return {
        "after": decision.activity,
        "paths": len(decision.paths),
        "tested_on": decision.n_test,
        "majority_share": decision.majority_share,
        "accuracy_share": decision.accuracy_share,
        "q": q,
        "rule": "; ".join(f"{words}: {path} ({n} times, {part:.0%})" for words, path, n, part in decision.rules)
        if counts
        else "nothing recorded decides it",
    }
