"""The logs of the fidelity benchmark, and how they are cut into past and future."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from hoshin.log.build import build_log
from hoshin.log.eventlog import EventLog

FILES = {
    "Loan": "AgentSim_LoanApp.csv.gz", "P2P": "PurchasingExample.csv.gz", "ACR": "ead_AcademicCredentials.csv.gz",
    "Production": "Production.csv", "ead Loan": "ead_Loan_Application.csv.gz", "ead P2P": "ead_Procure_to_Pay.csv.gz",
    "BPI12W": "ead_BPIC_2012_W.csv.gz", "BPI17W": "ead_BPIC_2017_W.csv.gz",
}  # fmt: skip
# NGD, AED, CED, RED, CAR, CTD. Simod: 10 runs each as published; CAR from own runs with 5 iterations.
NONE = float("nan")
SIMOD = {
    "Loan": (0.150, 13.6, 0.40, 9.2, 18.9, 20.4), "P2P": (0.415, 1044.0, 2.21, 840.0, 534.0, 677.0),
    "ACR": (0.239, 287.0, 2.60, 32.5, NONE, 93.5), "Production": (0.928, 146.0, 2.82, 83.9, NONE, 89.2),
    "BPI12W": (0.720, 72.0, 1.72, 95.7, NONE, 155.0), "BPI17W": (0.591, 300.0, 3.34, 137.0, NONE, 148.0),
}  # fmt: skip
# The Production row is a run on the public file, which is not the one behind the published figures.
AGENTSIM = {
    "Loan": (0.069, 2.97, 0.27, 1.66, NONE, 2.71), "P2P": (0.240, 1215.0, 1.22, 725.0, NONE, 558.0),
    "ACR": (0.362, 329.0, 7.61, 22.9, NONE, 62.5), "Production": (0.609, 108.0, 3.9, 148.0, NONE, 259.0),
    "BPI12W": (0.151, 115.0, 1.85, 54.9, NONE, 89.1), "BPI17W": (0.195, 218.0, 2.39, 40.7, NONE, 41.1),
}  # fmt: skip
NAMES = {"caseid": "case_id", "task": "activity", "user": "resource", "start_timestamp": "start_time",
         "end_timestamp": "end_time"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cut:
    """A log cut in two: cases that ended before moment `at_ns`, and those that began after it and ended by
    `end_ns`, the last end in the log. Cases under way at `at_ns` are in neither."""

    name: str
    past: EventLog
    future: EventLog
    at_ns: int
    end_ns: int


def frame_of(name: str) -> pl.DataFrame:
    """The events of a log, times as UTC, in the order of the file."""
    folder = Path(os.environ.get("HOSHIN_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "twin"
    frame = pl.read_csv(folder / FILES[name], infer_schema_length=0)
    frame = frame.rename({k: v for k, v in NAMES.items() if k in frame.columns})
    return frame.select(
        "case_id", "activity", pl.col("resource").fill_null(""),
        *(pl.col(c).str.replace_all("/", "-").str.replace(" ", "T", literal=True)
          .str.to_datetime(time_unit="ns", time_zone="UTC", strict=True).alias(c) for c in ("start_time", "end_time")),
    )  # fmt: skip


def log_of(frame: pl.DataFrame, name: str) -> EventLog:
    """An event log of these rows."""
    frame = frame.rename({"start_time": "start_timestamp", "end_time": "timestamp"})
    frame = frame.with_columns(pl.when(pl.col("resource") != "").then(pl.col("resource")).alias("resource"))
    return build_log(frame, name=name).log


def cut(name: str) -> Cut:
    """The published split: events sorted by end, the first 80 % are the past; cases on both sides are dropped."""
    frame = frame_of(name)
    by_end = frame.sort("end_time", maintain_order=True).with_row_index("at")
    n = int(np.round(frame.height * (1 - 0.2)))
    side = by_end.group_by("case_id").agg(
        (pl.col("at") < n).all().alias("past"), (pl.col("at") >= n).all().alias("future")
    )
    at, end = by_end["end_time"][n - 1], by_end["end_time"][-1]
    past, future = (
        frame.join(side.filter(which), on="case_id", how="semi", maintain_order="left") for which in ("past", "future")
    )
    to_ns = lambda moment: pl.Series([moment]).dt.cast_time_unit("ns").to_physical()[0]  # noqa: E731
    return Cut(name, log_of(past, f"{name} past"), log_of(future, f"{name} future"), to_ns(at), to_ns(end))
