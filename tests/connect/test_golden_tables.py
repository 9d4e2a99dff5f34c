"""Counts of public logs that come as tables (CSV, R data), as the README of the test data states them.

Classifier: the activity alone. `NA` is a real case id in Hospital Billing; R's own reader makes it missing, so there
its file holds 9,999 cases and the rows without a case are set aside.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import polars as pl
import pytest

from hoshin.connect import csv
from hoshin.connect.rows import rows_to_log
from hoshin.log.build import Built
from hoshin.mine.summary import summarise
from tests.conftest import shared

# file: columns, (cases, events, activities, variants)
TABLES = {
    "logs/Production_Levy.csv.gz": ({}, (225, 4953, 26, 217)),
    "logs/PurchasingExample_Fluxicon.csv.gz": ({}, (608, 9119, 21, 70)),
    "logs/eventdataR_patients.rda": (
        {"case_id": "patient", "activity": "handling", "timestamp": "time", "lifecycle": "registration_type"},
        (500, 5442, 7, None),
    ),
    "logs/eventdataR_hospital.rda": ({"activity": "activity"}, (1143, 150291, 624, 981)),
    "logs/eventdataR_traffic_fines.rda": ({}, (10000, 34724, 11, 44)),
    "logs/eventdataR_hospital_billing.rda": ({}, (9999, None, 16, 288)),
    "logs/eventdataR_BPIC14_incident_log.rda": (
        {"case_id": "incident_id", "activity": "incident_activity_type", "timestamp": "data_stamp"},
        (4000, 39911, 36, 2430),
    ),
}  # fmt: skip


def read(path: Path, columns: dict[str, str]) -> Built:
    if path.suffix != ".rda":
        return csv.read(path, columns=columns)
    rdata = pytest.importorskip("rdata")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (frame,) = rdata.read_rda(path).values()
    times = columns.get("timestamp", "timestamp")
    keep = [c for c in frame.columns if not str(c).startswith("CASE_")]
    data = {
        str(c): [None if v != v else v for v in frame[c].astype(object).where(frame[c].notna(), None)] for c in keep
    }
    table = pl.DataFrame({c: pl.Series(v, strict=False) for c, v in data.items()})
    return rows_to_log(table.with_columns(pl.from_epoch(times, time_unit="s")), columns=columns)


@pytest.mark.parametrize("file", TABLES)
def test_counts(file: str) -> None:
    columns, wanted = TABLES[file]
    found = summarise(read(shared(file), columns).log)

    counts = (found.cases, found.events, found.activities, found.variants)
    assert [c for c, w in zip(counts, wanted) if w is not None] == [w for w in wanted if w is not None]
