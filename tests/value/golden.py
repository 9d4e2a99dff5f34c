"""Published data sets as panels. Sources and licences: tests/golden/causal/README.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from hoshin.value.panel import Matrix, Panel
from hoshin.value.rows import panel_of

FOLDER = Path(__file__).resolve().parent.parent / "golden" / "causal"


def table(name: str, separator: str = ",") -> pl.DataFrame:
    return pl.read_csv(FOLDER / name, separator=separator, infer_schema=False)


def mpdta() -> Panel:
    return panel_of(
        table("mpdta.csv.gz"),
        unit="countyreal",
        period="year",
        outcome="lemp",
        treated_from="first.treat",
        never=["0"],
    )


def prop99() -> Panel:
    frame = table("california_prop99.csv", ";")
    return panel_of(frame, unit="State", period="Year", outcome="PacksPerCapita", treated="treated")


def geolift() -> Panel:
    test = pl.col("location").is_in(["chicago", "portland"])
    frame = table("geolift_test.csv.gz").with_columns(
        treated_from=pl.when(test).then(pl.lit("2021-04-01")).otherwise(pl.lit("never"))
    )
    return panel_of(frame, unit="location", period="date", outcome="Y")


def nsw() -> Panel:
    wide = table("nsw.csv").with_columns(
        treated_from=pl.when(pl.col("treat") == "1").then(pl.lit("1978")).otherwise(pl.lit(""))
    )
    long = wide.unpivot(["re74", "re75", "re78"], index=["person", "treated_from"], variable_name="year")
    frame = long.with_columns(year="19" + pl.col("year").str.slice(2))
    return panel_of(frame, unit="person", period="year", outcome="value")


BASQUE = "Basque Country (Pais Vasco)"


def basque() -> tuple[Panel, Matrix]:
    """The panel (treated from 1970) and the thirteen predictors of Abadie and Gardeazabal, (n_units, 13)."""
    frame = table("basque.csv").with_columns(pl.col("year").cast(pl.Float64).cast(pl.Int64))
    rows = frame.select(
        unit="regionname",
        period=pl.col("year").cast(pl.String),
        outcome="gdpcap",
        treated_from=pl.when(pl.col("regionname") == BASQUE).then(pl.lit("1970")).otherwise(pl.lit("")),
    )
    panel = panel_of(rows)
    windows = {
        **{f"school.{x}": range(1964, 1970) for x in ("illit", "prim", "med", "high", "post.high")},
        "invest": range(1964, 1970),
        "gdpcap": range(1960, 1970),
        **{
            f"sec.{x}": range(1961, 1970, 2)
            for x in ("agriculture", "energy", "industry", "construction", "services.venta", "services.nonventa")
        },
        "popdens": [1969],
    }
    columns = []
    for name, years in windows.items():
        means = frame.filter(pl.col("year").is_in(list(years))).group_by("regionname").agg(
            pl.col(name).cast(pl.Float64).mean()
        )  # fmt: skip
        of = dict(means.iter_rows())
        columns.append([of[u] for u in panel.units])
    return panel, np.array(columns, dtype=np.float64).T
