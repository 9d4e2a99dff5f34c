"""How running cases will end, how good such forecasts are, and what the coming weeks bring if nothing changes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.backtest import backtest_chance, backtest_times
from hoshin.mine.forecast import Known, Method, divide, fit_chance, fit_times
from hoshin.mine.outcome import parse_cases, parse_outcome
from hoshin.mine.prefix import Prefixes, prefixes
from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

LogName = Annotated[str, "Name of a stored log"]
Running = Annotated[str, "Condition of the cases still running, as for log filter, e.g. 'not ends with \"Closed\"'"]
How = Annotated[
    Literal["auto", "last", "states", "boosted"],
    "By the last activity, the last activities, gradient boosting (needs the extra predict), or the best on a hold-out",
]
Limit = Annotated[int, "At most so many rows; 0 for all"]
Use = Annotated[list[str] | None, "Attribute to use, known while the case runs; may be given several times"]


@use_case()
def remaining(
    ws: Workspace, log: LogName, running: Running, *, method: How = "auto", use: Use = None, limit: Limit = 50
) -> list[dict[str, Any]]:
    """Time left from the last event of each running case, with a 90 % interval, the longest first.

    Example: hoshin predict remaining orders 'not ends with "Closed"'
    """
    given = ws.log(log)
    open_ = parse_cases(given, running)
    data, last, learn, tune = _parts(given, open_, use)
    fitted = fit_times(learn, tune, method=_method(method))
    bounds = fitted.predict(data.rows(last))
    cases = data.case[last]
    rows = [
        {
            "case_id": given.case_ids[int(c)],
            "last_activity": given.activities[int(given.activity[e])],
            "left_s": float(b[1]),
            "low_s": float(b[0]),
            "high_s": float(b[2]),
            "method": fitted.method,
        }
        for c, e, b in zip(cases, last, bounds)
    ]
    rows.sort(key=lambda row: -float(row["left_s"]))
    return rows[:limit] if limit else rows


@use_case()
def outcome(
    ws: Workspace,
    log: LogName,
    running: Running,
    outcome: Annotated[str, "slow, reworked, or a condition as for log filter"] = "slow",
    *,
    method: How = "auto",
    use: Use = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Calibrated chance of an outcome for each running case, the likeliest first.

    Example: hoshin predict outcome orders 'not ends with "Closed"' 'duration > 5d'
    """
    given = ws.log(log)
    open_ = parse_cases(given, running)
    hit = parse_outcome(given, outcome).hit
    data, last, learn, tune = _parts(given, open_, use)
    chance = fit_chance(learn, tune, hit, method=_method(method)).predict(data.rows(last))
    order = np.argsort(-chance, kind="stable")
    rows = [{"case_id": given.case_ids[int(data.case[last[k]])], "chance_share": float(chance[k])} for k in order]
    return rows[:limit] if limit else rows


@use_case()
def backtest(
    ws: Workspace,
    log: LogName,
    outcome: Annotated[str, "Outcome to forecast (slow, reworked, a condition); default: the remaining time"] = "",
    *,
    method: Annotated[list[str] | None, "auto, last, states, boosted; default: auto, with all it chose among"] = None,
    use: Use = None,
) -> list[dict[str, Any]]:
    """How good forecasts would have been on the later cases, against simple baselines.

    Example: hoshin predict backtest orders --method states --method boosted
    """
    given = ws.log(log)
    methods = [_method(m) for m in method or ["auto"]]
    if outcome:
        return backtest_chance(given, parse_outcome(given, outcome).hit, use=use or (), methods=methods)
    return backtest_times(given, use=use or (), methods=methods)


def _method(name: str) -> Method:
    match name:
        case "auto" | "last" | "states" | "boosted":
            return name
    raise InvalidInput.unknown("predict.method", "method", name, ("auto", "last", "states", "boosted"))


def _parts(
    log: EventLog, open_: NDArray[np.bool_], use: list[str] | None
) -> tuple[Prefixes, NDArray[np.int64], Known, Known]:
    """Prefixes, the last event of each running case, and what is known to learn from and to calibrate on."""
    data = prefixes(log, use=use or ())
    held = log.events_per_case() > 0
    done = ~open_ & held
    if done.sum() < 100:
        raise InvalidInput("predict.few", f"{int(done.sum())} ended cases are too few to learn from; 100 are needed.")
    learn, tune = divide(log, data, int(log.t_ns.max()), held, done)
    return data, log.case_start[1:][open_ & held] - 1, learn, tune


@use_case(writes=True)
def outlook(
    ws: Workspace,
    log: Annotated[str, "A stored log"],
    *,
    days: Annotated[float, "How far to look ahead, from the last event of the log"] = 28.0,
    replications: Annotated[int, "Logs to draw, at least 2"] = 20,
    seed: Annotated[int, "The same seed gives the same answer"] = 0,
    as_: Annotated[str, "Also store the first of them under this name"] = "",
) -> dict[str, Any]:
    """What the coming days will bring if nothing changes: by queues or precedent, as each foretold the past.
    Counts cases that begin and end within these days. What a change would do is a question for `whatif`.

    Example: hoshin predict outlook incidents --days 28 --as next-month
    """
    from hoshin.twin.outlook import Past, choose, measures, outlook_log
    from hoshin.twin.precedent import Ask

    past = Past(ws.log(log))
    ask = Ask(past.seen.until_s, past.seen.until_s + days * 86_400)
    with ws.progress.task("looking back"):
        choice = choose(past, ask)
    with ws.progress.task("looking ahead"):
        rows = measures(past, ask, choice, replications=replications, seed=seed)
    found = {"log": log, "days": days, "cases": choice.way.body, "windows": choice.way.windows, "measures": rows}
    if as_:
        parent = ws.logs.stored(log)
        origin = {"outlook_of": f"{parent.name}@{parent.version}", "days": days, "seed": seed}
        stored_log = ws.logs.write(outlook_log(past, ask, choice, seed=seed), as_, source=origin)
        found |= {"as": stored_log.name, "version": stored_log.version}
    return found
