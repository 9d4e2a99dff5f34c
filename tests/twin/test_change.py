"""Every kind of change: does what it says, in the right direction, and nothing where nothing is asked."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoshin.errors import HoshinError, InvalidInput
from hoshin.twin import queueing
from hoshin.twin.change import KINDS, change
from hoshin.twin.engine import replicate
from hoshin.twin.model import Duration, Sort, Twin
from hoshin.twin.network import Station, network
from hoshin.twin.scenarios._parts import altered, roster, work
from hoshin.twin.simulate import Settings, simulate_twin, summary
from hoshin.twin.visits import activity_visits

EXP = "exponential"
DAY = 86_400.0
OFFICE = [(d * DAY + 32_400, d * DAY + 61_200) for d in range(5)]


def office(sorts: tuple[Sort, ...] = (Sort(),)) -> Twin:
    """check (3 people) then, for 60 %, decide (2), which sends 20 % back; everything at the office."""
    return network(
        {
            "check": Station(Duration(EXP, 600.0), 3, {"decide": 0.6}, roster="office"),
            "decide": Station(Duration(EXP, 700.0), 2, {"check": 0.2}, roster="office"),
        },
        mean_gap_s=1200.0, rosters={"office": OFFICE}, sorts=sorts,
    )  # fmt: skip


def cycle(twin: Twin, *, seed: int = 0, n: int = 400) -> np.ndarray:
    run, _ = simulate_twin(twin, Settings(n, 0.0, seed=seed))
    return run.end_s - run.arrive_s


def mean(twin: Twin) -> float:
    """Mean cycle time of all that arrive in two weeks, over four seeds."""
    runs = [simulate_twin(twin, Settings(since_s=0.0, seed=s, until_s=14 * DAY))[0] for s in range(4)]
    return float(np.mean([run.cycle_s().mean() for run in runs]))


NOTHING: list[dict[str, Any]] = [
    {"demand": {"factor": 1}}, {"work": {"activity": "check", "speed": 1}}, {"staff": {"role": "check", "delta": 0}},
    {"hours": {"calendar": "office"}}, {"batch": {"activity": "check", "size": 1}}, {"routing": {"after": "check",
    "set": {"decide": 0.6}}}, {"priority": {"activity": "check", "queue": "fifo"}},
    {"train": {"activity": "check", "role": "check"}}, {"cost": {"role": "check", "per_hour": 30}},
    {"automate": {"activity": "check", "coverage": 0, "bot": {"speed": 2}}},
    {"outage": {"resource": "check-1", "from": "1980-01-01", "until": "1980-01-02"}},
]  # fmt: skip


def test_every_kind_is_tested_for_doing_nothing() -> None:
    assert {next(iter(c)) for c in NOTHING} == set(KINDS.names())


@pytest.mark.parametrize("nothing", NOTHING, ids=lambda c: next(iter(c)))
def test_a_change_that_changes_nothing_changes_nothing_exactly(nothing: dict[str, Any]) -> None:
    twin = office()

    assert np.array_equal(cycle(change(twin, nothing)), cycle(twin), equal_nan=True)


SLOWER: list[dict[str, Any]] = [
    {"demand": {"factor": 1.6}}, {"work": {"activity": "check", "speed": 0.7}}, {"staff": {"role": "check",
    "delta": -1}}, {"staff": {"activity": "decide", "delta": -1, "from": "1970-01-07"}},
    {"hours": {"calendar": "Mon-Fri 9-14"}}, {"batch": {"activity": "check", "size": 4, "wait": "2h"}},
    {"routing": {"after": "check", "set": {"decide": 0.9}}}, {"work": {"activity": "decide", "duration": "20min"}},
    {"outage": {"role": "check", "mtbf": "20h", "mttr": "6h"}},
    {"outage": {"role": "check", "from": "1970-01-06", "until": "1970-01-07"}},
]  # fmt: skip
FASTER: list[dict[str, Any]] = [
    {"demand": {"factor": 0.6}}, {"work": {"activity": "decide", "speed": 1.5}}, {"staff": {"role": "decide",
    "delta": 1}}, {"hours": {"role": "check", "calendar": "24/7"}},
    {"hours": {"role": "check", "calendar": "24/7", "from": "1970-01-07"}},
    {"routing": {"after": "decide", "set": {"check": 0.0}}}, {"train": {"activity": "decide", "role": "check"}},
    {"automate": {"activity": "check", "coverage": 0.5, "bot": {"duration": "20s"}}},
    {"staff": {"activity": "decide", "delta": 1, "from": "1970-01-07", "until": "1970-01-20"}},
]  # fmt: skip


@pytest.mark.parametrize("asked", SLOWER, ids=str)
def test_less_capacity_or_more_work_makes_it_slower(asked: dict[str, Any]) -> None:
    assert mean(change(office(), asked)) > 1.001 * mean(office())


@pytest.mark.parametrize("asked", FASTER, ids=str)
def test_more_capacity_or_less_work_makes_it_faster(asked: dict[str, Any]) -> None:
    assert mean(change(office(), asked)) < 0.999 * mean(office())


INDEPENDENT: list[dict[str, Any]] = [
    {"demand": {"factor": 1.1}}, {"work": {"activity": "check", "speed": 1.3}},
    {"staff": {"role": "decide", "delta": 1}}, {"routing": {"after": "decide", "set": {"check": 0.3}}},
    {"hours": {"role": "check", "calendar": "Mon-Sat 8-18"}}, {"batch": {"activity": "decide", "size": 2}},
]  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(st.permutations(INDEPENDENT), st.integers(1, len(INDEPENDENT)))
def test_the_order_of_independent_changes_is_irrelevant(shuffled: list[dict[str, Any]], n: int) -> None:
    chosen = shuffled[:n]
    sorted_ones = [c for c in INDEPENDENT if c in chosen]

    assert np.array_equal(cycle(change(office(), *chosen), n=100), cycle(change(office(), *sorted_ones), n=100))


@pytest.mark.parametrize("asked", SLOWER + FASTER, ids=str)
def test_a_changed_twin_is_a_document_like_any_other(asked: dict[str, Any]) -> None:
    """It survives JSON, and the base is not touched."""
    base = office()
    before = msgspec.json.encode(base)
    changed = change(base, asked)
    again = msgspec.json.decode(msgspec.json.encode(changed), type=Twin)

    assert msgspec.json.encode(base) == before
    assert np.array_equal(cycle(again, n=50), cycle(changed, n=50))


def test_demand_from_a_date_doubles_arrivals_from_there_on() -> None:
    twin = change(office(), {"demand": {"factor": 2, "from": "1970-01-08", "until": "1970-01-10"}})
    old, _ = simulate_twin(office(), Settings(4000, 0.0))
    new, _ = simulate_twin(twin, Settings(4000, 0.0))
    a, b = 3 * DAY, 5 * DAY

    def within(t: np.ndarray, lo: float, hi: float) -> int:
        return int(((t >= lo) & (t < hi)).sum())

    assert np.array_equal(new.arrive_s[new.arrive_s < a], old.arrive_s[old.arrive_s < a])
    assert within(new.arrive_s, a, b) == within(old.arrive_s, a, a + 2 * (b - a))
    later = np.diff(new.arrive_s[new.arrive_s >= b])
    assert later == pytest.approx(np.diff(old.arrive_s)[-later.size :])


def test_the_bots_share_exceptions_and_fallback_come_out_as_asked() -> None:
    """Coverage 70 % of eligible cases, 10 % of runs fail and come back to people with 60 s more each."""
    sorts = (Sort(0.5, attributes={"amount": 100}), Sort(0.5, attributes={"amount": 9000}))
    asked = {"automate": {
        "activity": "check", "eligible": "amount < 5000", "coverage": 0.7, "bot": {"count": 2, "duration": "30s",
        "cost_per_run": 0.5}, "exceptions": {"rate": 0.1, "detected_after": "5min"},
        "fallback": {"extra_handling": "60s", "priority": "high"},
    }}  # fmt: skip
    twin = change(office(sorts), asked)
    run, sort = simulate_twin(twin, Settings(20_000, 0.0), log=True)
    names = [a.name for a in twin.activities]
    act = np.array(names)[run.rows["act"]]
    first = (act == "check") | (act == "check (bot)")
    small = sort[run.rows["case"]] == 0
    bots = act == "check (bot)"

    assert not (bots & ~small).any()
    assert (bots & small).sum() / (first & small).sum() == pytest.approx(0.7, abs=0.01)
    assert (act == "check (after bot)").sum() / bots.sum() == pytest.approx(0.1, abs=0.01)
    assert activity_visits(twin)["check (bot)"] == pytest.approx(bots.sum() / 20_000, rel=0.03)
    again = (act == "check (after bot)").sum() / 20_000
    assert activity_visits(twin)["check (after bot)"] == pytest.approx(again, rel=0.1)
    assert (run.status == 1).all()
    found = summary(twin, run, Settings(20_000, 0.0))
    assert found["cost_per_case"] == pytest.approx(0.5 * bots.sum() / 20_000)


def test_automation_from_a_date_spares_earlier_cases() -> None:
    twin = change(office(), {"automate": {"activity": "check", "bot": {"speed": 9}, "from": "1970-01-12"}})
    run, _ = simulate_twin(twin, Settings(2000, 0.0), log=True)
    bot = run.rows["act"] == [a.name for a in twin.activities].index("check (bot)")

    assert (run.arrive_s[run.rows["case"][bot]] >= 7 * DAY).all()
    assert bot.any()
    assert not (run.arrive_s[run.rows["case"][run.rows["act"] == 0]] >= 7 * DAY).any()


def test_people_who_leave_finish_what_they_have() -> None:
    twin = change(office(), {"staff": {"role": "check", "delta": -2, "from": "1970-01-07"}})
    run, _ = simulate_twin(twin, Settings(500, 0.0), log=True)
    gone = np.isin(run.rows["res"], [k for k, r in enumerate(twin.resources) if r.away])

    assert (run.status == 1).all()
    assert (run.rows["start"][gone] < 2 * DAY).all()
    assert gone.any()


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_routing_shares_come_out_in_the_simulation(share: float) -> None:
    twin = change(office(), {"routing": {"after": "decide", "set": {"end": 1 - share, "check": share}}}) if share < 1 \
        else change(office(), {"routing": {"after": "check", "set": {"decide": 1.0}}})  # fmt: skip
    run, _ = simulate_twin(twin, Settings(20_000, 0.0), log=True)
    rows = run.rows[np.lexsort((run.rows["end"], run.rows["case"]))]
    here, after = (1, 0) if share < 1 else (0, 1)
    follow = (rows["act"][1:] == after) & (rows["case"][1:] == rows["case"][:-1])

    assert follow[rows["act"][:-1] == here].mean() == pytest.approx(share, abs=0.01)


def test_one_server_more_waits_as_erlang_says() -> None:
    """The changed twin agrees with the closed form of the changed system."""
    twin = network({"desk": Station(Duration(EXP, 60.0), 3)}, mean_gap_s=24.0)
    more = change(twin, {"staff": {"role": "desk", "delta": 1}}, {"demand": {"factor": 1.3}})

    def one(rep: int) -> float:
        run, _ = simulate_twin(more, Settings(20_000, 0.0, seed=3, warm_s=2e4), rep)
        return float(run.tally["wait"][0] / run.tally["n"][0])

    sample = np.array(replicate(one, 20))
    truth = queueing.mmc(1.3 / 24, 60.0, 4).mean_wait_s
    assert abs(sample.mean() - truth) < 3.5 * sample.std(ddof=1) / np.sqrt(20)


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"demnd": {"factor": 1}}, "scenario.kind", "demand"),
    ({"demand": {"facter": 1}}, "scenario.field", "factor"),
    ({"demand": {"factor": -1}}, "scenario.field", "-1"),
    ({"demand": {"factor": "x"}}, "scenario.field", "'x'"),
    ({"demand": {"factor": 2, "from": "soon"}}, "scenario.date", "soon"),
    ({"demand": {"factor": 2, "from": "2020-01-02", "until": "2020-01-01"}}, "scenario.date", "2020-01-01"),
    ({"staff": {"role": "chek", "delta": 1}}, "twin.role", "check"),
    ({"staff": {"role": "check", "delta": -3}}, "twin.orphan", "check"),
    ({"staff": {"role": "check", "delta": -4}}, "scenario.staff", "3"),
    ({"staff": {"delta": 1}}, "scenario.who", "role"),
    ({"work": {"activity": "chek", "speed": 2}}, "twin.activity", "check"),
    ({"work": {"activity": "check"}}, "scenario.work", "speed"),
    ({"work": {"activity": "check", "duration": {"lognormal": ["20s"]}}}, "scenario.work", "2"),
    ({"work": {"activity": "check", "duration": {"gamma": [1, 2]}}}, "scenario.work_kind", "lognormal"),
    ({"work": {"activity": "check", "duration": "5 minutes"}}, "units.duration", "15min"),
    ({"hours": {"calendar": "Mon 25-26"}}, "calendar.hours", "Mon 25-26"),
    ({"routing": {"after": "check", "set": {"decision": 0.5}}}, "scenario.follower", "decide"),
    ({"routing": {"after": "check", "set": {"decide": 0.5, "end": 0.6}}}, "scenario.shares", "1.1"),
    ({"automate": {"activity": "check", "bot": {}}}, "scenario.bot", "duration"),
    ({"automate": {"activity": "check", "eligible": "amnt < 5", "bot": {"speed": 2}}}, "twin.condition", "amnt"),
    ({"outage": {"role": "check", "mtbf": "2h"}}, "scenario.outage", "both"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "code", "said"), WRONG, ids=lambda v: json.dumps(v) if isinstance(v, dict) else "")
def test_nonsense_is_refused_and_says_what_would_do(asked: dict[str, Any], code: str, said: str) -> None:
    with pytest.raises(HoshinError) as caught:
        mean(change(office(), asked))

    assert caught.value.code == code
    assert said in str(caught.value)


def test_automating_twice_is_refused() -> None:
    one = {"automate": {"activity": "check", "bot": {"speed": 2}}}

    with pytest.raises(InvalidInput) as caught:
        change(office(), one, one)

    assert caught.value.code == "scenario.automated"


@given(
    st.sampled_from(["constant", EXP, "lognormal", "uniform", "weibull", "empirical"]),
    st.floats(0.1, 3),
    st.floats(0, 90),
)
def test_altered_work_has_the_mean_asked_for(kind: str, times: float, plus_s: float) -> None:
    made = Duration(kind, 3.0, 3.5, [1.0, 5.0, 12.0]) if kind != "lognormal" else Duration(kind, 3.0, 0.5)

    assert altered(made, times=times, plus_s=plus_s).mean_s() == pytest.approx(times * made.mean_s() + plus_s, rel=1e-6)


def test_night_shifts_wrap_round_the_week() -> None:
    assert roster("Sun 22:00-06:00", office()) == [(0.0, 21_600.0), (6 * DAY + 79_200, 7 * DAY)]
    assert roster("24/7", office()) == []
    assert work({"weibull": ["1h", 2]}).a == 3600
