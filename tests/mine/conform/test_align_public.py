"""Optimal costs on public logs: those that two other tools find on the same models, and a table of marked models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hoshin.connect.files import read_file
from hoshin.connect.model import pnml
from hoshin.kernels.variants import group_traces
from hoshin.log.eventlog import EventLog
from hoshin.mine.conform.align import align
from hoshin.mine.conform.replay import replay
from tests.conftest import shared

# Models that the inductive miner of another tool (noise 0.2) made of each log.
MODELS = Path(__file__).resolve().parents[2] / "golden" / "models"


@pytest.mark.parametrize(
    ("model", "file", "cost"),
    [
        ("helpdesk", "Helpdesk_italian.pm4py.xes.gz", 751),
        ("receipt", "Receipt_WABO_CoSeLoG.xes.gz", 2465),
        ("sepsis", "Sepsis_4tu.xes.gz", 467),
    ],
)
def test_costs_are_those_of_two_other_tools(model: str, file: str, cost: int) -> None:
    log = read_file(shared(f"logs/{file}")).log

    assert align(log, pnml.read(MODELS / f"imf02-{model}.pnml")).total_cost == cost


def test_sepsis_with_one_trace_per_variant() -> None:
    log = read_file(shared("logs/Sepsis_4tu.xes.gz")).log
    _, first_case = group_traces(log.activity, log.case_start)
    keep = np.zeros(log.n_cases, dtype=np.bool_)
    keep[first_case] = True

    assert align(log.select_cases(keep), pnml.read(MODELS / "imf02-sepsis-variants.pnml")).total_cost == 519


# Deviations, fitting traces and mean fitness of 1,000 traces with 0 to 50 % noise (Maruster's models, one tool).
MARKED = {
    "a12": [(0, 1000, 1), (65, 966, 0.993671), (198, 910, 0.979150), (419, 793, 0.956703), (1060, 500, 0.889578)],
    "a22": [(0, 1000, 1), (164, 950, 0.993740), (317, 897, 0.987037), (650, 798, 0.974001), (1444, 529, 0.941679)],
    "a32": [(0, 1000, 1), (242, 941, 0.993727), (404, 907, 0.989156), (728, 814, 0.980319), (2019, 481, 0.945101)],
}
NOISE = ["00", "05", "10", "20", "50"]


@pytest.mark.parametrize("model", MARKED)
def test_marked_models(model: str) -> None:
    net = pnml.read(shared(f"models/maruster/{model}.pnml"))
    for noise, (cost, fitting, fitness) in zip(NOISE, MARKED[model]):
        log = read_file(shared(f"models/maruster/{model}f0n{noise}.xes.gz")).log
        found = align(log, net)
        assert (found.total_cost, int((found.case_cost() == 0).sum())) == (cost, fitting)
        assert found.fitness == pytest.approx(fitness, abs=1e-6)


def test_the_largest_marked_model_fits_its_clean_log() -> None:
    log: EventLog = read_file(shared("models/maruster/a42f0n00.xes.gz")).log

    net = pnml.read(shared("models/maruster/a42.pnml"))
    assert align(log, net).total_cost == 0
    assert replay(log, net).fits_share == 1.0
