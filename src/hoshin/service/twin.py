"""The digital twin: fit one to a log, simulate it, ask what a change would do, and compare with theory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from hoshin.service import _twin_card as _card
from hoshin.service._scenario import File, Replications, Seed, Where, how_many
from hoshin.service._twin_card import stored
from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace


@use_case(writes=True)
def fit(
    ws: Workspace,
    log: Annotated[str, "A stored log"],
    *,
    name: Annotated[str | None, "What to call the twin; default: the log's name"] = None,
    score: Annotated[bool, "Fit a second twin to the first part of the log and judge it by the rest"] = True,
) -> dict[str, Any]:
    """Fit a digital twin to a log: arrivals, routing, work, people, shifts and unexplained delays.

    Example: hoshin twin fit incidents
    """
    from hoshin.twin.card import verdict
    from hoshin.twin.fit import fit_twin

    bare = log.partition("@")[0]
    with ws.progress.task("fitting the twin"):
        twin = _card.described(ws, fit_twin(ws.log(log)), log, score=score)
    version = _card.keep(ws, name or bare, twin)
    named = {"twin": name or bare, "version": version, "verdict": verdict(twin)}
    return {**named, **_card.shape(twin), "assumptions": twin.assumptions}


@use_case()
def show(ws: Workspace, twin: Annotated[str, "A fitted twin"]) -> dict[str, Any]:
    """What a twin is made of, the window of its data and what it assumes.

    Example: hoshin twin show incidents
    """
    from hoshin.twin.model import as_date

    held = stored(ws, twin)
    return {
        "twin": twin, **_card.shape(held), "data_from": as_date(held.window_s[0]), "data_to": as_date(held.window_s[1]),
        "assumptions": held.assumptions,
    }  # fmt: skip


@use_case()
def card(
    ws: Workspace,
    twin: Annotated[str, "A fitted twin"],
    *,
    fresh_days: Annotated[float | None, "How old its newest data may be; default: the setting twin.fresh_days"] = None,
) -> dict[str, Any]:
    """The model card of a twin: its data, how well it foretells a hold-out, what the log cannot tell, how fresh it is.

    Example: hoshin twin card incidents
    """
    return _card.card(ws, twin, fresh_days)


@use_case(writes=True)
def page(
    ws: Workspace,
    twin: Annotated[str, "A fitted twin"],
    *,
    output: Annotated[str, "File to write; default: reports/twin-NAME.html in the workspace"] = "",
) -> dict[str, Any]:
    """Write the model card of a twin as one HTML file that needs no network.

    Example: hoshin twin page incidents
    """
    return {"page": str(_card.page(ws, twin, output))}


@use_case(writes=True)
def follow(
    ws: Workspace,
    log: Annotated[str, "A stored log"],
    *,
    name: Annotated[str | None, "The twin that follows it; default: the log's name"] = None,
    every: Annotated[str, "Time between looks, in whole days: 1d, 7d"] = "1d",
    level: Annotated[float, "Chance of any false alarm while nothing changes"] = 0.05,
    tolerance: Annotated[float, "Least shift of cycle time, throughput or work in progress worth a new version"] = 0.05,
    learn_share: Annotated[float, "Without such a twin: learn one from this first share of the time"] = 0.33,
    dry_run: Annotated[bool, "Only say what would be done"] = False,
) -> dict[str, Any]:
    """Replay a log day by day beside its twin: say which component drifted and since when, and recalibrate that one.
    Every recalibration is a version of the twin with its reason.

    Example: hoshin twin follow incidents --every 1d
    """
    from hoshin.service import _twin_follow

    options = _twin_follow.options(every, level=level, tolerance=tolerance, learn_share=learn_share)
    return _twin_follow.followed(ws, log, name or log.partition("@")[0], options, dry_run=dry_run)


@use_case()
def versions(ws: Workspace, twin: Annotated[str, "A fitted twin"]) -> list[dict[str, Any]]:
    """The versions of a twin in the order they became current, each with its reason.

    Example: hoshin twin versions incidents
    """
    return _card.versions(ws, twin)


@use_case()
def diff(
    ws: Workspace,
    before: Annotated[str, "A twin, or NAME@VERSION"],
    after: Annotated[str, "Another, or another version of it"],
    *,
    least: Annotated[float, "Leave out changes of less than this share"] = 0.01,
) -> list[dict[str, Any]]:
    """The parameters in which two twins differ, by component, the largest change first.

    Example: hoshin twin diff incidents@1f0c9a6be2d4 incidents
    """
    from hoshin.twin.difference import differences

    return differences(stored(ws, before), stored(ws, after), least=least)


@use_case(writes=True)
def revert(
    ws: Workspace, twin: Annotated[str, "A fitted twin"], version: Annotated[str, "The version to go back to"]
) -> dict[str, Any]:
    """Make an earlier version of a twin the current one again. Nothing is deleted: revert once more to undo.

    Example: hoshin twin revert incidents 1f0c9a6be2d4
    """
    before = ws.twins.revert(twin, version, _card.now(ws))
    return {"twin": twin, "version": version, "was": before}


@use_case()
def simulate(
    ws: Workspace,
    twin: Annotated[str, "A fitted twin"],
    *,
    cases: Annotated[int, "Cases per replication"] = 1000,
    replications: Annotated[int, "Independent replications, at least 2"] = 20,
    seed: Annotated[int, "The same seed gives the same answer"] = 0,
) -> list[dict[str, Any]]:
    """Simulate a twin: means over replications, with 95 % confidence intervals.

    Example: hoshin twin simulate incidents --cases 500
    """
    from hoshin.twin.study import study

    with ws.progress.task("simulating"):
        return study(stored(ws, twin), how=how_many(cases, replications, seed)).rows()


@use_case()
def whatif(
    ws: Workspace,
    twin: Annotated[str, "A fitted twin"],
    *,
    demand: Annotated[float, "Arrivals, times this"] = 1.0,
    activity: Annotated[str | None, "The activity that `--speed` changes"] = None,
    speed: Annotated[float, "How many times faster the activity is done"] = 1.0,
    colleague: Annotated[list[str] | None, "A resource to hire a second of: same skills, same shifts"] = None,
    without: Annotated[list[str] | None, "A resource to do without"] = None,
    cases: Annotated[int, "Cases per replication"] = 1000,
    replications: Annotated[int, "Independent replications, at least 2"] = 20,
    seed: Annotated[int, "The same seed gives the same answer"] = 0,
    draws: Annotated[int, "Twins that the log could also have given, to widen intervals by; 0: chance alone"] = 12,
) -> dict[str, Any]:
    """What a change would do: the same cases with and without it, and the paired difference with its 95 % interval.
    The interval allows for chance and for a log of finite size (`fit_share` of its variance).
    Warnings say where the data is old or the change leaves what the log has seen.

    Example: hoshin twin whatif incidents --demand 1.2 --colleague "Service desk"
    """
    from hoshin.twin.change import change
    from hoshin.twin.study import study
    from hoshin.twin.uncertainty import allow_for_fit

    base = stored(ws, twin)
    asked: list[dict[str, Any]] = [{"demand": {"factor": demand}}]
    if activity is not None or speed != 1:
        asked.append({"work": {"activity": activity or "", "speed": speed}})
    asked += [{"staff": {"resource": name, "delta": 1}} for name in colleague or []]
    asked += [{"staff": {"resource": name, "delta": -1}} for name in without or []]
    other = change(base, *asked)
    with ws.progress.task("simulating both"):
        measures = study(base, [other], how_many(cases, replications, seed)).differences()
    with ws.progress.task("allowing for the finite log"):
        how = how_many(cases, max(replications // 4, 2), seed)
        measures = allow_for_fit(measures, lambda a, b: study(a, [b], how).differences(), base, other, draws=draws)
    return {"measures": measures, "warnings": _card.warnings(ws, base, other)}


@use_case()
def check(
    ws: Workspace,
    scenario: File,
    *,
    twin: Annotated[str | None, "Check against this twin too: names, who is left, load, range of the data"] = None,
) -> dict[str, Any]:
    """Check a scenario file before it is run: errors name the line, warnings say what to be wary of.

    Example: hoshin twin check bot.yaml --twin incidents
    """
    from hoshin.service import _scenario

    read = _scenario.read(scenario)
    return _scenario.checked(ws, twin or read.scenario.twin, read)


@use_case()
def run(
    ws: Workspace,
    twin: Annotated[str, "A fitted twin"],
    scenario: File,
    *,
    seed: Seed = None,
    replications: Replications = None,
    on: Where = "threads",
) -> dict[str, Any]:
    """Run a scenario: every KPI with and without it, and the paired difference with its confidence interval.

    Example: hoshin twin run incidents bot.yaml
    """
    from hoshin.connect._executor import executor
    from hoshin.service import _scenario

    read = _scenario.read(scenario, seed=seed, replications=replications)
    with ws.progress.task("simulating both"), executor(on) as pool:
        return {"twin": twin} | _scenario.ran(ws, twin, read, pool)


@use_case()
def sweep(
    ws: Workspace,
    twin: Annotated[str, "A fitted twin"],
    scenario: File,
    *,
    kpi: Annotated[list[str] | None, "A measure to show; default: mean_cycle_time_s"] = None,
    seed: Seed = None,
    replications: Replications = None,
    on: Where = "threads",
) -> list[dict[str, Any]]:
    """Every point of a scenario's `sweep` grid: the KPI and its paired difference to the twin as it is.

    Example: hoshin twin sweep incidents bot.yaml --kpi mean_cycle_time_s
    """
    from hoshin.connect._executor import executor
    from hoshin.service import _scenario
    from hoshin.twin import sweep as grid

    read = _scenario.read(scenario, seed=seed, replications=replications)
    with ws.progress.task("simulating the grid"), executor(on) as pool:
        return grid.sweep(read, stored(ws, twin), kpi or ["mean_cycle_time_s"], executor=pool)


@use_case()
def tornado(
    ws: Workspace,
    twin: Annotated[str, "A fitted twin"],
    *,
    scenario: Annotated[Path | None, "A scenario whose numbers to vary; default: the twin's own"] = None,
    kpi: Annotated[str, "The measure"] = "mean_cycle_time_s",
    seed: Annotated[int, "The same seed gives the same answer"] = 0,
    replications: Annotated[int, "Independent replications, at least 2"] = 20,
    on: Where = "threads",
) -> list[dict[str, Any]]:
    """What matters most: one parameter at a time lower and higher, the most effective first.

    Example: hoshin twin tornado incidents
    """
    from hoshin.connect._executor import executor
    from hoshin.service import _scenario
    from hoshin.twin import sweep as grid

    read = _scenario.read(scenario, seed=seed, replications=replications) if scenario else None
    how = read.scenario.run if read else how_many(1000, replications, seed)
    with ws.progress.task("simulating each"), executor(on) as pool:
        return grid.tornado(stored(ws, twin), kpi, read=read, how=how, executor=pool)


@use_case()
def optimise(
    ws: Workspace,
    twin: Annotated[str, "A fitted twin"],
    scenario: File,
    *,
    seed: Seed = None,
    on: Where = "threads",
) -> dict[str, Any]:
    """Choose the values that meet a scenario's goals at least cost; says how sure that is, and the alternatives.

    Example: hoshin twin optimise incidents staffing.yaml
    """
    from hoshin.connect._executor import executor
    from hoshin.service import _scenario
    from hoshin.twin import optimise as search

    read = _scenario.read(scenario, seed=seed)
    base = stored(ws, twin)
    with ws.progress.task("searching"), executor(on) as pool:
        return {"scenario": read.scenario.scenario, **search.optimise(read, base, executor=pool)}


@use_case()
def forecast(
    ws: Workspace,
    twin: Annotated[str, "A fitted twin"],
    *,
    log: Annotated[
        str | None, "A stored log whose open cases to start from; default: the one the twin was fitted to"
    ] = None,
    as_of: Annotated[str | None, "The moment, e.g. 2026-03-02T08:00 in the log's time zone; default: its end"] = None,
    days: Annotated[int, "How far to look ahead"] = 7,
    replications: Annotated[int, "Independent replications, at least 2"] = 100,
    cases: Annotated[int, "Show so many open cases, the latest to end first"] = 20,
    seed: Annotated[int, "The same seed gives the same answer"] = 0,
    on: Where = "threads",
) -> dict[str, Any]:
    """From the work in progress: when open cases will end and how long queues will be, with 90 % prediction intervals.

    Example: hoshin twin forecast incidents --as-of 2026-03-02T08:00
    """
    from hoshin.connect._executor import executor
    from hoshin.twin.forecast import forecast as look
    from hoshin.twin.model import as_date
    from hoshin.twin.scenarios._parts import moment

    held = stored(ws, twin)
    events = ws.log(log or str(held.source.get("log", twin)))
    at = moment(as_of) if as_of else None
    with ws.progress.task("looking ahead"), executor(on) as pool:
        seen = look(held, events, as_of=at, days=days, replications=replications, seed=seed, executor=pool)
    ids = events.case_ids.to_list()
    return {
        "as_of": as_date(seen.as_of), "open_cases": len(seen.held), "overdue_cases": seen.overdue,
        "days": seen.days(), "queues": seen.queues([a.name for a in held.activities]),
        "cases": seen.cases(ids)[:cases], "warnings": _card.warnings(ws, held),
    }  # fmt: skip


@use_case()
def theory(
    ws: Workspace,
    twin: Annotated[str, "A fitted twin"],
    *,
    cases: Annotated[int, "Cases per replication"] = 2000,
    replications: Annotated[int, "Independent replications, at least 2"] = 10,
    seed: Annotated[int, "The same seed gives the same answer"] = 0,
    on: Where = "threads",
) -> dict[str, Any]:
    """What queueing formulas say of each role beside what the twin says, and why they differ.

    Example: hoshin twin theory incidents
    """
    from hoshin.connect._executor import executor
    from hoshin.twin.theory import theory as beside

    with ws.progress.task("simulating"), executor(on) as pool:
        return beside(stored(ws, twin), how_many(cases, replications, seed), executor=pool)


@use_case()
def schema(ws: Workspace) -> dict[str, Any]:
    """The JSON Schema of scenario files: point your editor at it for completion and checks as you type.

    Example: hoshin twin schema --json > scenario.schema.json
    """
    from hoshin.twin.scenario import schema as made

    return made()


@use_case()
def queueing(
    ws: Workspace,
    *,
    per_hour: Annotated[float, "Arrivals per hour"],
    service_s: Annotated[float, "Mean service time in seconds"],
    servers: Annotated[int, "Servers"] = 1,
    service_scv: Annotated[float, "Squared coefficient of variation of service: 1 exponential, 0 constant"] = 1.0,
) -> dict[str, Any]:
    """Waiting by formula: M/M/c exactly, other service times by Allen-Cunneen (exact for one server).

    Example: hoshin twin queueing --per-hour 100 --service-s 180 --servers 8
    """
    from hoshin.twin.queueing import ggc

    line = ggc(per_hour / 3600, service_s, servers, service_scv=service_scv)
    return {
        "utilisation_share": line.rho, "wait_share": line.wait_share, "mean_wait_s": line.mean_wait_s,
        "mean_stay_s": line.mean_stay_s, "mean_waiting": line.mean_waiting, "mean_present": line.mean_present,
    }  # fmt: skip
