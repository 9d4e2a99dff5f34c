"""Forecasts from the work in progress: against closed forms, and against what then happened."""

from __future__ import annotations

import numpy as np
import pytest

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.service import twin as use
from hoshin.service._workspace import Workspace
from hoshin.twin.fit import fit_twin
from hoshin.twin.forecast import DAY_S, forecast
from hoshin.twin.live import quantiles, standings
from hoshin.twin.model import Duration, Twin, moment_s
from hoshin.twin.network import Station, network
from hoshin.twin.simulate import Settings, simulate_log

EXP = "exponential"
HOUR = 3600.0


def without_queue() -> Twin:
    """M/M/infinity: 30 cases a day that take 2 days each."""
    return network({"work": Station(Duration(EXP, 2 * DAY_S), 0)}, mean_gap_s=DAY_S / 30)


def one_desk() -> Twin:
    return network(
        {"receive": Station(Duration("constant", 0.0), 0, {"desk": 1.0}), "desk": Station(Duration(EXP, HOUR))},
        mean_gap_s=1.05 * HOUR,
    )


def test_cases_without_a_queue_decay_and_are_replaced_as_by_formula() -> None:
    """M/M/infinity from n open: n e^(-t/s) + lambda s (1 - e^(-t/s))."""
    twin = without_queue()
    log = simulate_log(twin, Settings(1200, since_s=0.0, seed=4))
    found = forecast(twin, log, as_of=20 * DAY_S, days=5, replications=300)
    n = len(found.held)
    begin, end = moment_s(log.begin_ns(), "UTC"), moment_s(log.t_ns, "UTC")
    t = np.arange(6)
    truth = n * np.exp(-t / 2) + 60 * (1 - np.exp(-t / 2))

    assert n == ((begin <= 20 * DAY_S) & (end > 20 * DAY_S)).sum() > 30
    assert found.open[:, 0] == pytest.approx(n)
    for k in range(1, 6):
        error = found.open[:, k].std(ddof=1) / np.sqrt(300)
        assert abs(found.open[:, k].mean() - truth[k]) < 3.5 * error


def test_the_kth_in_the_queue_ends_after_k_services() -> None:
    """M/M/1 first come first served: the time left of the k-th is Erlang(k, mu), whoever is being served."""
    twin = one_desk()
    log = simulate_log(twin, Settings(2000, since_s=0.0, seed=2))
    arrive = moment_s(log.t_ns[log.activity == 0], "UTC")
    done = moment_s(log.t_ns[log.activity == 1], "UTC")
    present = np.searchsorted(np.sort(arrive), np.sort(arrive)) - np.searchsorted(np.sort(done), np.sort(arrive))
    as_of = float(np.sort(arrive)[np.argmax(present >= 12)]) + 1.0
    found = forecast(twin, log, as_of=as_of, days=2, replications=400)
    left = np.sort(found.end_s, axis=1) - as_of
    n = left.shape[1]

    assert n >= 12
    assert not np.isnan(found.end_s).any()
    for k in range(n):
        assert left[:, k].mean() == pytest.approx((k + 1) * HOUR, abs=3.5 * HOUR * np.sqrt((k + 1) / 400))
        assert left[:, k].std() == pytest.approx(HOUR * np.sqrt(k + 1), rel=0.15)
    assert found.waiting[:, 0] == pytest.approx(n - 1)


def office() -> tuple[Twin, EventLog]:
    hours = [(d * DAY_S + 8 * HOUR, d * DAY_S + 17 * HOUR) for d in range(5)]
    twin = network(
        {"receive": Station(Duration("constant", 0.0), 0, {"check": 1.0}),
         "check": Station(Duration("lognormal", np.log(2400), 0.6), 4, {"decide": 0.7}, roster="office"),
         "decide": Station(Duration(EXP, 3600.0), 3, {"check": 0.15}, roster="office")},
        mean_gap_s=3600.0, rosters={"office": hours},
    )  # fmt: skip
    return twin, simulate_log(twin, Settings(1000, since_s=0.0, seed=8))


@pytest.mark.parametrize("starts", [True, False])
def test_backtest_of_a_fitted_twin(starts: bool) -> None:
    """At six moments: what was open then ended inside the 80 % intervals about as often as they say, and so did the
    number in progress a day later."""
    _, log = office()
    if not starts:
        log = EventLog(**{f: getattr(log, f) for f in (
            "activity", "t_ns", "case_start", "activities", "case_ids", "resource", "resources", "name")})  # fmt: skip
    twin = fit_twin(log)
    end = moment_s(log.t_ns[log.case_start[1:] - 1], "UTC")
    begin = moment_s(log.begin_ns()[log.case_start[:-1]], "UTC")
    inside, level, asked = [], [], 0
    for k in range(6):
        as_of = (14 + 4 * k) * DAY_S + (9 + k % 7) * HOUR
        found = forecast(twin, log, as_of=as_of, days=2, replications=40, level=0.8, seed=k)
        for j, s in enumerate(found.held):
            ends = found.end_s[:, j][~np.isnan(found.end_s[:, j])]
            if end[s.case] > as_of and ends.size > 5:
                low, high = np.quantile(ends, [0.1, 0.9])
                inside.append(low <= end[s.case] <= high)
        truth = ((begin <= as_of + DAY_S) & (end > as_of + DAY_S)).sum()
        low, high = np.quantile(found.open[:, 1], [0.1, 0.9])
        level.append(low <= truth <= high)
        asked += len(found.held)

    assert asked > 40
    assert 0.6 <= np.mean(inside) <= 1.0
    assert np.mean(level) >= 0.5


def test_only_the_past_is_used() -> None:
    """Events after the moment make no difference but for the cases' own later selves."""
    twin, log = office()
    as_of = 30 * DAY_S + 11 * HOUR
    begin = moment_s(log.begin_ns(), "UTC")
    seen = log.select_events(begin <= as_of)

    assert standings(twin, log, as_of) == standings(twin, seen, as_of)


def test_same_seed_same_forecast_and_a_moment_before_the_log_is_refused(ws: Workspace) -> None:
    twin, log = office()
    a, b = (forecast(twin, log, as_of=30 * DAY_S, days=2, replications=5, seed=3) for _ in range(2))
    ws.logs.write(log, "office")
    use.fit(ws, "office")
    told = use.forecast(ws, "office", as_of="1970-02-04T11:00", days=3, replications=20)

    assert np.array_equal(a.end_s, b.end_s, equal_nan=True)
    assert [r["at"] for r in told["days"]] == [f"1970-02-{4 + k:02d} 11:00" for k in range(4)]
    assert told["days"][0]["in_progress"] <= told["open_cases"]
    with pytest.raises(InvalidInput) as caught:
        forecast(twin, log, as_of=-DAY_S)
    assert caught.value.code == "twin.as_of"


@pytest.mark.parametrize("d", [Duration(EXP, 9.0), Duration("empirical", values=[3.0, 1.0]), Duration()], ids=str)
def test_quantiles_are_the_kernels(d: Duration) -> None:
    assert quantiles(d, np.array([0.7]))[0] == pytest.approx(
        {EXP: -9 * np.log(0.3), "empirical": 3.0, "constant": 0.0}[d.kind]
    )
