"""Savings: estimate an effect, design and lock a rollout, register claims, verify audit packs."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

File = Annotated[Path, "CSV with one row per unit and period"]
Unit = Annotated[str, "Column with the unit (team, site, queue)"]
Period = Annotated[str, "Column with the period: 2026-W07, 2026-02, 2026-02-16, 2026-Q1 or a number"]
Outcome = Annotated[str, "Column with the KPI's value"]
From = Annotated[str, "Column with the unit's first treated period; empty or 'never' = never treated"]
Switch = Annotated[str, "Column with 0/1: treated in this very period (instead of the start)"]
Weight = Annotated[str, "Column with the volume behind a value"]
Drivers = Annotated[list[str] | None, "Column that explains the outcome and that the project cannot move"]
Never = Annotated[list[str] | None, "Another word for never treated in the start column, e.g. 0"]
Better = Annotated[Literal["lower", "higher"], "Which way is better"]
Every = Annotated[Literal["day", "week", "month", "quarter"], "Length of a period"]
Today = Annotated[str, "Day to count from, default today"]


@use_case()
def estimators(ws: Workspace) -> list[dict[str, Any]]:
    """The estimators there are, with their options.

    Example: hoshin value estimators
    """
    from hoshin.value.method import ESTIMATORS, options_of

    return [
        {"estimator": name, "what": text, "options": ", ".join(options_of(name))}
        for name, text in ESTIMATORS.summaries().items()
    ]


@use_case(writes=True)
def panel(
    ws: Workspace,
    log: Annotated[str, "Name of a stored log"],
    *,
    by: Annotated[str, "Case attribute that names the unit"],
    to: Annotated[Path, "CSV file to write"],
    start: Annotated[list[str] | None, "UNIT=PERIOD: when a unit's treatment starts; others never"] = None,
    every: Every = "week",
    kpi: Annotated[str, "cycle_time_mean_s, cycle_time_median_s, cases, events_per_case or rework_share"] = (
        "cycle_time_mean_s"
    ),
) -> dict[str, Any]:
    """Make a panel from an event log: one KPI per unit and calendar period of the case's end.

    Example: hoshin value panel incidents --by team --start north=2026-W10 --kpi rework_share --to panel.csv
    """
    from hoshin.service import _savings
    from hoshin.value.measure import panel_from_log
    from hoshin.value.pack import csv_bytes

    starts = {}
    for text in start or []:
        name, _, period = text.rpartition("=")
        starts[name] = period
    made = panel_from_log(ws.log(log), by=by, starts=starts, every=every, kpi=kpi)
    _savings.write(to, csv_bytes(made))
    return {
        "file": str(to), "units": made.n_units, "periods": made.n_periods, "treated": int(made.ever().sum()),
        "findings": [{"severity": f.severity, "says": f.says} for f in made.findings],
        "next": f"hoshin value estimate {to} --switch treated",
    }  # fmt: skip


@use_case()
def estimate(
    ws: Workspace,
    file: File,
    *,
    unit: Unit = "unit",
    period: Period = "period",
    outcome: Outcome = "outcome",
    treated_from: From = "treated_from",
    switch: Switch = "",
    weight: Weight = "",
    driver: Drivers = None,
    never: Never = None,
    estimator: Annotated[str, "Name of an estimator, or auto"] = "auto",
    option: Annotated[list[str] | None, "NAME=VALUE option of the estimator; see hoshin value estimators"] = None,
    plan: Annotated[str, "Judge as this locked plan says"] = "",
    exclude: Annotated[str, "FIRST..LAST: implementation window that counts neither before nor after"] = "",
    log_scale: Annotated[bool, "Estimate relative effects (logarithms)"] = False,
    better: Better = "lower",
    alpha: Annotated[float, "1 minus the confidence of the interval"] = 0.05,
    seed: Annotated[int, "Seed of random draws"] = 0,
) -> dict[str, Any]:
    """Estimate the effect of a rollout, with what is needed to doubt it. The verdict can be "not shown".

    Example: hoshin value estimate kpi.csv --unit team --outcome hours --option randomised=true
    """
    from dataclasses import replace

    from hoshin.errors import InvalidInput
    from hoshin.service import _savings
    from hoshin.value.finding import merged, note
    from hoshin.value.method import run, suggest
    from hoshin.value.plan import plan_from, under_plan
    from hoshin.value.rows import panel_of

    made = panel_of(
        _savings.read_rows(file), unit=unit, period=period, outcome=outcome, treated_from=treated_from,
        treated=switch, weight=weight, drivers=driver or [], never=never or [], source=file.name,
    )  # fmt: skip
    if exclude:
        first, dots, last = exclude.partition("..")
        if not dots:
            raise InvalidInput("value.window", f"{exclude!r} is no window.", hint="Write FIRST..LAST.")
        made = made.without(first, last)
    options = _savings.option_values(option or [])
    said: tuple[Any, ...] = ()
    if plan:
        locked = plan_from(_savings.read_plan(ws, plan), f"Plan {plan!r}")
        judged = under_plan(locked, made)
        made, said, estimator = judged.panel, judged.findings, locked.estimator
        log_scale, alpha, better = locked.log, locked.alpha, locked.better  # type: ignore[assignment]
        options = dict(locked.options or {}) | options
        if estimator == "imputation" and locked.randomised():
            options = {"randomised": True, "blocks": list(judged.blocks)} | options
    if estimator == "auto":
        estimator, why = suggest(made)
        said = (*said, note("chosen", f"{estimator} was chosen: {why}."))
    working = made.in_logs() if log_scale else made
    found = run(working, estimator, alpha=alpha, seed=seed, options=options)
    found = replace(found, findings=merged(said, found.findings))
    return _savings.estimate_view(made, found, better)


@use_case(writes=True)
def design(
    ws: Workspace,
    name: Annotated[str, "Name for the plan"],
    *,
    units: Annotated[Path, "CSV with a column unit; optional block (stratum) and wave (pinned, not drawn)"],
    wave: Annotated[list[str], "First treated period of a wave; repeat, earliest first"],
    seed: Annotated[int, "Seed of the draw: draw it in public, e.g. with dice"],
    hold_out: Annotated[int, "Units kept untreated until the end of the measurement"] = 0,
    capacity: Annotated[list[int] | None, "At most so many units in a wave; one per wave"] = None,
    baseline_from: Annotated[str, "First period of the baseline"] = "",
    report_until: Annotated[str, "Last period that is judged"] = "",
    kpi: Annotated[str, "KPI and version, e.g. handling@2"] = "",
    better: Better = "lower",
    log_scale: Annotated[bool, "Judge relative effects (logarithms)"] = False,
    alpha: Annotated[float, "Chance of a false claim that is accepted"] = 0.05,
) -> dict[str, Any]:
    """Draw by lot which unit starts in which wave, within capacity, strata and pinned units.

    The plan is a draft until it is locked.

    Example: hoshin value design robots --units teams.csv --wave 2026-W10 --wave 2026-W16 --hold-out 3 --seed 4711
    """
    from hoshin.service import _rollout

    windows = {"baseline": (baseline_from, ""), "reporting": (min(wave, default=""), report_until)}
    judged = {"kpi": kpi, "better": better, "log": log_scale, "alpha": alpha, **windows}
    return _rollout.drawn(ws, name, units, wave, seed, hold_out, tuple(capacity or ()), judged)


@use_case(writes=True)
def mde(
    ws: Workspace,
    name: Annotated[str, "Name of a plan"],
    *,
    history: Annotated[Path | None, "CSV of past outcomes of the same units, to learn the noise from"] = None,
    periods: Annotated[int, "Periods before the first wave to count on, if there is no history"] = 0,
    after: Annotated[int, "Periods judged after the first wave"] = 26,
    noise: Annotated[float, "Standard deviation of a unit's noise, if there is no history"] = 0.0,
    rho: Annotated[float, "Autocorrelation of that noise from one period to the next"] = 0.5,
    effect: Annotated[list[float] | None, "Also say the chance to find this effect; may be repeated"] = None,
    ramp: Annotated[int, "Periods until the effect is full"] = 0,
    unit: Unit = "unit",
    period: Period = "period",
    outcome: Outcome = "outcome",
) -> dict[str, Any]:
    """The smallest effect a plan would find four times in five, by simulation, before anything starts.

    Example: hoshin value mde robots --history past.csv --after 26 --effect -0.1
    """
    from hoshin.service import _rollout

    columns = {"unit": unit, "period": period, "outcome": outcome}
    given = _rollout.Noisy(history, columns, periods, noise, rho)
    return _rollout.smallest_effect(ws, name, given, after, effect or [], ramp)


@use_case(writes=True)
def lock(
    ws: Workspace,
    name: Annotated[str, "Name of a plan"],
    *,
    by: Annotated[str, "Who locks it"],
    on: Today = "",
) -> dict[str, Any]:
    """Seal a plan before go-live: any later change shows. Refused once the first wave has started.

    Example: hoshin value lock robots --by "Ines Moreau"
    """
    from hoshin.errors import Conflict
    from hoshin.service import _savings
    from hoshin.value import plan as plans

    document = _savings.read_plan(ws, name)
    if document.get("sha256"):
        raise Conflict("value.plan_locked", f"Plan {name!r} is locked.", hint="A locked plan stays as it is.")
    sealed = plans.lock(plans.draft_from(document["content"]), by=by, on=_day(on))
    _savings.write_plan(ws, name, sealed)
    return {"plan": name, "locked_by": by, "locked_on": sealed["content"]["locked_on"], "sha256": sealed["sha256"]}


@use_case(writes=True)
def register(
    ws: Workspace,
    file: Annotated[Path, "TOML: what was measured, how it becomes money, what it cost"],
    *,
    pdf: Annotated[bool, "Also make the PDF"] = False,
) -> dict[str, Any]:
    """Register a saving: estimate, put money on it, seal the inputs and figures as an audit pack.

    The file names its data: [data] file, and its columns; [plan] name, if one was locked. It also becomes a
    record `saving/ID`, so that owner and finance can approve it.

    Example: hoshin value register matching.toml
    """
    from hoshin import __version__
    from hoshin.errors import Conflict
    from hoshin.service import _savings, _savings_file
    from hoshin.value.pack import build, frozen, judge

    claim, given, plan_name = _savings_file.read(file)
    folder = _savings.claims_folder(ws) / _savings.named(claim.id)
    if folder.exists():
        raise Conflict(
            "value.claim_exists", f"Claim {claim.id!r} is registered.", hint="A registered claim stays: use a new id."
        )
    document = _savings.read_plan(ws, plan_name) if plan_name else None
    panel = frozen(given)
    judged = judge(claim, panel, document)
    files = build(judged, panel, document, f"hoshin {__version__}")
    _savings.write_pack(folder, files, judged, pdf=pdf)
    record = _savings_file.record(ws, judged, files)
    return {**_savings.summary(judged, claim.kpi.better), "pack": str(folder), "record": record}


@use_case()
def claims(ws: Workspace) -> list[dict[str, Any]]:
    """Registered savings, recomputed from their sealed inputs.

    Example: hoshin value claims
    """
    from hoshin.service import _savings

    return [
        {
            "id": e.claim.id, "title": e.claim.title, "owner": e.claim.owner, "kind": e.worth.kind,
            "shown": e.worth.certified, "currency": e.worth.currency, "net_per_year": round(e.worth.net.likely, 2),
            "bankable_per_year": round(e.worth.bankable, 2), "remeasure_on": str(e.claim.remeasure_on or ""),
        }
        for e in _savings.entries(ws)
    ]  # fmt: skip


@use_case()
def net(ws: Workspace) -> dict[str, Any]:
    """All savings together: double counting taken out, luck among many tests too, cash and avoidance apart.

    Example: hoshin value net
    """
    from hoshin.service import _savings
    from hoshin.value.portfolio import total_of
    from hoshin.value.seal import plain

    total = total_of(_savings.entries(ws))
    return {
        "currency": total.currency,
        "bankable_per_year": round(total.bankable, 2),
        "totals": [{"what": k, **{n: round(v, 2) for n, v in plain(i).items()}} for k, i in total.totals.items()],
        "claims": [
            {
                "id": line.id, "kind": line.kind, "certified": line.certified, "counted_share": line.counted_share,
                "net_low": round(line.net.low, 2), "net": round(line.net.likely, 2),
                "net_high": round(line.net.high, 2), "npv": round(line.npv.likely, 2),
            }
            for line in total.lines
        ],
        "overlaps": plain(list(total.overlaps)),
        "findings": [{"severity": f.severity, "says": f.says} for f in total.findings],
    }  # fmt: skip


@use_case()
def due(ws: Workspace, *, on: Today = "") -> list[dict[str, Any]]:
    """Savings that must be measured again by now.

    Example: hoshin value due --on 2027-01-31
    """
    from hoshin.service import _savings
    from hoshin.value import portfolio

    return portfolio.due([e.claim for e in _savings.entries(ws)], _day(on))


@use_case(writes=True)
def pack(
    ws: Workspace,
    id: Annotated[str, "Id of a claim"],
    to: Annotated[Path, "Folder to write the pack to"],
    *,
    pdf: Annotated[bool, "Also make the PDF"] = False,
) -> dict[str, Any]:
    """Copy a claim's audit pack out: sealed data, plan, claim and result, with the page to read.

    Example: hoshin value pack matching audit/matching --pdf
    """
    from hoshin.service import _savings
    from hoshin.value.pack import recompute

    files = _savings.pack_files(_savings.claim_folder(ws, id))
    judged, _ = recompute(files)
    _savings.write_pack(to, files, judged, pdf=pdf)
    return {"folder": str(to), "files": sorted(p.name for p in to.iterdir()), "next": f"hoshin value verify {to}"}


@use_case(bare=True)
def verify(here: Path, folder: Annotated[Path, "Folder of an audit pack"]) -> dict[str, Any]:
    """Recompute an audit pack from its sealed inputs alone; needs no workspace. Fails naming what differs.

    Example: hoshin value verify audit/matching
    """
    from hoshin.errors import Corrupt
    from hoshin.service import _savings
    from hoshin.value.pack import verify as check

    files = _savings.pack_files(here / folder)
    found = check(files)
    if found:
        first = found[0]
        listed = [{"where": d.where, "sealed": str(d.sealed), "found": str(d.found)} for d in found]
        raise Corrupt(
            "value.differs",
            f"{len(found)} thing{'s' if len(found) > 1 else ''} in {folder} do not hold, first {first.where}: "
            f"sealed {first.sealed}, found {first.found}.",
            hint="Also: " + ", ".join(d.where for d in found[1:9]) if len(found) > 1 else "All else holds.",
            differences=listed,
        )
    return {"pack": str(folder), "holds": True, "files": sorted(files), "says": "Every figure recomputes."}


def _day(text: str) -> date:
    from hoshin.errors import InvalidInput

    if not text:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("value.date", f"{text!r} is no day.", hint="Write 2026-03-31.") from error
