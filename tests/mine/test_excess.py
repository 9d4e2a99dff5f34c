"""Variants and rules of high impact: planted ones are found, noise is not, the sums reconcile."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import InvalidInput
from hoshin.log.build import build_log
from hoshin.log.eventlog import EventLog
from hoshin.mine.excess import find_excess, rule_table, variant_table
from hoshin.mine.outcome import loss, parse_outcome, repeats
from hoshin.mine.trait import traits
from tests.strategies import traces as some_traces


def log_of(seed: int, planted: dict[str, float], n: int = 1500) -> tuple[EventLog, np.ndarray]:
    """Random orders and repeats of few activities; a case that has an activity in `planted` loses that much more."""
    rng = np.random.default_rng(seed)
    traces = []
    for _ in range(n):
        middle = [a for a in "bcdef" if rng.random() < 0.3]
        rng.shuffle(middle)
        traces.append("a" + "".join(middle) + ("b" if rng.random() < 0.1 else "") + "z")
    log = EventLog.from_traces(traces)
    lost = rng.exponential(10, n) + np.array([sum(planted.get(a, 0) for a in set(t)) for t in traces])
    return log, lost


def test_the_planted_rule_comes_first_and_holds_the_excess() -> None:
    log, lost = log_of(1, {"d": 20.0})

    found = find_excess(log, lost)
    rules = rule_table(found)

    assert rules[0]["rule"] == "has d"
    assert rules[0]["lift_low"] > 1.5
    has_d = np.array(["d" in trace for trace in log.traces()])
    assert rules[0]["excess"] == pytest.approx(found.excess[has_d].sum())
    assert rules[0]["cases"] == has_d.sum()
    # What comes after it covers cases of its own, so all shares together cannot exceed the whole.
    assert sum(row["added_share"] for row in rules) <= 1.0 + 1e-9


def test_noise_has_no_supported_rule_or_variant() -> None:
    """30 logs whose loss has nothing to do with the path: hardly any is blamed."""
    wrong = 0
    for seed in range(30):
        log, lost = log_of(100 + seed, {}, n=400)
        found = find_excess(log, lost)
        wrong += any(row["supported"] for row in variant_table(found, rounds=99)) or bool(rule_table(found, rounds=99))

    assert wrong <= 3


def test_benchmark_is_the_best_of_the_frequent_and_says_why() -> None:
    log = EventLog.from_traces(["ab"] * 60 + ["ac"] * 100 + ["ad"] * 5)
    lost = np.array([1.0] * 60 + [3.0] * 100 + [0.0] * 5)

    best, commonest = find_excess(log, lost), find_excess(log, lost, choice="commonest")

    assert best.benchmark.path == ("a", "b")
    assert "least mean loss of the 2 variants" in best.benchmark.why
    assert commonest.benchmark.path == ("a", "c")
    (row,) = variant_table(best)
    assert (row["path"], row["cases"], row["excess"], row["supported"]) == (["a", "c"], 100, 200.0, True)
    assert row["excess_share"] == pytest.approx(200 / 195)


@given(some_traces.filter(lambda t: len(t) > 0), st.integers(0, 2**31))
def test_excess_sums_to_the_loss_above_the_benchmark(traces: list[str], seed: int) -> None:
    log = EventLog.from_traces(traces)
    lost = np.random.default_rng(seed).integers(0, 50, log.n_cases).astype(float)

    found = find_excess(log, lost)
    rows = variant_table(found, at_least=1, rounds=9)

    assert found.total == pytest.approx(lost.sum() - log.n_cases * found.benchmark.loss)
    # The benchmark's own excess is zero, so the other variants hold all of it.
    assert sum(row["excess"] for row in rows) == pytest.approx(found.total, abs=1e-6)


@given(some_traces)
def test_traits_are_what_the_traces_show(traces: list[str]) -> None:
    has = traits(EventLog.from_traces(traces), at_least=1)

    for k, name in enumerate(has.names):
        verb, _, rest = name.partition(" ")
        what = rest.removeprefix("with ").replace(" > ", "")
        assert has.of(k).tolist() == [shows(verb, what, trace) for trace in traces]


def shows(verb: str, what: str, trace: str) -> bool:
    if verb == "repeats":
        return trace.count(what) > 1
    return trace.endswith(what) if verb == "ends" else what in trace


@given(some_traces)
def test_repeats_are_events_beyond_the_first(traces: list[str]) -> None:
    assert repeats(EventLog.from_traces(traces)).tolist() == [len(t) - len(set(t)) for t in traces]


def test_losses_and_outcomes() -> None:
    frame = pl.DataFrame(
        {"case_id": ["1", "1", "2"], "activity": ["a", "b", "a"], "cost": [2.0, None, 5.0],
         "timestamp": pl.Series([0, 3_600_000_000, 0]).cast(pl.Datetime("us")), "site": ["X", "X", "Y"]}
    )  # fmt: skip
    log = build_log(frame, currency="EUR").log

    assert loss(log, "cost").tolist() == [2.0, 5.0]
    assert loss(log, "delay").tolist() == [3600.0, 0.0]
    assert parse_outcome(log, 'case.site = "X"').hit.tolist() == [True, False]
    assert parse_outcome(log, "duration > 30min").hit.tolist() == [True, False]
    for text, code in (("duration > 30d", "explain.outcome"), ('keep activity = "a"', "explain.condition")):
        with pytest.raises(InvalidInput) as error:
            parse_outcome(log, text)
        assert error.value.code == code
    with pytest.raises(InvalidInput, match="no costs"):
        loss(EventLog.from_traces(["a"]), "cost")


def test_a_log_without_cases_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no cases"):
        find_excess(EventLog.from_traces([]), np.zeros(0))
