"""A fitted twin takes as long as its log, whatever the log looks like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from hoshin.connect.files import read_file
from hoshin.log.build import build_log
from hoshin.log.eventlog import EventLog
from hoshin.twin.fit import fit_twin
from hoshin.twin.observe import observe
from hoshin.twin.simulate import Settings, simulate_twin
from tests.conftest import shared


def cycle_ratio(log: EventLog) -> float:
    """Mean cycle time of the twin over that of the log."""
    tasks, twin = observe(log), fit_twin(log)
    settings = Settings(max(tasks.n_cases, 300), seed=3)
    mean = np.mean([simulate_twin(twin, settings, k)[0].cycle_s().mean() for k in range(5)])
    return float(mean / (tasks.leave() - tasks.arrive()).mean())


def overlapping(n_cases: int, overlap_h: float, steps: int, same: bool) -> EventLog:
    """Lots handed on before they are finished: each task begins `overlap_h` before the one before it ends."""
    rng = np.random.default_rng(5)
    rows = []
    for case in range(n_cases):
        t = datetime(2023, 1, 2, tzinfo=UTC) + timedelta(hours=7.3 * case)
        for k in range(steps):
            begin, end = t, t + timedelta(hours=float(rng.uniform(2, 6)))
            rows.append((f"c{case}", "work" if same else f"step {k}", f"r{k}", begin, end))
            t = end - timedelta(hours=overlap_h) + timedelta(hours=float(rng.exponential(1.5)))
    frame = pl.DataFrame(rows, ["case_id", "activity", "resource", "start_timestamp", "timestamp"], orient="row")
    return build_log(frame).log


@pytest.mark.parametrize("same", [False, True])
@pytest.mark.parametrize("overlap_h", [0.0, 0.5, 1.5])
@pytest.mark.parametrize("steps", [3, 15])
def test_overlapping_tasks_do_not_stretch_cases(overlap_h: float, steps: int, same: bool) -> None:
    assert cycle_ratio(overlapping(120, overlap_h, steps, same)) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize(
    "name",
    ["Production.csv", "AgentSim_LoanApp.csv.gz", "PurchasingExample.csv.gz", "ead_AcademicCredentials.csv.gz",
     "ead_Loan_Application.csv.gz", "ead_Procure_to_Pay.csv.gz"],
)  # fmt: skip
def test_public_logs_take_as_long_in_the_twin(name: str) -> None:
    assert cycle_ratio(read_file(shared(f"twin/{name}")).log) == pytest.approx(1.0, abs=0.2)
