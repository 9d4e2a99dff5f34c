"""From an event log to a panel: one KPI per unit (a case attribute) and calendar period of the case's end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import polars as pl

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.value.finding import listed, warning
from hoshin.value.panel import Panel
from hoshin.value.period import Grid, name_of, ordinal_of
from hoshin.value.rows import panel_of

Every = Literal["day", "week", "month", "quarter"]

KPIS: dict[str, Callable[[], pl.Expr]] = {
    "cycle_time_mean_s": lambda: pl.col("cycle_time_s").mean(),
    "cycle_time_median_s": lambda: pl.col("cycle_time_s").median(),
    "cases": lambda: pl.len().cast(pl.Float64),
    "events_per_case": lambda: pl.col("n_events").mean(),
    "rework_share": lambda: (pl.col("repeats") > 0).mean(),
}


def panel_from_log(
    log: EventLog,
    *,
    by: str,
    starts: Mapping[str, str],
    every: Every = "week",
    kpi: str = "cycle_time_mean_s",
    whole: bool = True,
) -> Panel:
    """`by` names a case attribute; `starts` maps its values to their first treated period ("" = never).

    Periods are calendar days, weeks... in the log's time zone, so a week in which clocks change is one
    week. `whole` leaves out the first and last period, which the log may hold in part only. The weight of
    a cell is its number of cases. Raises InvalidInput(value.column, value.kpi_unknown, value.starts).
    """
    if kpi not in KPIS:
        raise InvalidInput.unknown("value.kpi_unknown", "KPI", kpi, KPIS)
    frame = log.case_frame()
    if by not in log.cases.columns:
        raise InvalidInput.unknown("value.column", "case attribute", by, log.cases.columns)
    frame = frame.with_columns(pl.Series("repeats", _repeats(log))).filter(pl.col("n_events") > 0)
    labelled = frame.select(
        unit=pl.col(by).cast(pl.String).fill_null("(none)"),
        period=_label(every),
        cycle_time_s="cycle_time_s",
        n_events="n_events",
        repeats="repeats",
    )
    if whole:
        ends = labelled["period"].unique().sort()
        if len(ends) < 4:
            raise InvalidInput("value.short_log", f"The log ends cases in {len(ends)} {every}s only: no panel.")
        labelled = labelled.filter(~pl.col("period").is_in([ends[0], ends[-1]]))
    cells = labelled.group_by("unit", "period").agg(outcome=KPIS[kpi](), weight=pl.len()).sort("unit", "period")
    units = cells["unit"].unique().to_list()
    unknown = sorted(set(starts) - set(units))
    if unknown:
        raise InvalidInput(
            "value.starts", f"The rollout names {listed(unknown)}, which the log's {by!r} does not have.",
            hint=f"It has {listed(sorted(units))}.",
        )  # fmt: skip
    if kpi == "cases":
        cells = _with_zeros(cells, every)
    mapped = cells.with_columns(treated_from=pl.col("unit").replace_strict(dict(starts), default=""))
    panel = panel_of(mapped, weight="weight", source=f"log {log.name!r} by {by}")
    if kpi.startswith("cycle_time"):
        from dataclasses import replace

        says = "Cases still open at the end of the log are missing from the last periods: long ones above all."
        panel = replace(panel, findings=(*panel.findings, warning("open_cases", says)))
    return panel


def _label(every: Every) -> pl.Expr:
    end = pl.col("end")
    if every == "day":
        return end.dt.strftime("%Y-%m-%d")
    if every == "week":
        return end.dt.strftime("%G-W%V")
    if every == "month":
        return end.dt.strftime("%Y-%m")
    return end.dt.year().cast(pl.String) + "-Q" + end.dt.quarter().cast(pl.String)


def _repeats(log: EventLog) -> np.ndarray:
    """Events beyond the first of their activity, per case (n_cases,)."""
    pairs = np.unique(np.stack([log.case_of_event(), log.activity]), axis=1)
    distinct = np.bincount(pairs[0], minlength=log.n_cases)
    return np.asarray(log.events_per_case() - distinct)


def _with_zeros(cells: pl.DataFrame, every: Every) -> pl.DataFrame:
    """A unit without cases in a period had zero cases: that is a value, not a gap."""
    ordinals = [ordinal_of(p, every) for p in cells["period"].unique()]
    periods = [name_of(o, every) for o in range(min(ordinals), max(ordinals) + 1)]
    grid = pl.DataFrame({"unit": sorted(cells["unit"].unique())}).join(pl.DataFrame({"period": periods}), how="cross")
    return grid.join(cells, on=["unit", "period"], how="left").with_columns(
        pl.col("outcome").fill_null(0.0), pl.col("weight").fill_null(0)
    )


__all__ = ["KPIS", "Every", "Grid", "panel_from_log"]
