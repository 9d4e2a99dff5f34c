"""Where the loss is: variants and rules out of proportion, two populations compared."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.compare import compare_populations
from hoshin.mine.excess import Excess, find_excess, rule_table, variant_table
from hoshin.mine.outcome import loss as loss_of
from hoshin.mine.outcome import parse_cases
from hoshin.service._hours import Country, Hours, Region, working_hours
from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

LogName = Annotated[str, "Name of a stored log"]
Loss = Annotated[Literal["delay", "rework", "cost"], "What a case loses: time, repeated work or money"]
Against = Annotated[
    Literal["best", "commonest"], "Benchmark path: the frequent variant that loses least, or the commonest one"
]


@use_case()
def variants(
    ws: Workspace,
    log: LogName,
    *,
    loss: Loss = "delay",
    benchmark: Against = "best",
    hours: Hours = None,
    country: Country = "",
    region: Region = "",
    at_least: Annotated[int, "Cases a variant needs to be listed"] = 10,
    limit: Annotated[int, "Rows to show; 0 = all"] = 20,
) -> dict[str, Any]:
    """Variants that lose more than the benchmark path, and whether that is more than noise.

    `lift` is the share of the excess over the share of the cases. A variant is supported if it differs
    from the benchmark path (false discovery rate 5 %) and the interval of its lift lies above 1.

    Example: hoshin impact variants orders --loss delay
    """
    found = _excess(ws.log(log), loss, benchmark, hours, country, region)
    rows = [_spell(row, loss) for row in variant_table(found, at_least=at_least)]
    listed = sum(row["cases"] for row in rows)
    rest = 1 - (listed + found.benchmark.n_cases) / found.log.n_cases
    return _head(found, loss) | {"too_rare_share": rest, "table": rows[:limit] if limit else rows}


@use_case()
def rules(
    ws: Workspace,
    log: LogName,
    *,
    loss: Loss = "delay",
    benchmark: Against = "best",
    hours: Hours = None,
    country: Country = "",
    region: Region = "",
    at_least: Annotated[int, "Cases that must have, and lack, what a rule names"] = 10,
    limit: Annotated[int, "Rules to find at most"] = 10,
) -> dict[str, Any]:
    """The few rules (has, repeats, path, ends with) that isolate the cases with most excess.

    Example: hoshin impact rules orders --loss rework
    """
    found = _excess(ws.log(log), loss, benchmark, hours, country, region)
    rows = [_spell(row, loss) for row in rule_table(found, at_least=at_least, top=limit)]
    return _head(found, loss) | {"explained_share": sum(row["added_share"] for row in rows), "table": rows}


@use_case()
def compare(
    ws: Workspace,
    log: LogName,
    a: Annotated[str, "Condition of the first population, e.g. 'case.site = \"Bonn\"' or 'started in ..2024-06'"],
    b: Annotated[str, "Condition of the second population; 'rest' = all others"] = "rest",
    *,
    hours: Hours = None,
    country: Country = "",
    region: Region = "",
    level: Annotated[float, "False discovery rate up to which differences are listed; 1 = all"] = 0.05,
    limit: Annotated[int, "Rows to show; 0 = all"] = 30,
) -> dict[str, Any]:
    """What differs between two populations (sites, periods, before and after), the surest first.

    Conditions are those of `hoshin log filter`. A difference is not a cause: the populations may
    differ in more than their name.

    Example: hoshin impact compare orders 'case.site = "Bonn"' 'case.site = "Oslo"'
    """
    given = ws.log(log)
    in_a = parse_cases(given, a)
    in_b = ~in_a if b == "rest" else parse_cases(given, b)
    with ws.progress.task("Comparing"):
        rows = compare_populations(
            given, in_a, in_b, calendar=working_hours(given, hours, None, country, region).default
        )
    sure = [row for row in rows if row["q"] <= level]
    return {
        "a": a,
        "b": b,
        "cases_a": int(in_a.sum()),
        "cases_b": int(in_b.sum()),
        "compared": len(rows),
        "different": len(sure),
        "table": sure[:limit] if limit else sure,
    }


def _excess(log: EventLog, loss: str, benchmark: str, hours: str | None, country: str, region: str) -> Excess:
    if benchmark not in ("best", "commonest"):
        raise InvalidInput.unknown("impact.benchmark", "benchmark", benchmark, ("best", "commonest"))
    calendar = working_hours(log, hours, None, country, region).default
    return find_excess(log, loss_of(log, loss, calendar), choice="best" if benchmark == "best" else "commonest")


def _head(found: Excess, loss: str) -> dict[str, Any]:
    own = found.benchmark
    return {
        "benchmark": " > ".join(own.path),
        "chosen_for": own.why,
        "benchmark_cases": own.n_cases,
        _unit("benchmark_loss", loss, found.log): own.loss,
        _unit("total_excess", loss, found.log): float(np.sum(found.excess)),
    }


def _unit(name: str, loss: str, log: EventLog | None = None) -> str:
    if loss == "delay":
        return f"{name}_s"
    if loss == "cost" and log is not None and log.currency:
        return f"{name}_{log.currency.lower()}"
    return name


def _spell(row: dict[str, Any], loss: str) -> dict[str, Any]:
    """The row with the unit of its loss in the names."""
    return {_unit(k, loss) if k in ("excess", "mean_excess") else k: v for k, v in row.items()}
