"""Outlooks: what the past repeats comes again, what it never had does not, and hindsight chooses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import InvalidInput
from hoshin.log.build import build_log
from hoshin.log.eventlog import EventLog
from hoshin.service import predict as use
from hoshin.service._workspace import create
from hoshin.twin.distance import MEASURES, Trail, distances, earth
from hoshin.twin.model import MONDAY_S
from hoshin.twin.outlook import BODIES, Past, Way, choose, foresee, measures, outlook_log
from hoshin.twin.precedent import DAY_S, WEEK_S, Ask, Seen, arrivals, bodies, unseen_weight, windows

MONDAY = datetime(2023, 1, 2, tzinfo=UTC)


def timetable(weeks: int = 10, *, resource: bool = True) -> EventLog:
    """Cases on weekdays at 08:00, 08:30 ... 11:30; two or three tasks each of 10 to 50 minutes."""
    rng = np.random.default_rng(3)
    rows = []
    for day in range(7 * weeks):
        for slot in range(8 if day % 7 < 5 else 0):
            t = MONDAY + timedelta(days=day, hours=8, minutes=30 * slot)
            for k, name in enumerate("abc"[: int(rng.integers(2, 4))]):
                end = t + timedelta(minutes=float(rng.uniform(10, 50)))
                rows.append((f"{day}-{slot}", name, f"r{k}", t, end))
                t = end
    frame = pl.DataFrame(rows, ["case_id", "activity", "resource", "start_timestamp", "timestamp"], orient="row")
    return build_log(frame if resource else frame.drop("resource")).log


@pytest.fixture(scope="module")
def past() -> Past:
    return Past(timetable())


def week_ahead(past: Past) -> Ask:
    monday = (np.floor(past.seen.until_s / WEEK_S) + 1) * WEEK_S
    return Ask(monday, monday + WEEK_S)


@pytest.mark.parametrize("windows_", [2, 5, 1000])
@pytest.mark.parametrize("body", BODIES[:3])
def test_a_timetable_comes_again_to_the_minute(past: Past, body: str, windows_: int) -> None:
    trail = foresee(past, week_ahead(past), Way(windows_, body), 1, 0).trail
    slots = np.sort(trail.arrive() % WEEK_S)

    assert trail.n_cases == 40
    assert slots == pytest.approx(np.sort(past.seen.arrive[:40] % WEEK_S), abs=1.0)


def test_in_the_queueing_twin_who_comes_by_timetable_may_wait(past: Past) -> None:
    slots = np.sort(foresee(past, week_ahead(past), Way(4, "queueing"), 1, 0).trail.arrive() % WEEK_S)
    late = slots - np.sort(past.seen.arrive[:40] % WEEK_S)

    assert slots.size == 40
    assert (late > -1.0).all()
    assert np.median(late) < 1.0


@pytest.mark.parametrize("body", BODIES)
def test_the_same_seed_gives_the_same_outlook_and_replications_differ(past: Past, body: str) -> None:
    a, b, c = (foresee(past, week_ahead(past), Way(4, body), 5, r).trail for r in (0, 0, 1))

    assert np.array_equal(a.end, b.end)
    assert not np.array_equal(np.sort(a.end), np.sort(c.end))


@pytest.mark.parametrize("body", BODIES)
def test_an_ask_for_n_cases_gets_n(past: Past, body: str) -> None:
    assert foresee(past, Ask(past.seen.until_s, n=33), Way(4, body), 1, 0).trail.n_cases == 33


def test_an_outlook_longer_than_the_log_repeats_it(past: Past) -> None:
    since = past.seen.until_s
    trail = foresee(past, Ask(since, since + 30 * WEEK_S), Way(4, "any"), 1, 0).trail

    assert trail.n_cases == pytest.approx(30 * 40, rel=0.05)
    assert trail.arrive().max() > since + 28 * WEEK_S


def test_hindsight_is_judged_on_all_ways_and_a_rhythm_is_foretold(past: Past) -> None:
    ask = week_ahead(past)
    choice = choose(past, ask)
    came = Past(timetable(11)).tasks
    last = came.pick(np.flatnonzero(came.arrive() >= ask.since_s))
    truth = Trail(last.act.astype(np.int64), last.begin, last.end, last.case_start)
    found = distances(truth, foresee(past, ask, choice.way, 1, 0).trail)

    assert {w.body for w in choice.losses} == set(BODIES)
    assert found["CAR"] < 0.1
    assert found["CED"] < 0.5


def test_without_enough_past_an_outlook_is_still_made() -> None:
    short = Past(EventLog.from_traces(["ab", "a", "abc"]))
    log = outlook_log(short, Ask(short.seen.until_s, n=5), choose(short, Ask(short.seen.until_s, n=5)))

    assert log.n_cases == 5
    assert {len(t) for t in log.traces()} <= {1, 2, 3}


def test_no_resources_none_in_the_outlook() -> None:
    plain = Past(timetable(resource=False))
    made = foresee(plain, week_ahead(plain), Way(4, "queueing"), 1, 0)

    assert (made.res == -1).all()


def test_nothing_foreseen_is_said(past: Past) -> None:
    ask = Ask(past.seen.until_s, past.seen.until_s + 1.0)
    with pytest.raises(InvalidInput, match="longer time"):
        outlook_log(past, ask, choose(past, ask))


SEEN = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), min_size=1, max_size=40)


@given(SEEN, st.integers(1, 30), st.booleans())
def test_windows_are_whole_weeks_back_and_hold_only_what_was_seen(
    cases: list[tuple[int, int]], length_days: int, matched: bool
) -> None:
    arrive = np.array([float(a) for a, _ in cases]) * DAY_S
    leave = arrive + np.array([float(c) for _, c in cases]) * DAY_S
    seen = Seen(arrive, leave, float(leave.max()))
    ask = Ask(seen.until_s, seen.until_s + length_days * DAY_S)

    for held, back in windows(seen, ask, 5, matched=matched):
        assert back % WEEK_S == 0
        assert ask.until_s - back <= seen.until_s + 1
        assert (arrive[held] + back >= ask.since_s).all()
        assert (arrive[held] + back <= ask.until_s).all()
        assert not matched or (leave[held] + back <= ask.until_s).all()


@given(SEEN, st.integers(1, 50), st.integers(0, 5))
def test_arrivals_come_in_order_and_bodies_keep_their_weekday(cases: list[tuple[int, int]], n: int, seed: int) -> None:
    arrive = np.array([float(a) for a, _ in cases]) * DAY_S
    seen = Seen(arrive, arrive + 3600.0, float(arrive.max()) + 3600.0)
    times, taken = arrivals(seen, Ask(seen.until_s, n=n), 3, np.random.default_rng(seed), matched=False)
    body = bodies(seen, times, unseen_weight(seen), np.random.default_rng(seed))

    assert times.size == n
    assert (np.diff(times) >= 0).all()
    assert ((times - arrive[taken]) % WEEK_S == 0).all()
    for t, b in zip(times, body):
        day = np.floor(t / DAY_S) % 7
        enough = (np.floor(arrive / DAY_S) % 7 == day).sum() >= 5
        assert not enough or np.floor(arrive[b] / DAY_S) % 7 == day


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.lists(st.integers(0, 9), min_size=1, max_size=8))
def test_earth_is_the_wasserstein_distance(a: list[int], b: list[int]) -> None:
    from scipy.stats import wasserstein_distance

    assert earth(np.array(a, float), np.array(b, float)) == pytest.approx(wasserstein_distance(a, b), abs=1e-9)


@given(SEEN)
def test_a_log_is_no_way_from_itself(cases: list[tuple[int, int]]) -> None:
    begin = np.array([float(a) for a, _ in cases])
    trail = Trail(np.zeros(begin.size, np.int64), begin, begin + 60.0, np.arange(begin.size + 1))

    assert distances(trail, trail) == dict.fromkeys(MEASURES, 0.0)


def test_use_case(tmp_path: Path) -> None:
    ws = create(tmp_path / "ws")
    ws.logs.write(timetable(), "desk")
    found = use.outlook(ws, "desk", days=14, replications=5, as_="next")
    cases = next(r for r in found["measures"] if r["measure"] == "cases")

    assert cases["low"] <= cases["mean"] <= cases["high"]
    assert cases["mean"] == pytest.approx(80, abs=8)
    assert ws.log("next").n_cases == pytest.approx(80, abs=8)
    assert ws.log("next").start_ns is not None
    assert ws.log("next").t_ns.min() / 1e9 - MONDAY_S >= Past(ws.log("desk")).seen.until_s
    with pytest.raises(InvalidInput, match="no range"):
        use.outlook(ws, "desk", replications=1)


def test_outlook_has_a_range(past: Past) -> None:
    rows = measures(past, week_ahead(past), choose(past, week_ahead(past)), replications=4, seed=0)

    assert [r["measure"] for r in rows] == ["cases", "mean_cycle_time_s", "events"]
    assert all(r["low"] <= r["mean"] <= r["high"] for r in rows)
